//! The password file (manual, chapter "The Password File").

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::Password;
use super::defaults::SOCKET_DIRECTORIES;

/// The lines of a password file, in their order.
#[derive(Clone, Default)]
pub(super) struct Passfile(Vec<Entry>);

/// `hostname:port:database:username:password`; `None` is the `*` that matches anything.
#[derive(Clone)]
struct Entry {
    pattern: [Option<String>; 4],
    password: Password,
}

impl Passfile {
    /// Reads the file, if there is one. Like libpq it is ignored, with a warning, when others could read it.
    pub(super) fn read(path: &Path, warnings: &mut Vec<String>) -> Passfile {
        let Ok(metadata) = fs::metadata(path) else { return Passfile::default() };
        let name = path.display();
        if !metadata.is_file() {
            warnings.push(format!("the password file {name} is not a plain file and is ignored"));
        } else if metadata.permissions().mode() & 0o077 != 0 {
            warnings.push(format!(
                "the password file {name} is ignored because its group or others may use it; run: chmod 600 {name}"
            ));
        } else {
            match fs::read_to_string(path) {
                Ok(text) => return Passfile::parse(&text),
                Err(error) => warnings.push(format!("the password file {name} is ignored: {error}")),
            }
        }
        Passfile::default()
    }

    fn parse(text: &str) -> Passfile {
        Passfile(text.lines().filter(|line| !line.starts_with('#')).filter_map(Entry::parse).collect())
    }

    /// The password of the first line that matches. A socket in a default directory goes by the name localhost.
    pub(super) fn password(&self, host: &str, port: u16, dbname: &str, user: &str) -> Option<&Password> {
        let host = if SOCKET_DIRECTORIES.contains(&host) { "localhost" } else { host };
        let wanted = [host, &port.to_string(), dbname, user];
        self.0.iter().find(|entry| entry.matches(wanted)).map(|entry| &entry.password)
    }
}

impl Entry {
    fn parse(line: &str) -> Option<Entry> {
        let fields: [String; 5] = fields(line).try_into().ok()?;
        let [host, port, dbname, user, password] = fields;
        let pattern = [host, port, dbname, user].map(|field| (field != "*").then_some(field));
        Some(Entry { pattern, password: Password(password) })
    }

    fn matches(&self, wanted: [&str; 4]) -> bool {
        let mut pairs = self.pattern.iter().zip(wanted);
        pairs.all(|(pattern, wanted)| pattern.as_deref().is_none_or(|pattern| pattern == wanted))
    }
}

/// The fields between colons; a backslash takes the next character as it is.
fn fields(line: &str) -> Vec<String> {
    let mut fields = vec![String::new()];
    let mut characters = line.chars();
    while let Some(c) = characters.next() {
        match (c, fields.last_mut()) {
            (':', _) => fields.push(String::new()),
            ('\\', Some(field)) => field.extend(characters.next()),
            (c, Some(field)) => field.push(c),
            (_, None) => {}
        }
    }
    fields
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_matching_line_counts() {
        let file = Passfile::parse(concat!(
            "# db:*:*:*:no\n",
            "db:5433:*:*:by port\n",
            "db:*:app:ann:by all\n",
            "broken:line\n",
            "a\\:b:*:*:*:c\\:d\\\\e\n",
            "localhost:*:*:*:local\n",
            "*:*:*:bob:anywhere\n",
        ));
        let cases = [
            (("db", 5433, "x", "y"), Some("by port")),
            (("db", 5432, "app", "ann"), Some("by all")),
            (("db", 5432, "app", "eve"), None),
            (("a:b", 1, "x", "y"), Some("c:d\\e")),
            (("/var/run/postgresql", 1, "x", "y"), Some("local")),
            (("/elsewhere", 1, "x", "y"), None),
            (("h", 1, "x", "bob"), Some("anywhere")),
        ];
        for ((host, port, dbname, user), expected) in cases {
            let found = file.password(host, port, dbname, user).map(|password| password.0.as_str());
            assert_eq!(found, expected, "{host} {port} {dbname} {user}");
        }
    }

    #[test]
    fn a_file_that_others_can_read_is_ignored_with_a_warning() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(&file, "*:*:*:*:pw\n").unwrap();
        for (mode, found, warned) in [(0o600, true, 0), (0o640, false, 1), (0o604, false, 1)] {
            fs::set_permissions(&file, fs::Permissions::from_mode(mode)).unwrap();
            let mut warnings = Vec::new();
            let read = Passfile::read(file.path(), &mut warnings);
            assert_eq!(read.password("h", 1, "d", "u").is_some(), found, "{mode:o}");
            assert_eq!(warnings.len(), warned, "{mode:o}");
        }
    }
}
