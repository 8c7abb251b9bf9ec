//! Where each value comes from.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::Duration;

use super::*;

/// A home directory and an environment that knows only it and `variables`.
struct World {
    home: tempfile::TempDir,
    variables: BTreeMap<String, String>,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> World {
        let home = tempfile::tempdir().unwrap();
        let mut all = BTreeMap::from([("HOME".to_owned(), home.path().display().to_string())]);
        all.extend(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())));
        World { home, variables: all }
    }

    fn file(self, name: &str, text: &str) -> World {
        let path = self.home.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        self
    }

    fn resolve(&self, given: Option<&str>) -> Result<Conninfo, Error> {
        Conninfo::resolve(given, &|name| self.variables.get(name).cloned())
    }
}

/// `user:password@dbname endpoint,…` of what was resolved, or the error.
fn show(resolved: Result<Conninfo, Error>) -> String {
    let conninfo = match resolved {
        Ok(conninfo) => conninfo,
        Err(error) => return error.to_string(),
    };
    let places = conninfo.endpoints.iter().map(|endpoint| {
        let password = conninfo.password(endpoint).map_or("", |password| &password.0);
        let address = endpoint.address.map(|address| format!("={address}")).unwrap_or_default();
        format!("{endpoint}{address} {password}").trim().to_owned()
    });
    format!("{}@{} {}", conninfo.user, conninfo.dbname, places.collect::<Vec<_>>().join(", "))
}

/// The string, the environment, what is shown or a part of the error.
type Case<'a> = (&'a str, &'a [(&'a str, &'a str)], &'a str);

#[test]
fn strings_and_environment() {
    let sockets = "/var/run/postgresql/.s.PGSQL.5432, /tmp/.s.PGSQL.5432, localhost:5432";
    let (default, named) = (format!("ann@ann {sockets}"), format!("ann@app {sockets}"));
    let ann = ("PGUSER", "ann");
    let cases: &[Case<'_>] = &[
        ("", &[ann], &default),
        ("app", &[ann], &named),
        ("dbname=app", &[ann], &named),
        ("postgres:///app", &[ann], &named),
        ("postgresql://bob@/", &[ann, ("PGHOST", "h"), ("PGPORT", "99"), ("PGDATABASE", "d")], "bob@d h:99"),
        ("host=h dbname=''", &[ann, ("PGDATABASE", "d")], "ann@ann h:5432"),
        ("postgres://bob:pw@h:1/d", &[ann, ("PGPASSWORD", "no")], "bob@d h:1 pw"),
        ("host=h", &[ann, ("PGPASSWORD", "pw")], "ann@ann h:5432 pw"),
        ("host=h hostaddr=10.0.0.1", &[ann], "ann@ann h:5432=10.0.0.1"),
        ("hostaddr=::1", &[ann], "ann@ann [::1]:5432=::1"),
        ("postgres://h1:1,h2:2", &[ann], "ann@ann h1:1, h2:2"),
        ("postgres://h1,h2:2", &[ann], "ann@ann h1:5432, h2:2"),
        ("host=h1,h2 port=7", &[ann], "ann@ann h1:7, h2:7"),
        ("postgres://%2Fs:5/d", &[ann], "ann@d /s/.s.PGSQL.5"),
        ("host=h1,h2 port=1,2,3", &[ann], "`port` lists 3 values for 2 hosts"),
        ("host=h1,h2 hostaddr=10.0.0.1", &[ann], "`hostaddr` lists 1 values for 2 hosts"),
        ("hostaddr=localhost", &[ann], "`hostaddr` must be a numeric IP address"),
        ("host=h port=0", &[ann], "from 1 to 65535"),
        ("postgres://u:pa/ss@h/d", &[], "%40"),
        ("host=h connect_timeout=soon", &[ann], "`connect_timeout` must be a whole number"),
        ("host=h sslmode=on", &[ann], "`sslmode` must be one of disable, allow, prefer, require"),
        ("host=h sslrootcert=system sslmode=require", &[ann], "takes only `sslmode=verify-full`"),
        ("host=h sslnegotiation=direct", &[ann], "needs `sslmode=require`"),
        ("service=gone", &[ann], "the service \"gone\" is defined in no service file"),
    ];
    for (given, variables, expected) in cases {
        let shown = show(World::new(variables).resolve(Some(given)));
        assert!(shown.contains(expected), "{given}: {shown}");
    }
}

#[test]
fn nothing_given_means_database_url_then_the_environment() {
    let world = World::new(&[("DATABASE_URL", "postgres://u@h/d"), ("PGHOST", "other"), ("PGPORT", "7")]);
    assert_eq!(show(world.resolve(None)), "u@d h:7");
    assert_eq!(show(world.resolve(Some("user=u"))), "u@u other:7");
    let world = World::new(&[("PGHOST", "h"), ("PGUSER", "u")]);
    assert_eq!(show(world.resolve(None)), "u@u h:5432");
}

#[test]
fn the_user_is_the_operating_systems() {
    let name = nix::unistd::User::from_uid(nix::unistd::geteuid()).unwrap().unwrap().name;
    assert_eq!(show(World::new(&[]).resolve(Some("host=h"))), format!("{name}@{name} h:5432"));
}

#[test]
fn a_service_stands_between_string_and_environment() {
    let text = "[prod]\nhost=h\nuser=svc\ndbname=d\ncolour=red\n";
    let world = World::new(&[("PGSERVICE", "prod"), ("PGUSER", "env"), ("PGPORT", "7")]);
    let world = world.file(".pg_service.conf", text);
    assert_eq!(show(world.resolve(None)), "svc@d h:7");
    assert_eq!(show(world.resolve(Some("user=me"))), "me@d h:7");
    assert_eq!(world.resolve(None).unwrap().warnings.len(), 1);

    let world = World::new(&[]).file("services", text);
    let file = world.home.path().join("services");
    let given = format!("service=prod servicefile='{}'", file.display());
    assert_eq!(show(world.resolve(Some(&given))), "svc@d h:5432");
}

#[test]
fn the_password_file_comes_last() {
    let lines = "h1:*:*:u:one\nh2:*:*:u:two\n*:*:other:u:three\n10.0.0.1:*:*:u:four\n";
    let world = World::new(&[]).file(".pgpass", lines);
    let shown = |given| show(world.resolve(Some(given)));
    assert_eq!(shown("postgres://u@h1,h2/d"), "u@d h1:5432 one, h2:5432 two");
    assert_eq!(shown("postgres://u:given@h1/d"), "u@d h1:5432 given");
    assert_eq!(shown("hostaddr=10.0.0.1 user=u dbname=d"), "u@d 10.0.0.1:5432=10.0.0.1 four");
    let other = world.resolve(Some("postgres://u@h3/d")).map(|conninfo| conninfo.with_dbname("other"));
    assert_eq!(show(other), "u@other h3:5432 three");

    let world = World::new(&[]).file("pw", lines);
    let variables = format!("postgres://u@h1/d?passfile={}", world.home.path().join("pw").display());
    assert_eq!(show(world.resolve(Some(&variables))), "u@d h1:5432 one");
}

#[test]
fn unknown_and_unsupported_keywords_are_warnings() {
    let url = "postgres://u@h/d?pgbouncer=true&schema=public&sslmode=require&gssencmode=prefer&requirepeer=x\
               &client_encoding=latin1";
    let warnings = World::new(&[]).resolve(Some(url)).unwrap().warnings;
    let about = |keyword: &str| warnings.iter().any(|warning| warning.contains(&format!("`{keyword}`")));
    assert_eq!(warnings.len(), 3, "{warnings:?}");
    assert!(about("pgbouncer") && about("schema") && about("requirepeer"), "{warnings:?}");
}

#[test]
fn session_parameters() {
    let world = World::new(&[("PGOPTIONS", "-c a=b"), ("PGCONNECT_TIMEOUT", "3")]);
    let session = world.resolve(Some("host=h user=u")).unwrap().session;
    assert_eq!(session.application_name, "endstate");
    assert_eq!(session.options.as_deref(), Some("-c a=b"));
    assert_eq!(session.connect_timeout, Some(Duration::from_secs(3)));
    let given =
        "host=h user=u connect_timeout=0 application_name=ci target_session_attrs=primary keepalives=0";
    let session = world.resolve(Some(given)).unwrap().session;
    assert_eq!((session.connect_timeout, session.keepalives), (None, false));
    assert_eq!((session.application_name.as_str(), session.target), ("ci", Target::Primary));
    let session = World::new(&[]).resolve(Some("host=h user=u")).unwrap().session;
    assert_eq!(session.connect_timeout, Some(Duration::from_secs(10)));
}

#[test]
fn tls_files_and_modes() {
    let world = World::new(&[("PGSSLMODE", "verify-ca"), ("PGSSLCERT", "/c")]);
    let tls = world.resolve(Some("host=h user=u")).unwrap().tls;
    assert_eq!(tls.mode, tls::Mode::VerifyCa);
    assert_eq!(tls.certificate.as_deref(), Some(Path::new("/c")));
    assert_eq!(tls.key, Some(world.home.path().join(".postgresql/postgresql.key")));
    let system = world.resolve(Some("host=h user=u sslrootcert=system sslmode=")).unwrap().tls;
    assert_eq!(system.mode, tls::Mode::VerifyFull);
    assert!(matches!(system.root, tls::Root::System));
    let default = World::new(&[]).resolve(Some("host=h user=u")).unwrap().tls;
    assert_eq!(default.mode, tls::Mode::Prefer);
}

#[test]
fn the_password_is_never_shown() {
    let world = World::new(&[]).file(".pgpass", "*:*:*:*:s3cret\n");
    for given in
        ["postgres://u:s3cret@h:1/d", "host=h port=1 user=u dbname=d", "host=/s user=u password=s3cret"]
    {
        let conninfo = world.resolve(Some(given)).unwrap();
        let shown = format!("{conninfo} {conninfo:?} {:?}", conninfo.password(&conninfo.endpoints[0]));
        assert!(!shown.contains("s3cret"), "{shown}");
    }
    let conninfo = world.resolve(Some("postgres://u:s3cret@h:1/d")).unwrap();
    assert_eq!(conninfo.to_string(), "database \"d\" as user \"u\" on h:1");
    assert_eq!((conninfo.host(), conninfo.port(), conninfo.user(), conninfo.dbname()), ("h", 1, "u", "d"));
}

#[test]
fn a_socket_of_our_own() {
    let conninfo = Conninfo::socket(Path::new("/run/x"), 5, "postgres", "a");
    assert_eq!(show(Ok(conninfo.with_dbname("b"))), "postgres@b /run/x/.s.PGSQL.5");
}
