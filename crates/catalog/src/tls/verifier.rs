//! What libpq accepts as a server's certificate.

use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{WebPkiServerVerifier, verify_server_name};
use rustls::crypto::{
    CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature,
};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, SignatureScheme};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, ServerName, UnixTime};

/// Whether the certificate must name the host.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Names {
    Checked,
    Ignored,
}

/// Accepts any certificate, or those of an authority.
#[derive(Debug)]
pub(super) struct Verifier {
    algorithms: WebPkiSupportedAlgorithms,
    trust: Option<Trust>,
}

#[derive(Debug)]
struct Trust {
    authorities: Arc<WebPkiServerVerifier>,
    roots: Vec<CertificateDer<'static>>,
    names: Names,
}

impl Verifier {
    /// sslmode=require without a root certificate.
    pub(super) fn any(provider: &Arc<CryptoProvider>) -> Verifier {
        Verifier { algorithms: provider.signature_verification_algorithms, trust: None }
    }

    /// verify-ca and verify-full.
    pub(super) fn trusting(
        roots: Vec<CertificateDer<'static>>,
        crls: Vec<CertificateRevocationListDer<'static>>,
        names: Names,
        provider: &Arc<CryptoProvider>,
    ) -> Result<Verifier, String> {
        let store = Arc::new(super::store(&roots));
        let authorities = WebPkiServerVerifier::builder_with_provider(store, provider.clone())
            .with_crls(crls)
            .build()
            .map_err(|error| format!("the root certificates or revocation lists cannot be used: {error}"))?;
        let trust = Some(Trust { authorities, roots, names });
        Ok(Verifier { algorithms: provider.signature_verification_algorithms, trust })
    }
}

impl Trust {
    /// Forgives what libpq forgives, and nothing else.
    fn judge(
        &self,
        error: Error,
        certificate: &CertificateDer<'_>,
        host: &ServerName<'_>,
    ) -> Result<(), Error> {
        match error {
            Error::InvalidCertificate(
                CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
            ) if self.names == Names::Ignored => Ok(()),
            // A self-signed server certificate used as its own root: `openssl req -x509` marks it as an authority,
            // which webpki refuses in a server after it has checked the dates.
            Error::InvalidCertificate(CertificateError::Other(other))
                if other.to_string() == "CaUsedAsEndEntity" && self.roots.contains(certificate) =>
            {
                match self.names {
                    Names::Checked => verify_server_name(&ParsedCertificate::try_from(certificate)?, host),
                    Names::Ignored => Ok(()),
                }
            }
            error => Err(error),
        }
    }
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        host: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let Some(trust) = &self.trust else { return Ok(ServerCertVerified::assertion()) };
        match trust.authorities.verify_server_cert(certificate, intermediates, host, ocsp, now) {
            Ok(verified) => Ok(verified),
            Err(error) => trust.judge(error, certificate, host).map(|()| ServerCertVerified::assertion()),
        }
    }

    // Signatures are checked even where any certificate will do: channel binding rests on the server owning its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command;
    use std::time::{Duration, SystemTime};

    use rustls::crypto::ring;
    use rustls_pki_types::pem::PemObject;

    use super::*;

    /// The way server certificates are made by hand: `openssl req -x509` marks them as authorities.
    fn self_signed() -> CertificateDer<'static> {
        let directory = tempfile::tempdir().unwrap();
        let arguments = "req -x509 -newkey rsa:2048 -nodes -days 30 -subj /CN=x -addext subjectAltName=DNS:db \
                         -keyout key -out crt";
        let output = Command::new("openssl")
            .args(arguments.split_whitespace())
            .current_dir(&directory)
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        CertificateDer::from_pem_file(directory.path().join("crt")).unwrap()
    }

    #[test]
    fn a_self_signed_certificate_is_its_own_root() {
        let (own, other) = (self_signed(), self_signed());
        let provider = Arc::new(ring::default_provider());
        let accepts = |root: &CertificateDer<'static>, names, host: &str, days: u64| {
            let verifier = Verifier::trusting(vec![root.clone()], Vec::new(), names, &provider).unwrap();
            let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
            let now = UnixTime::since_unix_epoch(now + Duration::from_secs(days * 86_400));
            let host = ServerName::try_from(host.to_owned()).unwrap();
            verifier.verify_server_cert(&own, &[], &host, &[], now).is_ok()
        };
        assert!(accepts(&own, Names::Checked, "db", 1));
        assert!(!accepts(&own, Names::Checked, "elsewhere", 1));
        assert!(accepts(&own, Names::Ignored, "elsewhere", 1));
        assert!(!accepts(&own, Names::Ignored, "db", 31), "expired");
        assert!(!accepts(&other, Names::Ignored, "db", 1), "another root");
    }
}
