//! Makes random objects that refer to those already there.

use crate::world::{Column, Object, Parent, Sort, World};
use endstate_tests::Rng;

/// Who may own things and get privileges.
const ROLES: [&str; 5] = ["alice", "bob", "app_reader", "app_writer", "PUBLIC"];

const ODD_NAMES: [&str; 12] = [
    "select",
    "Odd Name",
    "it's",
    "dou\"ble",
    "naïve",
    "größe",
    "order",
    "a.b",
    "$dollar",
    "user",
    "x{1}y",
    "a_name_that_has_exactly_sixty_three_bytes_so_that_nothing_fits_",
];

/// Makes objects of one world.
pub(crate) struct Maker {
    pub(crate) rng: Rng,
    pub(crate) world: World,
    pub(crate) major: u32,
    next: usize,
}

impl Maker {
    pub(crate) fn new(seed: u64, major: u32) -> Maker {
        Maker { rng: Rng::new(seed), world: World::default(), major, next: 0 }
    }

    /// A world of about so many objects.
    pub(crate) fn fill(&mut self, size: usize) {
        let public = self.blank(Sort::Schema, "public");
        self.world.objects.insert(public.number, public);
        for _ in 0..self.rng.below(3) {
            self.add(Sort::Schema);
        }
        for sort in [Sort::Enum, Sort::Table, Sort::Table, Sort::Function] {
            self.add(sort);
        }
        for _ in 0..size {
            let sort = self.sort();
            self.add(sort);
        }
    }

    /// A sort, the common ones more often.
    pub(crate) fn sort(&mut self) -> Sort {
        const SORTS: [(Sort, usize); 30] = [
            (Sort::Schema, 1),
            (Sort::Enum, 5),
            (Sort::Domain, 4),
            (Sort::Composite, 3),
            (Sort::Range, 1),
            (Sort::Sequence, 3),
            (Sort::Function, 9),
            (Sort::TriggerFunction, 3),
            (Sort::Procedure, 2),
            (Sort::Aggregate, 2),
            (Sort::Table, 14),
            (Sort::Constraint, 9),
            (Sort::ForeignKey, 5),
            (Sort::Index, 8),
            (Sort::Statistics, 2),
            (Sort::View, 10),
            (Sort::MaterializedView, 4),
            (Sort::Trigger, 5),
            (Sort::Rule, 2),
            (Sort::Policy, 6),
            (Sort::RowLevelSecurity, 3),
            (Sort::Replica, 2),
            (Sort::Grant, 7),
            (Sort::ColumnGrant, 3),
            (Sort::DefaultPrivilege, 1),
            (Sort::Comment, 5),
            (Sort::ColumnComment, 2),
            (Sort::Owner, 4),
            (Sort::Publication, 2),
            (Sort::ColumnOption, 2),
        ];
        let mut place = self.rng.below(SORTS.iter().map(|(_, weight)| weight).sum());
        for (sort, weight) in SORTS {
            if place < weight {
                return sort;
            }
            place -= weight;
        }
        Sort::Table
    }

    /// Adds an object of a sort, if there is anything to attach it to.
    pub(crate) fn add(&mut self, sort: Sort) {
        let name = self.new_name(sort);
        let mut object = self.blank(sort, &name);
        let schemas = self.world.of(&[Sort::Schema]);
        object.schema = (sort != Sort::Schema && !schemas.is_empty()).then(|| *self.rng.pick(&schemas));
        if self.roll(&mut object) {
            self.world.objects.insert(object.number, object);
        }
    }

    fn blank(&mut self, sort: Sort, name: &str) -> Object {
        self.next += 1;
        Object {
            number: self.next,
            sort,
            schema: None,
            name: name.to_owned(),
            target: None,
            columns: Vec::new(),
            parent: Parent::None,
            of: String::new(),
            words: Vec::new(),
            sql: Vec::new(),
        }
    }

    pub(crate) fn new_name(&mut self, sort: Sort) -> String {
        let number = self.next + 1;
        if self.rng.chance(12) {
            let odd = self.rng.word(&ODD_NAMES);
            return if self.rng.chance(50) { odd.to_owned() } else { format!("{odd} {number}") };
        }
        let word = format!("{sort:?}").to_lowercase();
        format!("{}{number}", word.chars().take(6).collect::<String>())
    }

    /// Fills in an object that has a number, a schema and a name, and perhaps a target; whether that was possible.
    pub(crate) fn roll(&mut self, object: &mut Object) -> bool {
        match object.sort {
            Sort::Schema => object.sql = vec![format!("CREATE SCHEMA {{{}}}", object.number)],
            Sort::Enum => self.enumeration(object),
            Sort::Domain => self.domain(object),
            Sort::Composite => self.composite(object),
            Sort::Range => {
                let of = self.rng.word(&["integer", "numeric", "date", "timestamptz", "text"]);
                object.sql = vec![format!("CREATE TYPE {{{}}} AS RANGE (subtype = {of})", object.number)];
            }
            Sort::Sequence => self.sequence(object),
            Sort::Function | Sort::Procedure => self.function(object),
            Sort::TriggerFunction => self.trigger_function(object),
            Sort::Aggregate => self.aggregate(object),
            Sort::Table => self.table(object),
            _ => return self.attached(object),
        }
        true
    }

    fn enumeration(&mut self, object: &mut Object) {
        if object.words.is_empty() {
            object.words = (0..2 + self.rng.below(4)).map(|_| self.label()).collect();
        }
        object.words.sort();
        object.words.dedup();
        self.spell_enum(object);
    }

    pub(crate) fn label(&mut self) -> String {
        self.rng
            .word(&[
                "new",
                "open",
                "done",
                "it's",
                "In Progress",
                "ß",
                "closed",
                "draft",
                "lost",
                "won",
                "a",
                "b",
            ])
            .to_owned()
    }

    pub(crate) fn spell_enum(&mut self, object: &mut Object) {
        let labels: Vec<String> = object.words.iter().map(|label| sql::literal(label)).collect();
        object.sql = vec![format!("CREATE TYPE {{{}}} AS ENUM ({})", object.number, labels.join(", "))];
    }

    fn domain(&mut self, object: &mut Object) {
        let of = self.rng.word(&["text", "integer", "numeric(10,2)", "varchar(20)"]);
        of.clone_into(&mut object.of);
        let mut sql = format!("CREATE DOMAIN {{{}}} AS {of}", object.number);
        let number = if is_text(of) { "length(VALUE)" } else { "VALUE" };
        if self.rng.chance(30) {
            sql += if is_text(of) { " DEFAULT 'x'" } else { " DEFAULT 1" };
        }
        if self.rng.chance(20) {
            sql += " NOT NULL";
        }
        for _ in 0..self.rng.below(3) {
            sql += &format!(
                " CONSTRAINT {} CHECK ({number} > {})",
                sql::ident(&format!("c{}", self.rng.below(4))),
                self.rng.below(3)
            );
        }
        object.sql = vec![sql];
    }

    fn composite(&mut self, object: &mut Object) {
        self.columns_of(object, 1, &[]);
        object.columns.iter_mut().for_each(|column| column.rest.clear());
        object.sql = vec![format!("CREATE TYPE {{{}}} AS ({{columns}})", object.number)];
    }

    fn sequence(&mut self, object: &mut Object) {
        let options = [" INCREMENT 5", " START 100", " CYCLE", " CACHE 10", " AS integer", " MAXVALUE 1000"];
        let some: String = options.iter().filter(|_| self.rng.chance(25)).copied().collect();
        object.sql = vec![format!("CREATE SEQUENCE {{{}}}{some}", object.number)];
        let tables = self.plain_tables();
        if self.rng.chance(25) && !tables.is_empty() {
            let table = *self.rng.pick(&tables);
            if let Some(column) = self.column_like(table, is_number) {
                object
                    .sql
                    .push(format!("ALTER SEQUENCE {{{}}} OWNED BY {{{table}}}.{column}", object.number));
            }
        }
    }

    /// A type: mostly built in, at times one of ours.
    pub(crate) fn type_name(&mut self, not: usize) -> String {
        const BUILT_IN: [&str; 22] = [
            "integer",
            "integer",
            "bigint",
            "smallint",
            "text",
            "text",
            "text",
            "varchar(50)",
            "varchar(10)",
            "numeric(10,2)",
            "numeric",
            "boolean",
            "date",
            "timestamptz",
            "timestamp",
            "uuid",
            "jsonb",
            "integer[]",
            "text[]",
            "inet",
            "double precision",
            "char(3)",
        ];
        let own =
            self.world.of(&[Sort::Enum, Sort::Domain, Sort::Composite, Sort::Range, Sort::Enum, Sort::Table]);
        let own: Vec<usize> = own.into_iter().filter(|number| *number != not).collect();
        if !own.is_empty() && self.rng.chance(28) {
            let number = *self.rng.pick(&own);
            let table = self.world.get(number).is_some_and(|object| object.sort == Sort::Table);
            if table && !self.rng.chance(10) {
                return "integer".to_owned();
            }
            let array = if self.rng.chance(12) { "[]" } else { "" };
            return format!("{{{number}}}{array}");
        }
        self.rng.word(&BUILT_IN).to_owned()
    }

    /// What a type is in the end: a domain's base type.
    pub(crate) fn base(&self, of: &str) -> String {
        match of.trim_matches(['{', '}']).parse::<usize>().ok().and_then(|number| self.world.get(number)) {
            Some(object) if object.sort == Sort::Domain => object.of.clone(),
            _ => of.to_owned(),
        }
    }

    /// A constant of a type, where there is one at hand.
    pub(crate) fn constant(&mut self, of: &str) -> Option<String> {
        if let Some(object) =
            of.trim_matches(['{', '}']).parse().ok().and_then(|number| self.world.get(number)).cloned()
        {
            return match object.sort {
                Sort::Enum if object.words.is_empty() => None,
                Sort::Enum => {
                    let label = self.rng.pick(&object.words).clone();
                    Some(format!("{}::{of}", sql::literal(&label)))
                }
                Sort::Domain if is_text(&object.of) => Some("'xyz'".to_owned()),
                Sort::Domain => Some("7".to_owned()),
                _ => None,
            };
        }
        let constant = match of {
            "integer" | "bigint" | "smallint" | "numeric" | "double precision" | "numeric(10,2)" => {
                self.rng.word(&["0", "1", "42"])
            }
            "text" | "varchar(50)" => self.rng.word(&["'x'", "'it''s'", "'a' || 'b'", "CURRENT_USER"]),
            "varchar(10)" | "char(3)" => "'abc'",
            "boolean" => self.rng.word(&["true", "false"]),
            "date" => "CURRENT_DATE",
            "timestamptz" | "timestamp" => self.rng.word(&["now()", "'2020-01-01 00:00:00'"]),
            "uuid" => "gen_random_uuid()",
            "jsonb" => self.rng.word(&["'{}'", "'{\"a\": 1}'", "jsonb_build_object('a', 1)"]),
            "integer[]" | "text[]" => "'{}'",
            _ => return None,
        };
        Some(constant.to_owned())
    }

    /// Columns for a table or a type; those it has stay.
    fn columns_of(&mut self, object: &mut Object, least: usize, _keep: &[usize]) {
        let count = least + self.rng.below(5);
        while object.columns.len() < count {
            let column = self.column(object);
            object.columns.push(column);
        }
    }

    pub(crate) fn column(&mut self, object: &Object) -> Column {
        let number = object.columns.iter().map(|column| column.number + 1).max().unwrap_or(1);
        let name = match self.rng.below(20) {
            0 => (*self.rng.pick(&ODD_NAMES)).to_owned(),
            1 => format!("Column {number}"),
            _ => format!("{}_{number}", self.rng.word(&["name", "value", "kind", "note", "state", "amount"])),
        };
        let of = self.type_name(object.number);
        let mut column = Column { number, name, of, rest: String::new() };
        self.column_rest(object, &mut column);
        column
    }

    /// Default, `NOT NULL` and so on.
    pub(crate) fn column_rest(&mut self, object: &Object, column: &mut Column) {
        column.rest.clear();
        let base = self.base(&column.of);
        if self.rng.chance(8) && is_text(&base) {
            column.rest += " COLLATE \"C\"";
        }
        match self.rng.below(20) {
            0 | 1 if ["integer", "bigint", "smallint"].contains(&column.of.as_str()) => {
                column.rest += self
                    .rng
                    .word(&[" GENERATED ALWAYS AS IDENTITY", " GENERATED BY DEFAULT AS IDENTITY (START 10)"]);
                return;
            }
            2 | 3 => {
                if let Some(of) =
                    object.columns.iter().find(|other| other.of == column.of && other.of == "integer")
                {
                    column.rest += &format!(" GENERATED ALWAYS AS ({} + 1) STORED", sql::ident(&of.name));
                    return;
                }
                if let Some(of) =
                    object.columns.iter().find(|other| is_text(&other.of)).filter(|_| column.of == "text")
                {
                    column.rest += &format!(" GENERATED ALWAYS AS (upper({})) STORED", sql::ident(&of.name));
                    return;
                }
            }
            4..=8 => {
                let constant = self.constant(&column.of.clone());
                column.rest += &constant.map(|constant| format!(" DEFAULT {constant}")).unwrap_or_default();
            }
            9 => {
                let call = self.call_returning(&column.of.clone(), None);
                column.rest += &call.map(|call| format!(" DEFAULT {call}")).unwrap_or_default();
            }
            10 if column.of == "integer" || column.of == "bigint" => {
                let sequences = self.world.of(&[Sort::Sequence]);
                if !sequences.is_empty() {
                    column.rest += &format!(" DEFAULT nextval('{{{}}}')", self.rng.pick(&sequences));
                }
            }
            _ => {}
        }
        if self.rng.chance(25) {
            column.rest += " NOT NULL";
        }
    }

    /// A call of one of our functions that takes nothing, or a value of a type, and returns a type.
    pub(crate) fn call_returning(&mut self, of: &str, argument: Option<(&str, &str)>) -> Option<String> {
        let wanted: Vec<&str> = argument.iter().map(|(of, _)| *of).collect();
        let functions = self.world.of(&[Sort::Function]).into_iter().filter(|number| {
            self.world.get(*number).is_some_and(|function| function.of == of && function.words == wanted)
        });
        let functions: Vec<usize> = functions.collect();
        if functions.is_empty() {
            return None;
        }
        let value = argument.map(|(_, value)| value).unwrap_or_default();
        Some(format!("{{{}}}({value})", self.rng.pick(&functions)))
    }

    fn table(&mut self, object: &mut Object) {
        let number = object.number;
        let options = [" WITH (fillfactor = 70)", " WITH (autovacuum_enabled = false)", ""];
        let partitioned: Vec<usize> =
            self.world.of(&[Sort::Table]).into_iter().filter(|table| self.is_partitioned(*table)).collect();
        if !partitioned.is_empty() && self.rng.chance(45) && object.columns.is_empty() {
            let parent = *self.rng.pick(&partitioned);
            return self.partition(object, parent);
        }
        self.columns_of(object, 1, &[]);
        let plain = self.plain_tables();
        if self.rng.chance(8) && !plain.is_empty() {
            object.parent = Parent::Inherits(*self.rng.pick(&plain));
        }
        if self.rng.chance(25) && object.parent == Parent::None {
            self.partition_key(object);
        }
        let key = self.rng.chance(50) && object.of.is_empty();
        if key && !object.columns.iter().any(|column| column.name == "id") {
            let rest = self.rng.word(&[" PRIMARY KEY", " PRIMARY KEY", " PRIMARY KEY DEFAULT 1", " UNIQUE"]);
            let of = self.rng.word(&["integer", "bigint", "uuid", "text", "serial"]);
            let number = object.columns.iter().map(|column| column.number + 1).max().unwrap_or(1);
            let rest = if of == "integer" { rest } else { " PRIMARY KEY" };
            object.columns.insert(
                0,
                Column { number, name: "id".to_owned(), of: of.to_owned(), rest: rest.to_owned() },
            );
        }
        let unlogged = if self.rng.chance(6) && object.of.is_empty() { "UNLOGGED " } else { "" };
        let option = if self.rng.chance(10) && object.of.is_empty() { self.rng.word(&options) } else { "" };
        object.sql =
            vec![format!("CREATE {unlogged}TABLE {{{number}}} ({{columns}}){}{option}", self.tail(object))];
    }

    fn tail(&self, object: &Object) -> String {
        let inherits = match &object.parent {
            Parent::Inherits(parent) => format!(" INHERITS ({{{parent}}})"),
            _ => String::new(),
        };
        let by = if object.of.is_empty() { String::new() } else { format!(" PARTITION BY {}", object.of) };
        inherits + &by
    }

    fn partition_key(&mut self, object: &mut Object) {
        let candidates: Vec<(usize, String)> = object
            .columns
            .iter()
            .filter(|column| {
                ["integer", "text", "date", "bigint"].contains(&column.of.as_str())
                    && !column.rest.contains("GENERATED")
            })
            .map(|column| (column.number, column.of.clone()))
            .collect();
        if candidates.is_empty() {
            return;
        }
        let (column, _) = self.rng.pick(&candidates).clone();
        object.of = format!("{} ({{{}.{column}}})", self.rng.word(&["RANGE", "LIST", "HASH"]), object.number);
    }

    fn is_partitioned(&self, number: usize) -> bool {
        self.world.get(number).is_some_and(|table| !table.of.is_empty())
    }

    /// Makes an object a partition of another one.
    pub(crate) fn partition(&mut self, object: &mut Object, parent: usize) {
        let (number, Some(of)) = (object.number, self.world.get(parent).cloned()) else { return };
        let key = of.of.rsplit(['.', '}']).find_map(|part| part.parse::<usize>().ok());
        let kind = self
            .world
            .columns(parent)
            .iter()
            .find(|column| Some(column.number) == key)
            .map(|column| column.of.clone());
        let start = self.rng.below(6);
        let value = |at: usize| match kind.as_deref() {
            Some("text") => sql::literal(&format!("v{at}")),
            Some("date") => format!("'20{:02}-01-01'", 20 + at),
            _ => (at * 100).to_string(),
        };
        let bound = match of.of.split(' ').next() {
            _ if self.rng.chance(10) && !of.of.starts_with("HASH") => "DEFAULT".to_owned(),
            Some("RANGE") => format!("FOR VALUES FROM ({}) TO ({})", value(start), value(start + 1)),
            Some("LIST") => format!("FOR VALUES IN ({})", value(start)),
            _ => format!("FOR VALUES WITH (MODULUS 4, REMAINDER {})", start % 4),
        };
        object.parent = Parent::PartitionOf(parent, bound.clone());
        object.of = String::new();
        if self.rng.chance(20) {
            let columns = self.world.columns(parent).to_vec();
            let mut candidates =
                columns.iter().filter(|column| ["integer", "text"].contains(&column.of.as_str()));
            if let Some(column) = candidates.next_back() {
                object.of = format!("{} ({{{number}.{}}})", self.rng.word(&["RANGE", "LIST"]), column.number);
            }
        }
        object.sql =
            vec![format!("CREATE TABLE {{{number}}} PARTITION OF {{{parent}}} {bound}{}", self.tail(object))];
    }

    /// Tables that are neither partitioned nor partitions.
    pub(crate) fn plain_tables(&self) -> Vec<usize> {
        let tables = self.world.of(&[Sort::Table]).into_iter();
        tables
            .filter(|number| {
                self.world.get(*number).is_some_and(|table| {
                    table.of.is_empty() && !matches!(table.parent, Parent::PartitionOf(..))
                })
            })
            .collect()
    }

    /// A column of a relation whose type is fit for something.
    pub(crate) fn column_like(&mut self, relation: usize, fit: fn(&str) -> bool) -> Option<String> {
        let columns: Vec<usize> = self
            .world
            .columns(relation)
            .iter()
            .filter(|column| fit(&self.base(&column.of)))
            .map(|column| column.number)
            .collect();
        (!columns.is_empty()).then(|| format!("{{{relation}.{}}}", self.rng.pick(&columns)))
    }

    pub(crate) fn role(&mut self) -> &'static str {
        self.rng.word(&ROLES)
    }
}

pub(crate) fn is_text(of: &str) -> bool {
    of == "text" || of.starts_with("varchar")
}

pub(crate) fn is_number(of: &str) -> bool {
    ["integer", "bigint", "smallint", "numeric", "numeric(10,2)", "serial", "double precision"].contains(&of)
}

pub(crate) fn is_any(_: &str) -> bool {
    true
}

/// Whether values of a type can be compared by an ordinary index.
pub(crate) fn is_ordered(of: &str) -> bool {
    !of.contains("json") && !of.starts_with('{')
}
