//! Whether an instruction is spelt as the table says, and whether version and target have it.

use rustg_base::{Diagnostic, Span};

use super::together::{RULES, Words};
use super::{Site, Verifier};
use crate::form::Word;
use crate::modifier::Modifier;
use crate::opcode::Opcode;
use crate::table::{self, Choice, Group, Mismatch, Row};

impl Verifier<'_> {
    pub(super) fn unknown_instruction(&mut self, site: &Site<'_>) {
        let span = self.opcode_span(site.instruction);
        let text = self.module.forms.text(site.instruction.form);
        let name = text.split('.').next().unwrap_or(text);
        let mut diagnostic = Diagnostic::error(span, format!("unknown instruction `{name}`"))
            .with_primary("no instruction of PTX 9.5 is called so");
        let near = Opcode::ALL.iter().map(|opcode| opcode.text()).filter(|known| !known.contains('.'));
        if let Some(known) =
            near.min_by_key(|known| differences(known, name)).filter(|known| differences(known, name) <= 1)
        {
            diagnostic = diagnostic.with_help(format!("an instruction like it is `{known}`"));
        }
        self.diagnostics.push(diagnostic);
    }

    /// Where word number `index` of a form stands.
    fn word_span(&self, site: &Site<'_>, index: usize) -> Span {
        let opcode = self.opcode_span(site.instruction);
        let text = self.module.forms.text(site.instruction.form);
        let name = site.form.opcode.text().len();
        let mut start = name;
        for _ in 0..index {
            start = text[start + 1..].find('.').map_or(text.len() - 1, |dot| start + 1 + dot);
        }
        let end = text[start + 1..].find('.').map_or(text.len(), |dot| start + 1 + dot);
        // A spelling with white space in it stands elsewhere than its joined text says.
        if self.text.get(opcode.start as usize..opcode.end as usize) != Some(text.as_bytes()) {
            return opcode;
        }
        Span::new(opcode.start + start as u32, opcode.start + end as u32)
    }

    fn word_text(&self, site: &Site<'_>, index: usize) -> &str {
        let text = self.module.forms.text(site.instruction.form);
        text[site.form.opcode.text().len()..].split('.').nth(index + 1).unwrap_or("")
    }

    /// Says which word of a misspelt instruction is wrong: the one that the best fitting row stumbles over.
    pub(super) fn misspelt(&mut self, site: &Site<'_>) {
        let rows = table::rows_of(site.form.opcode);
        let name = site.form.opcode.text();
        let best = rows.iter().filter_map(|row| row.accepts(site.form).err().map(|mismatch| (mismatch, row)));
        // A row that only misses something fits better than one that stumbles, and late stumbling better than early.
        let rank = |mismatch: &Mismatch| match mismatch {
            Mismatch::Word(index) => *index as u32,
            Mismatch::Missing(_) => 100,
        };
        let Some((mismatch, row)) = best.max_by_key(|(mismatch, _)| rank(mismatch)) else { return };
        let diagnostic = match mismatch {
            Mismatch::Missing(group) => {
                let span = self.opcode_span(site.instruction);
                Diagnostic::error(span, format!("`{name}` needs {}", describe(&row.groups[group as usize])))
                    .with_help(format!("it is written {}", pattern(row)))
            }
            Mismatch::Word(index) => {
                let span = self.word_span(site, index as usize);
                let word = self.word_text(site, index as usize);
                let known = site.form.words()[index as usize] != Word::Modifier(Modifier::Unknown);
                let message = match known {
                    true => format!("`.{word}` cannot stand here in `{name}`"),
                    false => format!("unknown modifier `.{word}`"),
                };
                Diagnostic::error(span, message).with_help(format!("a form of `{name}` is {}", pattern(row)))
            }
        };
        self.diagnostics.push(diagnostic);
    }

    /// Whether the words go together; the first rule that is broken is reported.
    pub(super) fn words_together(&mut self, site: &Site<'_>) -> bool {
        let sm = self.module.target.sm;
        let words = Words { form: site.form, operand_count: site.instruction.operand_count as usize, sm };
        let Some((message, help)) = RULES.iter().find_map(|rule| rule(&words)) else { return true };
        let span = self.opcode_span(site.instruction);
        self.diagnostics.push(Diagnostic::error(span, message).with_help(help));
        false
    }

    /// Whether the module's version and target have the row.
    pub(super) fn availability(&mut self, site: &Site<'_>, rows: &[&'static Row]) {
        let module = self.module;
        let (version, target) = (module.version, &module.target);
        let old = |row: &&Row| (version.major, version.minor) < (row.version.major, row.version.minor);
        let small = |row: &&Row| target.sm < row.sm || (row.architecture_specific && target.suffix.is_none());
        if rows.iter().any(|row| !old(row) && !small(row)) {
            return;
        }
        let Some(row) = rows.first() else { return };
        let span = self.opcode_span(site.instruction);
        let text = module.forms.text(site.instruction.form);
        let diagnostic = if old(row) {
            Diagnostic::error(span, format!("`{text}` needs PTX {}.{}", row.version.major, row.version.minor))
                .with_primary(format!("this text is PTX {}.{}", version.major, version.minor))
                .with_help(format!("write `.version {}.{}` or a later one", row.version.major, row.version.minor))
        } else {
            let suffix = if row.architecture_specific { "a" } else { "" };
            let own = target.suffix.map(String::from).unwrap_or_default();
            Diagnostic::error(span, format!("`{text}` needs sm_{}{suffix}", row.sm))
                .with_primary(format!("this text is for sm_{}{own}", target.sm))
                .with_help(format!("write `.target sm_{}{suffix}` or a later one", row.sm))
        };
        self.diagnostics.push(diagnostic);
    }
}

fn choice_text(choice: &Choice) -> String {
    match choice {
        Choice::Type(found) => format!(".{}", found.text()),
        Choice::Modifier(modifier) => format!(".{}", modifier.text()),
        Choice::Shape(shape) if shape.k == 0 => format!(".m{}n{}", shape.m, shape.n),
        Choice::Shape(shape) => format!(".m{}n{}k{}", shape.m, shape.n, shape.k),
        Choice::AnyShape => ".mMnNkK".to_owned(),
    }
}

/// Words of a group for a sentence: "one of `.rn`, `.rz`".
fn describe(group: &Group) -> String {
    let words: Vec<_> = group.choices.iter().take(8).map(|choice| format!("`{}`", choice_text(choice))).collect();
    match (words.len(), group.choices.len() - words.len()) {
        (1, 0) => words[0].clone(),
        (_, 0) => format!("one of {}", words.join(", ")),
        (_, more) => format!("one of {} and {more} more", words.join(", ")),
    }
}

/// A row as PTX manuals write it: `add{.rn|.rz}.f32`.
fn pattern(row: &Row) -> String {
    let mut text = format!("`{}", row.opcode.text());
    for group in &row.groups {
        let shown: Vec<_> = group.choices.iter().take(6).map(choice_text).collect();
        let more = if group.choices.len() > shown.len() { "|…" } else { "" };
        match (group.required, group.choices.len()) {
            (true, 1) => text.push_str(&shown[0]),
            (true, _) => text.push_str(&format!("({}{more})", shown.join("|"))),
            (false, _) => text.push_str(&format!("{{{}{more}}}", shown.join("|"))),
        }
    }
    text.push('`');
    text
}

/// How many letters two names differ in, roughly: positions that differ and the difference of lengths.
fn differences(a: &str, b: &str) -> usize {
    let common = a.bytes().zip(b.bytes()).filter(|(x, y)| x == y).count();
    a.len().max(b.len()) - common
}
