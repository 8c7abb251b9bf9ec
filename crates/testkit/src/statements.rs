//! Files of SQL in named parts, some of them for some versions of PostgreSQL only.
//!
//! A part begins with `-- name: ...`; `-- since: 15` right below says that older servers cannot run it. What stands before the first part is a
//! heading.

/// One part of such a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// What it is about; unique in its file.
    pub name: String,
    /// The first major version that can run it; 0 when all can.
    pub since: u32,
    /// One or more statements.
    pub sql: String,
}

/// The parts of a file that a major version can run, in their order.
pub fn for_major(file: &str, major: u32) -> Vec<Part> {
    parts(file).into_iter().filter(|part| part.since <= major).collect()
}

/// All parts of a file, in their order.
pub fn parts(file: &str) -> Vec<Part> {
    let mut parts: Vec<Part> = Vec::new();
    for line in file.lines() {
        if let Some(name) = line.strip_prefix("-- name: ") {
            parts.push(Part { name: name.to_owned(), since: 0, sql: String::new() });
        } else if let Some(part) = parts.last_mut() {
            part.add(line);
        }
    }
    parts
}

impl Part {
    fn add(&mut self, line: &str) {
        match line.strip_prefix("-- since: ").and_then(|since| since.parse().ok()) {
            Some(since) => self.since = since,
            None => self.sql.extend([line, "\n"]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_know_their_name_and_version() {
        let file = "-- heading\n\n-- name: a\nSELECT 1;\n\n-- name: b c\n-- since: 15\n-- why\nSELECT 2;\n";
        let part = |name: &str, since, sql: &str| Part { name: name.to_owned(), since, sql: sql.to_owned() };
        let both = [part("a", 0, "SELECT 1;\n\n"), part("b c", 15, "-- why\nSELECT 2;\n")];
        assert_eq!(parts(file), both);
        assert_eq!(for_major(file, 14), both[..1]);
        assert_eq!(for_major(file, 15), both);
    }
}
