//! Colours of a terminal.

use anstyle::{AnsiColor, Style};
use sql::color::{Class, highlight};

/// Paints where colours are wanted, and nowhere else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    fn styled(self, style: Style, text: &str) -> String {
        if self.color && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.to_owned() }
    }

    pub(crate) fn bold(self, text: &str) -> String {
        self.styled(Style::new().bold(), text)
    }

    pub(crate) fn dim(self, text: &str) -> String {
        self.styled(Style::new().dimmed(), text)
    }

    pub(crate) fn green(self, text: &str) -> String {
        self.styled(AnsiColor::Green.on_default(), text)
    }

    pub(crate) fn yellow(self, text: &str) -> String {
        self.styled(AnsiColor::Yellow.on_default(), text)
    }

    pub(crate) fn red(self, text: &str) -> String {
        self.styled(AnsiColor::Red.on_default(), text)
    }

    pub(crate) fn cyan(self, text: &str) -> String {
        self.styled(AnsiColor::Cyan.on_default(), text)
    }

    /// SQL with its tokens in colours.
    pub(crate) fn sql(self, sql: &str) -> String {
        if self.color { tokens(sql, |class, text| self.token(class, text)) } else { sql.to_owned() }
    }

    fn token(self, class: Class, text: &str) -> String {
        let style = match class {
            Class::Keyword => AnsiColor::Blue.on_default(),
            Class::String => AnsiColor::Green.on_default(),
            Class::Number => AnsiColor::Cyan.on_default(),
            Class::Comment => Style::new().dimmed(),
            Class::Identifier | Class::Operator | Class::Plain => return text.to_owned(),
        };
        // Line by line, so that a pager that cuts lines does not lose the colour of a function body.
        text.split('\n').map(|line| self.styled(style, line)).collect::<Vec<_>>().join("\n")
    }
}

/// SQL with each token as `paint` returns it, and the white space between them as it is.
pub(crate) fn tokens(sql: &str, paint: impl Fn(Class, &str) -> String) -> String {
    let mut text = String::new();
    let mut end = 0;
    for token in highlight(sql) {
        text.push_str(&sql[end..token.range.start]);
        text.push_str(&paint(token.class, &sql[token.range.clone()]));
        end = token.range.end;
    }
    text.push_str(&sql[end..]);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colour_adds_nothing_but_colour() {
        let sql = "CREATE FUNCTION \"ä\"() AS $$\nselect 1;\n$$; -- é";
        let painted = Paint { color: true }.sql(sql);
        assert_ne!(painted, sql);
        let mut plain = String::new();
        let mut rest = painted.as_str();
        while let Some((before, after)) = rest.split_once('\u{1b}') {
            plain.push_str(before);
            rest = after.split_once('m').unwrap().1;
        }
        assert_eq!(plain + rest, sql);
        assert_eq!(Paint { color: false }.sql(sql), sql);
    }
}
