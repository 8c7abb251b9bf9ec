//! Why a connection could not be made, from what the driver reports.

use std::error::Error as _;
use std::io;

use crate::conninfo::{Conninfo, Endpoint};
use crate::{Error, ServerError};

/// The driver tells these apart only by its words.
const NOT_CONNECTED: &str = "error connecting to server";
const TLS_FAILED: &str = "error performing TLS handshake";
const PASSWORD_MISSING: &str = "password missing";

/// Turns the driver's error into a sentence about this server.
pub(crate) fn explain(error: &postgres::Error, conninfo: &Conninfo, endpoint: &Endpoint) -> Error {
    let (address, user) = (endpoint.to_string(), conninfo.user().to_owned());
    if let Some(refusal) = error.as_db_error() {
        return match (refusal.code().code(), refusal.routine()) {
            ("3D000", _) => Error::DatabaseMissing { address, dbname: conninfo.dbname().to_owned() },
            ("28P01", _) => Error::PasswordRejected { address, user },
            // Messages may be translated; the name of the C function is not.
            ("28000", Some("InitializeSessionUserId")) => Error::RoleMissing { address, user },
            _ => Error::Refused { address, error: Box::new(ServerError::new(refusal, "")) },
        };
    }
    let reason = reason(error);
    if is_tls(error) {
        Error::Tls { address, reason: advise(&reason) }
    } else if reason == PASSWORD_MISSING {
        Error::PasswordMissing { address, user }
    } else if error.to_string() == NOT_CONNECTED {
        Error::Unreachable { address, reason }
    } else {
        Error::Handshake { address, reason }
    }
}

/// Whether the failure is one of TLS, at the handshake or, as TLS 1.3 has it for client certificates, just after.
pub(crate) fn is_tls(error: &postgres::Error) -> bool {
    let io = error.source().and_then(|cause| cause.downcast_ref::<io::Error>());
    let cause = io.and_then(io::Error::get_ref).and_then(|cause| cause.downcast_ref::<rustls::Error>());
    error.to_string() == TLS_FAILED || cause.is_some()
}

/// Whether the server is at a point where it turns this kind of connection away (encrypted or not).
pub(crate) fn is_turned_away(error: &postgres::Error) -> bool {
    error.code().is_some_and(|code| code.code() == "28000")
}

/// The innermost thing that the driver has to say.
pub(crate) fn reason(error: &postgres::Error) -> String {
    error.source().map_or_else(|| error.to_string(), ToString::to_string)
}

fn advise(reason: &str) -> String {
    let advice = if reason.contains("does not support TLS") {
        "; turn `ssl` on in the server, or allow a plain connection with `sslmode=prefer`"
    } else if reason.contains("UnknownIssuer") {
        "; `sslrootcert` must be the certificate of the authority that signed the server's"
    } else if reason.contains("not valid for name") || reason.contains("NotValidForName") {
        "; `host` must be a name that stands in the certificate's subjectAltName, or take `sslmode=verify-ca`"
    } else if reason.contains("CertificateRequired") {
        "; the server asks for a client certificate: set `sslcert` and `sslkey`"
    } else {
        ""
    };
    format!("{reason}{advice}")
}
