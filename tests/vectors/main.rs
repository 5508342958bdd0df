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
            Some(section) => trials.extend(section_trials(&vectors, section, content)),
            None => trials.push(failing(name, "this harness does not know this section")),
        }
    }
    libtest_mimic::run(&arguments, trials).exit();
}

fn section_trials(
    vectors: &Arc<Vectors>,
    section: &Section,
    content: &serde_json::Value,
) -> Vec<Trial> {
    let rows = match (section.rows)(content) {
        Ok(rows) => rows,
        Err(problem) => return vec![failing(section.name, &problem)],
    };
    let mut trials: Vec<Trial> = rows
        .iter()
        .enumerate()
        .map(|(index, row)| {
            let name = row
                .get("id")
                .and_then(|id| id.as_str())
                .map_or_else(|| format!("{index:03}"), str::to_owned);
            let (expected, deviations) = deviation::apply(section.name, row, &rows[..index]);
            let kind = deviations
                .iter()
                .map(|deviation| deviation.name)
                .collect::<Vec<_>>()
                .join(", ");
            let reasons: Vec<_> = deviations
                .iter()
                .map(|deviation| deviation.reason)
                .collect();
            let (vectors, check, fields) = (Arc::clone(vectors), section.check, section.fields);
            let earlier = rows[..index].to_vec();
            Trial::test(format!("{}::{name}", section.name), move || {
                fields::check(&expected, fields).map_err(Failed::from)?;
                check(&vectors, &expected, &earlier).map_err(|problem| {
                    let because: String = reasons
                        .iter()
                        .map(|reason| format!("\n(deviates: {reason})"))
                        .collect();
                    Failed::from(format!("{problem}{because}"))
                })
            })
            .with_kind(kind)
            .with_ignored_flag(section.missing.is_some())
        })
        .collect();
    if rows.is_empty() {
        trials.push(failing(section.name, "this section has no rows"));
    }
    trials
}

fn failing(name: &str, problem: &str) -> Trial {
    let problem = problem.to_owned();
    Trial::test(name, move || Err(Failed::from(problem)))
}
