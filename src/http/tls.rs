//! TLS in the binary, for those who have nothing in front of it: the certificate of a listener, and, where it is wanted,
//! whose client certificates may come in.
//!
//! Files are read again when they change, so that a renewed certificate needs no restart; what cannot be read then changes
//! nothing. TLS 1.2 and 1.3, with the same cryptography (aws-lc-rs) as the connections that go out.

mod clients;
mod files;

use std::{
    fmt,
    path::PathBuf,
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};

use rustls::{
    ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    server::{ClientHello, ResolvesServerCert, danger::ClientCertVerifier},
    sign::CertifiedKey,
};
use tokio_util::sync::CancellationToken;

pub use files::{TlsError, pinned_to};

use clients::NamedClients;
use files::{Stamps, authority, certified_key};

/// How often the files are looked at.
const LOOK: Duration = Duration::from_secs(5);

/// The files of one listener.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate with its chain, PEM.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
    /// Whose clients may come in; with `None` anybody may.
    pub clients: Option<TlsClients>,
}

/// Which client certificates are taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsClients {
    /// The authority's certificates, PEM.
    pub authority: PathBuf,
    /// The name that the certificate must carry; `None` for any.
    pub name: Option<String>,
}

/// The TLS of one listener.
pub struct Tls {
    files: TlsFiles,
    provider: Arc<CryptoProvider>,
    certificate: Arc<Current>,
    clients: Option<Arc<NamedClients>>,
    stamps: RwLock<Stamps>,
}

/// The certificate that is shown now.
struct Current(RwLock<Arc<CertifiedKey>>);

impl fmt::Debug for Current {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Current")
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

impl Tls {
    /// Reads the files.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used, or certificate and key do not belong together.
    pub fn load(files: TlsFiles) -> Result<Self, TlsError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let stamps = Stamps::of(&files);
        let certificate = certified_key(&files, &provider)?;
        let clients = match &files.clients {
            Some(clients) => {
                Some(Arc::new(NamedClients::new(authority(clients, &provider)?, clients.name.clone())))
            }
            None => None,
        };
        let certificate = Arc::new(Current(RwLock::new(certificate)));
        Ok(Self { certificate, clients, provider, files, stamps: RwLock::new(stamps) })
    }

    /// What a listener is configured with.
    ///
    /// # Errors
    ///
    /// When the cryptography does not support the protocol versions.
    pub fn server_config(&self) -> Result<ServerConfig, TlsError> {
        let builder = ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()
            .map_err(TlsError::Rustls)?;
        let builder = match &self.clients {
            Some(clients) => {
                let clients: Arc<dyn ClientCertVerifier> = Arc::<NamedClients>::clone(clients);
                builder.with_client_cert_verifier(clients)
            }
            None => builder.with_no_client_auth(),
        };
        let certificate: Arc<dyn ResolvesServerCert> = Arc::<Current>::clone(&self.certificate);
        Ok(builder.with_cert_resolver(certificate))
    }

    /// Reads the files again. Connections that are open keep what they were made with.
    ///
    /// # Errors
    ///
    /// When one of them cannot be used; then everything stays as it was.
    pub fn reload(&self) -> Result<(), TlsError> {
        let certificate = certified_key(&self.files, &self.provider)?;
        if let (Some(current), Some(clients)) = (&self.clients, &self.files.clients) {
            current.set(authority(clients, &self.provider)?);
        }
        *self.certificate.0.write().unwrap_or_else(PoisonError::into_inner) = certificate;
        Ok(())
    }

    /// Reads the files again whenever they have changed, until it is told to stop.
    pub async fn watch(self: Arc<Self>, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK) => {}
            }
            let now = Stamps::of(&self.files);
            if *self.stamps.read().unwrap_or_else(PoisonError::into_inner) == now {
                continue;
            }
            match self.reload() {
                Ok(()) => tracing::info!("the TLS certificate was read again"),
                Err(error) => {
                    tracing::error!(%error, "the TLS files changed and cannot be used; the old ones stay in use");
                }
            }
            *self.stamps.write().unwrap_or_else(PoisonError::into_inner) = now;
        }
    }
}
