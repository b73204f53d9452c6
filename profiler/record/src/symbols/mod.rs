//! Names for native frames: an offset in a program's file becomes functions and lines.
//!
//! Done by the collector, after draining, so that the recorded program never waits for it. A file is opened when the first
//! frame in it is asked for, and only if it is the one that was loaded: same build id. Debug information (DWARF, with inlined
//! callers) is used where the file has it or the system keeps it apart by build id; the symbol tables come next;
//! `library+0xoffset` is what remains. Large files (the CUDA libraries of PyTorch are above a gigabyte) are mapped, and only
//! their symbol tables are read.

mod elf;
mod table;

use std::path::{Path, PathBuf};

use rustc_hash::FxHashMap;
use rustg_trace::names;

use table::SymbolTable;

/// Debug information is read of files up to this size; beyond, their symbol tables only.
const DEBUG_BYTES_MAX: u64 = 1 << 30;

/// Sections that are compressed are unpacked in memory, up to this size of all of a file's together.
const UNPACKED_BYTES_MAX: u64 = 256 << 20;

/// Where systems keep debug information apart, by build id.
const DEBUG_DIRECTORY: &str = "/usr/lib/debug/.build-id";

/// A function that a native frame is in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Function {
    /// Its name, demangled; `library+0xoffset` where it has none.
    pub name: String,
    /// Source file, or the library's path where no line is known.
    pub file: String,
    /// 1-based line, 0 when unknown.
    pub line: u32,
}

/// Files that native frames lie in, and the names found in them.
#[derive(Default)]
pub struct Symbols {
    files: FxHashMap<(PathBuf, Vec<u8>), File>,
}

struct File {
    /// What stands before `+0xoffset`.
    label: String,
    path: String,
    debug: Option<addr2line::Loader>,
    table: Option<SymbolTable>,
    known: FxHashMap<u64, Vec<Function>>,
}

impl Symbols {
    /// No file opened yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// The functions at `offset`, an address as in the headers of the ELF file at `path`: innermost first, where inlined
    /// callers are known; never empty.
    ///
    /// `build_id` is that of the file when it was loaded, empty where it has none. An empty path stands for memory that
    /// belongs to no file; `offset` is the absolute address then.
    pub fn functions(&mut self, path: &Path, build_id: &[u8], offset: u64) -> &[Function] {
        let key = (path.to_owned(), build_id.to_owned());
        let file = self.files.entry(key).or_insert_with(|| File::open(path, build_id));
        file.functions(offset)
    }
}

impl File {
    fn open(path: &Path, build_id: &[u8]) -> File {
        let label = path.file_name().map_or_else(|| "[no file]".to_owned(), |name| name.to_string_lossy().into_owned());
        let mut file = File {
            label,
            path: path.to_string_lossy().into_owned(),
            debug: None,
            table: None,
            known: FxHashMap::default(),
        };
        let Some(kept_apart) = debug_file(build_id).filter(|path| path.exists()) else {
            file.read(path, build_id);
            return file;
        };
        // The stripped file's dynamic symbols add nothing to the full table beside its debug information.
        file.read(&kept_apart, build_id);
        if file.table.is_none() {
            file.read(path, build_id);
        }
        file
    }

    /// Takes what `path` has, if it is the file that was loaded.
    fn read(&mut self, path: &Path, build_id: &[u8]) {
        let Some(image) = elf::Image::open(path) else { return };
        if image.build_id() != build_id {
            return;
        }
        let sizes = image.debug_sizes();
        if sizes.debug_bytes > 0 && image.size_bytes() <= DEBUG_BYTES_MAX && sizes.unpacked_bytes <= UNPACKED_BYTES_MAX
        {
            self.debug = addr2line::Loader::new(path).ok();
        }
        self.table = SymbolTable::read(image);
    }

    fn functions(&mut self, offset: u64) -> &[Function] {
        if !self.known.contains_key(&offset) {
            let functions = self.look_up(offset);
            self.known.insert(offset, functions);
        }
        &self.known[&offset]
    }

    fn look_up(&self, offset: u64) -> Vec<Function> {
        let mut functions = self.debug.as_ref().map(|debug| debugged(debug, offset)).unwrap_or_default();
        let symbol = self.table.as_ref().and_then(|table| table.name_at(offset));
        for (index, function) in functions.iter_mut().enumerate() {
            if function.name.is_empty() {
                // Line tables alone, as of assembly: the symbol is the outermost function's.
                function.name = symbol.clone().filter(|_| index == 0).unwrap_or_else(|| self.unnamed(offset));
            }
        }
        if functions.is_empty() {
            let name = symbol.unwrap_or_else(|| self.unnamed(offset));
            functions.push(Function { name, file: self.path.clone(), line: 0 });
        }
        for function in &mut functions {
            if function.file.is_empty() {
                function.file.clone_from(&self.path);
            }
        }
        functions
    }

    fn unnamed(&self, offset: u64) -> String {
        format!("{}+{offset:#x}", self.label)
    }
}

/// What debug information says of an address: the function and the inlined callers' places around it.
fn debugged(debug: &addr2line::Loader, offset: u64) -> Vec<Function> {
    /// Inlining deeper than this is cut: damaged information could nest without end.
    const DEEPEST: usize = 64;
    let mut functions = Vec::new();
    let Ok(mut frames) = debug.find_frames(offset) else { return functions };
    while let (Ok(Some(frame)), true) = (frames.next(), functions.len() < DEEPEST) {
        let name = frame.function.as_ref().and_then(|function| function.raw_name().ok());
        let name = name.map(|name| names::demangle(&name).into_owned()).unwrap_or_default();
        let location = frame.location.as_ref();
        let file = location.and_then(|location| location.file).unwrap_or_default().to_owned();
        let line = location.and_then(|location| location.line).unwrap_or(0);
        if !(name.is_empty() && file.is_empty()) {
            functions.push(Function { name, file, line });
        }
    }
    functions
}

/// The GNU build id of an ELF file, empty where it has none; `None` where `path` is no ELF file.
pub fn build_id_of(path: &Path) -> Option<Vec<u8>> {
    elf::Image::open(path).map(|image| image.build_id().to_owned())
}

/// Where the system keeps the debug information of the file with this build id.
fn debug_file(build_id: &[u8]) -> Option<PathBuf> {
    let (first, rest) = build_id.split_first()?;
    let rest: String = rest.iter().map(|byte| format!("{byte:02x}")).collect();
    (!rest.is_empty()).then(|| Path::new(DEBUG_DIRECTORY).join(format!("{first:02x}/{rest}.debug")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn own_file() -> (PathBuf, Vec<u8>) {
        let path = std::env::current_exe().unwrap();
        let build_id = elf::Image::open(&path).unwrap().build_id().to_owned();
        (path, build_id)
    }

    /// The load address of this program: the first mapping of its file.
    fn own_base() -> u64 {
        let (path, _) = own_file();
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.ends_with(path.to_str().unwrap())).unwrap();
        u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap()
    }

    #[inline(never)]
    fn a_function_to_be_found() -> u32 {
        std::hint::black_box(line!())
    }

    #[test]
    fn a_function_of_this_program_has_its_name_file_and_line() {
        let (path, build_id) = own_file();
        let offset = a_function_to_be_found as *const () as u64 - own_base();
        let mut symbols = Symbols::new();
        let functions = symbols.functions(&path, &build_id, offset);
        let outermost = functions.last().unwrap();
        assert!(outermost.name.ends_with("symbols::tests::a_function_to_be_found"), "{functions:?}");
        assert!(outermost.file.ends_with("symbols/mod.rs"), "{functions:?}");
        assert!((1..=2).contains(&(a_function_to_be_found() - outermost.line)), "{functions:?}");
    }

    #[test]
    fn a_file_that_was_replaced_names_nothing() {
        let (path, _) = own_file();
        let mut symbols = Symbols::new();
        let functions = symbols.functions(&path, b"another build", 0x1234).to_vec();
        let label = path.file_name().unwrap().to_str().unwrap();
        assert_eq!(functions.len(), 1);
        assert_eq!(functions[0].name, format!("{label}+0x1234"));
        assert_eq!(functions[0].file, path.to_str().unwrap());
    }

    #[test]
    fn exported_functions_of_a_stripped_library_are_found_and_gaps_are_not_guessed() {
        let maps = std::fs::read_to_string("/proc/self/maps").unwrap();
        let line = maps.lines().find(|line| line.contains("/libc.so.6") || line.contains("/libc-2")).unwrap();
        let base = u64::from_str_radix(line.split('-').next().unwrap(), 16).unwrap();
        let path = Path::new(&line[line.find('/').unwrap()..]);
        let build_id = elf::Image::open(path).unwrap().build_id().to_owned();
        let mut symbols = Symbols::new();
        let offset = libc::malloc as *const () as u64 - base;
        assert!(symbols.functions(path, &build_id, offset)[0].name.contains("malloc"));
        assert_eq!(symbols.functions(path, &build_id, 8)[0].name, "libc.so.6+0x8");
    }

    #[test]
    fn what_is_no_elf_file_names_nothing_and_does_not_fail() {
        let folder = tempfile::tempdir().unwrap();
        let whole = std::fs::read(own_file().0).unwrap();
        let mut symbols = Symbols::new();
        for (index, length) in [0, 1, 63, 64, 200, 4096, whole.len() / 2].into_iter().enumerate() {
            let path = folder.path().join(format!("cut{index}"));
            std::fs::write(&path, &whole[..length]).unwrap();
            assert_eq!(symbols.functions(&path, &[], 16)[0].name, format!("cut{index}+0x10"));
        }
        assert_eq!(symbols.functions(Path::new("/nowhere/lib.so"), &[], 16)[0].name, "lib.so+0x10");
        assert_eq!(symbols.functions(Path::new(""), &[], 0x7f00)[0].name, "[no file]+0x7f00");
    }

    #[test]
    fn damaged_headers_are_survived() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("damaged");
        let mut whole = std::fs::read("/proc/self/exe").unwrap();
        let sections = u64::from_le_bytes(whole[0x28..0x30].try_into().unwrap()) as usize;
        let mut state = 1u32;
        for _ in 0..60 {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            // The section headers stand at the end of the file.
            let at = sections + state as usize % (whole.len() - sections);
            whole[at] ^= (state >> 24) as u8;
            std::fs::write(&path, &whole).unwrap();
            assert!(!Symbols::new().functions(&path, &[], 0x4000).is_empty());
        }
    }
}
