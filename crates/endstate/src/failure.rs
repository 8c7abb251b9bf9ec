//! How an error is shown.

use anstyle::{AnsiColor, Style};

/// The error with its causes; problems of the YAML with the lines that they are in.
pub(crate) fn render(error: &anyhow::Error, color: bool) -> String {
    if let Some(apply::Error::Yaml { problems }) = error.downcast_ref() {
        let problems_text = yaml::render(problems, color);
        let count = problems.len();
        let noun = if count == 1 { "problem" } else { "problems" };
        return format!(
            "{problems_text}{}",
            line(&format!("{count} {noun} in the desired state; nothing was done"), color)
        );
    }
    let mut text = error.to_string();
    for cause in error.chain().skip(1).map(ToString::to_string) {
        // Some errors tell their cause themselves.
        if !text.contains(&cause) {
            text = format!("{text}\n  because: {cause}");
        }
    }
    line(&text, color)
}

fn line(text: &str, color: bool) -> String {
    let style = if color { AnsiColor::Red.on_default().bold() } else { Style::new() };
    format!("{style}error{style:#}: {text}")
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    #[test]
    fn causes_are_told_once() {
        let inner = std::io::Error::other("disk full");
        let error = Err::<(), _>(inner).context("cannot write x").unwrap_err();
        assert_eq!(super::render(&error, false), "error: cannot write x\n  because: disk full");
        let error = anyhow::anyhow!("disk full").context("cannot write x: disk full");
        assert_eq!(super::render(&error, false), "error: cannot write x: disk full");
    }
}
