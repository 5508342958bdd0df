//! The lines that the doctor prints.

use std::{
    fmt,
    io::{self, Write as _},
};

/// What was found out about one thing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Finding {
    Ok(String),
    Failed {
        reason: String,
        detail: String,
        action: String,
    },
    /// It cannot be told from here, and why.
    Skipped(String),
}

/// One line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) name: &'static str,
    pub(super) finding: Finding,
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.name;
        match &self.finding {
            Finding::Ok(detail) => write!(formatter, "ok       {name}: {detail}"),
            Finding::Skipped(why) => write!(formatter, "skipped  {name}: {why}"),
            Finding::Failed {
                reason,
                detail,
                action,
            } => write!(formatter, "failed   {name} ({reason}): {detail}. {action}"),
        }
    }
}

/// All lines, printed as they come: some of them take seconds.
#[derive(Debug, Default)]
pub(super) struct Report {
    pub(super) lines: Vec<Line>,
    prints: bool,
}

impl Report {
    pub(super) fn printing() -> Self {
        Self {
            lines: Vec::new(),
            prints: true,
        }
    }

    pub(super) fn ok(&mut self, name: &'static str, detail: impl fmt::Display) {
        self.add(name, Finding::Ok(one_line(&detail)));
    }

    pub(super) fn skipped(&mut self, name: &'static str, why: impl fmt::Display) {
        self.add(name, Finding::Skipped(one_line(&why)));
    }

    pub(super) fn failed(
        &mut self,
        name: &'static str,
        reason: &str,
        detail: impl fmt::Display,
        action: &str,
    ) {
        let finding = Finding::Failed {
            reason: reason.to_owned(),
            detail: one_line(&detail).trim_end_matches('.').to_owned(),
            action: one_line(&action),
        };
        self.add(name, finding);
    }

    fn add(&mut self, name: &'static str, finding: Finding) {
        let line = Line { name, finding };
        if self.prints {
            // Whoever reads only the first lines has closed the pipe; the exit code still says how it went.
            _ = writeln!(io::stdout(), "{line}");
        }
        self.lines.push(line);
    }

    pub(super) fn failures(&self) -> usize {
        self.lines
            .iter()
            .filter(|line| matches!(line.finding, Finding::Failed { .. }))
            .count()
    }
}

fn one_line(text: &impl fmt::Display) -> String {
    let text = text.to_string();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}
