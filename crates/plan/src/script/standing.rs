//! At which boundary between scripts a database stands: where everything that they touch is as it should be there.

use std::collections::BTreeMap;

use super::{Leg, Probe, checks};

/// All probes, each once.
pub(super) fn probes<'a>(legs: &'a [Leg<'_>]) -> Vec<&'a Probe> {
    let all: BTreeMap<&kinds::Id, &Probe> =
        legs.iter().flat_map(|leg| &leg.probes).map(|probe| (&probe.id, probe)).collect();
    all.into_values().collect()
}

/// `found` of a query: each object with its definition, and those that it has at the boundaries, from before the first script on.
pub(super) fn found(legs: &[Leg<'_>]) -> String {
    let rows: Vec<(&Probe, Vec<String>)> = probes(legs)
        .into_iter()
        .map(|probe| {
            let answers: Vec<String> =
                (0..=legs.len()).map(|boundary| checks::expected(probe, boundary)).collect();
            (probe, vec![format!("ARRAY[{}]::text[]", answers.join(", "))])
        })
        .collect();
    checks::query(&rows, "boundaries")
}

/// A query that yields the last boundary at which everything is as it should be there, in a snapshot of the catalog; no row where there is
/// none. Where nothing can be asked for, the database is taken to stand at the end.
pub fn boundary(legs: &[Leg<'_>]) -> String {
    let last = legs.len();
    if probes(legs).is_empty() {
        return format!("SELECT {last}");
    }
    format!(
        "{}    SELECT b FROM generate_series(0, {last}) AS b\n    \
         WHERE NOT EXISTS (SELECT FROM found AS f WHERE f.found IS DISTINCT FROM f.boundaries[b + 1])\n    \
         ORDER BY b DESC LIMIT 1",
        found(legs)
    )
}

/// A query that yields each object with its definition, or that it is missing, and the boundaries at which it is so: what there is to say
/// where a database stands at none.
pub fn astray(legs: &[Leg<'_>]) -> String {
    if probes(legs).is_empty() {
        return "SELECT NULL, NULL WHERE false".to_owned();
    }
    format!(
        "{}    SELECT format('%s %s is %s', f.kind, f.object, coalesce(f.found, 'missing')),\n        \
         (SELECT string_agg((n - 1)::text, ',' ORDER BY n) FROM unnest(f.boundaries) WITH ORDINALITY AS x (definition, n)\n        \
         WHERE x.definition IS NOT DISTINCT FROM f.found)\n    FROM found AS f ORDER BY 1",
        found(legs)
    )
}
