//! Where a server is and who asks: all that libpq takes, from the same sources and in the same order. The connection
//! string, then the service file, then the environment, then libpq's defaults; the password file comes last.
//! (Manual, chapter "Database Connection Control Functions".)

mod defaults;
mod environment;
mod keywords;
mod parameters;
mod passfile;
mod service;
mod session;
mod settings;
mod ssl;
mod url;

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};

use self::environment::Environment;
use self::passfile::Passfile;
pub(crate) use self::session::{Session, Target};
use self::settings::Settings;
use crate::Error;
use crate::tls;

/// A resolved connection string. It shows itself without the password.
#[derive(Clone)]
pub struct Conninfo {
    /// One sentence for each thing in the given sources that has no effect.
    pub warnings: Vec<String>,
    pub(crate) endpoints: Vec<Endpoint>,
    pub(crate) tls: tls::Options,
    pub(crate) session: Session,
    user: String,
    dbname: String,
    password: Option<Password>,
    passfile: Passfile,
}

/// One server to try.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Endpoint {
    /// A name, an address or a socket directory; also the name that a certificate is held against.
    pub(crate) host: String,
    /// Spares the look-up of the name.
    pub(crate) address: Option<IpAddr>,
    pub(crate) port: u16,
}

/// A secret that no formatting shows.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Password(pub(crate) String);

impl fmt::Debug for Password {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(not shown)")
    }
}

impl Conninfo {
    /// Resolves what the user gave, or `DATABASE_URL` when nothing was given, against libpq's other sources.
    ///
    /// `environment` reads one variable. The service file and the password file are read from disk.
    ///
    /// # Errors
    /// [`Error::Conninfo`], whose text never holds a value that may be a password.
    pub fn resolve(given: Option<&str>, environment: Environment<'_>) -> Result<Conninfo, Error> {
        let fallback = given.is_none().then(|| environment("DATABASE_URL")).flatten();
        let mut settings = parse(given.or(fallback.as_deref()).unwrap_or_default())?;
        let mut warnings = parameters::warnings(&settings);
        let weaker = environment::settings(environment);
        if let Some(name) = settings.owned("service").or_else(|| weaker.owned("service")) {
            let file = settings.owned("servicefile").or_else(|| weaker.owned("servicefile"));
            let service = service::settings(&name, file.as_deref(), environment)?;
            warnings.extend(parameters::warnings(&service));
            settings.fill_from(service);
        }
        warnings.extend(parameters::warnings(&weaker));
        settings.fill_from(weaker);
        Conninfo::from_settings(&settings, defaults::home(environment), warnings)
    }

    /// A server on a private socket, reached without a password.
    pub fn socket(directory: &Path, port: u16, user: &str, dbname: &str) -> Conninfo {
        Conninfo {
            warnings: Vec::new(),
            endpoints: vec![Endpoint { host: directory.display().to_string(), address: None, port }],
            tls: tls::Options::disabled(),
            session: Session::default(),
            user: user.to_owned(),
            dbname: dbname.to_owned(),
            password: None,
            passfile: Passfile::default(),
        }
    }

    /// The same server and user, another database.
    #[must_use]
    pub fn with_dbname(&self, dbname: &str) -> Conninfo {
        Conninfo { dbname: dbname.to_owned(), ..self.clone() }
    }

    /// The same, with one server only.
    pub(crate) fn only(&self, endpoint: Endpoint) -> Conninfo {
        Conninfo { endpoints: vec![endpoint], ..self.clone() }
    }

    /// The first host to try: a name, an address or a socket directory.
    pub fn host(&self) -> &str {
        self.endpoints.first().map_or("", |endpoint| &endpoint.host)
    }

    /// The port of the first host.
    pub fn port(&self) -> u16 {
        self.endpoints.first().map_or(0, |endpoint| endpoint.port)
    }

    /// The role that connects.
    pub fn user(&self) -> &str {
        &self.user
    }

    /// The database to connect to.
    pub fn dbname(&self) -> &str {
        &self.dbname
    }

    /// The password for one of the servers: the given one, else the password file's.
    pub(crate) fn password(&self, endpoint: &Endpoint) -> Option<&Password> {
        let from_file = || self.passfile.password(&endpoint.host, endpoint.port, &self.dbname, &self.user);
        self.password.as_ref().or_else(from_file)
    }

    fn from_settings(
        settings: &Settings,
        home: Option<PathBuf>,
        mut warnings: Vec<String>,
    ) -> Result<Self, Error> {
        let user = settings.owned("user").map_or_else(defaults::user, Ok)?;
        let in_home = |file: &str| home.as_ref().map(|home| home.join(file));
        let passfile = settings.get("passfile").map(PathBuf::from).or_else(|| in_home(".pgpass"));
        let password = settings.owned("password").map(Password);
        Ok(Conninfo {
            endpoints: defaults::endpoints(settings)?,
            tls: ssl::read(settings, in_home(".postgresql").as_deref())?,
            session: Session::read(settings)?,
            dbname: settings.owned("dbname").unwrap_or_else(|| user.clone()),
            user,
            // libpq looks into the file only when no password is given, so only then can it be at fault.
            passfile: match passfile {
                Some(path) if password.is_none() => Passfile::read(&path, &mut warnings),
                _ => Passfile::default(),
            },
            password,
            warnings,
        })
    }
}

fn parse(given: &str) -> Result<Settings, Error> {
    // A URL read from a file may bring a line break along; in the other form a last space may be an escaped one.
    url::strip_scheme(given.trim()).map_or_else(|| keywords::parse(given), url::parse)
}

impl Endpoint {
    /// Whether the server is on this machine's sockets.
    pub(crate) fn is_socket(&self) -> bool {
        self.host.starts_with('/') && self.address.is_none()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Endpoint { host, port, .. } = self;
        match self.is_socket() {
            true => write!(f, "{host}/.s.PGSQL.{port}"),
            false if host.contains(':') => write!(f, "[{host}]:{port}"),
            false => write!(f, "{host}:{port}"),
        }
    }
}

impl fmt::Display for Conninfo {
    /// The way psql's `\conninfo` puts it, never the password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "database \"{}\" as user \"{}\" on ", self.dbname, self.user)?;
        for (index, endpoint) in self.endpoints.iter().enumerate() {
            write!(f, "{}{endpoint}", if index == 0 { "" } else { ", " })?;
        }
        Ok(())
    }
}

impl fmt::Debug for Conninfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Conninfo({self}, {:?}, {:?})", self.tls.mode, self.warnings)
    }
}

#[cfg(test)]
mod tests;
