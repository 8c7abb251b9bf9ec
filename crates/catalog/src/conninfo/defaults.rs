//! What libpq takes when nothing is said.

use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use super::Endpoint;
use super::environment::Environment;
use super::settings::Settings;
use crate::Error;

/// Where the servers of distributions (Debian, Fedora) and of plain builds put their sockets.
pub(super) const SOCKET_DIRECTORIES: [&str; 2] = ["/var/run/postgresql", "/tmp"];

/// How long one server may take to answer. libpq waits for ever.
pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// The name under which sessions appear in pg_stat_activity.
pub(super) const APPLICATION_NAME: &str = "endstate";

/// PostgreSQL's port.
const PORT: u16 = 5432;

/// The home directory: what HOME says, else what the operating system knows.
pub(super) fn home(environment: Environment<'_>) -> Option<PathBuf> {
    let given = environment("HOME").filter(|home| !home.is_empty()).map(PathBuf::from);
    given.or_else(|| nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten().map(|user| user.dir))
}

/// The name of the operating system's user.
pub(super) fn user() -> Result<String, Error> {
    let found = nix::unistd::User::from_uid(nix::unistd::geteuid()).ok().flatten();
    found.map(|user| user.name).ok_or_else(|| {
        Error::conninfo("no user is given and the operating system names none; set `user` or PGUSER")
    })
}

/// The servers to try, in order.
pub(super) fn endpoints(settings: &Settings) -> Result<Vec<Endpoint>, Error> {
    let list = |keyword| settings.get(keyword).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let addresses = list("hostaddr");
    let hosts = list("host").or_else(|| addresses.clone());
    if let (Some(hosts), Some(addresses)) = (&hosts, &addresses) {
        counted("hostaddr", addresses.len(), hosts.len())?;
    }
    let ports = ports(list("port").unwrap_or_default(), hosts.as_ref().map_or(1, Vec::len))?;
    let mut endpoints = Vec::new();
    for (index, host) in hosts.unwrap_or_else(|| vec![""]).into_iter().enumerate() {
        let address = addresses.as_ref().map(|all| address(all[index])).transpose()?.flatten();
        let port = ports.get(index).or(ports.first()).copied().unwrap_or(PORT);
        endpoints.extend(endpoint(host, address, port));
    }
    Ok(endpoints)
}

/// A host left empty stands for the default places.
fn endpoint(host: &str, address: Option<IpAddr>, port: u16) -> Vec<Endpoint> {
    let hosts = match (host, address) {
        ("", Some(address)) => vec![address.to_string()],
        ("", None) => SOCKET_DIRECTORIES.into_iter().chain(["localhost"]).map(str::to_owned).collect(),
        (host, _) => vec![host.to_owned()],
    };
    hosts.into_iter().map(|host| Endpoint { host, address, port }).collect()
}

fn address(text: &str) -> Result<Option<IpAddr>, Error> {
    let invalid = |_| Error::conninfo("`hostaddr` must be a numeric IP address; use `host` for names");
    (!text.is_empty()).then(|| text.parse().map_err(invalid)).transpose()
}

/// One port for all hosts or one each.
fn ports(given: Vec<&str>, hosts: usize) -> Result<Vec<u16>, Error> {
    if given.len() > 1 {
        counted("port", given.len(), hosts)?;
    }
    given.into_iter().map(port).collect()
}

fn port(text: &str) -> Result<u16, Error> {
    if text.is_empty() {
        return Ok(PORT);
    }
    let port = text.parse().ok().filter(|port| *port != 0);
    // The text is not shown: behind an unencoded / it may be a part of the password.
    port.ok_or_else(|| {
        Error::conninfo(
            "the port must be a number from 1 to 65535 (in a URL, write a / in the password as %2F)",
        )
    })
}

fn counted(keyword: &str, given: usize, hosts: usize) -> Result<(), Error> {
    if given == hosts {
        return Ok(());
    }
    Err(Error::conninfo(format!("`{keyword}` lists {given} values for {hosts} hosts")))
}
