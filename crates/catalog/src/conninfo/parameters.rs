//! The keywords of libpq (manual, chapter "Parameter Key Words") and what becomes of each.

use super::settings::Settings;

/// What endstate does with a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// Acts on it.
    Acts,
    /// Leaves it aside: it changes nothing that endstate could see, or asks for less than it does.
    Harmless,
    /// Cannot do what it demands, and says so.
    Lacks,
}

use Use::{Acts, Harmless, Lacks};

/// Keyword, environment variable (empty: none), use.
pub(super) const PARAMETERS: &[(&str, &str, Use)] = &[
    ("application_name", "PGAPPNAME", Acts),
    ("channel_binding", "PGCHANNELBINDING", Acts),
    ("client_encoding", "PGCLIENTENCODING", Harmless),
    ("connect_timeout", "PGCONNECT_TIMEOUT", Acts),
    ("dbname", "PGDATABASE", Acts),
    ("fallback_application_name", "", Acts),
    ("gssdelegation", "PGGSSDELEGATION", Harmless),
    ("gssencmode", "PGGSSENCMODE", Lacks),
    ("gsslib", "PGGSSLIB", Harmless),
    ("host", "PGHOST", Acts),
    ("hostaddr", "PGHOSTADDR", Acts),
    ("keepalives", "", Acts),
    ("keepalives_count", "", Acts),
    ("keepalives_idle", "", Acts),
    ("keepalives_interval", "", Acts),
    ("krbsrvname", "PGKRBSRVNAME", Harmless),
    ("load_balance_hosts", "PGLOADBALANCEHOSTS", Harmless),
    ("options", "PGOPTIONS", Acts),
    ("passfile", "PGPASSFILE", Acts),
    ("password", "PGPASSWORD", Acts),
    ("port", "PGPORT", Acts),
    ("replication", "", Lacks),
    ("require_auth", "PGREQUIREAUTH", Lacks),
    ("requirepeer", "PGREQUIREPEER", Lacks),
    ("service", "PGSERVICE", Acts),
    ("servicefile", "PGSERVICEFILE", Acts),
    ("sslcert", "PGSSLCERT", Acts),
    ("sslcertmode", "PGSSLCERTMODE", Lacks),
    ("sslcompression", "PGSSLCOMPRESSION", Harmless),
    ("sslcrl", "PGSSLCRL", Acts),
    ("sslcrldir", "PGSSLCRLDIR", Lacks),
    ("sslkey", "PGSSLKEY", Acts),
    ("sslmode", "PGSSLMODE", Acts),
    ("sslnegotiation", "PGSSLNEGOTIATION", Acts),
    ("sslpassword", "", Lacks),
    ("sslrootcert", "PGSSLROOTCERT", Acts),
    ("sslsni", "PGSSLSNI", Acts),
    ("ssl_max_protocol_version", "PGSSLMAXPROTOCOLVERSION", Lacks),
    ("ssl_min_protocol_version", "PGSSLMINPROTOCOLVERSION", Lacks),
    ("target_session_attrs", "PGTARGETSESSIONATTRS", Acts),
    ("tcp_user_timeout", "", Acts),
    ("user", "PGUSER", Acts),
];

/// Values of keywords that endstate lacks which ask for nothing that it does not do anyway.
const MET: &[(&str, &str)] = &[
    ("gssencmode", "disable"),
    ("gssencmode", "prefer"),
    ("replication", "false"),
    ("replication", "off"),
    ("replication", "0"),
    ("sslcertmode", "allow"),
    ("ssl_min_protocol_version", "TLSv1"),
    ("ssl_min_protocol_version", "TLSv1.1"),
    ("ssl_min_protocol_version", "TLSv1.2"),
    ("ssl_max_protocol_version", "TLSv1.3"),
];

/// A sentence for each parameter that endstate does not know or cannot honour. Values are never shown.
pub(super) fn warnings(settings: &Settings) -> Vec<String> {
    settings.iter().filter_map(|(keyword, value)| warning(keyword, value)).collect()
}

fn warning(keyword: &str, value: &str) -> Option<String> {
    match PARAMETERS.iter().find(|(name, _, _)| *name == keyword) {
        Some((_, _, Lacks)) if !value.is_empty() && !MET.contains(&(keyword, value)) => {
            Some(format!("connection parameter `{keyword}` is not supported and has no effect"))
        }
        Some(_) => None,
        None => Some(format!("connection parameter `{keyword}` is unknown to PostgreSQL and has no effect")),
    }
}
