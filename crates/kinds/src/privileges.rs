//! Sets of privileges, and what leads from one to another.

use std::collections::BTreeSet;

use yaml::Problem;

use crate::Statement;

/// `select`, `insert` ...; `select with grant option`; `all` for whatever the object has.
pub type Privileges = BTreeSet<String>;

const OPTION: &str = " with grant option";
const GRANTOR: &str = " granted by ";

/// All privileges of all kinds of object, in the order in which people list them.
pub(crate) const WORDS: [&str; 16] = [
    "all",
    "select",
    "insert",
    "update",
    "delete",
    "truncate",
    "references",
    "trigger",
    "maintain",
    "usage",
    "create",
    "connect",
    "temporary",
    "execute",
    "set",
    "alter system",
];

/// One `GRANT` or `REVOKE`, without what it is on and to whom.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Way {
    pub(crate) verb: Verb,
    pub(crate) privileges: Vec<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verb {
    Grant,
    GrantWithOption,
    Revoke,
    RevokeOption,
}

/// A grantee as `GRANT` names it.
pub fn grantee(name: &str) -> String {
    if name == "public" { "PUBLIC".to_owned() } else { sql::ident(name) }
}

impl Way {
    /// `GRANT SELECT ON t TO r WITH GRANT OPTION`; each privilege is written by `word`. Those of several grantees merge.
    pub(crate) fn statement(
        &self,
        word: impl Fn(&str) -> String,
        before: &str,
        on: &str,
        grantee: &str,
    ) -> Statement {
        let grantee = self::grantee(grantee);
        let words = self
            .privileges
            .iter()
            .map(|privilege| word(&privilege.to_uppercase()))
            .collect::<Vec<_>>()
            .join(", ");
        let (head, tail) = match self.verb {
            Verb::Grant => (format!("{before}GRANT {words} ON {on} TO"), ""),
            Verb::GrantWithOption => (format!("{before}GRANT {words} ON {on} TO"), " WITH GRANT OPTION"),
            Verb::Revoke => (format!("{before}REVOKE {words} ON {on} FROM"), ""),
            Verb::RevokeOption => (format!("{before}REVOKE GRANT OPTION FOR {words} ON {on} FROM"), ""),
        };
        Statement::grant(head, grantee, tail)
    }

    /// The same with `ALL` in place of all that there is.
    pub(crate) fn shortened(mut self, everything: &[&str]) -> Way {
        if everything.len() > 1 && everything.iter().all(|word| self.privileges.iter().any(|one| one == word))
        {
            self.privileges = vec!["all".to_owned()];
        }
        self
    }
}

/// What leads from some privileges to others: what is not known (`all`) is revoked first, then what is missing is granted, and
/// last what is too much is revoked, so that nobody is without what they keep.
pub(crate) fn ways(from: &Privileges, to: &Privileges) -> Vec<Way> {
    let unknown = from.contains("all") && !to.contains("all");
    let nothing = Privileges::new();
    let from = if from.contains("all") { &nothing } else { from };
    let (had, has) = (plain(from), plain(to));
    let gained = |privilege: &&String| has_option(privilege) || !had.contains(*privilege);
    let gained: Vec<&String> = to.difference(from).filter(gained).collect();
    let lost_option = |privilege: &&String| has_option(privilege) && has.contains(without_option(privilege));
    let mut ways = Vec::new();
    let mut way = |verb, privileges: Privileges| {
        if !privileges.is_empty() {
            ways.push(Way { verb, privileges: sorted(privileges) });
        }
    };
    if unknown {
        way(Verb::Revoke, ["all".to_owned()].into());
    }
    way(
        Verb::Grant,
        gained.iter().filter(|privilege| !has_option(privilege)).map(|one| (*one).clone()).collect(),
    );
    let with_option = gained.iter().filter(|privilege| has_option(privilege));
    way(Verb::GrantWithOption, with_option.map(|one| without_option(one).to_owned()).collect());
    let everything = has.is_empty() && !had.is_empty();
    way(
        Verb::Revoke,
        if everything { ["all".to_owned()].into() } else { had.difference(&has).cloned().collect() },
    );
    let option_lost = from.difference(to).filter(lost_option);
    way(Verb::RevokeOption, option_lost.map(|one| without_option(one).to_owned()).collect());
    ways
}

/// The privileges without regard to the grant option.
pub fn plain(privileges: &Privileges) -> Privileges {
    privileges.iter().map(|privilege| without_option(privilege).to_owned()).collect()
}

fn has_option(privilege: &str) -> bool {
    privilege.ends_with(OPTION)
}

fn without_option(privilege: &str) -> &str {
    privilege.strip_suffix(OPTION).unwrap_or(privilege)
}

fn sorted(privileges: Privileges) -> Vec<String> {
    let mut words: Vec<String> = privileges.into_iter().collect();
    words.sort_by_key(|word| WORDS.iter().position(|known| *known == word.as_str()));
    words
}

/// `select with grant option granted by bob` taken apart: the privilege, and who grants it where that is not the owner.
pub(crate) fn parse(text: &str) -> Result<(String, Option<String>), Problem> {
    let (privilege, grantor) = match text.split_once(GRANTOR) {
        Some((privilege, grantor)) => (privilege, Some(grantor.to_owned())),
        None => (text, None),
    };
    if WORDS.contains(&without_option(privilege)) {
        return Ok((privilege.to_owned(), grantor));
    }
    let help = match yaml::suggest(privilege, WORDS) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("privileges are: {}", WORDS.join(", ")),
    };
    Err(Problem { message: format!("unknown privilege `{privilege}`"), ..Problem::default() }.with_help(help))
}

/// A privilege as [`parse`] reads it.
pub(crate) fn write(privilege: &str, grantor: Option<&str>) -> String {
    match grantor {
        Some(grantor) => format!("{privilege}{GRANTOR}{grantor}"),
        None => privilege.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(words: &str) -> Privileges {
        words.split(", ").filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn sql(from: &str, to: &str) -> Vec<String> {
        ways(&set(from), &set(to)).iter().map(|way| way.statement(str::to_owned, "", "t", "r").sql).collect()
    }

    #[test]
    fn grants_come_before_revokes_but_behind_a_clean_slate() {
        assert_eq!(
            sql("select, insert", "insert, update"),
            ["GRANT UPDATE ON t TO r", "REVOKE SELECT ON t FROM r"]
        );
        assert_eq!(sql("all", "select"), ["REVOKE ALL ON t FROM r", "GRANT SELECT ON t TO r"]);
        assert_eq!(sql("all", ""), ["REVOKE ALL ON t FROM r"]);
        assert_eq!(sql("all", "all"), ["GRANT ALL ON t TO r"]);
        assert_eq!(sql("select", "select"), [""; 0]);
        assert_eq!(sql("select, insert", ""), ["REVOKE ALL ON t FROM r"]);
    }

    #[test]
    fn the_grant_option_comes_and_goes_alone() {
        assert_eq!(sql("select", "select with grant option"), ["GRANT SELECT ON t TO r WITH GRANT OPTION"]);
        assert_eq!(sql("select with grant option", "select"), ["REVOKE GRANT OPTION FOR SELECT ON t FROM r"]);
        assert_eq!(sql("select with grant option", ""), ["REVOKE ALL ON t FROM r"]);
    }

    #[test]
    fn a_grantor_is_read_as_written() {
        let text = write("select with grant option", Some("bob by night"));
        let expected = ("select with grant option".to_owned(), Some("bob by night".to_owned()));
        assert_eq!(parse(&text).unwrap(), expected);
        assert_eq!(parse("slect").unwrap_err().help.unwrap(), "did you mean `select`?");
    }
}
