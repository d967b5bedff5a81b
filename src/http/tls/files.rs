//! The PEM files behind a listener's TLS.

use std::{
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::SystemTime,
};

use rustls::{
    ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme,
    client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
    pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime, pem::PemObject},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
    sign::CertifiedKey,
};
use x509_parser::parse_x509_certificate;

use super::{TlsClients, TlsFiles};
use crate::clock::unix_seconds;

/// Why TLS cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file has no certificate in it, or cannot be read.
    #[error("no certificate can be read from {0}; give a PEM file that this user may read")]
    Certificate(PathBuf),
    /// A file has no private key in it, or cannot be read.
    #[error("no private key can be read from {0}; give a PEM file that this user may read")]
    Key(PathBuf),
    /// The key is not the certificate's.
    #[error("the private key does not belong to the certificate in {0}")]
    Mismatch(PathBuf),
    /// The authority cannot be used.
    #[error("the client authority in {0} cannot be used; give the authority's own certificate")]
    Authority(PathBuf),
    /// The cryptography refuses the configuration.
    #[error("TLS cannot be set up: {0}")]
    Rustls(#[source] rustls::Error),
}

/// When the files were written, to see a change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stamps(Vec<Option<(SystemTime, u64)>>);

impl Stamps {
    pub(super) fn of(files: &TlsFiles) -> Self {
        let authority = files.clients.as_ref().map(|clients| &clients.authority);
        let all = [Some(&files.certificate), Some(&files.key), authority].into_iter().flatten();
        let stamp = |path: &PathBuf| {
            let about = std::fs::metadata(path).ok()?;
            Some((about.modified().ok()?, about.len()))
        };
        Self(all.map(stamp).collect())
    }
}

/// The certificate with its chain and its key.
pub(super) fn certified_key(
    files: &TlsFiles,
    provider: &CryptoProvider,
) -> Result<Arc<CertifiedKey>, TlsError> {
    let chain = certificates(&files.certificate)?;
    if chain.first().is_some_and(is_over) {
        tracing::warn!("the TLS certificate has expired; Meta refuses it. Renew it");
    }
    let key = PrivateKeyDer::from_pem_file(&files.key).map_err(|_| TlsError::Key(files.key.clone()))?;
    match CertifiedKey::from_der(chain, key, provider) {
        Ok(certified) => Ok(Arc::new(certified)),
        Err(rustls::Error::InconsistentKeys(_)) => Err(TlsError::Mismatch(files.certificate.clone())),
        Err(error) => Err(TlsError::Rustls(error)),
    }
}

/// What checks that a client's certificate comes from the authority.
pub(super) fn authority(
    clients: &TlsClients,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, TlsError> {
    let unusable = || TlsError::Authority(clients.authority.clone());
    let mut roots = RootCertStore::empty();
    for certificate in certificates(&clients.authority)? {
        roots.add(certificate).map_err(|_| unusable())?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|_| unusable())
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsError> {
    let unusable = || TlsError::Certificate(path.to_owned());
    let found = CertificateDer::pem_file_iter(path).map_err(|_| unusable())?;
    let certificates = found.collect::<Result<Vec<_>, _>>().map_err(|_| unusable())?;
    if certificates.is_empty() { Err(unusable()) } else { Ok(certificates) }
}

fn is_over(certificate: &CertificateDer<'_>) -> bool {
    let end = parse_x509_certificate(certificate).map(|(_, read)| read.validity().not_after.timestamp());
    end.is_ok_and(|end| end < unix_seconds())
}

/// A client that takes the very certificate in the file and no other: for asking a listener of this machine, whose
/// certificate is made out to another name.
///
/// # Errors
///
/// When the file cannot be read.
pub fn pinned_to(certificate: &Path) -> Result<ClientConfig, TlsError> {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let pinned = certificates(certificate)?.into_iter().next();
    let pinned = pinned.ok_or_else(|| TlsError::Certificate(certificate.to_owned()))?;
    let verifier = Arc::new(Pinned { certificate: pinned, provider: Arc::clone(&provider) });
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(TlsError::Rustls)?;
    Ok(builder.dangerous().with_custom_certificate_verifier(verifier).with_no_client_auth())
}

#[derive(Debug)]
struct Pinned {
    certificate: CertificateDer<'static>,
    provider: Arc<CryptoProvider>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        if *end_entity == self.certificate {
            Ok(ServerCertVerified::assertion())
        } else {
            Err(rustls::Error::InvalidCertificate(rustls::CertificateError::ApplicationVerificationFailure))
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// As an error of reading or writing.
impl From<TlsError> for io::Error {
    fn from(error: TlsError) -> Self {
        Self::other(error)
    }
}
