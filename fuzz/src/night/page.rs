//! The page and the summary, from one set of data.

use anyhow::Result;
use minijinja::syntax::SyntaxConfig;
use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior, Value, context};

use super::{History, Night, charts};

/// A no-break space.
const SEPARATOR: char = '\u{a0}';

impl Night {
    /// The page, in HTML, and the summary, in Markdown.
    ///
    /// # Errors
    ///
    /// When the data do not suit the templates.
    pub fn render(&self, history: &History) -> Result<[String; 2]> {
        let mut templates = Environment::new();
        templates.set_undefined_behavior(UndefinedBehavior::Strict);
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        templates.set_syntax(syntax);
        templates.add_filter("spaced", |value: Value| spaced(&value.to_string()));
        // A new benchmark has no base.
        templates.add_filter("float", |value: Option<f64>, digits: usize| {
            value.map_or_else(|| "none".to_owned(), |value| format!("{value:.digits$}"))
        });
        templates.add_template("night.html", include_str!("../../templates/night.html"))?;
        templates.add_template("night.md", include_str!("../../templates/night.md"))?;
        let page = context! {
            verdict => self.verdict() as u8,
            headline => self.headline(),
            trends => Serde(charts::trends(history)),
            plot => Serde(charts::plot(&self.latency)),
            ..Serde(self)
        };
        let render = |name| anyhow::Ok(templates.get_template(name)?.render(&page)?);
        Ok([render("night.html")?, render("night.md")?])
    }
}

/// Numbers of five digits and more in a text, in groups of three.
fn spaced(text: &str) -> String {
    let mut out = String::new();
    for word in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let number = word.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        if number.len() < 5 || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            out += word;
            continue;
        }
        for (at, digit) in number.chars().enumerate() {
            if at > 0 && (number.len() - at) % 3 == 0 {
                out.push(SEPARATOR);
            }
            out.push(digit);
        }
        out += &word[number.len()..];
    }
    out
}

#[cfg(test)]
mod tests {
    use super::spaced;

    #[test]
    fn only_whole_numbers_are_grouped() {
        assert_eq!(spaced("1234567"), "1\u{a0}234\u{a0}567");
        assert_eq!(spaced("of 82477, 2026 (12345)"), "of 82\u{a0}477, 2026 (12\u{a0}345)");
        assert_eq!(spaced("0x1234567 abc12345 é9"), "0x1234567 abc12345 é9");
    }
}
