//! `[server.tls]` and `[server.ops_tls]`

use std::path::PathBuf;

use super::reader::Reader;

/// TLS of one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsSettings {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whose client certificates are asked for, PEM; `None` to ask for none.
    pub client_authority: Option<PathBuf>,
    /// The name that they must carry; `None` for any.
    pub client_name: Option<String>,
}

impl TlsSettings {
    /// Reads the section `path`; `None` where it has neither certificate nor key.
    pub(super) fn read(reader: &mut Reader<'_>, path: &str) -> Option<Self> {
        let at = |key: &str| format!("{path}.{key}");
        let certificate = reader.path(&at("certificate"));
        let key = reader.path(&at("key"));
        let client_authority = reader.path(&at("client_authority"));
        let client_name = reader.optional(&at("client_name"));
        match (certificate, key) {
            (Some(certificate), Some(key)) => Some(Self { certificate, key, client_authority, client_name }),
            (None, None) => {
                if client_authority.is_some() {
                    let hint = "set certificate and key too: client certificates need TLS";
                    reader.problem(&at("client_authority"), "there is no TLS to ask for it in", hint);
                }
                None
            }
            (Some(_), None) => {
                reader.problem(&at("key"), "missing", "give the private key of the certificate, PEM");
                None
            }
            (None, Some(_)) => {
                reader.problem(&at("certificate"), "missing", "give the certificate of the key, PEM");
                None
            }
        }
    }
}
