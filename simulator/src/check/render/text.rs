//! Findings in rustc's look.

use std::collections::BTreeMap;
use std::fmt::Write;

use rustg_base::report::{Excerpt, Mark, Report};
use rustg_base::{LineIndex, Span};

use super::replay;
use crate::check::finding::{Finding, Findings, Spot};
use crate::check::subject::Subject;

/// Source texts by path, read when a finding first quotes them.
pub struct Sources<'r> {
    read: &'r dyn Fn(&str) -> Option<String>,
    texts: BTreeMap<String, Option<(String, LineIndex)>>,
}

impl<'r> Sources<'r> {
    /// Texts come from `read`, which is asked once a path; where it gives nothing, the PTX is quoted.
    pub fn new(read: &'r dyn Fn(&str) -> Option<String>) -> Sources<'r> {
        Sources { read, texts: BTreeMap::new() }
    }

    fn load(&mut self, path: &str) {
        if !self.texts.contains_key(path) {
            let text = (self.read)(path).filter(|text| u32::try_from(text.len()).is_ok());
            let indexed = text.map(|text| {
                let lines = LineIndex::new(&text);
                (text, lines)
            });
            self.texts.insert(path.to_owned(), indexed);
        }
    }

    fn get(&self, path: &str) -> Option<&(String, LineIndex)> {
        self.texts.get(path)?.as_ref()
    }
}

/// Where a spot is shown: a source text, or the PTX.
fn placed(spot: &Spot, sources: &Sources<'_>, subject: &Subject<'_>) -> (String, Span) {
    if let Some(frame) = spot.place.frames.first()
        && let Some((text, lines)) = sources.get(&frame.path)
        && let Some(range) = lines.line_range(frame.line - 1, text)
    {
        let line = text[range.clone()].trim_end();
        let indent = line.len() - line.trim_start().len();
        // A compiler's column is where the expression begins; it ends somewhere on the line.
        let column = (frame.column.max(1) as usize - 1).max(indent);
        let start = if line.is_char_boundary(column) && column < line.len() { column } else { indent };
        let span = Span::new((range.start + start) as u32, (range.start + line.len()) as u32);
        return (frame.path.clone(), span);
    }
    (subject.path.to_owned(), spot.place.ptx_span)
}

/// All findings as text, each followed by an empty line, and a line that counts them. Nothing when there are none.
pub fn text(findings: &Findings, subject: &Subject<'_>, sources: &mut Sources<'_>, colours: bool) -> String {
    let ptx_lines = LineIndex::new(subject.text);
    let mut shown = String::new();
    for finding in &findings.findings {
        for frame in finding.spots.iter().filter_map(|spot| spot.place.frames.first()) {
            sources.load(&frame.path);
        }
        shown.push_str(&one(finding, subject, sources, &ptx_lines, colours));
        shown.push_str("\n\n");
    }
    for limit in &findings.limits {
        let _ = writeln!(shown, "note: {limit}");
    }
    if !findings.findings.is_empty() {
        let times: u64 = findings.findings.iter().map(|finding| finding.count).sum();
        let plural = if findings.findings.len() == 1 { "" } else { "s" };
        let seen = if times == 1 { "once".to_owned() } else { format!("{times} times") };
        let _ = writeln!(shown, "{} finding{plural}, seen {seen}; {}", findings.findings.len(), replay(subject));
    }
    shown
}

fn one(
    finding: &Finding,
    subject: &Subject<'_>,
    sources: &Sources<'_>,
    ptx_lines: &LineIndex,
    colours: bool,
) -> String {
    // Marks by text, the text of the first spot first.
    let mut texts: Vec<(String, Vec<Mark>)> = Vec::new();
    let mut notes = Vec::new();
    for (index, spot) in finding.spots.iter().enumerate() {
        let (path, span) = placed(spot, sources, subject);
        let mark = Mark { span, text: spot.label.clone(), is_primary: index == 0 };
        match texts.iter_mut().find(|text| text.0 == path) {
            Some(text) => text.1.push(mark),
            None => texts.push((path.clone(), vec![mark])),
        }
        if path != subject.path {
            notes.push(format!(
                "{}in `{}`, {}:{}: `{}`",
                if index == 0 { "" } else { "the other: " },
                spot.place.function,
                subject.path,
                spot.place.ptx_line,
                spot.place.instruction
            ));
        } else if let Some(frame) = spot.place.frames.first() {
            notes.push(format!("source line: {frame}"));
        }
        for frame in spot.place.frames.iter().skip(1) {
            notes.push(format!("inlined at {frame}"));
        }
    }
    if finding.count > 1 {
        notes.push(format!("seen {} times", finding.count));
    }
    notes.extend(finding.notes.iter().cloned());
    let excerpts: Vec<_> = (texts.iter())
        .map(|(path, marks)| match sources.get(path) {
            Some((text, lines)) if path != subject.path => Excerpt { path, text, lines, marks },
            _ => Excerpt { path, text: subject.text, lines: ptx_lines, marks },
        })
        .collect();
    let report = Report {
        severity: finding.severity,
        code: Some(finding.rule.code),
        message: &finding.message,
        excerpts: &excerpts,
        notes: &notes,
        help: &finding.help,
    };
    report.render(colours)
}
