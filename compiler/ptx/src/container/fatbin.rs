//! The fatbin layout: a 16-byte header, then entries of a header and a payload each.
//!
//! ```text
//! fatbin  u32 magic 0xba55ed50 · u16 version 1 · u16 header bytes · u64 bytes of all entries
//! entry    0 u16 kind · u16 version · u32 header bytes · u64 payload bytes
//!         16 u32 packed bytes (0: not packed) · u32 options' place · u16 minor · u16 major · u32 architecture
//!         32 u32 source name's place · u32 its length · u64 flags
//!         56 u64 unpacked bytes · names and options
//! options u32 text's place · u32 its length
//! stream  kind 0x100: at 64 u32 count · u32 bytes of the list, from here; then entry headers whose u32 at 4 is the
//!         place in the unpacked stream (fatbinary --concat)
//! ```

use super::{ContainerError, IMAGES_MAX, Image, ImageKind, Packing};

const MAGIC: [u8; 4] = 0xba55_ed50_u32.to_le_bytes();
const FATBIN_HEADER_BYTES: usize = 16;
const ENTRY_HEADER_BYTES: usize = 64;
const KIND_PTX: u16 = 1;
const KIND_CUBIN: u16 = 2;
const KIND_INTERMEDIATE: u16 = 8;
const KIND_STREAM: u16 = 0x100;
const FLAG_LZ4: u64 = 0x2000;
const FLAG_ZSTD: u64 = 0x8000;
const FLAG_ARCHITECTURE_ONLY: u64 = 0x10_0000;
const FLAG_FAMILY_ONLY: u64 = 0x20_0000;

/// Whether a fatbin begins here.
pub fn starts_fatbin(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Reads the fatbins of a section, one after another; `base_bytes` is the section's place in its file.
pub fn read_section<'a>(section: &'a [u8], base_bytes: u64, images: &mut Vec<Image<'a>>) -> Result<(), ContainerError> {
    let mut position = 0;
    // Linkers align fatbins and fill with zeros.
    while let Some(found) = memchr::memmem::find(&section[position..], &MAGIC) {
        let start = position + found;
        let at = |offset: usize| base_bytes + (start + offset) as u64;
        let fatbin = &section[start..];
        let header_bytes = u16_at(fatbin, 6).map(usize::from).filter(|&bytes| bytes >= FATBIN_HEADER_BYTES);
        let entries_bytes = u64_at(fatbin, 8).and_then(|bytes| usize::try_from(bytes).ok());
        let (Some(header_bytes), Some(entries_bytes)) = (header_bytes, entries_bytes) else {
            return Err(malformed(at(0), "the fatbin's header is cut"));
        };
        let end = header_bytes.checked_add(entries_bytes).filter(|&end| end <= fatbin.len());
        let Some(end) = end else {
            return Err(malformed(at(8), "the fatbin is longer than what holds it"));
        };
        read_entries(&fatbin[header_bytes..end], at(header_bytes), images)?;
        position = start + end;
    }
    Ok(())
}

fn read_entries<'a>(mut bytes: &'a [u8], mut place: u64, images: &mut Vec<Image<'a>>) -> Result<(), ContainerError> {
    while bytes.len() >= ENTRY_HEADER_BYTES {
        let header_bytes = u32_at(bytes, 4).unwrap_or(0) as usize;
        let payload_bytes = u64_at(bytes, 8).and_then(|size| usize::try_from(size).ok());
        let end = payload_bytes.and_then(|size| size.checked_add(header_bytes)).filter(|&end| end <= bytes.len());
        let Some(end) = end.filter(|_| header_bytes >= ENTRY_HEADER_BYTES) else {
            return Err(malformed(place, "the entry is longer than its fatbin"));
        };
        let (header, payload) = bytes[..end].split_at(header_bytes);
        if kind_of(header) == KIND_STREAM {
            read_stream(header, payload, place, images)?;
        } else {
            push(images, read_entry(header, payload, place)?)?;
        }
        bytes = &bytes[end..];
        place += end as u64;
    }
    Ok(())
}

fn push<'a>(images: &mut Vec<Image<'a>>, image: Image<'a>) -> Result<(), ContainerError> {
    if images.len() >= IMAGES_MAX {
        return Err(malformed(image.offset_bytes, "the file holds more images than are read"));
    }
    images.push(image);
    Ok(())
}

fn read_entry<'a>(header: &[u8], payload: &'a [u8], place: u64) -> Result<Image<'a>, ContainerError> {
    let field = |offset| u32_at(header, offset).unwrap_or(0);
    let flags = u64_at(header, 40).unwrap_or(0);
    let packed_bytes = field(16) as usize;
    let packing = match (flags & FLAG_LZ4 != 0, flags & FLAG_ZSTD != 0) {
        (false, false) => Packing::None,
        (true, _) => Packing::Lz4,
        (false, true) => Packing::Zstd,
    };
    let payload = match packing {
        Packing::None => payload,
        _ => payload.get(..packed_bytes).ok_or(malformed(place + 16, "the packed image is longer than its entry"))?,
    };
    let unpacked_bytes = match packing {
        Packing::None => payload.len() as u64,
        _ => u64_at(header, 56).unwrap_or(0),
    };
    let half = |offset| u16_at(header, offset).unwrap_or(0);
    Ok(Image {
        architecture: field(28),
        suffix: match (flags & FLAG_ARCHITECTURE_ONLY != 0, flags & FLAG_FAMILY_ONLY != 0) {
            (true, _) => Some('a'),
            (false, true) => Some('f'),
            (false, false) => None,
        },
        version: (half(26), half(24)),
        packing,
        source: text_at(header, field(32), field(36)),
        options: options_of(header),
        size_bytes: unpacked_bytes,
        unpacked_bytes,
        ..Image::lone(image_kind(kind_of(header)), payload, place)
    })
}

/// Images that lie in one packed stream.
fn read_stream<'a>(
    header: &[u8],
    payload: &'a [u8],
    place: u64,
    images: &mut Vec<Image<'a>>,
) -> Result<(), ContainerError> {
    let stream = read_entry(header, payload, place)?;
    let count = u32_at(header, 64).unwrap_or(0);
    let list_bytes = u32_at(header, 68).unwrap_or(0) as usize;
    let Some(mut list) = header.get(72..).filter(|list| list.len() + 8 >= list_bytes) else {
        return Err(malformed(place + 64, "the list of the stream's images is cut"));
    };
    for _ in 0..count {
        if list.len() < ENTRY_HEADER_BYTES {
            return Err(malformed(place + 64, "the list of the stream's images is cut"));
        }
        let start_bytes = u64::from(u32_at(list, 4).unwrap_or(0));
        let size_bytes = u64_at(list, 8).unwrap_or(0);
        if start_bytes.checked_add(size_bytes).is_none_or(|end| end > stream.unpacked_bytes) {
            return Err(malformed(place + 64, "an image lies beyond the stream that holds it"));
        }
        let own = read_entry(list, &[], place)?;
        let (kind, packing) = (image_kind(kind_of(list)), stream.packing);
        list = list.get(listed_header_bytes(list)..).unwrap_or_default();
        push(images, Image { kind, packing, payload, size_bytes, start_bytes, ..own }.in_stream(&stream))?;
    }
    Ok(())
}

impl<'a> Image<'a> {
    /// The same image, unpacked with the stream it lies in.
    fn in_stream(self, stream: &Image<'a>) -> Image<'a> {
        Image { payload: stream.payload, unpacked_bytes: stream.unpacked_bytes, ..self }
    }
}

/// A listed header does not say how long it is: 64 bytes, the source name, the options' place and text, each text ended by
/// a NUL and filled up to 8 bytes.
fn listed_header_bytes(header: &[u8]) -> usize {
    let field = |offset| u32_at(header, offset).unwrap_or(0) as usize;
    let filled = |place: usize, length: usize| (place.saturating_add(length) | 7).saturating_add(1);
    let (source, source_bytes, options) = (field(32), field(36), field(20));
    let mut end = ENTRY_HEADER_BYTES;
    if source != 0 {
        end = end.max(filled(source, source_bytes));
    }
    if options != 0 {
        let length = u32_at(header, options.saturating_add(4)).unwrap_or(0) as usize;
        let text = u32_at(header, options).unwrap_or(0) as usize;
        end = end.max(filled(text, length));
    }
    end
}

fn options_of(header: &[u8]) -> String {
    let place = u32_at(header, 20).unwrap_or(0) as usize;
    if place < ENTRY_HEADER_BYTES {
        return String::new();
    }
    let word = |offset: usize| place.checked_add(offset).and_then(|at| u32_at(header, at)).unwrap_or(0);
    text_at(header, word(0), word(4)).trim().to_owned()
}

fn text_at(header: &[u8], place: u32, length: u32) -> String {
    let end = (place as usize).saturating_add(length as usize);
    header.get(place as usize..end).map(|text| String::from_utf8_lossy(text).into_owned()).unwrap_or_default()
}

fn image_kind(kind: u16) -> ImageKind {
    match kind {
        KIND_PTX => ImageKind::Ptx,
        KIND_CUBIN => ImageKind::Cubin,
        KIND_INTERMEDIATE => ImageKind::Intermediate,
        other => ImageKind::Other(other),
    }
}

fn kind_of(header: &[u8]) -> u16 {
    u16_at(header, 0).unwrap_or(0)
}

fn malformed(offset_bytes: u64, what: &'static str) -> ContainerError {
    ContainerError::Malformed { offset_bytes, what }
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_le_bytes(bytes.get(at..at.checked_add(2)?)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_le_bytes(bytes.get(at..at.checked_add(4)?)?.try_into().ok()?))
}

fn u64_at(bytes: &[u8], at: usize) -> Option<u64> {
    Some(u64::from_le_bytes(bytes.get(at..at.checked_add(8)?)?.try_into().ok()?))
}
