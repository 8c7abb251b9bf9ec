//! What two states may differ in and still be the same: what no kind says, and what nobody wants back.

use kinds::kinds::index::Index;
use kinds::{Kind, Model, Object, Spec};
use shadow::Difference;

/// With all indexes whole: a way back does not break again what the way forward mended.
pub(crate) fn mended(model: &Model) -> Model {
    let mut mended = model.clone();
    for object in model.objects() {
        if let Spec::Index(index) = &object.spec
            && !index.valid
            && !index.partitioned
        {
            let spec = Spec::Index(Index { valid: true, ..index.clone() });
            mended.insert(Object { spec, ..object.clone() });
        }
    }
    mended
}

/// Whether nothing differs but that a table's check or `NOT NULL`, which it has from its parent, counts as valid, or its `NOT NULL` as its own
/// as well: that depends on which of the two came first, and no kind says it.
pub fn is_unsaid(difference: &Difference, models: [&Model; 2]) -> bool {
    let bare = |side: &Option<serde_json::Value>| {
        side.as_ref()?.as_str().map(|text| text.trim_end_matches(" NOT VALID").to_owned())
    };
    let is_it = match difference.attribute.as_deref() {
        Some("convalidated" | "conislocal") => difference.left.is_some() && difference.right.is_some(),
        Some("definition") => {
            bare(&difference.left).is_some() && bare(&difference.left) == bare(&difference.right)
        }
        _ => false,
    };
    let local = difference.attribute.as_deref() == Some("conislocal");
    let is_of = |object: &Object| {
        let inherited = match &object.spec {
            Spec::Constraint(check) => check.inherited && !local,
            Spec::NotNull(not_null) => not_null.inherited,
            _ => false,
        };
        let name = || format!("{}.{}", object.id.top().sql(), sql::ident(object.id.name()));
        inherited && same_relation(&name(), &difference.identity)
    };
    is_it && difference.kind == "constraint" && models.into_iter().flat_map(Model::objects).any(is_of)
}

/// The catalog alone.
pub(crate) fn without_rows(model: &Model) -> Model {
    let mut catalog = model.clone();
    catalog.retain(|object| object.id.kind() != Kind::SeedRows);
    catalog
}

/// The same for what the witness sees; where the table is partitioned, our own reading tells the two apart.
pub(crate) fn is_mended(difference: &Difference) -> bool {
    difference.kind == "index"
        && difference.attribute.as_deref() == Some("indisvalid")
        && difference.right == Some(true.into())
}

/// Whether a quoted name of SQL and the witness's name mean the same relation.
pub(crate) fn same_relation(quoted: &str, plain: &str) -> bool {
    quoted.replace('"', "") == plain.replace('"', "")
}
