//! Source positions: `.file`, `.loc` with the calls that were inlined, and the names they speak of (PTX ISA, 11.5 Debugging Directives).

use std::fmt::Write;

use rustc_hash::FxHashMap;
use rustg_base::StringId;
use rustg_mir::ids::LocationId;
use rustg_mir::module::Module;

/// What has been said about positions so far.
#[derive(Default)]
pub(crate) struct Lines {
    files: Vec<String>,
    numbers: FxHashMap<StringId, usize>,
    /// Where each function's name begins in the string section.
    names: FxHashMap<StringId, usize>,
    section: Vec<String>,
    section_size_bytes: usize,
    /// The position that holds at the end of the text.
    current: Option<LocationId>,
}

impl Lines {
    /// The directives that say the position, empty where it is said already; and whether they name an inlined call.
    pub fn at(&mut self, module: &Module, location: LocationId) -> (String, bool) {
        let mut text = String::new();
        if self.current.replace(location) == Some(location) {
            return (text, false);
        }
        let row = module.locations[location.index()];
        let uses_inlining = row.inlined_at.is_some();
        if uses_inlining {
            // ptxas wants the call's own position to have been said before.
            text.push_str(&self.at(module, row.inlined_at).0);
            self.current = Some(location);
        }
        let _ = write!(text, "\t.loc {} {} {}", self.file(module, row.file), row.line, row.column);
        if uses_inlining {
            let call = module.locations[row.inlined_at.index()];
            let (name, file) = (self.name(module, row.function), self.file(module, call.file));
            let _ =
                write!(text, ", function_name $rustg_names+{name}, inlined_at {file} {} {}", call.line, call.column);
        }
        text.push('\n');
        (text, uses_inlining)
    }

    fn file(&mut self, module: &Module, file: StringId) -> usize {
        if let Some(&number) = self.numbers.get(&file) {
            return number;
        }
        self.files.push(module.strings.get(file).to_owned());
        self.numbers.insert(file, self.files.len());
        self.files.len()
    }

    fn name(&mut self, module: &Module, name: StringId) -> usize {
        if let Some(&start) = self.names.get(&name) {
            return start;
        }
        let start = self.section_size_bytes;
        let text = module.strings.get(name);
        self.section_size_bytes += text.len() + 1;
        self.section.push(text.to_owned());
        self.names.insert(name, start);
        start
    }

    /// The `.file` directives.
    pub fn files(&self) -> String {
        let mut text = String::new();
        for (at, file) in self.files.iter().enumerate() {
            // A path stands between quotes and has no escapes.
            let path: String =
                file.chars().map(|c| if c == '"' || c.is_control() || !c.is_ascii() { '?' } else { c }).collect();
            let _ = writeln!(text, ".file {} \"{path}\"", at + 1);
        }
        text
    }

    /// The section with the names of inlined functions, if there are any.
    pub fn strings(&self) -> String {
        if self.section.is_empty() {
            return String::new();
        }
        let mut text = ".section .debug_str\n{\n$rustg_names:\n".to_owned();
        for name in &self.section {
            for byte in name.bytes().chain([0]) {
                let _ = writeln!(text, "\t.b8 {byte}");
            }
        }
        text.push_str("}\n");
        text
    }
}
