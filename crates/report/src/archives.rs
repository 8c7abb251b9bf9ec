//! What is kept for ways back.

use apply::Archive;

/// The archives as a table, with what they take in all.
pub fn archives(all: &[Archive]) -> String {
    if all.is_empty() {
        return "Nothing is kept: no script has taken anything away, or the rollback has given it back.\n"
            .to_owned();
    }
    let rows: Vec<[String; 4]> = all
        .iter()
        .map(|archive| {
            let since = match &archive.since {
                Some((day, 1)) => format!("{day} (1 day)"),
                Some((day, days)) => format!("{day} ({days} days)"),
                None if archive.readable => "holds no row".to_owned(),
                None => "may not be read".to_owned(),
            };
            [archive.what.clone(), size(archive.bytes), since, archive.name.clone()]
        })
        .collect();
    let head = ["what", "size", "since", "archive"].map(str::to_owned);
    let lines = || std::iter::once(&head).chain(&rows);
    let width = |column: usize| lines().map(|row| row[column].chars().count()).max().unwrap_or_default();
    let widths = [width(0), width(1), width(2)];
    let mut text = String::new();
    for [what, size, since, name] in lines() {
        text.push_str(&format!(
            "{what:a$}  {size:>b$}  {since:c$}  {name}\n",
            a = widths[0],
            b = widths[1],
            c = widths[2]
        ));
    }
    let total: u64 = all.iter().map(|archive| archive.bytes).sum();
    let noun = if all.len() == 1 { "archive" } else { "archives" };
    text + &format!(
        "\n{} {noun}, {} in all; endstate finalize --drop lets go of them.\n",
        all.len(),
        size(total)
    )
}

/// Bytes in the unit that leaves one to four digits: `64 kB`.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"];
    let (mut amount, mut unit) = (bytes, 0);
    while amount >= 10 * 1024 && unit + 1 < units.len() {
        amount /= 1024;
        unit += 1;
    }
    format!("{amount} {}", units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_of_archives() {
        let archive = |name: &str, bytes, since| Archive {
            name: format!("endstate_archive.{name}"),
            what: "values of public.users (phone)".to_owned(),
            bytes,
            readable: true,
            since,
        };
        let unread = |name: &str| Archive { readable: false, ..archive(name, 0, None) };
        let text = archives(&[
            archive("users_phone_1", 16384, Some(("2026-11-20".to_owned(), 5))),
            archive("t", 8192, None),
            unread("u"),
        ]);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines[0], "what                                  size  since                archive");
        assert_eq!(
            lines[1],
            "values of public.users (phone)       16 kB  2026-11-20 (5 days)  endstate_archive.users_phone_1"
        );
        assert_eq!(
            lines[2],
            "values of public.users (phone)  8192 bytes  holds no row         endstate_archive.t"
        );
        assert!(lines[3].contains("may not be read"));
        assert!(text.ends_with("3 archives, 24 kB in all; endstate finalize --drop lets go of them.\n"));
    }
}
