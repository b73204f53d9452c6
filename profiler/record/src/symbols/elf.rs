//! A mapped ELF file: its build id, and what its sections would cost to read.

use std::fs::File;
use std::path::Path;

use memmap2::Mmap;
use object::Endianness;
use object::elf::{ELF_NOTE_GNU, FileHeader64, NT_GNU_BUILD_ID, SHF_COMPRESSED};
use object::read::elf::{
    CompressionHeader as _, FileHeader, NoteIterator, ProgramHeader as _, SectionHeader as _, SectionTable,
};

/// The header of the files that are read; other machines' are refused.
pub(super) type Header = FileHeader64<Endianness>;

/// A mapped file with an ELF header.
pub(super) struct Image {
    data: Mmap,
    build_id: Vec<u8>,
}

/// Sizes of a file's debug information.
#[derive(Default, Debug)]
pub(super) struct DebugSizes {
    /// All debug sections, as stored.
    pub debug_bytes: u64,
    /// The compressed ones, unpacked.
    pub unpacked_bytes: u64,
}

impl Image {
    /// Maps a 64-bit ELF file; `None` where it is none or cannot be read.
    pub fn open(path: &Path) -> Option<Image> {
        let file = File::open(path).ok()?;
        if !file.metadata().ok()?.is_file() {
            return None;
        }
        // SAFETY: the map is only read. A library that is overwritten in place while it is mapped would change under us as it
        // would under the program that runs it; installers replace files instead.
        let data = unsafe { Mmap::map(&file).ok()? };
        let header = Header::parse(&*data).ok()?;
        header.endian().ok()?;
        let mut image = Image { build_id: Vec::new(), data };
        image.build_id = image.find_build_id().unwrap_or_default();
        Some(image)
    }

    /// The file's bytes.
    pub fn data(&self) -> &[u8] {
        &self.data
    }

    /// Its size.
    pub fn size_bytes(&self) -> u64 {
        self.data.len() as u64
    }

    /// Its GNU build id, empty without.
    pub fn build_id(&self) -> &[u8] {
        &self.build_id
    }

    /// Its sections and their byte order.
    pub fn sections(&self) -> Option<(Endianness, SectionTable<'_, Header>)> {
        let data = self.data();
        let header = Header::parse(data).ok()?;
        let endian = header.endian().ok()?;
        Some((endian, header.sections(endian, data).ok()?))
    }

    /// What its debug sections take.
    pub fn debug_sizes(&self) -> DebugSizes {
        let mut sizes = DebugSizes::default();
        let Some((endian, sections)) = self.sections() else { return sizes };
        for section in sections.iter() {
            let name = sections.section_name(endian, section).unwrap_or_default();
            if !name.starts_with(b".debug_") && !name.starts_with(b".zdebug_") {
                continue;
            }
            sizes.debug_bytes = sizes.debug_bytes.saturating_add(section.sh_size(endian));
            if section.sh_flags(endian).contains(SHF_COMPRESSED) {
                let header = section.compression(endian, self.data());
                let unpacked = header.ok().flatten().map_or(u64::MAX, |(header, _, _)| header.ch_size(endian));
                sizes.unpacked_bytes = sizes.unpacked_bytes.saturating_add(unpacked);
            }
        }
        sizes
    }

    /// The build id is a note of a program segment, so that files without section headers have it too.
    fn find_build_id(&self) -> Option<Vec<u8>> {
        let data = self.data();
        let header = Header::parse(data).ok()?;
        let endian = header.endian().ok()?;
        for segment in header.program_headers(endian, data).ok()? {
            if let Some(id) = segment.notes(endian, data).ok().flatten().and_then(|notes| gnu_build_id(notes, endian)) {
                return Some(id);
            }
        }
        // Debug files keep the segment's header but not its bytes: the section has them.
        let (endian, sections) = self.sections()?;
        let mut notes = sections.iter().filter_map(|section| section.notes(endian, data).ok().flatten());
        notes.find_map(|notes| gnu_build_id(notes, endian))
    }
}

fn gnu_build_id(mut notes: NoteIterator<'_, Header>, endian: Endianness) -> Option<Vec<u8>> {
    while let Ok(Some(note)) = notes.next() {
        if note.name() == ELF_NOTE_GNU && note.n_type(endian) == NT_GNU_BUILD_ID {
            return Some(note.desc().to_owned());
        }
    }
    None
}
