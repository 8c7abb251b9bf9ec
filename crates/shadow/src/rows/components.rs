//! Which columns of a table depend on each other: they share a condition or a foreign key.

use std::collections::BTreeSet;

use super::Texts;
use super::schema::{ForeignKey, Table};
use super::types::Types;

/// Columns that depend on each other, and values for them that suit each other.
pub(super) struct Component {
    /// The columns that it provides.
    pub(super) columns: Vec<usize>,
    /// For each of them in their order a value.
    pub(super) tuples: Texts,
    pub(super) lists: Vec<List>,
    /// Between lists.
    pub(super) joins: Vec<String>,
    /// On the row as a whole, in the words of the table.
    pub(super) conditions: Vec<String>,
}

/// A list of candidates. In queries it is a relation `alias` with a column `c1`, `c2`, … for each place in `columns`.
pub(super) struct List {
    pub(super) alias: String,
    pub(super) columns: Vec<usize>,
    /// Those of the columns whose values are taken from here.
    pub(super) own: Vec<usize>,
    /// The foreign key that it serves; else the candidates come from the type and the conditions.
    pub(super) foreign_key: Option<usize>,
}

/// Finds the components of a table; those foreign keys count that are `ready` to be referred to.
pub(super) fn components(types: &Types, table: &Table, ready: &[usize]) -> Vec<Component> {
    let mut finder = Finder { types, table, lists: Vec::new(), links: Vec::new() };
    let mut ready = ready.to_vec();
    ready.sort_by_key(|key| table.foreign_keys[*key].columns.len());
    for key in ready {
        finder.add_foreign_key(key, &table.foreign_keys[key]);
    }
    for condition in table.conditions() {
        finder.add_condition(condition);
    }
    finder.split()
}

struct Finder<'a> {
    types: &'a Types,
    table: &'a Table,
    lists: Vec<List>,
    links: Vec<Link>,
}

/// A join or a condition, and the columns that it ties together.
struct Link {
    columns: BTreeSet<usize>,
    expression: String,
    is_join: bool,
}

impl Finder<'_> {
    /// Where the value of a column comes from.
    fn provider(&self, column: usize) -> Option<String> {
        let list = self.lists.iter().find(|list| list.own.contains(&column))?;
        Some(format!("{}.c{column}", list.alias))
    }

    fn add_list(&mut self, columns: Vec<usize>, own: Vec<usize>, foreign_key: Option<usize>) {
        let alias = format!("s{}", self.lists.len());
        self.lists.push(List { alias, columns, own, foreign_key });
    }

    /// Columns that a smaller foreign key provides must be equal there and here, unless this key refers to nothing.
    fn add_foreign_key(&mut self, number: usize, key: &ForeignKey) {
        let columns = self.table.places(&key.columns);
        if columns.iter().any(|column| self.table.columns[*column].is_made_by_server()) {
            return; // Looked through afterwards.
        }
        let alias = format!("s{}", self.lists.len());
        let (shared, own): (Vec<usize>, Vec<usize>) =
            columns.iter().partition(|column| self.provider(**column).is_some());
        let providers: Vec<_> = shared.iter().filter_map(|column| self.provider(*column)).collect();
        let nullable = own.iter().filter(|column| self.types.is_nullable(&self.table.columns[**column]));
        let nullable: Vec<_> = nullable.map(|column| format!("{alias}.c{column}")).collect();
        let unset = if own.is_empty() { &providers } else { &nullable };
        let unset: Vec<_> = unset.iter().map(|column| format!(" OR {column} IS NULL")).collect();
        let unset = unset.concat();
        for (column, provider) in shared.iter().zip(&providers) {
            let expression = format!("({alias}.c{column}::text = {provider}::text{unset})");
            self.links.push(Link { columns: columns.iter().copied().collect(), expression, is_join: true });
        }
        self.add_list(columns, own, Some(number));
    }

    /// A condition on what the server makes, such as a number from a sequence, is left to luck.
    fn add_condition(&mut self, expression: String) {
        let columns = self.table.columns_in(&expression);
        if columns.is_empty() || columns.iter().any(|column| self.table.columns[*column].is_made_by_server())
        {
            return;
        }
        for column in &columns {
            if self.provider(*column).is_none() {
                self.add_list(vec![*column], vec![*column], None);
            }
        }
        let expression = format!("({expression}) IS NOT FALSE");
        self.links.push(Link { columns, expression, is_join: false });
    }

    fn split(self) -> Vec<Component> {
        let mut groups: Vec<BTreeSet<usize>> = Vec::new();
        let lists = self.lists.iter().map(|list| list.columns.iter().copied().collect());
        for columns in lists.chain(self.links.iter().map(|link| link.columns.clone())) {
            let columns: BTreeSet<usize> = columns;
            let (tied, mut rest): (Vec<_>, Vec<_>) =
                groups.into_iter().partition(|group| !group.is_disjoint(&columns));
            rest.push(tied.into_iter().flatten().chain(columns).collect());
            groups = rest;
        }
        let mut components: Vec<Component> = groups.iter().map(|_| Component::empty()).collect();
        let place = |column: Option<&usize>| {
            groups.iter().position(|group| column.is_some_and(|c| group.contains(c)))
        };
        for list in self.lists {
            if let Some(group) = place(list.columns.first()) {
                components[group].columns.extend(&list.own);
                components[group].lists.push(list);
            }
        }
        for link in self.links {
            if let Some(group) = place(link.columns.first()) {
                let component = &mut components[group];
                let expressions = if link.is_join { &mut component.joins } else { &mut component.conditions };
                expressions.push(link.expression);
            }
        }
        components
    }
}

impl Component {
    /// Whether it has columns of foreign keys.
    pub(super) fn refers(&self) -> bool {
        self.lists.iter().any(|list| list.foreign_key.is_some())
    }

    fn empty() -> Component {
        let (lists, joins) = (Vec::new(), Vec::new());
        Component { columns: Vec::new(), tuples: Vec::new(), lists, joins, conditions: Vec::new() }
    }
}
