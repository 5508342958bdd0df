//! The console's lines of one execution.

/// The longest line, in characters.
const LINE_LIMIT: usize = 32_768;
/// The most lines of an execution.
const LINES_LIMIT: usize = 256;
const CUT: &str = "… (cut)";

#[derive(Debug, Default)]
pub(in crate::runtime) struct Log {
    lines: Vec<String>,
    is_full: bool,
}

impl Log {
    /// Adds a line, shortened if it is too long; drops it when there are too many.
    pub(in crate::runtime) fn push(&mut self, level: &str, text: &str) {
        let mut line = format!("[{level}] {text}");
        if let Some((end, _)) = line.char_indices().nth(LINE_LIMIT) {
            let room = LINE_LIMIT - CUT.chars().count();
            let end = line.char_indices().nth(room).map_or(end, |(end, _)| end);
            line.truncate(end);
            line.push_str(CUT);
        }
        self.append(line);
    }

    /// Takes over the lines of a nested call.
    pub(in crate::runtime) fn extend(&mut self, lines: Vec<String>) {
        lines.into_iter().for_each(|line| self.append(line));
    }

    pub(in crate::runtime) fn take(&mut self) -> Vec<String> {
        self.is_full = false;
        std::mem::take(&mut self.lines)
    }

    fn append(&mut self, line: String) {
        match self.lines.len() {
            count if count < LINES_LIMIT - 1 => self.lines.push(line),
            _ if self.is_full => {}
            _ => {
                self.is_full = true;
                self.lines.push(format!(
                    "[WARN] 'There are more than {LINES_LIMIT} log lines: the rest is left out.'"
                ));
            }
        }
    }
}
