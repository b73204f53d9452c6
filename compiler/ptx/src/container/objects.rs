//! Object files that carry device code: host objects with a fatbin section, cubins with debug information, archives.

use object::read::archive::ArchiveFile;
use object::{Object, ObjectSection};

use super::fatbin;
use super::{Container, ContainerError, ContainerKind, Image, ImageKind};

/// Sections that hold fatbins: ELF's, the one of relocatable device code, and their names in PE files.
const SECTIONS: [&str; 5] = [".nv_fatbin", "__nv_relfatbin", ".nv_fatb", "__nv_rel", "__nv_fatbin"];
/// ELF's machine number of NVIDIA's GPUs (`EM_CUDA`).
const MACHINE_CUDA: u16 = 190;
const ARCHIVE_MAGIC: &[u8] = b"!<arch>\n";
/// The section in which `-lineinfo` and `-G` keep the PTX, a NUL behind each line.
const DEBUG_TEXT: &str = ".nv_debug_ptx_txt";

/// Whether this is a file that [`read`] knows: ELF, PE, Mach-O or an archive.
pub fn is_object(bytes: &[u8]) -> bool {
    bytes.starts_with(ARCHIVE_MAGIC) || object::FileKind::parse(bytes).is_ok()
}

/// Lists the images of an object or an archive of objects.
pub fn read(bytes: &[u8]) -> Result<Container<'_>, ContainerError> {
    let mut images = Vec::new();
    let kind = if bytes.starts_with(ARCHIVE_MAGIC) {
        let archive = ArchiveFile::parse(bytes).map_err(|error| ContainerError::Object(error.to_string()))?;
        for member in archive.members() {
            let member = member.map_err(|error| ContainerError::Object(error.to_string()))?;
            let data = member.data(bytes).map_err(|error| ContainerError::Object(error.to_string()))?;
            let name = String::from_utf8_lossy(member.name()).into_owned();
            let first = images.len();
            if fatbin::starts_fatbin(data) {
                fatbin::read_section(data, 0, &mut images)?;
            } else if object::FileKind::parse(data).is_ok() {
                read_object(data, &mut images)?;
            }
            for image in &mut images[first..] {
                image.member.clone_from(&name);
            }
        }
        ContainerKind::Archive
    } else {
        read_object(bytes, &mut images)?
    };
    Ok(Container { kind, images })
}

fn read_object<'a>(bytes: &'a [u8], images: &mut Vec<Image<'a>>) -> Result<ContainerKind, ContainerError> {
    if is_cubin(bytes) {
        read_cubin(bytes, images);
        return Ok(ContainerKind::Cubin);
    }
    let file = object::File::parse(bytes).map_err(|error| ContainerError::Object(error.to_string()))?;
    for section in file.sections() {
        if section.name().is_ok_and(|name| SECTIONS.contains(&name)) {
            let data = section.data().map_err(|error| ContainerError::Object(error.to_string()))?;
            let place = section.file_range().map_or(0, |range| range.0);
            fatbin::read_section(data, place, images)?;
        }
    }
    Ok(ContainerKind::Object)
}

fn is_cubin(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x7fELF") && bytes.get(18..20) == Some(&MACHINE_CUDA.to_le_bytes())
}

/// The machine code, and the PTX that debug information left, if any. A cubin that cannot be parsed still is one.
fn read_cubin<'a>(bytes: &'a [u8], images: &mut Vec<Image<'a>>) {
    images.push(Image { architecture: architecture_of(bytes), ..Image::lone(ImageKind::Cubin, bytes, 0) });
    let Ok(file) = object::File::parse(bytes) else { return };
    let Some(section) = file.section_by_name(DEBUG_TEXT) else { return };
    if let Ok(data) = section.data()
        && !data.is_empty()
    {
        let place = section.file_range().map_or(0, |range| range.0);
        let text = Image::lone(ImageKind::DebugPtx, data, place);
        images.push(Image { architecture: architecture_of(bytes), version: super::text_version(data), ..text });
    }
}

/// A cubin's architecture from its ELF flags (at byte 48 of the header): the low byte up to ABI 7, the second one since.
fn architecture_of(bytes: &[u8]) -> u32 {
    let abi = bytes.get(8).copied().unwrap_or(0);
    let Some(flags) = bytes.get(48..52) else { return 0 };
    u32::from(if abi >= 8 { flags[1] } else { flags[0] })
}
