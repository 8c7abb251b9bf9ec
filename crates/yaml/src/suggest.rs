//! Did you mean?

/// The word of `known` that `word` was probably meant to be: case and `-` for `_` do not count, few letters may differ.
pub fn suggest<'w>(word: &str, known: impl IntoIterator<Item = &'w str>) -> Option<&'w str> {
    let plain = |word: &str| word.to_lowercase().replace(['-', ' '], "_");
    let word = plain(word);
    let allowed = (word.chars().count() / 3).clamp(1, 3);
    known
        .into_iter()
        .map(|known| (strsim::damerau_levenshtein(&word, &plain(known)), known))
        .filter(|(distance, _)| *distance <= allowed)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// `did you mean x?`, or the words that are known.
pub(crate) fn help(word: &str, known: &[&str], introduction: &str) -> String {
    match suggest(word, known.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("{introduction}: {}", known.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::suggest;

    #[test]
    fn near_words_are_found_and_far_ones_are_not() {
        let known = ["nullable", "not_null", "type", "on"];
        assert_eq!(suggest("nulable", known), Some("nullable"));
        assert_eq!(suggest("Not-Null", known), Some("not_null"));
        assert_eq!(suggest("tpye", known), Some("type"));
        assert_eq!(suggest("comment", known), None);
        assert_eq!(suggest("", known), None);
    }
}
