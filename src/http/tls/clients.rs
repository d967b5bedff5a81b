//! Which clients may come in: those with a certificate of the authority, made out to the right name.

use std::{
    fmt,
    sync::{Arc, PoisonError, RwLock},
};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    pki_types::{CertificateDer, UnixTime},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use x509_parser::{extensions::GeneralName, parse_x509_certificate};

/// Checks the authority by rustls's own verifier, and then the name.
pub(super) struct NamedClients {
    authority: RwLock<Arc<dyn ClientCertVerifier>>,
    name: Option<String>,
}

impl NamedClients {
    pub(super) fn new(authority: Arc<dyn ClientCertVerifier>, name: Option<String>) -> Self {
        Self { authority: RwLock::new(authority), name }
    }

    pub(super) fn set(&self, authority: Arc<dyn ClientCertVerifier>) {
        *self.authority.write().unwrap_or_else(PoisonError::into_inner) = authority;
    }

    fn authority(&self) -> Arc<dyn ClientCertVerifier> {
        Arc::clone(&self.authority.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl fmt::Debug for NamedClients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NamedClients").field("name", &self.name).finish_non_exhaustive()
    }
}

impl ClientCertVerifier for NamedClients {
    /// None: they are a hint only, and change with the authority's file.
    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &[]
    }

    fn verify_client_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        let verified = self.authority().verify_client_cert(end_entity, intermediates, now)?;
        match &self.name {
            Some(name) if !is_made_out_to(end_entity, name) => {
                Err(Error::InvalidCertificate(CertificateError::ApplicationVerificationFailure))
            }
            _ => Ok(verified),
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority().verify_tls12_signature(message, certificate, signature)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.authority().verify_tls13_signature(message, certificate, signature)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.authority().supported_verify_schemes()
    }
}

/// Whether a certificate names `name` as its common name, which is where Meta's has it (Meta, "mTLS for Webhooks"), or as
/// an alternative name of a host. Wildcards count for nothing.
fn is_made_out_to(certificate: &CertificateDer<'_>, name: &str) -> bool {
    let Ok((_, certificate)) = parse_x509_certificate(certificate) else { return false };
    let common =
        certificate.subject().iter_common_name().any(|found| found.as_str().is_ok_and(|it| it == name));
    let alternative = || {
        let names = certificate.subject_alternative_name().ok().flatten();
        names.is_some_and(|names| {
            names
                .value
                .general_names
                .iter()
                .any(|found| matches!(found, GeneralName::DNSName(it) if *it == name))
        })
    };
    common || alternative()
}
