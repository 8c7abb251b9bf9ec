//! Before and after.

use kinds::{Id, Kind, Spec};

use super::Book;
use crate::escape::code;

pub(super) fn overview(book: &Book<'_>) -> String {
    let mut rows: Vec<(Option<String>, Option<String>)> = Vec::new();
    // What stands in nothing comes first, then its parts.
    let mut renamed: Vec<&(Id, Id)> = book.outline.renamed.iter().collect();
    renamed.sort_by_key(|(_, new)| (new.depth(), new.kind()));
    rows.extend(renamed.into_iter().map(|(old, new)| (Some(old.to_string()), Some(new.to_string()))));
    rows.extend(enums(book));
    let told = |id: &Id| !id.kind().is_attached();
    rows.extend(
        book.outline
            .gone
            .iter()
            .filter(|object| told(&object.id))
            .map(|object| (Some(object.id.to_string()), None)),
    );
    // What stands in a new object comes with it.
    let inside_new = |id: &Id| id.ancestors().any(|ancestor| book.outline.is_new(ancestor));
    let new = book.outline.new.iter().filter(|object| told(&object.id) && !inside_new(&object.id));
    rows.extend(new.map(|object| (None, Some(object.id.to_string()))));
    rows.extend(changed(book));
    let cell = |text: Option<String>| text.map_or("–".to_owned(), |text| code(&text));
    let rows: String =
        rows.into_iter().map(|(old, new)| format!("| {} | {} |\n", cell(old), cell(new))).collect();
    format!("## Overview\n\n| before | after |\n|---|---|\n{rows}")
}

fn enums(book: &Book<'_>) -> Vec<(Option<String>, Option<String>)> {
    let mut rows = Vec::new();
    for (before, after) in &book.outline.changed {
        if let (Spec::Enum(old), Spec::Enum(new)) = (&before.spec, &after.spec)
            && old.values != new.values
        {
            let row = |id: &Id, values: &[String]| Some(format!("{id}: {}", values.join(", ")));
            rows.push((row(&before.id, &old.values), row(&after.id, &new.values)));
        }
    }
    rows
}

/// What stays under its name and is altered or made anew.
fn changed(book: &Book<'_>) -> Vec<(Option<String>, Option<String>)> {
    let mut rows = Vec::new();
    for kind in Kind::ALL.iter().copied().filter(|kind| !kind.is_attached()) {
        let of_kind = book
            .outline
            .changed
            .iter()
            .filter(|(before, after)| after.id.kind() == kind && before.id.name() == after.id.name());
        let names: Vec<String> = of_kind.map(|(_, after)| after.id.to_string()).collect();
        match names.as_slice() {
            [] => {}
            [one] => rows.push((Some(one.clone()), Some(format!("{one}, changed or made anew")))),
            many => rows.push((
                Some(format!("{} {}", many.len(), plural(kind))),
                Some("the same ones, changed or made anew".to_owned()),
            )),
        }
    }
    rows
}

fn plural(kind: Kind) -> String {
    let name = kind.name();
    match name.strip_suffix('y') {
        Some(stem) => format!("{stem}ies"),
        None if name.ends_with('x') => format!("{name}es"),
        None => format!("{name}s"),
    }
}
