//! Security labels of objects.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use yaml::Node;

use crate::declared::Declared;
use crate::document::Raise;
use crate::{Change, Context, Hazard, Id, Kind, ObjectKind, Spec, Statement};

/// A security label (manual, `SECURITY LABEL`; catalogs `pg_seclabel`, `pg_shseclabel`), by its provider's name.
///
/// Read with the object that it is on. The YAML tells that object as SQL does: it is the signature of a label that is only declared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SecurityLabel {
    /// The label.
    pub label: String,
}

/// Labels by provider and object: `sepgsql: { "TABLE public.users": secret }`.
pub type SecurityLabels = IndexMap<String, IndexMap<String, String>>;

fn label(id: &Id, text: &str, context: &Context<'_>) -> Vec<Statement> {
    let target = id.parent().and_then(|target| {
        let object = context.to.get(target).or_else(|| context.from.get(target))?;
        Some(object.spec.address(target))
    });
    let address = target.or_else(|| id.signature().map(str::to_owned));
    let sql = |address| format!("SECURITY LABEL FOR {} ON {address} IS {text}", sql::ident(id.name()));
    address.map(|address| Statement::new(sql(address))).into_iter().collect()
}

impl ObjectKind for SecurityLabel {
    fn query(_version: u32) -> Option<String> {
        None
    }

    fn create(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        label(id, &sql::literal(&self.label), context)
    }

    fn drop(&self, id: &Id, context: &Context<'_>) -> Vec<Statement> {
        let statements = label(id, "NULL", context).into_iter();
        statements
            .map(|statement| statement.hazard(Hazard::AccessGain, format!("{id} protects no more")))
            .collect()
    }

    fn alter(&self, to: &Self, id: &Id, context: &Context<'_>) -> Change {
        Change::Alter(to.create(id, context))
    }
}

pub(crate) fn lower_all(labels: &SecurityLabels, node: Option<&Node>, declared: &mut Declared) {
    for (provider, labels) in labels {
        for (address, label) in labels {
            let place = node.and_then(|node| node.at(["security_labels", provider, address]));
            let id = Id::root(Kind::SecurityLabel, provider.as_str()).with_signature(Some(address.clone()));
            declared.add(id, SecurityLabel { label: label.clone() }, 0, place);
        }
    }
}

pub(crate) fn raise_all(raise: &Raise<'_>) -> SecurityLabels {
    let mut all = SecurityLabels::new();
    for object in raise.model.objects() {
        let Spec::SecurityLabel(label) = &object.spec else { continue };
        let target = object.id.parent().and_then(|target| Some((target, raise.model.get(target)?)));
        let Some((target, labelled)) = target else { continue };
        let labels = all.entry(object.id.name().to_owned()).or_default();
        labels.insert(labelled.spec.address(target), label.label.clone());
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::view::View;
    use crate::{Model, Object};

    fn sql(statements: &[Statement]) -> Vec<&str> {
        statements.iter().map(|statement| statement.sql.as_str()).collect()
    }

    #[test]
    fn a_label_is_put_on_and_taken_off_its_object() {
        let view = Id::root(Kind::Schema, "S s").child(Kind::View, "v");
        let spec = View {
            query: "SELECT 1".to_owned(),
            columns: Vec::new(),
            options: crate::shape::Settings::default(),
        };
        let object = Object {
            id: view.clone(),
            spec: spec.into(),
            needs: std::collections::BTreeMap::new(),
            position: 0,
            age: None,
        };
        let model: Model = [object].into_iter().collect();
        let context = Context { from: &model, to: &model, version: 18, user: "postgres" };
        let label = SecurityLabel { label: "it's secret".to_owned() };
        let id = view.child(Kind::SecurityLabel, "dummy");
        let create = label.create(&id, &context);
        assert_eq!(sql(&create), ["SECURITY LABEL FOR dummy ON VIEW \"S s\".v IS 'it''s secret'"]);
        let drop = label.drop(&id, &context);
        assert_eq!(sql(&drop), ["SECURITY LABEL FOR dummy ON VIEW \"S s\".v IS NULL"]);
    }

    #[test]
    fn a_declared_label_names_its_object() {
        let model = Model::default();
        let context = Context { from: &model, to: &model, version: 18, user: "postgres" };
        let id = Id::root(Kind::SecurityLabel, "Pro vider").with_signature(Some("ROLE alice".to_owned()));
        let create = SecurityLabel { label: "a".to_owned() }.create(&id, &context);
        assert_eq!(sql(&create), ["SECURITY LABEL FOR \"Pro vider\" ON ROLE alice IS 'a'"]);
    }
}
