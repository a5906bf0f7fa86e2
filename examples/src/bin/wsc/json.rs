//! JSON for people.

use serde::de::IgnoredAny;

/// A result of more than [`SHORT`] bytes may have at most this many times the length of the text.
const GROWTH: usize = 4;

/// The result may always have this length, in bytes.
const SHORT: usize = 1024 * 1024;

/// Returns the same JSON, indented, or `None` if the text is not JSON or would become much longer.
///
/// The tokens are copied as they are, so no number changes and no key changes its place.
pub(crate) fn indent(text: &str) -> Option<String> {
    serde_json::from_str::<IgnoredAny>(text).ok()?;
    let mut out = String::with_capacity(text.len() * 2);
    let longest = text.len().saturating_mul(GROWTH).max(SHORT);
    let mut depth = 0;
    let mut rest = text.trim_ascii().chars().peekable();
    while let Some(character) = rest.next() {
        if out.len() > longest {
            return None;
        }
        match character {
            '"' => {
                out.push('"');
                copy_string(&mut rest, &mut out);
            }
            '{' | '[' => {
                out.push(character);
                while rest.next_if(char::is_ascii_whitespace).is_some() {}
                if let Some(close) = rest.next_if(|next| matches!(next, '}' | ']')) {
                    out.push(close);
                } else {
                    depth += 1;
                    new_line(&mut out, depth);
                }
            }
            '}' | ']' => {
                depth -= 1;
                new_line(&mut out, depth);
                out.push(character);
            }
            ',' => {
                out.push(',');
                new_line(&mut out, depth);
            }
            ':' => out.push_str(": "),
            space if space.is_ascii_whitespace() => {}
            other => out.push(other),
        }
    }
    Some(out)
}

/// Copies the rest of a string, after its first quotation mark.
fn copy_string(rest: &mut impl Iterator<Item = char>, out: &mut String) {
    while let Some(character) = rest.next() {
        out.push(character);
        match character {
            '"' => return,
            '\\' => out.extend(rest.next()),
            _ => {}
        }
    }
}

fn new_line(out: &mut String, depth: usize) {
    out.push('\n');
    out.extend(std::iter::repeat_n("  ", depth));
}
