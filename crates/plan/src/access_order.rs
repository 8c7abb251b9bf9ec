//! The order of what opens and closes access, of owners, and of what fires or is filled by itself.

use std::collections::{BTreeMap, BTreeSet};

use kinds::privileges::plain;
use kinds::{Id, Kind, Model, Spec};

use crate::graph::{Graph, needs};
use crate::round::Verb;

impl Graph<'_> {
    /// Policies are made before they are switched on, and switched off before they go: nobody sees more in between.
    pub(crate) fn order_row_level_security(&mut self) {
        let mut policies: BTreeMap<Option<Id>, Vec<(usize, Verb)>> = BTreeMap::new();
        for (place, (id, verb)) in
            self.snapshot().into_iter().filter(|(_, (id, _))| id.kind() == Kind::Policy)
        {
            policies.entry(id.parent().cloned()).or_default().push((place, verb));
        }
        for (switch, (id, _)) in self.snapshot() {
            let own = policies.get(&id.parent().cloned()).filter(|_| id.kind() == Kind::RowLevelSecurity);
            let enabled = |model: &Model| match model.get(&id).map(|object| &object.spec) {
                Some(Spec::RowLevelSecurity(security)) => security.enabled,
                _ => false,
            };
            let (was, is) = (enabled(self.request.from), enabled(self.request.to));
            for (policy, verb) in own.into_iter().flatten() {
                match verb {
                    Verb::Drop if was && !is => self.before(Some(switch), Some(*policy)),
                    Verb::Create | Verb::Alter if is && !was => self.before(Some(*policy), Some(switch)),
                    _ => {}
                }
            }
        }
    }

    /// What is revoked on a table is revoked on its columns too: so that comes first, and grants on columns after.
    pub(crate) fn order_grants(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            let column = id.parent().filter(|column| verb != Verb::Drop && column.kind() == Kind::Column);
            let Some(table) = column.and_then(Id::parent).filter(|_| id.kind() == Kind::Grant) else {
                continue;
            };
            let on_table =
                table.child(Kind::Grant, id.name()).with_signature(id.signature().map(str::to_owned));
            for earlier in [Verb::Drop, Verb::Alter, Verb::Create] {
                self.before(self.at(&on_table, earlier), Some(place));
            }
        }
    }

    /// Who passes on a privilege finds the object by name, and so must be let into its schema first, and be let out last.
    pub(crate) fn order_grantors(&mut self) {
        let all = self.snapshot();
        let grants = || all.iter().filter(|(_, (id, _))| id.kind() == Kind::Grant);
        let enters = |model: &Model, id: &Id| match model.get(id).map(|object| &object.spec) {
            Some(Spec::Grant(grant)) => plain(&grant.privileges).contains("usage"),
            _ => false,
        };
        for (place, (id, verb)) in grants().filter(|(_, (id, _))| id.signature().is_some()) {
            let schema =
                id.top().parent().filter(|_| id.parent().is_some_and(|on| on.kind() != Kind::Schema));
            let gates = grants().filter(|(_, (other, _))| schema.is_some() && other.parent() == schema);
            for (gate, (other, _)) in gates {
                match (enters(self.request.from, other), enters(self.request.to, other)) {
                    (false, true) if *verb != Verb::Drop => self.before(Some(*gate), Some(*place)),
                    (true, false) if *verb != Verb::Create => self.before(Some(*place), Some(*gate)),
                    _ => {}
                }
            }
        }
    }

    /// A sequence can belong to a column only when it has the owner of the column's table.
    pub(crate) fn order_owners(&mut self) {
        for (place, (id, verb)) in self.snapshot() {
            if verb == Verb::Drop || id.kind() != Kind::SequenceOwner {
                continue;
            }
            let tables =
                needs(self.request.to, &id).into_iter().filter_map(|(column, _)| column.parent().cloned());
            for owned in tables.chain(id.parent().cloned()) {
                let owner = owned.child(Kind::Owner, "");
                self.before(self.at(&owner, Verb::Create), Some(place));
                self.before(self.at(&owner, Verb::Alter), Some(place));
            }
        }
    }

    /// A materialized view is filled when it is made, while what it reads still belongs to the role that makes it: views of
    /// another owner would be read with that one's rights, which need not be enough.
    pub(crate) fn order_materialized_views(&mut self) {
        let kind = |id: &Id| id.kind() == Kind::MaterializedView;
        let views = self.snapshot().into_iter().filter(|(_, (id, verb))| kind(id) && *verb == Verb::Create);
        for (place, (id, _)) in views.collect::<Vec<_>>() {
            let (mut read, mut queue) = (BTreeSet::new(), vec![id]);
            while let Some(id) = queue.pop() {
                queue.extend(
                    needs(self.request.to, &id)
                        .into_iter()
                        .map(|(need, _)| need.top().clone())
                        .filter(|need| read.insert(need.clone())),
                );
            }
            for need in read {
                let owner = need.child(Kind::Owner, "");
                let stays = matches!(self.request.to.get(&owner).map(|object| &object.spec), Some(Spec::Owner(to)) if to.role == self.request.user);
                self.before(Some(place), self.at(&owner, Verb::Create));
                if stays {
                    self.before(self.at(&owner, Verb::Alter), Some(place));
                } else {
                    self.before(Some(place), self.at(&owner, Verb::Alter));
                }
            }
        }
    }

    /// Event triggers go before all else and come after it: what is planned is no event of theirs.
    pub(crate) fn order_event_triggers(&mut self) {
        let all = self.snapshot();
        for (trigger, (id, verb)) in all.iter().filter(|(_, (id, _))| id.kind() == Kind::EventTrigger) {
            let enables = matches!(self.request.to.get(id).map(|object| &object.spec), Some(Spec::EventTrigger(to)) if to.enabled.as_deref() != Some("disabled"));
            for (place, _) in all.iter().filter(|(_, (other, _))| other.top().kind() != Kind::EventTrigger) {
                match verb {
                    Verb::Drop => self.before(Some(*trigger), Some(*place)),
                    Verb::Alter if !enables => self.before(Some(*trigger), Some(*place)),
                    _ => self.before(Some(*place), Some(*trigger)),
                }
            }
        }
    }
}
