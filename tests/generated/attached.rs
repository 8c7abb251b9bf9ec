//! Makes functions, views and all that is attached to something.

use crate::make::{Maker, is_any, is_number, is_ordered, is_text};
use crate::world::{Column, Object, Sort};

const RELATIONS: [Sort; 3] = [Sort::Table, Sort::View, Sort::MaterializedView];

impl Maker {
    /// An expression that is true or false of a row.
    pub(crate) fn predicate(&mut self, relation: usize, alias: &str) -> String {
        let columns = self.world.columns(relation).to_vec();
        if columns.is_empty() {
            return "true".to_owned();
        }
        let column = self.rng.pick(&columns).clone();
        let (name, base) = (format!("{alias}{{{relation}.{}}}", column.number), self.base(&column.of));
        if self.rng.chance(25)
            && let Some(call) = self.call_returning("boolean", Some((&column.of, &name)))
        {
            return call;
        }
        if self.rng.chance(10)
            && let Some(call) = self.call_returning("boolean", None)
        {
            return call;
        }
        let constant = self.constant(&column.of.clone());
        match base.as_str() {
            "boolean" => name,
            _ if is_number(&base) => {
                format!("{name} {} {}", self.rng.word(&[">", ">=", "<>"]), self.rng.below(5))
            }
            _ if is_text(&base) => format!(
                "{}({name}) {} 1",
                self.rng.word(&["length", "char_length"]),
                self.rng.word(&[">", "<>"])
            ),
            _ => match constant {
                Some(constant) if self.rng.chance(70) => format!("{name} <> {constant}"),
                _ => format!("{name} IS NOT NULL"),
            },
        }
    }

    /// A value of a row, with its type.
    fn value(&mut self, relation: usize, alias: &str) -> Option<(String, String)> {
        let columns = self.world.columns(relation).to_vec();
        if columns.is_empty() {
            return None;
        }
        let column = self.rng.pick(&columns).clone();
        let name = format!("{alias}{{{relation}.{}}}", column.number);
        let base = self.base(&column.of);
        if self.rng.chance(20) {
            for of in ["text", "integer", "boolean"] {
                if let Some(call) = self.call_returning(of, Some((&column.of, &name))) {
                    return Some((call, of.to_owned()));
                }
            }
        }
        let of = if column.of == "serial" { "integer".to_owned() } else { column.of.clone() };
        Some(match self.rng.below(10) {
            0 if is_text(&base) => (format!("upper({name})"), "text".to_owned()),
            1 if is_number(&base) => (format!("({name} + 1)::bigint"), "bigint".to_owned()),
            2 => (format!("{name}::text"), "text".to_owned()),
            _ => (name, of),
        })
    }

    pub(crate) fn function(&mut self, object: &mut Object) {
        let procedure = object.sort == Sort::Procedure;
        let arguments = self.rng.below(3).min(if procedure { 2 } else { 1 + self.rng.below(2) });
        object.words = (0..arguments).map(|_| self.type_name(0)).collect();
        object.of = match self.rng.below(3) {
            0 => "boolean".to_owned(),
            1 => "text".to_owned(),
            _ => self.type_name(0),
        };
        let names = ["a", "b", "value", "Odd Arg"];
        let prefix = if self.rng.chance(70) { "p_" } else { "" };
        let list: Vec<String> = object
            .words
            .iter()
            .enumerate()
            .map(|(place, of)| format!("{} {of}", sql::ident(&format!("{prefix}{}", names[place]))))
            .collect();
        let (body, language) = self.body(object, procedure);
        let of = if procedure { String::new() } else { format!(" RETURNS {}", object.of) };
        let attributes = match procedure {
            true => self.rng.word(&["", " SECURITY DEFINER"]),
            false => self.rng.word(&[
                "",
                " IMMUTABLE",
                " IMMUTABLE",
                " STABLE",
                " STABLE SECURITY DEFINER",
                " IMMUTABLE STRICT PARALLEL SAFE",
                " SET search_path = ''",
            ]),
        };
        let word = if procedure { "PROCEDURE" } else { "FUNCTION" };
        object.sql = vec![format!(
            "CREATE {word} {{{}}}({}){of}{language}{attributes} {body}",
            object.number,
            list.join(", ")
        )];
    }

    fn body(&mut self, object: &Object, procedure: bool) -> (String, &'static str) {
        let tables = self.world.of(&RELATIONS);
        let mut value = self.constant(&object.of.clone()).unwrap_or_else(|| format!("NULL::{}", object.of));
        if object.of == "boolean" && !object.words.is_empty() && self.rng.chance(60) {
            "$1 IS NOT NULL".clone_into(&mut value);
        }
        if object.of == "boolean" && self.rng.chance(25) && !tables.is_empty() {
            let table = *self.rng.pick(&tables);
            let predicate = self.predicate(table, "t.");
            value = format!("EXISTS (SELECT 1 FROM {{{table}}} AS t WHERE {predicate})");
        }
        if procedure {
            return match self.rng.chance(50) {
                true => ("AS $$ BEGIN NULL; END $$".to_owned(), " LANGUAGE plpgsql"),
                false => ("AS $$ SELECT 1 $$".to_owned(), " LANGUAGE sql"),
            };
        }
        match self.rng.below(4) {
            0 => (format!("AS $$ BEGIN RETURN {value}; END $$"), " LANGUAGE plpgsql"),
            1 | 2 if self.major >= 14 => match self.rng.chance(70) {
                true => (format!("RETURN {value}"), " LANGUAGE sql"),
                false => (format!("BEGIN ATOMIC SELECT {value} AS result; END"), " LANGUAGE sql"),
            },
            _ => (format!("AS $$ SELECT {value} $$"), " LANGUAGE sql"),
        }
    }

    pub(crate) fn trigger_function(&mut self, object: &mut Object) {
        let note = self.rng.below(5);
        object.sql = vec![format!(
            "CREATE FUNCTION {{{}}}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN /* {note} */ RETURN coalesce(NEW, OLD); END $$",
            object.number
        )];
    }

    pub(crate) fn aggregate(&mut self, object: &mut Object) {
        let (of, with) = *self.rng.pick(&[("integer", "int4pl"), ("text", "textcat"), ("bigint", "int8pl")]);
        let start = if self.rng.chance(50) { ", INITCOND = '0'" } else { "" };
        object.words = vec![of.to_owned()];
        object.sql = vec![format!(
            "CREATE AGGREGATE {{{}}}({of}) (SFUNC = {with}, STYPE = {of}{start})",
            object.number
        )];
    }

    /// Something that needs other objects.
    pub(crate) fn attached(&mut self, object: &mut Object) -> bool {
        let sorts: &[Sort] = match object.sort {
            Sort::View | Sort::MaterializedView => return self.view(object),
            Sort::DefaultPrivilege => return self.default_privilege(object),
            Sort::Publication => return self.publication(object),
            Sort::Trigger => &[Sort::Table, Sort::Table, Sort::View],
            Sort::Index => &[Sort::Table, Sort::Table, Sort::MaterializedView],
            Sort::Rule
            | Sort::Constraint
            | Sort::ForeignKey
            | Sort::Statistics
            | Sort::Policy
            | Sort::RowLevelSecurity
            | Sort::Replica
            | Sort::ColumnOption => &[Sort::Table],
            Sort::ColumnGrant | Sort::ColumnComment => &RELATIONS,
            _ => &[
                Sort::Table,
                Sort::View,
                Sort::MaterializedView,
                Sort::Function,
                Sort::Enum,
                Sort::Sequence,
                Sort::Domain,
                Sort::Schema,
                Sort::Composite,
                Sort::Procedure,
                Sort::TriggerFunction,
                Sort::Range,
                Sort::Aggregate,
            ],
        };
        let targets: Vec<usize> = self.world.of(sorts).into_iter().filter(|number| *number != 1).collect();
        if targets.is_empty() {
            return false;
        }
        let target = *object.target.get_or_insert_with(|| *self.rng.pick(&targets));
        let sql = match object.sort {
            Sort::Trigger => self.trigger(object, target),
            Sort::Index => self.index(object, target),
            Sort::Rule => Some(self.rule(object, target)),
            Sort::Constraint => self.constraint(object, target),
            Sort::ForeignKey => self.foreign_key(object, target),
            Sort::Statistics => self.statistics(object, target),
            Sort::Policy => Some(self.policy(object, target)),
            Sort::RowLevelSecurity => {
                let what = self.rng.word(&["ENABLE", "ENABLE", "FORCE"]);
                Some(format!("ALTER TABLE {{{target}}} {what} ROW LEVEL SECURITY"))
            }
            Sort::Replica => {
                let what = self.rng.word(&[
                    "REPLICA IDENTITY FULL",
                    "REPLICA IDENTITY NOTHING",
                    "SET (fillfactor = 80)",
                    "SET (autovacuum_vacuum_threshold = 9)",
                ]);
                Some(format!("ALTER TABLE {{{target}}} {what}"))
            }
            Sort::ColumnOption => self.column_like(target, is_any).map(|column| {
                let what =
                    self.rng.word(&["SET STATISTICS 50", "SET STORAGE EXTERNAL", "SET (n_distinct = 5)"]);
                format!("ALTER TABLE {{{target}}} ALTER COLUMN {column} {what}")
            }),
            Sort::ColumnGrant => self.column_like(target, is_any).map(|column| {
                let what = self.rng.word(&["SELECT", "UPDATE", "SELECT", "REFERENCES"]);
                format!("GRANT {what} ({column}) ON {{{target}}} TO {}", self.role())
            }),
            Sort::ColumnComment => self.column_like(target, is_any).map(|column| {
                format!("COMMENT ON COLUMN {{{target}}}.{column} IS 'note {}'", self.rng.below(9))
            }),
            Sort::Grant => self.grant(target),
            Sort::Owner => self.owner(target),
            _ => self.comment(target),
        };
        object.sql = sql.into_iter().collect();
        !object.sql.is_empty()
    }

    fn trigger(&mut self, object: &Object, target: usize) -> Option<String> {
        let functions = self.world.of(&[Sort::TriggerFunction]);
        if functions.is_empty() {
            return None;
        }
        let function = *self.rng.pick(&functions);
        if self.world.get(target)?.sort == Sort::View {
            return Some(format!(
                "CREATE TRIGGER {{{}}} INSTEAD OF INSERT ON {{{target}}} FOR EACH ROW EXECUTE FUNCTION {{{function}}}()",
                object.number
            ));
        }
        let column = self.column_like(target, is_any)?;
        let when = self.predicate(target, "NEW.");
        let when = if self.rng.chance(30) && !when.contains("EXISTS") {
            format!("WHEN ({when}) ")
        } else {
            String::new()
        };
        let event = match self.rng.below(4) {
            0 => "BEFORE INSERT".to_owned(),
            1 => format!("BEFORE UPDATE OF {column}"),
            2 => "AFTER INSERT OR UPDATE".to_owned(),
            _ => "BEFORE UPDATE".to_owned(),
        };
        Some(format!(
            "CREATE TRIGGER {{{}}} {event} ON {{{target}}} FOR EACH ROW {when}EXECUTE FUNCTION {{{function}}}()",
            object.number
        ))
    }

    fn index(&mut self, object: &Object, target: usize) -> Option<String> {
        let first = self.column_like(target, is_ordered)?;
        let second = self.column_like(target, is_ordered)?;
        let text = self.column_like(target, is_text);
        let keys = match (self.rng.below(6), text) {
            (0, Some(text)) => format!("lower({text})"),
            (1, Some(text)) => format!("{text} text_pattern_ops"),
            (2, _) => format!("{first} DESC NULLS LAST"),
            (3, _) if first != second => format!("{first}, {second}"),
            (4, _) if first != second => format!("{first}) INCLUDE ({second}"),
            _ => first,
        };
        let predicate = self.predicate(target, "");
        let filter = if self.rng.chance(25) && !predicate.contains("EXISTS") {
            format!(" WHERE {predicate}")
        } else {
            String::new()
        };
        let unique = if self.rng.chance(10) { "UNIQUE " } else { "" };
        Some(format!("CREATE {unique}INDEX {{{}}} ON {{{target}}} ({keys}){filter}", object.number))
    }

    fn rule(&mut self, object: &Object, target: usize) -> String {
        let event = self.rng.word(&["INSERT", "UPDATE", "DELETE"]);
        let predicate = self.predicate(target, if event == "INSERT" { "NEW." } else { "OLD." });
        let action = self.rng.word(&["NOTHING", "ALSO NOTIFY changed"]);
        format!(
            "CREATE RULE {{{}}} AS ON {event} TO {{{target}}} WHERE {predicate} DO {action}",
            object.number
        )
    }

    fn constraint(&mut self, object: &Object, target: usize) -> Option<String> {
        let predicate = self.predicate(target, "");
        let (first, second) = (self.column_like(target, is_ordered)?, self.column_like(target, is_ordered)?);
        let what = match self.rng.below(10) {
            0 | 1 => format!("UNIQUE ({first})"),
            2 if first != second => format!("UNIQUE ({first}, {second})"),
            3 => format!("PRIMARY KEY ({first})"),
            4 => format!("CHECK ({predicate}) NOT VALID"),
            5 => format!("UNIQUE ({first}) DEFERRABLE INITIALLY DEFERRED"),
            6 => format!("EXCLUDE USING btree ({first} WITH =)"),
            _ => format!("CHECK ({predicate})"),
        };
        let name =
            if self.rng.chance(75) { format!(" CONSTRAINT {{{}}}", object.number) } else { String::new() };
        Some(format!("ALTER TABLE {{{target}}} ADD{name} {what}"))
    }

    fn foreign_key(&mut self, object: &Object, target: usize) -> Option<String> {
        let keys: Vec<(usize, Column)> = self
            .world
            .of(&[Sort::Table])
            .into_iter()
            .flat_map(|table| self.world.columns(table).iter().map(move |column| (table, column.clone())))
            .filter(|(_, column)| column.rest.contains("PRIMARY KEY") || column.rest.contains("UNIQUE"))
            .collect();
        if keys.is_empty() {
            return None;
        }
        let (other, key) = self.rng.pick(&keys).clone();
        let of = if key.of == "serial" { "integer" } else { key.of.as_str() };
        let own = self
            .world
            .columns(target)
            .iter()
            .filter(|column| column.of == of && !column.rest.contains("GENERATED"));
        let own: Vec<usize> = own.map(|column| column.number).collect();
        if own.is_empty() {
            return None;
        }
        let own = *self.rng.pick(&own);
        let action = self.rng.word(&[
            "",
            " ON DELETE CASCADE",
            " ON DELETE SET NULL",
            " ON UPDATE CASCADE",
            " DEFERRABLE",
            " NOT VALID",
        ]);
        let name =
            if self.rng.chance(60) { format!(" CONSTRAINT {{{}}}", object.number) } else { String::new() };
        Some(format!(
            "ALTER TABLE {{{target}}} ADD{name} FOREIGN KEY ({{{target}.{own}}}) REFERENCES {{{other}}} ({{{other}.{}}}){action}",
            key.number
        ))
    }

    fn statistics(&mut self, object: &Object, target: usize) -> Option<String> {
        let (first, second) = (self.column_like(target, is_ordered)?, self.column_like(target, is_ordered)?);
        let kinds = self.rng.word(&["", " (ndistinct)", " (dependencies, mcv)"]);
        (first != second).then(|| {
            format!("CREATE STATISTICS {{{}}}{kinds} ON {first}, {second} FROM {{{target}}}", object.number)
        })
    }

    fn policy(&mut self, object: &Object, target: usize) -> String {
        let command = self.rng.word(&["ALL", "SELECT", "INSERT", "UPDATE", "DELETE"]);
        let mut predicate = self.predicate(target, "");
        let tables = self.world.of(&RELATIONS);
        if self.rng.chance(20) && !tables.is_empty() {
            let other = *self.rng.pick(&tables);
            let inner = self.predicate(other, "o.");
            predicate = format!("EXISTS (SELECT 1 FROM {{{other}}} AS o WHERE {inner})");
        }
        let kind = if self.rng.chance(15) { " AS RESTRICTIVE" } else { "" };
        let what = match command {
            "INSERT" => format!("WITH CHECK ({predicate})"),
            "UPDATE" | "ALL" if self.rng.chance(40) => format!("USING ({predicate}) WITH CHECK (true)"),
            _ => format!("USING ({predicate})"),
        };
        format!(
            "CREATE POLICY {{{}}} ON {{{target}}}{kind} FOR {command} TO {} {what}",
            object.number,
            self.role()
        )
    }

    fn view(&mut self, object: &mut Object) -> bool {
        let relations = self.world.of(&RELATIONS);
        let relations: Vec<usize> = relations.into_iter().filter(|number| *number < object.number).collect();
        if relations.is_empty() {
            return false;
        }
        let first = *self.rng.pick(&relations);
        let mut from = format!("{{{first}}} AS a");
        let mut sources = vec![(first, "a.")];
        if self.rng.chance(30) {
            let second = *self.rng.pick(&relations);
            let join = self.predicate(second, "b.");
            from += &format!(" LEFT JOIN {{{second}}} AS b ON {join}");
            sources.push((second, "b."));
        }
        let (mut columns, mut values) = (Vec::new(), Vec::new());
        for number in 1..2 + self.rng.below(4) {
            let (relation, alias) = *self.rng.pick(&sources);
            let Some((value, of)) = self.value(relation, alias) else { return false };
            let name = if self.rng.chance(5) {
                format!("Column {number}")
            } else {
                format!("{}{number}", self.rng.word(&["c", "c", "c", "v"]))
            };
            values.push(format!("{value} AS {}", sql::ident(&name)));
            columns.push(Column { number, name, of, rest: String::new() });
        }
        let filter = if self.rng.chance(40) {
            format!(" WHERE {}", self.predicate(first, "a."))
        } else {
            String::new()
        };
        object.columns = columns;
        let options = match self.rng.below(10) {
            0 => " WITH (security_barrier = true)",
            1 if self.major >= 15 => " WITH (security_invoker = true)",
            _ => "",
        };
        let (word, options) =
            if object.sort == Sort::View { ("VIEW", options) } else { ("MATERIALIZED VIEW", "") };
        object.sql = vec![format!(
            "CREATE {word} {{{}}}{options} AS SELECT {} FROM {from}{filter}",
            object.number,
            values.join(", ")
        )];
        true
    }

    fn default_privilege(&mut self, object: &mut Object) -> bool {
        let schemas = self.world.of(&[Sort::Schema]);
        let schema = *self.rng.pick(&schemas);
        let of = self.rng.word(&["FOR ROLE alice ", "FOR ROLE bob ", ""]);
        let what = self.rng.word(&["SELECT ON TABLES", "USAGE ON SEQUENCES", "EXECUTE ON FUNCTIONS"]);
        let role = self.role();
        object.sql =
            vec![format!("ALTER DEFAULT PRIVILEGES {of}IN SCHEMA {{{schema}}} GRANT {what} TO {role}")];
        true
    }

    fn publication(&mut self, object: &mut Object) -> bool {
        let tables = self.world.of(&[Sort::Table]);
        if tables.is_empty() {
            return false;
        }
        let table = *self.rng.pick(&tables);
        let filter = if self.major >= 15 && self.rng.chance(30) {
            format!(" WHERE ({})", self.predicate(table, ""))
        } else {
            String::new()
        };
        let operations = if filter.is_empty() { "" } else { " WITH (publish = 'insert')" };
        object.schema = None;
        object.sql = vec![format!(
            "CREATE PUBLICATION {{{}}} FOR TABLE {{{table}}}{filter}{operations}",
            object.number
        )];
        true
    }

    /// How statements name an object: `TABLE {7}`.
    fn called(&self, target: usize) -> Option<(&'static str, String)> {
        let object = self.world.get(target)?;
        let arguments = || format!("{{{target}}}({})", object.words.join(", "));
        Some(match object.sort {
            Sort::Table => ("TABLE", format!("{{{target}}}")),
            Sort::View => ("VIEW", format!("{{{target}}}")),
            Sort::MaterializedView => ("MATERIALIZED VIEW", format!("{{{target}}}")),
            Sort::Sequence => ("SEQUENCE", format!("{{{target}}}")),
            Sort::Schema => ("SCHEMA", format!("{{{target}}}")),
            Sort::Domain => ("DOMAIN", format!("{{{target}}}")),
            Sort::Enum | Sort::Composite | Sort::Range => ("TYPE", format!("{{{target}}}")),
            Sort::Function => ("FUNCTION", arguments()),
            Sort::TriggerFunction => ("FUNCTION", format!("{{{target}}}()")),
            Sort::Procedure => ("PROCEDURE", arguments()),
            Sort::Aggregate => ("AGGREGATE", arguments()),
            _ => return None,
        })
    }

    fn grant(&mut self, target: usize) -> Option<String> {
        let (word, name) = self.called(target)?;
        let what = match word {
            "TABLE" | "VIEW" | "MATERIALIZED VIEW" => {
                self.rng.word(&["SELECT", "SELECT, INSERT", "ALL", "UPDATE", "DELETE, TRUNCATE"])
            }
            "SEQUENCE" => self.rng.word(&["USAGE", "SELECT", "ALL"]),
            "SCHEMA" => self.rng.word(&["USAGE", "CREATE", "ALL"]),
            "TYPE" | "DOMAIN" => "USAGE",
            _ => "EXECUTE",
        };
        let word = match word {
            "VIEW" | "MATERIALIZED VIEW" => "TABLE",
            "AGGREGATE" => "FUNCTION",
            other => other,
        };
        let role = self.role();
        if self.rng.chance(20) && ["FUNCTION", "PROCEDURE", "TYPE"].contains(&word) {
            return Some(format!("REVOKE ALL ON {word} {name} FROM PUBLIC"));
        }
        let option = if self.rng.chance(10) && role != "PUBLIC" { " WITH GRANT OPTION" } else { "" };
        Some(format!("GRANT {what} ON {word} {name} TO {role}{option}"))
    }

    fn owner(&mut self, target: usize) -> Option<String> {
        let (word, name) = self.called(target)?;
        let role = self.rng.word(&["alice", "bob", "app_writer"]);
        Some(format!("ALTER {word} {name} OWNER TO {role}"))
    }

    fn comment(&mut self, target: usize) -> Option<String> {
        let (word, name) = self.called(target)?;
        let text = self.rng.word(&["plain", "it's", "two\nlines", "naïve"]);
        Some(format!("COMMENT ON {word} {name} IS {}", sql::literal(text)))
    }
}
