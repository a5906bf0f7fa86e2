//! Tables in Markdown.

/// Returns a table. The first column holds names and the others hold numbers.
#[must_use]
pub fn table(head: &[String], rows: &[Vec<String>]) -> String {
    let mut table = line(head);
    let rules: Vec<String> = (0..head.len())
        .map(|column| if column == 0 { "---".to_owned() } else { "---:".to_owned() })
        .collect();
    table += &format!("|{}|\n", rules.join("|"));
    for row in rows {
        table += &line(row);
    }
    table
}

fn line(cells: &[String]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

/// Returns a number with three significant digits, and a narrow form of larger ones.
#[must_use]
pub fn number(value: f64) -> String {
    match value.abs() {
        0.0 => "0".to_owned(),
        below if below < 1.0 => format!("{value:.3}"),
        below if below < 10.0 => format!("{value:.2}"),
        below if below < 100.0 => format!("{value:.1}"),
        _ => grouped(value.round() as i64),
    }
}

/// Returns a whole number with a space before each group of three digits.
fn grouped(value: i64) -> String {
    let digits = value.to_string();
    let mut grouped = String::new();
    for (position, digit) in digits.chars().enumerate() {
        if position != 0 && (digits.len() - position).is_multiple_of(3) {
            grouped.push(' ');
        }
        grouped.push(digit);
    }
    grouped
}
