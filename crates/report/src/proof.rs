//! What the proof showed, in sentences.

use apply::{Plan, Proof};

use crate::paint::Paint;
use crate::wording::{count, server};

/// The proof in one sentence, and after it what it does not cover, a line each.
pub fn proven(proof: &Proof) -> Vec<String> {
    let mut lines = vec![format!(
        "proven: {} run forward and back from every boundary, {} objects, {} catalog entries and {} rows compared, in {:.1} s",
        count(proof.scripts, "script"),
        grouped(proof.objects as u64),
        grouped(proof.witnessed as u64),
        grouped(proof.rows),
        proof.took.as_secs_f64(),
    )];
    lines.extend(proof.sampled.map(|rows| format!("{} copied from the live database", count_of(rows))));
    lines.extend(limits(proof));
    lines
}

/// What the proof does not cover, and why.
pub(crate) fn limits(proof: &Proof) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(reason) = &proof.sample_refused {
        lines.push(format!(
            "the plan refuses rows of the live database, and will stop there until they are mended: {reason}"
        ));
    }
    if let Some(reason) = &proof.others_refused {
        lines.push(format!("proven with synthetic rows that the plan takes; it refuses others: {reason}"));
    }
    if let Some(reason) = &proof.some_refused {
        lines.push(format!(
            "proven with synthetic rows in the other tables; the plan refuses those of some: {reason}"
        ));
    }
    if let Some(reason) = &proof.rows_refused {
        lines.push(format!("proven without rows, because the plan refuses the synthetic ones: {reason}"));
    }
    lines.extend(proof.without_rows.iter().map(|(table, reason)| format!("no rows in {table}: {reason}")));
    lines.extend(
        proof
            .not_compared
            .iter()
            .map(|relation| format!("rows of {relation} not compared: the plan loses some of their values")),
    );
    lines.extend(proof.logs.iter().map(|relation| {
        format!("{relation} not compared: event triggers write there whatever the plan does")
    }));
    lines
}

/// The evidence that `prove` prints.
pub fn evidence(plan: &Plan, color: bool) -> String {
    let paint = Paint { color };
    let (facts, proof) = (&plan.facts, &plan.proof);
    let database = format!("database {} on {}", facts.database, server(&facts.version));
    if plan.is_empty() {
        return format!(
            "{}\n",
            paint.green(&format!("No changes: nothing to prove. The {database} is as desired."))
        );
    }
    let mut text = format!("{} for {database}\n", paint.bold(&paint.green("proven")));
    let mut line = |name: &str, value: String| text.push_str(&format!("  {name:<32} {value}\n"));
    line(
        "forward scripts",
        plan.scripts.forward.iter().map(|script| script.file.as_str()).collect::<Vec<_>>().join(", "),
    );
    line("rollback script", plan.scripts.rollback.file.clone());
    line("the way back", plan.verdict().to_string());
    line("scripts run, forward and back", grouped(proof.scripts as u64));
    line("objects compared", grouped(proof.objects as u64));
    line("catalog entries compared", format!("{} (by the witness)", grouped(proof.witnessed as u64)));
    line("rows compared", grouped(proof.rows));
    if proof.archived > 0 {
        line("rows kept in archives", format!("{} at the end", grouped(proof.archived)));
        line("rows restored from them", format!("{}, back from every boundary", grouped(proof.restored)));
    }
    if let Some(rows) = proof.sampled {
        line("of them from the live database", format!("{} at the start", grouped(rows)));
    }
    line("took", format!("{:.1} s", proof.took.as_secs_f64()));
    for limit in limits(proof) {
        text.push_str(&format!("  {}\n", paint.yellow(&limit)));
    }
    text
}

/// `1 row`, `12,345 rows`
fn count_of(rows: u64) -> String {
    format!("{} row{}", grouped(rows), if rows == 1 { "" } else { "s" })
}

/// `12,345`
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_are_grouped() {
        assert_eq!([0, 999, 1000, 1_234_567].map(super::grouped), ["0", "999", "1,000", "1,234,567"]);
    }
}
