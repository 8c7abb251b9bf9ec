//! Connection URLs (manual, chapter "Connection URIs"). They are no RFC 3986 URLs: several hosts may stand in one,
//! and a host may be a percent-encoded directory. Errors never show a value: a misplaced `@` or `/` makes a part of
//! the password look like a host or a port.

use super::settings::Settings;
use crate::Error;

/// The part of a URL after its scheme, if it is one of PostgreSQL's.
pub(super) fn strip_scheme(given: &str) -> Option<&str> {
    given.strip_prefix("postgresql://").or_else(|| given.strip_prefix("postgres://"))
}

/// Reads what follows the scheme.
pub(super) fn parse(rest: &str) -> Result<Settings, Error> {
    let mut settings = Settings::default();
    let rest = match rest.find(['@', '/']) {
        Some(at) if rest[at..].starts_with('@') => {
            read_user(&rest[..at], &mut settings)?;
            &rest[at + 1..]
        }
        _ => rest,
    };
    let (place, query) = rest.split_once('?').unwrap_or((rest, ""));
    if place.contains('@') {
        return Err(Error::conninfo(
            "an @ or / in the user name, password or database name must be written %40 or %2F",
        ));
    }
    let (hosts, dbname) = place.split_once('/').unwrap_or((place, ""));
    read_hosts(hosts, &mut settings)?;
    if !dbname.is_empty() {
        settings.set("dbname", decode(dbname)?);
    }
    read_query(query, &mut settings)?;
    Ok(settings)
}

fn read_user(text: &str, settings: &mut Settings) -> Result<(), Error> {
    let (user, password) = text.split_once(':').unwrap_or((text, ""));
    for (keyword, value) in [("user", user), ("password", password)] {
        if !value.is_empty() {
            settings.set(keyword, decode(value)?);
        }
    }
    Ok(())
}

fn read_hosts(text: &str, settings: &mut Settings) -> Result<(), Error> {
    let (mut hosts, mut ports) = (Vec::new(), Vec::new());
    for part in text.split(',') {
        let (host, port) = split_port(part)?;
        hosts.push(decode(host)?);
        ports.push(decode(port)?);
    }
    for (keyword, values) in [("host", hosts), ("port", ports)] {
        if values.iter().any(|value| !value.is_empty()) {
            settings.set(keyword, values.join(","));
        }
    }
    Ok(())
}

/// Host and port; an IPv6 address stands in brackets.
fn split_port(text: &str) -> Result<(&str, &str), Error> {
    let Some(inner) = text.strip_prefix('[') else {
        return Ok(text.split_once(':').unwrap_or((text, "")));
    };
    if inner.starts_with(']') {
        return Err(Error::conninfo("the brackets of an IPv6 address in the URL are empty"));
    }
    let unclosed = || Error::conninfo("an IPv6 address in the URL lacks its closing ]");
    let (host, after) = inner.split_once(']').ok_or_else(unclosed)?;
    match after.strip_prefix(':') {
        Some(port) => Ok((host, port)),
        None if after.is_empty() => Ok((host, "")),
        None => Err(Error::conninfo("after the ] of an IPv6 address only : and a port may follow")),
    }
}

fn read_query(query: &str, settings: &mut Settings) -> Result<(), Error> {
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let missing = || Error::conninfo("a parameter after the ? of the URL lacks its name or its =");
        let (keyword, value) =
            pair.split_once('=').filter(|(keyword, _)| !keyword.is_empty()).ok_or_else(missing)?;
        match (decode(keyword)?.as_str(), decode(value)?) {
            // libpq takes this one spelling over from JDBC.
            ("ssl", value) if value == "true" => settings.set("sslmode", "require"),
            (keyword, value) => settings.set(keyword, value),
        }
    }
    Ok(())
}

/// Replaces %XX; refuses %00 and what is not UTF-8.
fn decode(text: &str) -> Result<String, Error> {
    let invalid = || Error::conninfo("the URL holds a % that is not followed by two hexadecimal digits");
    let mut bytes = Vec::with_capacity(text.len());
    let mut pieces = text.split('%');
    bytes.extend(pieces.next().unwrap_or_default().bytes());
    for piece in pieces {
        let digits =
            piece.get(..2).filter(|two| two.bytes().all(|b| b.is_ascii_hexdigit())).ok_or_else(invalid)?;
        bytes.push(u8::from_str_radix(digits, 16).map_err(|_| invalid())?);
        bytes.extend(piece[2..].bytes());
    }
    if bytes.contains(&0) {
        return Err(Error::conninfo("the URL holds %00"));
    }
    String::from_utf8(bytes)
        .map_err(|_| Error::conninfo("the URL holds percent-encoded bytes that are not UTF-8"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(rest: &str) -> String {
        match parse(rest) {
            Ok(settings) => settings.iter().map(|(k, v)| format!("{k}={v}")).collect::<Vec<_>>().join(" "),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn urls() {
        let cases = [
            ("", ""),
            ("localhost", "host=localhost"),
            ("localhost:5433", "host=localhost port=5433"),
            ("localhost/mydb", "dbname=mydb host=localhost"),
            ("user@localhost", "host=localhost user=user"),
            ("user:secret@localhost", "host=localhost password=secret user=user"),
            ("u:p%40%2F%3a@h/d%20b", "dbname=d b host=h password=p@/: user=u"),
            ("u:a?b#c:d@h", "host=h password=a?b#c:d user=u"),
            (
                "other@localhost/otherdb?connect_timeout=10&application_name=myapp",
                "application_name=myapp connect_timeout=10 dbname=otherdb host=localhost user=other",
            ),
            (
                "h1:123,h2:456/db?target_session_attrs=any",
                "dbname=db host=h1,h2 port=123,456 target_session_attrs=any",
            ),
            ("h1,h2:456", "host=h1,h2 port=,456"),
            ("[2001:db8::1234]/db", "dbname=db host=2001:db8::1234"),
            ("[::1]:5433,h", "host=::1,h port=5433,"),
            ("%2Fvar%2Flib%2Fpg:99/db", "dbname=db host=/var/lib/pg port=99"),
            ("/db?host=/tmp&port=99", "dbname=db host=/tmp port=99"),
            ("/?user=a&user=b", "user=b"),
            ("h?ssl=true", "host=h sslmode=require"),
            ("h/db?options=-c%20a%3Db&", "dbname=db host=h options=-c a=b"),
        ];
        for (given, expected) in cases {
            assert_eq!(read(given), expected, "{given}");
        }
    }

    #[test]
    fn refusals_name_the_part_and_show_no_value() {
        let cases = [
            ("u:s3@cret@h/db", "%40"),
            ("u:s3/cret@h/db", "%40"),
            ("u:s3%zcret@h", "two hexadecimal digits"),
            ("u:s3cret%@h", "two hexadecimal digits"),
            ("u:s3cret%0@h", "two hexadecimal digits"),
            ("u:s3cret%é@h", "two hexadecimal digits"),
            ("u:s3cret%00@h", "%00"),
            ("u:s3cret%ff@h", "not UTF-8"),
            ("[::1/s3cret", "closing ]"),
            ("[::1]s3cret", "port may follow"),
            ("h?s3cret", "lacks its name or its ="),
            ("h?=s3cret", "lacks its name or its ="),
            ("[]:s3cret", "are empty"),
        ];
        for (given, expected) in cases {
            let message = read(given);
            assert!(message.contains(expected), "{given}: {message}");
            assert!(!message.contains("cret"), "{given}: {message}");
        }
    }
}
