//! Making a connection the way libpq does: server after server, with and without TLS.

use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use postgres::config::{SslMode, SslNegotiation};
use postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::Error;
use crate::conninfo::{Conninfo, Endpoint, Session, Target};
use crate::database::Notice;
use crate::refusal::{explain, is_tls, is_turned_away};
use crate::tls::{self, Mode};

/// Messages that came besides results, in their order.
#[derive(Clone, Default)]
pub(crate) struct Notices(Arc<Mutex<Vec<Notice>>>);

impl Notices {
    fn push(&self, notice: Notice) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(notice);
    }

    pub(crate) fn take(&self) -> Vec<Notice> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// An open session and what belongs to it.
pub(crate) struct Connection {
    pub(crate) client: Client,
    pub(crate) tls: MakeRustlsConnect,
    pub(crate) notices: Notices,
    pub(crate) endpoint: Endpoint,
}

/// Tries the servers in order. As in libpq a server that answers with a refusal ends the search.
pub(crate) fn connect(conninfo: &Conninfo) -> Result<Connection, Error> {
    let passes: &[Target] = match conninfo.session.target {
        Target::PreferStandby => &[Target::Standby, Target::Any],
        ref target => std::slice::from_ref(target),
    };
    let mut failures = Vec::new();
    for target in passes {
        for endpoint in &conninfo.endpoints {
            match reach(conninfo, endpoint).and_then(|connection| meet(connection, *target)) {
                Ok(connection) => return Ok(connection),
                Err(error) if tries_next(&error) => failures.push(error),
                Err(error) => return Err(error),
            }
        }
    }
    Err(summary(failures))
}

fn tries_next(error: &Error) -> bool {
    match error {
        Error::Unreachable { .. } | Error::Timeout { .. } | Error::WrongTarget { .. } => true,
        // cannot_connect_now: starting up, shutting down, in recovery
        Error::Refused { error, .. } => error.code == "57P03",
        _ => false,
    }
}

/// The last failure that says more than that nobody is there, else one sentence for all places.
fn summary(mut failures: Vec<Error>) -> Error {
    if let Some(telling) = failures.iter().rposition(|error| !matches!(error, Error::Unreachable { .. })) {
        return failures.swap_remove(telling);
    }
    let (mut addresses, mut reasons) = (Vec::new(), Vec::new());
    for failure in failures {
        if let Error::Unreachable { address, reason } = failure {
            addresses.push(address);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
    }
    Error::Unreachable { address: addresses.join(", "), reason: reasons.join("; ") }
}

/// One server, with or without TLS as `sslmode` says. Sockets never use TLS.
fn reach(conninfo: &Conninfo, endpoint: &Endpoint) -> Result<Connection, Error> {
    let options = if endpoint.is_socket() { &tls::Options::disabled() } else { &conninfo.tls };
    let unusable = |reason| Error::Tls { address: endpoint.to_string(), reason };
    let tls = tls::connector(options).map_err(unusable)?;
    let notices = Notices::default();
    let try_with = |mode| attempt(conninfo, endpoint, mode, &tls, &notices);
    let first = match options.mode {
        Mode::Disable | Mode::Allow => SslMode::Disable,
        Mode::Prefer => SslMode::Prefer,
        _ => SslMode::Require,
    };
    let client = match (options.mode, try_with(first)?) {
        (Mode::Allow, Err(error)) if is_turned_away(&error) => try_with(SslMode::Require)?,
        (Mode::Prefer, Err(error)) if is_turned_away(&error) || is_tls(&error) => try_with(SslMode::Disable)?,
        (_, result) => result,
    };
    match client {
        Ok(client) => Ok(Connection { client, tls, notices, endpoint: endpoint.clone() }),
        Err(error) => Err(explain(&error, conninfo, endpoint)),
    }
}

/// One attempt. The driver's own timeout ends with the TCP connection; ours covers TLS and authentication too.
fn attempt(
    conninfo: &Conninfo,
    endpoint: &Endpoint,
    mode: SslMode,
    tls: &MakeRustlsConnect,
    notices: &Notices,
) -> Result<Result<Client, postgres::Error>, Error> {
    let mut config = config(conninfo, endpoint, mode);
    let notices = notices.clone();
    config.notice_callback(move |notice| notices.push(Notice::new(&notice)));
    let tls = tls.clone();
    let timeout = conninfo.session.connect_timeout;
    within(timeout, move || config.connect(tls)).ok_or_else(|| Error::Timeout {
        address: endpoint.to_string(),
        seconds: timeout.unwrap_or_default().as_secs(),
    })
}

/// Runs `work` for at most `timeout`; a thread that does not end in time is left behind.
fn within<T: Send + 'static>(
    timeout: Option<Duration>,
    work: impl FnOnce() -> T + Send + 'static,
) -> Option<T> {
    let Some(timeout) = timeout else { return Some(work()) };
    let (sender, receiver) = mpsc::channel();
    let worker = thread::spawn(move || sender.send(work()).is_ok());
    match receiver.recv_timeout(timeout) {
        Ok(result) => Some(result),
        Err(RecvTimeoutError::Timeout) => None,
        // The work panicked: let it go on here.
        Err(RecvTimeoutError::Disconnected) => match worker.join() {
            Err(panic) => std::panic::resume_unwind(panic),
            Ok(_) => None,
        },
    }
}

fn config(conninfo: &Conninfo, endpoint: &Endpoint, mode: SslMode) -> Config {
    let mut config = Config::new();
    config.host(&endpoint.host).port(endpoint.port).ssl_mode(mode);
    config.user(conninfo.user()).dbname(conninfo.dbname());
    if let Some(address) = endpoint.address {
        config.hostaddr(address);
    }
    if let Some(password) = conninfo.password(endpoint) {
        config.password(&password.0);
    }
    if conninfo.tls.direct && mode == SslMode::Require {
        config.ssl_negotiation(SslNegotiation::Direct);
    }
    configure_session(&mut config, &conninfo.session);
    config
}

fn configure_session(config: &mut Config, session: &Session) {
    config.application_name(&session.application_name).channel_binding(session.channel_binding);
    config.keepalives(session.keepalives);
    if let Some(options) = &session.options {
        config.options(options);
    }
    if let Some(timeout) = session.connect_timeout {
        config.connect_timeout(timeout);
    }
    if let Some(timeout) = session.tcp_user_timeout {
        config.tcp_user_timeout(timeout);
    }
    if let Some(idle) = session.keepalives_idle {
        config.keepalives_idle(idle);
    }
    if let Some(interval) = session.keepalives_interval {
        config.keepalives_interval(interval);
    }
    if let Some(count) = session.keepalives_count {
        config.keepalives_retries(count);
    }
}

/// Keeps the connection if the server is what `target_session_attrs` asks for.
fn meet(mut connection: Connection, target: Target) -> Result<Connection, Error> {
    const QUESTION: &str =
        "SELECT pg_catalog.pg_is_in_recovery()::text, pg_catalog.current_setting('transaction_read_only')";
    if target == Target::Any {
        return Ok(connection);
    }
    let rows = crate::database::select(&mut connection.client, QUESTION)?;
    let is = |column: usize, value| rows.first().and_then(|row| row.get(column)?.as_deref()) == Some(value);
    let (standby, read_only) = (is(0, "true"), is(1, "on"));
    let met = match target {
        Target::Any | Target::PreferStandby => true,
        Target::Primary => !standby,
        Target::ReadOnly => read_only,
        Target::ReadWrite => !read_only,
        Target::Standby => standby,
    };
    if met { Ok(connection) } else { Err(Error::WrongTarget { address: connection.endpoint.to_string() }) }
}
