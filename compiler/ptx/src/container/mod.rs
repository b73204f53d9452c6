//! PTX inside files that toolkits make: fatbins, cubins, executables, shared libraries, objects and archives.
//!
//! [`read`] lists the device images of a file without unpacking any; [`Image::text`] unpacks one. This module owns the
//! layouts and their limits; it does not read PTX itself, and it does not look into machine code (SASS).
//!
//! The fatbin layout is undocumented; what is said here was read off files that nvcc 13.5's fatbinary writes in all its
//! `--compress-mode`s and off libraries of CUDA 11 and 12.

mod fatbin;
mod objects;
mod unpack;

use std::borrow::Cow;
use std::fmt;

/// More than this an image may not unpack to; the largest seen in PyTorch's libraries is below 64 MiB.
pub const UNPACKED_BYTES_MAX: u64 = 1 << 30;

/// More images than this a file may not hold.
const IMAGES_MAX: usize = 1 << 20;

/// What kind of file was read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ContainerKind {
    /// PTX as text.
    Text,
    /// A fatbin on its own (`nvcc -fatbin`).
    Fatbin,
    /// A cubin: machine code of one architecture (`nvcc -cubin`).
    Cubin,
    /// An executable, shared library or object of the host, which holds fatbins.
    Object,
    /// An archive of such objects (`.a`).
    Archive,
}

/// What an image holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum ImageKind {
    /// PTX text.
    Ptx,
    /// The PTX that `-lineinfo` or `-G` leaves in a cubin: whole, but for lines of `.loc` and debug sections, which are blank.
    DebugPtx,
    /// Machine code.
    Cubin,
    /// NVVM's intermediate code for link-time optimisation (`code=lto_90`), in a form of NVIDIA's own.
    Intermediate,
    /// A kind that this reader does not know, with its number.
    Other(u16),
}

/// How an image is packed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Packing {
    /// As it is.
    None,
    /// One LZ4 block (toolkits up to 12, `--compress-mode=speed`).
    Lz4,
    /// One Zstandard frame (toolkits from 12.8 on).
    Zstd,
}

/// One device image in a file.
#[derive(Clone, Debug)]
pub struct Image<'a> {
    /// What it holds.
    pub kind: ImageKind,
    /// The architecture it was made for: 90 for `sm_90`; 0 where the file does not say.
    pub architecture: u32,
    /// `a` (this architecture only), `f` (its family) or none.
    pub suffix: Option<char>,
    /// PTX: the version, (8, 4) for `.version 8.4`. Else what the file says.
    pub version: (u16, u16),
    /// How it is packed.
    pub packing: Packing,
    /// The source file it was compiled from, where the file says so (`-lineinfo`, `-G`); else empty.
    pub source: String,
    /// The options that the assembler is given for it; else empty.
    pub options: String,
    /// The member of the archive it lies in; else empty.
    pub member: String,
    /// Where its header, or for a lone image its first byte, lies in the file (or in the archive's member).
    pub offset_bytes: u64,
    /// Its size, unpacked.
    pub size_bytes: u64,
    payload: &'a [u8],
    /// Where it begins in the unpacked payload (images of one stream).
    start_bytes: u64,
    /// What the whole payload unpacks to.
    unpacked_bytes: u64,
}

/// A file's device images, in the file's order.
#[derive(Clone, Debug)]
pub struct Container<'a> {
    /// What the file is.
    pub kind: ContainerKind,
    /// Its images.
    pub images: Vec<Image<'a>>,
}

/// Why a file or an image cannot be read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum ContainerError {
    /// Neither PTX nor a file that can hold device code.
    Unknown,
    /// The file cannot be an object of its kind; what `object` says.
    Object(String),
    /// A header, entry or payload reaches beyond its file, or contradicts itself.
    Malformed {
        /// Where, in bytes from the start of the file (or of the archive's member).
        offset_bytes: u64,
        /// What is wrong.
        what: &'static str,
    },
    /// An image says it unpacks to more than [`UNPACKED_BYTES_MAX`].
    TooLarge {
        /// Where the image's header lies.
        offset_bytes: u64,
        /// What it says to unpack to.
        size_bytes: u64,
    },
    /// Unpacking failed: the bytes are damaged, or the packing is another one.
    Unpack {
        /// Where the image's header lies.
        offset_bytes: u64,
        /// The packing and what its decoder says.
        message: String,
    },
    /// The image holds no PTX.
    NotPtx(ImageKind),
}

impl fmt::Display for ContainerError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ContainerError::Unknown => {
                write!(f, "is neither PTX nor a fatbin, cubin, executable, library, object or archive")
            }
            ContainerError::Object(message) => write!(f, "cannot be read as an object file: {message}"),
            ContainerError::Malformed { offset_bytes, what } => {
                write!(f, "is malformed at byte {offset_bytes}: {what}")
            }
            ContainerError::TooLarge { offset_bytes, size_bytes } => write!(
                f,
                "the image at byte {offset_bytes} says it unpacks to {size_bytes} bytes; at most {UNPACKED_BYTES_MAX} are read"
            ),
            ContainerError::Unpack { offset_bytes, message } => {
                write!(f, "the image at byte {offset_bytes} cannot be unpacked: {message}")
            }
            ContainerError::NotPtx(kind) => write!(f, "the image holds {kind}, no PTX"),
        }
    }
}

impl std::error::Error for ContainerError {}

impl fmt::Display for ImageKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ImageKind::Ptx => f.write_str("PTX"),
            ImageKind::DebugPtx => f.write_str("PTX of debug information"),
            ImageKind::Cubin => f.write_str("machine code (SASS)"),
            ImageKind::Intermediate => f.write_str("NVVM code for link-time optimisation"),
            ImageKind::Other(number) => write!(f, "an image of unknown kind {number}"),
        }
    }
}

/// Lists the device images of a file: `bytes` is the whole of it. Decides by content, never by a name.
///
/// # Errors
/// Where the file is of no known kind, or its tables reach beyond it. A file of a known kind without device code gives an
/// empty list.
pub fn read(bytes: &[u8]) -> Result<Container<'_>, ContainerError> {
    if fatbin::starts_fatbin(bytes) {
        let mut images = Vec::new();
        fatbin::read_section(bytes, 0, &mut images)?;
        return Ok(Container { kind: ContainerKind::Fatbin, images });
    }
    if objects::is_object(bytes) {
        return objects::read(bytes);
    }
    if is_ptx_text(bytes) {
        let image = Image { version: text_version(bytes), ..Image::lone(ImageKind::Ptx, bytes, 0) };
        return Ok(Container { kind: ContainerKind::Text, images: vec![image] });
    }
    Err(ContainerError::Unknown)
}

/// Whether `bytes` look like PTX: text whose first statement is `.version`, or text without NUL that has one.
pub fn is_ptx_text(bytes: &[u8]) -> bool {
    let head = &bytes[..bytes.len().min(1 << 16)];
    memchr::memchr(0, head).is_none() && memchr::memmem::find(head, b".version").is_some()
}

/// The version that PTX text states; (0, 0) where none can be seen.
fn text_version(bytes: &[u8]) -> (u16, u16) {
    let Some(at) = memchr::memmem::find(bytes, b".version") else { return (0, 0) };
    let rest = bytes[at + ".version".len()..].trim_ascii_start();
    let end = rest.iter().position(|byte| !byte.is_ascii_digit() && *byte != b'.').unwrap_or(rest.len());
    let parse = || -> Option<(u16, u16)> {
        let (major, minor) = std::str::from_utf8(&rest[..end]).ok()?.split_once('.')?;
        Some((major.parse().ok()?, minor.parse().ok()?))
    };
    parse().unwrap_or((0, 0))
}

impl<'a> Container<'a> {
    /// The images that hold PTX. Text left by debug information counts only where nothing better is there.
    pub fn ptx_images(&self) -> impl Iterator<Item = &Image<'a>> {
        let real = self.images.iter().any(|image| image.kind == ImageKind::Ptx);
        let kind = if real { ImageKind::Ptx } else { ImageKind::DebugPtx };
        self.images.iter().filter(move |image| image.kind == kind)
    }
}

impl<'a> Image<'a> {
    /// An image that is all of `payload`, unpacked.
    fn lone(kind: ImageKind, payload: &'a [u8], offset_bytes: u64) -> Image<'a> {
        let size_bytes = payload.len() as u64;
        Image {
            kind,
            architecture: 0,
            suffix: None,
            version: (0, 0),
            packing: Packing::None,
            source: String::new(),
            options: String::new(),
            member: String::new(),
            offset_bytes,
            size_bytes,
            payload,
            start_bytes: 0,
            unpacked_bytes: size_bytes,
        }
    }

    /// The image's bytes, unpacked.
    ///
    /// # Errors
    /// Where the packed bytes are damaged, or unpack to more or less than the file says.
    pub fn bytes(&self) -> Result<Cow<'a, [u8]>, ContainerError> {
        let whole = unpack::unpack(self.payload, self.packing, self.unpacked_bytes, self.offset_bytes)?;
        let malformed = ContainerError::Malformed {
            offset_bytes: self.offset_bytes,
            what: "the image lies beyond its unpacked stream",
        };
        let end = self.start_bytes.checked_add(self.size_bytes).filter(|end| *end <= whole.len() as u64);
        let Some(end) = end else { return Err(malformed) };
        let range = self.start_bytes as usize..end as usize;
        Ok(match whole {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[range]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(range.end);
                bytes.drain(..range.start);
                Cow::Owned(bytes)
            }
        })
    }

    /// The PTX of the image as text, without the NULs that end or, in debug information, separate its lines.
    ///
    /// # Errors
    /// Where the image holds no PTX or cannot be unpacked.
    pub fn text(&self) -> Result<Cow<'a, [u8]>, ContainerError> {
        let bytes = match self.kind {
            ImageKind::Ptx => self.bytes()?,
            ImageKind::DebugPtx => {
                let mut bytes = self.bytes()?.into_owned();
                for byte in bytes.iter_mut().filter(|byte| **byte == 0) {
                    *byte = b'\n';
                }
                return Ok(Cow::Owned(bytes));
            }
            kind => return Err(ContainerError::NotPtx(kind)),
        };
        let end = memchr::memchr(0, &bytes).unwrap_or(bytes.len());
        Ok(match bytes {
            Cow::Borrowed(bytes) => Cow::Borrowed(&bytes[..end]),
            Cow::Owned(mut bytes) => {
                bytes.truncate(end);
                Cow::Owned(bytes)
            }
        })
    }

    /// `sm_90`, `sm_100a`; empty where the file does not say.
    pub fn target(&self) -> String {
        match (self.architecture, self.suffix) {
            (0, _) => String::new(),
            (architecture, None) => format!("sm_{architecture}"),
            (architecture, Some(suffix)) => format!("sm_{architecture}{suffix}"),
        }
    }

    /// What the image is, in a few words: `PTX 8.4 for sm_90, saxpy.cu`.
    pub fn describe(&self) -> String {
        let mut text = self.kind.to_string();
        if matches!(self.kind, ImageKind::Ptx | ImageKind::DebugPtx) && self.version != (0, 0) {
            text = format!("{text} {}.{}", self.version.0, self.version.1);
        }
        if self.architecture != 0 {
            text += &format!(" for {}", self.target());
        }
        for name in [&self.source, &self.member] {
            if !name.is_empty() {
                text += &format!(", {name}");
            }
        }
        text
    }
}
