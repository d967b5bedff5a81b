//! The TLS of the listeners, from the settings.

use std::sync::Arc;

use super::StartError;
use crate::{
    config::TlsSettings,
    http::{Tls, TlsClients, TlsFiles},
};

/// Reads the files of a listener; `key` is the section that names them.
///
/// # Errors
///
/// When one of them cannot be used.
pub(super) fn tls(settings: Option<&TlsSettings>, key: &'static str) -> Result<Option<Arc<Tls>>, StartError> {
    let load = |settings: &TlsSettings| {
        let clients = settings
            .client_authority
            .clone()
            .map(|authority| TlsClients { authority, name: settings.client_name.clone() });
        let files =
            TlsFiles { certificate: settings.certificate.clone(), key: settings.key.clone(), clients };
        Tls::load(files).map(Arc::new).map_err(|source| StartError::Tls { key, source })
    };
    settings.map(load).transpose()
}
