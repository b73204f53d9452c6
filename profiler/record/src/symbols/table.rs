//! The functions of a file by address, from its symbol tables.

use object::elf::{SHT_DYNSYM, SHT_SYMTAB, STT_FUNC, STT_GNU_IFUNC};
use object::read::elf::Sym as _;
use object::{SectionIndex, elf};
use rustg_trace::names;

use super::elf::Image;

/// More functions than this are not kept; libtorch_cuda has some hundred thousand.
const FUNCTIONS_MAX: usize = 4 << 20;

/// A file's functions.
pub(super) struct SymbolTable {
    image: Image,
    functions: Vec<Entry>,
}

#[derive(Clone, Copy)]
struct Entry {
    start: u64,
    size_bytes: u32,
    /// Offset in the string table of `.symtab`, or, with the top bit set, of `.dynsym`.
    name: u32,
}

const OF_DYNAMIC: u32 = 1 << 31;

impl SymbolTable {
    /// Reads the functions of a file; `None` where it has none.
    pub fn read(image: Image) -> Option<SymbolTable> {
        let mut functions = Vec::new();
        {
            let (endian, sections) = image.sections()?;
            for (kind, mark) in [(SHT_SYMTAB, 0), (SHT_DYNSYM, OF_DYNAMIC)] {
                let Ok(symbols) = sections.symbols(endian, image.data(), kind) else { continue };
                for symbol in symbols.iter() {
                    let is_function = matches!(symbol.st_type(), STT_FUNC | STT_GNU_IFUNC);
                    let defined = symbol.st_shndx(endian) != elf::SHN_UNDEF;
                    let name = symbol.st_name(endian);
                    if is_function && defined && name & OF_DYNAMIC == 0 && functions.len() < FUNCTIONS_MAX {
                        let size_bytes = u32::try_from(symbol.st_size(endian)).unwrap_or(u32::MAX);
                        functions.push(Entry { start: symbol.st_value(endian), size_bytes, name: name | mark });
                    }
                }
            }
        }
        // Of several names of one place, the first of the fullest table: sorts are stable, and sized symbols go first.
        functions.sort_by_key(|entry| (entry.start, std::cmp::Reverse(entry.size_bytes)));
        functions.dedup_by_key(|entry| entry.start);
        functions.shrink_to_fit();
        (!functions.is_empty()).then_some(SymbolTable { image, functions })
    }

    /// The demangled name of the function that an address lies in. A gap between functions belongs to none: in a stripped
    /// library the exported function before it would be a wrong answer.
    pub fn name_at(&self, address: u64) -> Option<String> {
        let after = self.functions.partition_point(|entry| entry.start <= address);
        let entry = self.functions[..after].last()?;
        // Hand-written assembly has no sizes: such a symbol reaches to the next.
        let inside = entry.size_bytes == 0 || address - entry.start < u64::from(entry.size_bytes);
        inside.then(|| self.text(entry.name)).flatten()
    }

    fn text(&self, name: u32) -> Option<String> {
        let (endian, sections) = self.image.sections()?;
        let kind = if name & OF_DYNAMIC == 0 { SHT_SYMTAB } else { SHT_DYNSYM };
        let symbols = sections.symbols(endian, self.image.data(), kind).ok()?;
        debug_assert_ne!(symbols.string_section(), SectionIndex(0));
        let name = symbols.strings().get(name & !OF_DYNAMIC).ok()?;
        let name = std::str::from_utf8(name).ok().filter(|name| !name.is_empty())?;
        Some(names::demangle(name).into_owned())
    }
}
