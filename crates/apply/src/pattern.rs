//! Names of objects in settings: `policy *`, `table legacy_*`, `column users.role`.

use kinds::{Id, Kind};

/// `kind name`, with `*` for any run of characters; parts of a name are separated by dots.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Pattern {
    /// Any where it names none.
    kinds: Vec<Kind>,
    name: String,
}

impl Pattern {
    /// Reads `policy *`, `table users`, `column users.role`, `materialized view x*`.
    pub(crate) fn parse(text: &str) -> Pattern {
        let text = text.trim();
        let (kinds, name) = split(text).unwrap_or((Vec::new(), text));
        Pattern { kinds, name: name.to_owned() }
    }

    /// What is wrong with it, and a way out.
    pub(crate) fn problem(text: &str) -> Option<(String, String)> {
        let text = text.trim();
        let (word, _) = text.split_once(char::is_whitespace)?;
        if split(text).is_some() {
            return None;
        }
        let help = match yaml::suggest(word, Kind::words()) {
            Some(meant) => format!("did you mean `{meant}`?"),
            None => format!("a name with spaces needs its kind before it, as in `policy {text}`"),
        };
        Some((format!("unknown kind `{word}`"), help))
    }

    /// Whether it is for every object of its kind.
    pub(crate) fn is_for_all(&self) -> bool {
        self.name == "*"
    }

    /// Whether it names this object, or what it stands in.
    pub(crate) fn covers(&self, id: &Id) -> bool {
        std::iter::once(id).chain(id.ancestors()).any(|id| self.matches(id))
    }

    /// Whether it names this object itself.
    pub(crate) fn matches(&self, id: &Id) -> bool {
        (self.kinds.is_empty() || self.kinds.contains(&id.kind()))
            && names(id).iter().any(|name| like(&self.name, name))
    }
}

/// The longest run of words that is a kind, and the name after it.
fn split(text: &str) -> Option<(Vec<Kind>, &str)> {
    let whole = (text.len(), "*");
    let places = text.match_indices(' ').map(|(place, _)| (place, text[place..].trim()));
    let mut splits: Vec<(usize, &str)> = places.chain([whole]).collect();
    splits.reverse();
    splits.into_iter().find_map(|(place, name)| {
        let kinds = Kind::named(&text[..place]);
        (!kinds.is_empty()).then_some((kinds, name))
    })
}

/// `users.role`, `public.users.role`, and the name alone where it stands in nothing but a schema.
fn names(id: &Id) -> Vec<String> {
    let mut parts = vec![id.name().to_owned()];
    let mut with_arguments = id.signature().map(|signature| format!("{}({signature})", id.name()));
    for ancestor in id.ancestors().filter(|ancestor| ancestor.kind() != Kind::Schema) {
        parts.insert(0, ancestor.name().to_owned());
        with_arguments = None;
    }
    let short = parts.join(".");
    let mut names = vec![short.clone()];
    names.extend(id.schema().map(|schema| format!("{schema}.{short}")));
    names.extend(with_arguments);
    names
}

/// `LIKE` with `*`.
fn like(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|text| {
            text.char_indices()
                .map(|(place, _)| place)
                .chain([text.len()])
                .any(|place| like(rest, &text[place..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matches(pattern: &str, id: &Id) -> bool {
        Pattern::parse(pattern).matches(id)
    }

    #[test]
    fn kinds_and_names() {
        let public = Id::root(Kind::Schema, "public");
        let table = public.child(Kind::Table, "legacy_users");
        for pattern in ["table legacy_*", "tables *", "legacy_*", "table public.legacy_users", "table", "*"] {
            assert!(matches(pattern, &table), "{pattern}");
        }
        for pattern in ["view legacy_*", "table users", "table auth.*"] {
            assert!(!matches(pattern, &table), "{pattern}");
        }
        let policy = table.child(Kind::Policy, "own rows");
        assert!(matches("policy legacy_users.own rows", &policy) && matches("policies *", &policy));
        let domain = public.child(Kind::Domain, "email");
        assert!(matches("type email", &domain) && matches("domain *", &domain));
        assert!(!matches("type email", &table));
        assert!(matches("materialized view m", &public.child(Kind::MaterializedView, "m")));
    }

    #[test]
    fn a_kind_that_does_not_exist_is_a_problem() {
        assert_eq!(Pattern::problem("table x"), None);
        assert_eq!(Pattern::problem("legacy_*"), None);
        assert_eq!(Pattern::problem("materialized views x y"), None);
        let (message, help) = Pattern::problem("tabel x").unwrap();
        assert_eq!((message.as_str(), help.as_str()), ("unknown kind `tabel`", "did you mean `table`?"));
        assert!(Pattern::problem("Users can view").unwrap().1.contains("policy Users can view"));
    }
}
