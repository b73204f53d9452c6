//! A kernel's text by itself, and the text of a module from such fragments.
//!
//! What depends on a fragment's neighbours or on where its source stands in its file is left open in the text: numbers of files, lines, names of
//! inlined functions, formats and panic sites. [`link`] fills them in, so that a kernel's fragment stays good while others around it change.

use std::fmt::Write;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::global::emit_string;
use crate::{Target, Version};

/// A place in the source that a fragment speaks of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FragmentSite {
    /// The message, see [`rustg_mir::module::Site`].
    pub message: String,
    /// The function's path.
    pub function: String,
    /// The file: an index into [`Fragment::files`].
    pub file: u32,
    /// The line, from 1, or what [`Fragment::map_lines`] made of it.
    pub line: u64,
    /// The column in characters, from 1.
    pub column: u32,
}

/// A variable that a fragment uses.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FragmentGlobal {
    /// Its name; variables of the same name are the same variable.
    pub name: String,
    /// Its declaration.
    pub text: String,
}

/// The text of a kernel and of the functions that it calls, with open places.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fragment {
    /// The lowest version that has what the text uses.
    pub version: Version,
    /// Whether it prints.
    pub uses_print: bool,
    /// The text of the functions.
    pub text: String,
    /// Declarations of the functions that are no kernels, a line each.
    pub declarations: String,
    /// The files that positions are in.
    pub files: Vec<String>,
    /// The names of inlined functions.
    pub names: Vec<String>,
    /// The formats of what is printed.
    pub formats: Vec<String>,
    /// The places that it can panic at.
    pub sites: Vec<FragmentSite>,
    /// The variables, those first that others hold the addresses of.
    pub globals: Vec<FragmentGlobal>,
}

/// Begins an open place: its kind, a number, and [`CLOSE`]. Neither stands anywhere else in PTX text.
const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';
const OPEN_LINE: &str = "\u{1}L";

/// What is open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Open {
    /// The number of a file of the fragment.
    File(u32),
    /// A line of a file of the fragment: file, line.
    Line(u32, u64),
    /// The place of a name in the section of names.
    Name(u32),
    /// The number of a site.
    Site(u32),
    /// The number of a format.
    Format(u32),
}

impl std::fmt::Display for Open {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Open::File(at) => write!(f, "{OPEN}F{at}{CLOSE}"),
            Open::Line(file, line) => write!(f, "{OPEN}L{file}:{line}{CLOSE}"),
            Open::Name(at) => write!(f, "{OPEN}N{at}{CLOSE}"),
            Open::Site(at) => write!(f, "{OPEN}S{at}{CLOSE}"),
            Open::Format(at) => write!(f, "{OPEN}T{at}{CLOSE}"),
        }
    }
}

impl Open {
    /// What is written between the marks; nothing where it is not ours.
    fn read(text: &str) -> Option<Open> {
        let rest = text.get(1..)?;
        Some(match text.as_bytes()[0] {
            b'F' => Open::File(rest.parse().ok()?),
            b'L' => {
                let (file, line) = rest.split_once(':')?;
                Open::Line(file.parse().ok()?, line.parse().ok()?)
            }
            b'N' => Open::Name(rest.parse().ok()?),
            b'S' => Open::Site(rest.parse().ok()?),
            b'T' => Open::Format(rest.parse().ok()?),
            _ => return None,
        })
    }
}

impl Fragment {
    /// Whether every open place names something that the fragment has: what [`link`] takes for granted. For fragments read from files.
    pub fn is_sound(&self) -> bool {
        let places =
            self.text.split(OPEN).skip(1).map(|rest| rest.split_once(CLOSE).and_then(|(open, _)| Open::read(open)));
        let mut places = places.map(|open| match open {
            Some(Open::File(at) | Open::Line(at, _)) => (at as usize) < self.files.len(),
            Some(Open::Name(at)) => (at as usize) < self.names.len(),
            Some(Open::Site(at)) => (at as usize) < self.sites.len(),
            Some(Open::Format(at)) => (at as usize) < self.formats.len(),
            None => false,
        });
        places.all(|holds| holds) && self.sites.iter().all(|site| (site.file as usize) < self.files.len())
    }
}

impl Fragment {
    /// Replaces every line (of the file with that number) by what `map` says: by something that holds while text around it changes.
    pub fn map_lines(&mut self, map: &dyn Fn(u32, u64) -> u64) {
        let mut text = String::with_capacity(self.text.len() + self.text.len() / 16);
        let mut rest = self.text.as_str();
        while let Some((before, behind)) = rest.split_once(OPEN_LINE) {
            let (open, behind) = behind.split_once(CLOSE).expect("what is opened is closed");
            let (file, line) = open.split_once(':').expect("a line is said with its file");
            let file = file.parse().expect("only `Open` writes marks");
            let line = map(file, line.parse().expect("only `Open` writes marks"));
            let _ = write!(text, "{before}{}", Open::Line(file, line));
            rest = behind;
        }
        text.push_str(rest);
        self.text = text;
        for site in &mut self.sites {
            site.line = map(site.file, site.line);
        }
    }
}

/// A fragment and what has become of its lines.
pub struct Part<'a> {
    /// The fragment.
    pub fragment: &'a Fragment,
    /// The line that a line of a file (an index into [`Fragment::files`]) is now.
    pub line: &'a dyn Fn(u32, u64) -> u32,
}

/// Numbers of texts in the order in which they are asked for.
#[derive(Default)]
struct Numbered<'a> {
    numbers: FxHashMap<&'a str, u32>,
    texts: Vec<&'a str>,
}

impl<'a> Numbered<'a> {
    fn number(&mut self, text: &'a str) -> u32 {
        *self.numbers.entry(text).or_insert_with(|| {
            self.texts.push(text);
            self.texts.len() as u32 - 1
        })
    }
}

/// The PTX text of a module: what [`crate::emit_ptx`] describes. The sites are numbered through, part after part.
///
/// # Panics
/// When a fragment is not sound ([`Fragment::is_sound`]).
pub fn link(target: Target, parts: &[Part<'_>]) -> String {
    let (mut files, mut formats) = (Numbered::default(), Numbered::default());
    let mut names = Numbered::default();
    // Where each name begins in its section.
    let (mut name_starts, mut names_size_bytes) = (Vec::new(), 0_usize);
    let mut functions = String::with_capacity(parts.iter().map(|part| part.fragment.text.len()).sum());
    let mut first_site = 0_u32;
    for part in parts {
        let fragment = part.fragment;
        let mut rest = fragment.text.as_str();
        while let Some((before, behind)) = rest.split_once(OPEN) {
            functions.push_str(before);
            let (open, behind) = behind.split_once(CLOSE).expect("what is opened is closed");
            rest = behind;
            let number = match Open::read(open).expect("only `Open` writes marks") {
                Open::File(at) => files.number(&fragment.files[at as usize]) + 1,
                Open::Line(file, line) => (part.line)(file, line),
                Open::Site(at) => first_site + at,
                Open::Format(at) => formats.number(&fragment.formats[at as usize]),
                Open::Name(at) => {
                    let name = fragment.names[at as usize].as_str();
                    let number = names.number(name) as usize;
                    if number == name_starts.len() {
                        name_starts.push(names_size_bytes);
                        names_size_bytes += name.len() + 1;
                    }
                    name_starts[number] as u32
                }
            };
            push_number(&mut functions, number);
        }
        functions.push_str(rest);
        first_site += fragment.sites.len() as u32;
    }

    let version = parts.iter().map(|part| part.fragment.version).fold(target.lowest_version(), Version::max);
    let mut text = String::with_capacity(functions.len() + 4096);
    let _ = write!(text, ".version {version}\n.target {target}\n.address_size 64\n\n");
    for (at, file) in files.texts.iter().enumerate() {
        // A path stands between quotes and has no escapes.
        let path: String =
            file.chars().map(|c| if c == '"' || c.is_control() || !c.is_ascii() { '?' } else { c }).collect();
        let _ = writeln!(text, ".file {} \"{path}\"", at + 1);
    }
    if parts.iter().any(|part| part.fragment.uses_print) {
        text.push_str(".extern .func (.param .b32 status) vprintf (.param .b64 format, .param .b64 arguments);\n");
    }
    for (at, format) in formats.texts.iter().enumerate() {
        emit_string(&mut text, &format!("$format{at}"), format);
    }
    // Functions are declared before variables that hold their addresses, and before their calls.
    parts.iter().for_each(|part| text.push_str(&part.fragment.declarations));
    let mut written = FxHashSet::default();
    for global in parts.iter().flat_map(|part| &part.fragment.globals) {
        if written.insert(global.name.as_str()) {
            text.push_str(&global.text);
        }
    }
    text.push('\n');
    text.push_str(&functions);
    if !names.texts.is_empty() {
        text.push_str(".section .debug_str\n{\n$rustg_names:\n");
        for byte in names.texts.iter().flat_map(|name| name.bytes().chain([0])) {
            text.push_str("\t.b8 ");
            push_number(&mut text, u32::from(byte));
            text.push('\n');
        }
        text.push_str("}\n");
    }
    text
}

/// A number in decimal; `write!` takes several times as long, and there are some twenty in a kernel.
fn push_number(text: &mut String, mut number: u32) {
    let mut digits = [0_u8; 10];
    let mut at = digits.len();
    loop {
        at -= 1;
        digits[at] = b'0' + (number % 10) as u8;
        number /= 10;
        if number == 0 {
            break;
        }
    }
    digits[at..].iter().for_each(|digit| text.push(char::from(*digit)));
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fragment(text: &str) -> Fragment {
        Fragment {
            version: Version(7, 0),
            uses_print: false,
            text: text.to_owned(),
            declarations: String::new(),
            files: vec!["a.rs".to_owned()],
            names: vec!["f".to_owned()],
            formats: Vec::new(),
            sites: vec![FragmentSite {
                message: "no".to_owned(),
                function: "k".to_owned(),
                file: 0,
                line: 3,
                column: 1,
            }],
            globals: vec![FragmentGlobal { name: "g".to_owned(), text: ".global g;\n".to_owned() }],
        }
    }

    #[test]
    fn open_places_are_filled_and_what_is_shared_is_written_once() {
        let open = [Open::File(0), Open::Line(0, 7), Open::Name(0), Open::Site(0)].map(|open| open.to_string());
        let one = fragment(&format!("{}\n", open.join(" ")));
        assert!(one.is_sound());
        let (stays, moves) = (|_, line| line as u32, |_, line| line as u32 + 10);
        let parts = [Part { fragment: &one, line: &stays }, Part { fragment: &one, line: &moves }];
        let text = link(Target { sm: 75 }, &parts);
        assert!(text.contains("\n1 7 0 0\n1 17 0 1\n"), "{text}");
        assert_eq!(text.matches(".global g;").count(), 1);
        assert_eq!(text.matches(".file").count(), 1);
    }

    #[test]
    fn a_fragment_whose_places_name_nothing_is_not_sound() {
        for wrong in ["\u{1}F1\u{2}", "\u{1}L0:\u{2}", "\u{1}X0\u{2}", "\u{1}S0", "\u{1}\u{2}"] {
            assert!(!fragment(wrong).is_sound(), "{wrong:?}");
        }
    }
}
