//! Holds the server half against recorded cases: every row of `clerk-vectors.json` is a test of its own.
//!
//! `CLERK_VECTORS=<path>` runs another file of the same shape. A section or field that is not known here fails, so that no
//! case passes because nobody looked at it.
//!
//! Where this library deliberately decides differently, the row is not left out: its expectation is changed by a rule that
//! stands in [`deviation`], and the test's name says which.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    missing_docs,
    unreachable_pub,
    missing_debug_implementations,
    reason = "tests"
)]

mod deviation;
mod fields;
mod sections;
mod vectors;

use std::sync::Arc;

use libtest_mimic::{Arguments, Failed, Trial};
use serde_json::Value;

use crate::sections::Section;
use crate::vectors::Vectors;

/// Sections that hold data for the others.
const DATA: [&str; 5] = ["meta", "constants", "keys", "jwks", "jwts"];

fn main() {
    let arguments = Arguments::from_args();
    let vectors = Arc::new(Vectors::load());
    let mut trials = Vec::new();
    let sections = sections::all();
    for (name, content) in vectors.sections() {
        if DATA.contains(&name.as_str()) {
            continue;
        }
        match sections.iter().find(|section| section.name == name) {
            Some(section) => trials.extend(section_trials(&vectors, section, content, &arguments)),
            None => trials.push(failing(name, "this harness does not know this section")),
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn section_trials(
    vectors: &Arc<Vectors>,
    section: &Section,
    content: &Value,
    arguments: &Arguments,
) -> Vec<Trial> {
    let rows = match (section.rows)(content) {
        Ok(rows) => Arc::new(rows),
        Err(problem) => return vec![failing(section.name, &problem)],
    };
    if rows.is_empty() {
        return vec![failing(section.name, "this section has no rows")];
    }
    let mut trials = Vec::new();
    for (index, row) in rows.iter().enumerate() {
        let id = row["id"].as_str().map(str::to_owned);
        let name = format!(
            "{}::{}",
            section.name,
            id.unwrap_or_else(|| format!("{index:03}"))
        );
        if is_wanted(arguments, &name) {
            trials.push(trial(vectors, section, &rows, index, name));
        }
    }
    trials
}

/// A runner that starts a process for each case asks for it by its name: the other rows need not be prepared then.
fn is_wanted(arguments: &Arguments, name: &str) -> bool {
    let exact = arguments.filter.as_deref().filter(|_| arguments.exact);
    exact.is_none_or(|wanted| wanted.ends_with(name))
}

fn trial(
    vectors: &Arc<Vectors>,
    section: &Section,
    rows: &Arc<Vec<Value>>,
    index: usize,
    name: String,
) -> Trial {
    // Only sequences look at the rows before.
    let earlier: Vec<Value> = if section.is_sequence {
        rows[..index].iter().map(|row| vectors.fill(row)).collect()
    } else {
        Vec::new()
    };
    let row = vectors.fill(&rows[index]);
    let (expected, deviations) = deviation::apply(section.name, &row, &earlier);
    let kind = deviations
        .iter()
        .map(|deviation| deviation.name)
        .collect::<Vec<_>>()
        .join(", ");
    let (vectors, check, fields) = (Arc::clone(vectors), section.check, section.fields);
    Trial::test(name, move || {
        fields::check(&expected, fields).map_err(Failed::from)?;
        check(&vectors, &expected, &earlier).map_err(|problem| {
            let because = deviations
                .iter()
                .map(|deviation| format!("\n(deviates: {})", deviation.reason));
            Failed::from(format!("{problem}{}", because.collect::<String>()))
        })
    })
    .with_kind(kind)
    .with_ignored_flag(section.elsewhere.is_some())
}

fn failing(name: &str, problem: &str) -> Trial {
    let problem = problem.to_owned();
    Trial::test(name, move || Err(Failed::from(problem)))
}
