//! Makes one schema into another one.

use crate::make::Maker;
use crate::world::{Object, Parent, Sort};

impl Maker {
    /// Changes a few things.
    pub(crate) fn change(&mut self, count: usize) {
        for _ in 0..count {
            self.change_once();
        }
    }

    fn change_once(&mut self) {
        let all: Vec<usize> = self.world.objects.keys().copied().filter(|number| *number != 1).collect();
        if all.is_empty() {
            return;
        }
        let number = *self.rng.pick(&all);
        let Some(mut object) = self.world.get(number).cloned() else { return };
        match self.rng.below(16) {
            0 | 1 => {
                self.world.objects.remove(&number);
                return;
            }
            2..=4 => {
                let sort = self.sort();
                return self.add(sort);
            }
            5 => object.name = self.new_name(object.sort),
            6 => {
                let schemas = self.world.of(&[Sort::Schema]);
                object.schema = object.schema.map(|_| *self.rng.pick(&schemas));
            }
            _ => return self.alter(),
        }
        self.world.objects.insert(number, object);
    }

    /// Changes something in place: tables most often.
    fn alter(&mut self) {
        let tables = self.world.of(&[Sort::Table]);
        let others = self.world.of(&[
            Sort::Enum,
            Sort::Domain,
            Sort::Composite,
            Sort::Range,
            Sort::Sequence,
            Sort::Function,
            Sort::Procedure,
            Sort::Aggregate,
            Sort::View,
            Sort::MaterializedView,
            Sort::Trigger,
            Sort::Policy,
            Sort::Index,
            Sort::Constraint,
            Sort::TriggerFunction,
            Sort::Owner,
            Sort::Comment,
            Sort::Grant,
            Sort::Enum,
            Sort::Function,
            Sort::View,
            Sort::ForeignKey,
            Sort::Rule,
        ]);
        let from = if self.rng.chance(45) || others.is_empty() { tables } else { others };
        if from.is_empty() {
            return;
        }
        let number = *self.rng.pick(&from);
        let Some(mut object) = self.world.get(number).cloned() else { return };
        match object.sort {
            Sort::Table => self.alter_table(&mut object),
            Sort::Enum => self.alter_enum(&mut object),
            Sort::Composite => self.alter_columns(&mut object),
            _ => {
                let old = object.clone();
                if !self.roll(&mut object) {
                    object = old;
                }
            }
        }
        self.world.objects.insert(number, object);
    }

    fn alter_enum(&mut self, object: &mut Object) {
        let place = self.rng.below(object.words.len());
        match self.rng.below(5) {
            0 if object.words.len() > 1 => {
                object.words.remove(place);
            }
            1 => object.words.reverse(),
            _ => {
                let label = self.label();
                if !object.words.contains(&label) {
                    object.words.insert(place, label);
                }
            }
        }
        self.spell_enum(object);
    }

    fn alter_table(&mut self, object: &mut Object) {
        match (object.parent.clone(), self.rng.below(10)) {
            (Parent::PartitionOf(parent, _), 0..=3) => {
                object.parent = Parent::Like(parent);
                object.of = String::new();
                object.sql = vec![format!(
                    "CREATE TABLE {{{}}} (LIKE {{{parent}}} INCLUDING DEFAULTS)",
                    object.number
                )];
            }
            (Parent::PartitionOf(parent, _) | Parent::Like(parent), _) => self.partition(object, parent),
            (_, 0) => {
                let unlogged = object.sql[0].replace("CREATE TABLE", "CREATE UNLOGGED TABLE");
                object.sql[0] =
                    if unlogged == object.sql[0] { unlogged.replace("UNLOGGED ", "") } else { unlogged };
            }
            _ => self.alter_columns(object),
        }
    }

    fn alter_columns(&mut self, object: &mut Object) {
        let count = object.columns.len();
        let place = self.rng.below(count);
        match self.rng.below(10) {
            0 | 1 => {
                let mut column = self.column(object);
                if object.sort == Sort::Composite {
                    column.rest.clear();
                }
                object.columns.push(column);
            }
            2 if count > 1 => {
                object.columns.remove(place);
            }
            3 if count > 0 => object.columns[place].name = format!("renamed_{}", self.rng.below(5)),
            4..=6 if count > 0 && !object.columns[place].rest.contains("GENERATED") => {
                let of = self.other_type(&object.columns[place].of.clone(), object.number);
                let column = &mut object.columns[place];
                if let Some(start) = column.rest.find(" DEFAULT") {
                    column.rest.truncate(start);
                }
                column.rest = column.rest.replace(" COLLATE \"C\"", "");
                column.of = of;
            }
            _ if count > 0
                && object.sort == Sort::Table
                && !object.columns[place].rest.contains("PRIMARY") =>
            {
                let mut column = object.columns[place].clone();
                let others = Object {
                    columns: object
                        .columns
                        .iter()
                        .filter(|other| other.number != column.number)
                        .cloned()
                        .collect(),
                    ..object.clone()
                };
                self.column_rest(&others, &mut column);
                object.columns[place] = column;
            }
            _ => {}
        }
    }

    /// Another type for a column, most often one that its values can become.
    fn other_type(&mut self, of: &str, not: usize) -> String {
        let near = match of {
            "integer" | "smallint" => self.rng.word(&["bigint", "numeric", "text"]),
            "bigint" => self.rng.word(&["integer", "numeric", "text"]),
            "text" => self.rng.word(&["varchar(50)", "varchar(10)", "jsonb"]),
            "varchar(50)" | "varchar(10)" => self.rng.word(&["text", "varchar(100)", "char(3)"]),
            "timestamptz" | "timestamp" | "date" => self.rng.word(&["timestamptz", "timestamp", "date"]),
            "numeric(10,2)" | "numeric" => self.rng.word(&["numeric(12,2)", "double precision", "integer"]),
            "jsonb" => self.rng.word(&["json", "text"]),
            _ => "text",
        };
        if self.rng.chance(75) && near != of { near.to_owned() } else { self.type_name(not) }
    }
}
