//! TLS with libpq's meanings of sslmode (manual, chapter "SSL Support"), by rustls.

mod verifier;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, ring};
use rustls::{ClientConfig, RootCertStore};
use rustls_pki_types::pem::{self, PemObject};
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, PrivateKeyDer};
use tokio_postgres_rustls::MakeRustlsConnect;

use self::verifier::{Names, Verifier};

/// `sslmode`, from weak to strong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Mode {
    /// Never TLS.
    Disable,
    /// TLS only when the server refuses to go without.
    Allow,
    /// TLS when it can be had.
    Prefer,
    /// TLS with any certificate.
    Require,
    /// The certificate comes from a trusted authority.
    VerifyCa,
    /// And names the host.
    VerifyFull,
}

/// The words of `sslmode`.
pub(crate) const MODES: &[(&str, Mode)] = &[
    ("disable", Mode::Disable),
    ("allow", Mode::Allow),
    ("prefer", Mode::Prefer),
    ("require", Mode::Require),
    ("verify-ca", Mode::VerifyCa),
    ("verify-full", Mode::VerifyFull),
];

/// The authorities that a server's certificate may come from.
#[derive(Clone)]
pub(crate) enum Root {
    File(Option<PathBuf>),
    System,
}

/// The ssl* parameters.
#[derive(Clone)]
pub(crate) struct Options {
    pub(crate) mode: Mode,
    /// Begin with TLS instead of asking first (PostgreSQL 17).
    pub(crate) direct: bool,
    pub(crate) sni: bool,
    pub(crate) root: Root,
    pub(crate) certificate: Option<PathBuf>,
    pub(crate) key: Option<PathBuf>,
    pub(crate) crl: Option<PathBuf>,
}

impl Options {
    /// No TLS.
    pub(crate) fn disabled() -> Options {
        Options {
            mode: Mode::Disable,
            direct: false,
            sni: true,
            root: Root::File(None),
            certificate: None,
            key: None,
            crl: None,
        }
    }
}

/// What `postgres` needs to speak TLS as the options say. The error is a sentence about a file or a certificate.
pub(crate) fn connector(options: &Options) -> Result<MakeRustlsConnect, String> {
    let provider = Arc::new(ring::default_provider());
    let verifier = if options.mode == Mode::Disable { None } else { verifier(options, &provider)? };
    let verifier = verifier.unwrap_or_else(|| Arc::new(Verifier::any(&provider)));
    let builder = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let mut config = match identity(options)? {
        Some((chain, key)) => builder.with_client_auth_cert(chain, key).map_err(|error| error.to_string())?,
        None => builder.with_no_client_auth(),
    };
    config.enable_sni = options.sni;
    // sslnegotiation=direct demands the protocol's name; servers before 17 pass over it.
    config.alpn_protocols = vec![b"postgresql".to_vec()];
    Ok(MakeRustlsConnect::new(config))
}

/// Checks certificates when there is a root, whatever the mode, as libpq does; `None` accepts any.
fn verifier(
    options: &Options,
    provider: &Arc<CryptoProvider>,
) -> Result<Option<Arc<dyn ServerCertVerifier>>, String> {
    let roots = match &options.root {
        Root::System => system_roots()?,
        Root::File(Some(path)) if path.exists() => read::<CertificateDer<'static>>(path, "root certificate")?,
        Root::File(_) if options.mode < Mode::VerifyCa => return Ok(None),
        Root::File(path) => {
            let path = path.as_deref().unwrap_or(Path::new("~/.postgresql/root.crt")).display();
            return Err(format!(
                "the root certificate file {path} does not exist; set `sslrootcert` to the authority's certificate, \
                 or to `system`"
            ));
        }
    };
    let crls = match options.crl.as_deref().filter(|path| path.exists()) {
        Some(path) => read::<CertificateRevocationListDer<'static>>(path, "revocation list")?,
        None => Vec::new(),
    };
    let names = if options.mode == Mode::VerifyFull { Names::Checked } else { Names::Ignored };
    Ok(Some(Arc::new(Verifier::trusting(roots, crls, names, provider)?)))
}

fn system_roots() -> Result<Vec<CertificateDer<'static>>, String> {
    let found = rustls_native_certs::load_native_certs();
    match found.errors.first() {
        Some(error) if found.certs.is_empty() => {
            Err(format!("the system's certificates cannot be read: {error}"))
        }
        None if found.certs.is_empty() => {
            Err("the system has no certificates; install ca-certificates".to_owned())
        }
        _ => Ok(found.certs),
    }
}

type Identity = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// The client's certificate and key; without a certificate file libpq goes without.
fn identity(options: &Options) -> Result<Option<Identity>, String> {
    let Some(certificate) = options.certificate.as_deref().filter(|path| path.exists()) else {
        return Ok(None);
    };
    let chain = read(certificate, "client certificate")?;
    let path = options.key.as_deref().unwrap_or(Path::new("~/.postgresql/postgresql.key"));
    let key = PrivateKeyDer::from_pem_file(path).map_err(|error| match error {
        pem::Error::NoItemsFound => {
            format!("the private key file {} holds no unencrypted private key", path.display())
        }
        error => format!("the private key file {} cannot be read: {error}", path.display()),
    })?;
    Ok(Some((chain, key)))
}

/// Everything of one kind in a PEM file.
fn read<T: PemObject>(path: &Path, what: &str) -> Result<Vec<T>, String> {
    let unreadable = |error| format!("the {what} file {} cannot be read: {error}", path.display());
    let items =
        T::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<T>, _>>).map_err(unreadable)?;
    if items.is_empty() { Err(format!("the file {} holds no {what}", path.display())) } else { Ok(items) }
}

/// Authorities; what cannot be parsed is passed over, as OpenSSL does, unless nothing is left.
fn store(roots: &[CertificateDer<'static>]) -> RootCertStore {
    let mut store = RootCertStore::empty();
    store.add_parsable_certificates(roots.iter().cloned());
    store
}
