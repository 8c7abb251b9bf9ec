//! The ssl* parameters.

use std::path::{Path, PathBuf};

use super::settings::Settings;
use crate::Error;
use crate::tls::{MODES, Mode, Options, Root};

/// Reads them; `home` is the directory `.postgresql` of the user.
pub(super) fn read(settings: &Settings, home: Option<&Path>) -> Result<Options, Error> {
    let file = |keyword, standard: &str| {
        let standard = || home.map(|home| home.join(standard));
        settings.get(keyword).map(PathBuf::from).or_else(standard)
    };
    let system = settings.get("sslrootcert") == Some("system");
    let default = if system { Mode::VerifyFull } else { Mode::Prefer };
    let mode = settings.word("sslmode", MODES, default)?;
    let direct = settings.word("sslnegotiation", &[("direct", true), ("postgres", false)], false)?;
    if system && mode != Mode::VerifyFull {
        return Err(Error::conninfo("`sslrootcert=system` takes only `sslmode=verify-full`"));
    }
    if direct && mode < Mode::Require {
        return Err(Error::conninfo("`sslnegotiation=direct` needs `sslmode=require` or stronger"));
    }
    Ok(Options {
        mode,
        direct,
        sni: settings.get("sslsni") != Some("0"),
        root: if system { Root::System } else { Root::File(file("sslrootcert", "root.crt")) },
        certificate: file("sslcert", "postgresql.crt"),
        key: file("sslkey", "postgresql.key"),
        crl: file("sslcrl", "root.crl"),
    })
}
