//! Source positions: `.loc` with the calls that were inlined (PTX ISA, 11.5 Debugging Directives). Numbers of files and names stay open
//! until fragments are joined.

use std::fmt::Write;

use rustc_hash::FxHashMap;
use rustg_base::StringId;
use rustg_mir::ids::LocationId;
use rustg_mir::module::Module;

use crate::fragment::Open;

/// What has been said about positions so far.
#[derive(Default)]
pub(crate) struct Lines {
    /// The files that are spoken of.
    pub files: Vec<String>,
    /// The names of inlined functions.
    pub names: Vec<String>,
    file_numbers: FxHashMap<StringId, u32>,
    name_numbers: FxHashMap<StringId, u32>,
    /// The position that holds at the end of the text.
    current: Option<LocationId>,
}

impl Lines {
    /// Writes the directives that say the position, nothing where it is said already; whether they name an inlined call.
    pub fn at(&mut self, module: &Module, location: LocationId, text: &mut String) -> bool {
        if self.current.replace(location) == Some(location) {
            return false;
        }
        let row = module.locations[location.index()];
        let uses_inlining = row.inlined_at.is_some();
        if uses_inlining {
            // ptxas wants the call's own position to have been said before.
            self.at(module, row.inlined_at, text);
            self.current = Some(location);
        }
        let file = self.file(module, row.file);
        let _ = write!(text, "\t.loc {} {} {}", Open::File(file), Open::Line(file, u64::from(row.line)), row.column);
        if uses_inlining {
            let call = module.locations[row.inlined_at.index()];
            let (name, file) = (self.name(module, row.function), self.file(module, call.file));
            let _ = write!(
                text,
                ", function_name $rustg_names+{}, inlined_at {} {} {}",
                Open::Name(name),
                Open::File(file),
                Open::Line(file, u64::from(call.line)),
                call.column
            );
        }
        text.push('\n');
        uses_inlining
    }

    /// The number of a file in the fragment.
    pub fn file(&mut self, module: &Module, file: StringId) -> u32 {
        *self.file_numbers.entry(file).or_insert_with(|| {
            self.files.push(module.strings.get(file).to_owned());
            self.files.len() as u32 - 1
        })
    }

    fn name(&mut self, module: &Module, name: StringId) -> u32 {
        *self.name_numbers.entry(name).or_insert_with(|| {
            self.names.push(module.strings.get(name).to_owned());
            self.names.len() as u32 - 1
        })
    }
}
