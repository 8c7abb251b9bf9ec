//! The order in which objects are made, or altered into their new form.

use kinds::{Id, Kind, Spec, shell_type};

use crate::graph::{Graph, needs, with_sources};
use crate::round::Verb;
use crate::rules;
use crate::rules::rebuild;

impl Graph<'_> {
    /// An object is made, or altered into its new form, after what it needs in that form.
    pub(crate) fn order_creations(&mut self) {
        for (place, node) in self.snapshot() {
            if matches!(node.1, Verb::Drop | Verb::Rename | Verb::Save) {
                continue;
            }
            let (id, verb) = node;
            if (id.kind(), verb) == (Kind::EventTrigger, Verb::Alter) {
                // Only whether it fires is altered, before or after all else.
                continue;
            }
            for ancestor in id.ancestors().filter(|ancestor| !self.changes.suspends(ancestor)) {
                self.before(self.there(ancestor), Some(place));
                // What a table is altered in is no matter of its columns.
                let is_column = (ancestor.kind(), id.kind()) == (Kind::Table, Kind::Column);
                if verb == Verb::Create && !is_column && !self.gets_another_bound(&id) {
                    // A column of a partition is altered with its parent's.
                    for source in with_sources(self.request.to, ancestor) {
                        self.before(self.at(&source, Verb::Alter), Some(place));
                    }
                }
            }
            if verb == Verb::Create && !self.is_swapped(&id) {
                self.before(self.at(&id, Verb::Drop), Some(place));
            }
            self.order_attributes(&id, place);
            self.order_attribute_types(&id, place);
            self.order_shell_type(&id, place);
            self.order_partition_key(&id, place);
            for need in needs(self.request.to, &id) {
                if need.1 == kinds::Dependency::Auto && id.kind() == Kind::Sequence {
                    continue;
                }
                if rules::own_keys::whole(self.request.to, &id).as_ref() == Some(&need.0) {
                    continue;
                }
                if verb == Verb::Create && shell_type::is_made_with(self.request.to, &need.0, &id) {
                    continue;
                }
                // An empty function needs nothing of its circle, and the circle needs no more than the empty function.
                if verb == Verb::Create
                    && self.circles.contains_key(&id)
                    && rules::circle::leads_to(self.request.to, &need.0, &id)
                {
                    continue;
                }
                let used = with_sources(self.request.to, &need.0);
                for used in &used {
                    self.before(self.there_for(used, &id, verb), Some(place));
                }
                let is_own_function = shell_type::is_made_with(self.request.to, &id, &need.0);
                if is_own_function || self.circles.get(&need.0).is_some_and(|needed| needed.contains(&id)) {
                    continue;
                }
                for used in &used {
                    self.before(self.at(used, Verb::Alter), Some(place));
                }
                if need.0.kind() == Kind::Composite {
                    self.after_attributes(&need.0, place);
                }
                // A table is made in its place.
                if matches!(id.kind(), Kind::Partition | Kind::Inheritance)
                    && self.nodes[place].statements.is_empty()
                {
                    let table = id.parent().and_then(|table| self.at(table, Verb::Create));
                    self.before(self.there(&need.0), table);
                    self.before(self.at(&need.0, Verb::Alter), table);
                    for column in self.request.to.children_of_kind(&need.0, Kind::Column) {
                        self.before(self.at(&column.id, Verb::Alter), table);
                    }
                }
                // A column that is added with its default needs what the default needs.
                if id.kind() == Kind::ColumnDefault && self.nodes[place].statements.is_empty() {
                    let column = id.parent().and_then(|column| self.at(column, Verb::Create));
                    self.before(self.there(&need.0), column);
                    self.before(self.at(&need.0, Verb::Alter), column);
                }
            }
        }
    }

    /// Attributes are added in their order.
    fn order_attributes(&mut self, id: &Id, place: usize) {
        let (Kind::Attribute, Some(composite)) = (id.kind(), id.parent()) else { return };
        let position = self.request.to.get(id).map(|object| object.position);
        for sibling in self.request.to.children_of_kind(composite, Kind::Attribute) {
            if Some(sibling.position) < position {
                self.before(self.at(&sibling.id, Verb::Create), Some(place));
            }
        }
    }

    /// A composite type is made after the types of its attributes, so that these can stand in its statement.
    fn order_attribute_types(&mut self, id: &Id, place: usize) {
        if id.kind() != Kind::Composite {
            return;
        }
        for attribute in self.request.to.children_of_kind(id, Kind::Attribute) {
            for need in attribute.needs.keys().filter(|need| need.kind().is_type()) {
                self.before(self.there(need), Some(place));
            }
        }
    }

    /// A type waits for what the functions need that are made with it.
    fn order_shell_type(&mut self, id: &Id, place: usize) {
        for function in shell_type::functions(self.request.to, id) {
            let ancestors = function.id.ancestors();
            for need in ancestors.chain(function.needs.keys()).filter(|need| *need != id) {
                self.before(self.there(need), Some(place));
            }
        }
    }

    /// A partitioned table is made after the types of the columns in its partition key, which must stand in its statement.
    fn order_partition_key(&mut self, id: &Id, place: usize) {
        let to = self.request.to;
        let Some(Spec::Table(table)) = to.get(id).map(|object| &object.spec) else { return };
        let Some(key) = &table.partition_by else { return };
        let columns = to.children_of_kind(id, Kind::Column).into_iter();
        for column in columns.filter(|column| rebuild::is_named_in(column.id.name(), key)) {
            for need in column.needs.keys().filter(|need| need.kind().is_type()) {
                self.before(self.there(need), Some(place));
            }
        }
    }

    /// A composite type is there when its attributes are.
    fn after_attributes(&mut self, composite: &Id, place: usize) {
        for attribute in self.request.to.children_of_kind(composite, Kind::Attribute) {
            self.before(self.at(&attribute.id, Verb::Create), Some(place));
        }
    }
}
