//! The connection service file (manual, chapter "The Connection Service File").

use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use super::defaults::home;
use super::environment::Environment;
use super::settings::Settings;
use crate::Error;

/// The parameters of a service: from the file named by `given`, else `~/.pg_service.conf`, else the system's file.
pub(super) fn settings(
    name: &str,
    given: Option<&str>,
    environment: Environment<'_>,
) -> Result<Settings, Error> {
    for path in files(given, environment) {
        match fs::read_to_string(&path) {
            Ok(text) => {
                if let Some(settings) = section(name, &text, &path)? {
                    return Ok(settings);
                }
            }
            Err(error) if error.kind() == ErrorKind::NotFound && given.is_none() => {}
            Err(error) => {
                let path = path.display();
                return Err(Error::conninfo(format!("the service file {path} cannot be read: {error}")));
            }
        }
    }
    Err(Error::conninfo(format!("the service \"{name}\" is defined in no service file")))
}

fn files(given: Option<&str>, environment: Environment<'_>) -> Vec<PathBuf> {
    let own = given.map(PathBuf::from).or_else(|| Some(home(environment)?.join(".pg_service.conf")));
    // Debian builds libpq with this directory; others are named by PGSYSCONFDIR.
    let system = environment("PGSYSCONFDIR").unwrap_or_else(|| "/etc/postgresql-common".to_owned());
    own.into_iter().chain([Path::new(&system).join("pg_service.conf")]).collect()
}

fn section(name: &str, text: &str, path: &Path) -> Result<Option<Settings>, Error> {
    let mut found: Option<Settings> = None;
    for (number, line) in (1..).zip(text.lines().map(str::trim)) {
        let fault = |what: &str| Error::conninfo(format!("{}:{number}: {what}", path.display()));
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        if let Some(header) = line.strip_prefix('[') {
            if found.is_some() {
                break;
            }
            found = (header.strip_suffix(']') == Some(name)).then(Settings::default);
        } else if let Some(settings) = &mut found {
            let (keyword, value) = line.split_once('=').ok_or_else(|| fault("a parameter lacks its ="))?;
            if keyword.trim() == "service" {
                return Err(fault("a service cannot name another service"));
            }
            // Of two equal keywords in a file libpq takes the first.
            settings.fill(keyword.trim(), value.trim());
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_section_ends_where_the_next_begins() {
        let text = "# c\n[a]\nhost=h1\nuser=u\n\n[b]\nhost = h2\nhost=h3\n[c]\nnonsense\n";
        let host = |name| section(name, text, Path::new("f")).map(|s| s.and_then(|s| s.owned("host")));
        assert_eq!(host("a").unwrap(), Some("h1".to_owned()));
        assert_eq!(host("b").unwrap(), Some("h2".to_owned()));
        assert_eq!(host("d").unwrap(), None);
        assert!(host("c").unwrap_err().to_string().contains("f:10: a parameter lacks its ="));
    }

    #[test]
    fn a_missing_service_or_file_is_an_error() {
        let nothing = |_: &str| None;
        let undefined = settings("a", None, &nothing).map(|_| ()).unwrap_err();
        assert!(undefined.to_string().contains("defined in no service file"), "{undefined}");
        let unread = settings("a", Some("/nonexistent/f"), &nothing).map(|_| ()).unwrap_err();
        assert!(unread.to_string().contains("/nonexistent/f cannot be read"), "{unread}");
    }
}
