//! The Arrow IPC stream format, read message by message from a file that may be torn, growing, or hostile.
//!
//! Source: the Arrow columnar format, "IPC Streaming Format". Only what the recording's tables need is read: numbers and
//! texts without dictionaries or nesting, plain or packed with zstd. Lengths are checked before memory is taken.

use arrow_ipc::{CompressionType, Message, MessageHeader, Precision, Type, root_as_message};
use arrow_schema::DataType;
use zstd::bulk::Decompressor;

use super::cell::{ReadBuffers, Stored};

/// Most rows one batch may hold. The writer stays far below.
const MAX_BATCH_ROWS: usize = 1 << 20;

/// Most bytes the description of one message may take.
const MAX_METADATA_BYTES: usize = 1 << 20;

/// How many times its size on disk a file may unpack to, on top of [`FREE_BYTES`]. Real recordings stay below 20.
const MAX_RATIO: u64 = 512;

/// What any file may unpack to.
const FREE_BYTES: u64 = 64 << 20;

/// Reads one table's file in pieces: [`StreamReader::next`] is given the bytes that follow what it has consumed.
pub(crate) struct StreamReader {
    columns: Option<Vec<(String, DataType)>>,
    /// Bytes of the file consumed so far: whole messages only.
    pub(crate) offset: u64,
    unpacked_bytes: u64,
    ended: bool,
    unpacker: Decompressor<'static>,
}

/// What [`StreamReader::next`] found.
pub(crate) enum Step<'a> {
    /// Rows. The second field is how many bytes of the input the message took.
    Batch(Batch<'a>, usize),
    /// A message without rows that took this many bytes.
    Other(usize),
    /// The bytes end within a message: torn, or still being written.
    Partial,
}

impl StreamReader {
    pub(crate) fn new() -> Self {
        let unpacker = Decompressor::new().expect("a zstd context is a small allocation");
        StreamReader { columns: None, offset: 0, unpacked_bytes: 0, ended: false, unpacker }
    }

    /// Whether the stream's end mark has been read: the writer finished it.
    pub(crate) fn has_ended(&self) -> bool {
        self.ended
    }

    /// Looks at the first message of `bytes`. The caller adds what it took to [`StreamReader::offset`] once it has used it.
    pub(crate) fn next<'a>(&'a mut self, bytes: &'a [u8]) -> Result<Step<'a>, String> {
        let word = |at: usize| bytes.get(at..at + 4).map(|word| u32::from_le_bytes(word.try_into().expect("4 bytes")));
        let (Some(mark), Some(length)) = (word(0), word(4)) else {
            return Ok(Step::Partial);
        };
        if mark != u32::MAX {
            return Err("a message does not start with the mark of the Arrow stream format".into());
        }
        if length == 0 {
            self.ended = true;
            return Ok(Step::Other(8));
        }
        let length = length as usize;
        if length > MAX_METADATA_BYTES {
            return Err(format!("a message claims a description of {length} bytes"));
        }
        let Some(metadata) = bytes.get(8..8 + length) else {
            return Ok(Step::Partial);
        };
        let aligned = aligned(metadata);
        let message = root_as_message(&bytemuck::cast_slice(&aligned)[..length])
            .map_err(|error| format!("a message's description is damaged: {error}"))?;
        let body_bytes = usize::try_from(message.bodyLength()).map_err(|_| "a message claims a negative length")?;
        let end = (8 + length).checked_add(body_bytes).ok_or("a message claims an impossible length")?;
        let Some(body) = bytes.get(8 + length..end) else {
            return Ok(Step::Partial);
        };
        match message.header_type() {
            MessageHeader::Schema => {
                self.columns = Some(read_schema(&message)?);
                Ok(Step::Other(end))
            }
            MessageHeader::RecordBatch => {
                let columns = self.columns.as_deref().ok_or("rows come before their schema")?;
                let (rows, packed, buffers) = read_batch_header(&message)?;
                let room =
                    (MAX_RATIO * (self.offset + bytes.len() as u64) + FREE_BYTES).saturating_sub(self.unpacked_bytes);
                let width = columns.iter().map(|(_, column)| column.primitive_width().unwrap_or(5) as u64).sum::<u64>();
                if rows as u64 * width > room {
                    return Err("the file unpacks to implausibly more than its size".into());
                }
                self.unpacked_bytes += rows as u64 * width;
                let unpacker = std::cell::RefCell::new(&mut self.unpacker);
                Ok(Step::Batch(Batch { rows, packed, buffers, columns, body, unpacker }, end))
            }
            _ => Err("a message is neither schema nor rows".into()),
        }
    }
}

/// A copy that starts at a multiple of 8, as the verifier demands and a slice of a file does not promise.
fn aligned(metadata: &[u8]) -> Vec<u64> {
    let mut aligned = vec![0u64; metadata.len().div_ceil(8)];
    bytemuck::cast_slice_mut(&mut aligned)[..metadata.len()].copy_from_slice(metadata);
    aligned
}

fn read_schema(message: &Message<'_>) -> Result<Vec<(String, DataType)>, String> {
    let schema = message.header_as_schema().ok_or("a schema is missing")?;
    let mut columns = Vec::new();
    for field in schema.fields().ok_or("the schema has no fields")?.iter() {
        let name = field.name().unwrap_or_default().to_owned();
        let kind = match field.type_type() {
            _ if field.dictionary().is_some() => None,
            Type::Int => field.type_as_int().and_then(|int| match (int.bitWidth(), int.is_signed()) {
                (8, false) => Some(DataType::UInt8),
                (32, false) => Some(DataType::UInt32),
                (64, false) => Some(DataType::UInt64),
                (64, true) => Some(DataType::Int64),
                _ => None,
            }),
            Type::FloatingPoint => (field.type_as_floating_point())
                .filter(|float| float.precision() == Precision::DOUBLE)
                .map(|_| DataType::Float64),
            Type::Utf8 => Some(DataType::Utf8),
            _ => None,
        };
        let kind = kind.ok_or_else(|| format!("column '{name}' has a type that recordings do not use"))?;
        columns.push((name, kind));
    }
    Ok(columns)
}

/// Rows, whether buffers are packed, and the buffers as (offset, length) in the body.
type BatchHeader = (usize, bool, Vec<(usize, usize)>);

fn read_batch_header(message: &Message<'_>) -> Result<BatchHeader, String> {
    let batch = message.header_as_record_batch().ok_or("a batch is missing")?;
    let rows = usize::try_from(batch.length()).ok().filter(|&rows| rows <= MAX_BATCH_ROWS);
    let rows = rows.ok_or_else(|| format!("a batch claims {} rows", batch.length()))?;
    let packed = match batch.compression() {
        None => false,
        Some(compression) if compression.codec() == CompressionType::ZSTD => true,
        Some(_) => return Err("a batch is packed with something else than zstd".into()),
    };
    let buffers = batch.buffers().ok_or("a batch has no buffers")?;
    let place = |offset: i64, length: i64| Some((usize::try_from(offset).ok()?, usize::try_from(length).ok()?));
    let buffers: Option<Vec<_>> = buffers.iter().map(|buffer| place(buffer.offset(), buffer.length())).collect();
    Ok((rows, packed, buffers.ok_or("a buffer has a negative place")?))
}

/// A record batch, still packed.
pub(crate) struct Batch<'a> {
    /// How many rows it holds.
    pub(crate) rows: usize,
    packed: bool,
    buffers: Vec<(usize, usize)>,
    columns: &'a [(String, DataType)],
    body: &'a [u8],
    unpacker: std::cell::RefCell<&'a mut Decompressor<'static>>,
}

impl Batch<'_> {
    /// Appends the cells of the column called `name`.
    pub(crate) fn read<S: Stored>(&self, name: &str, into: &mut Vec<S>) -> Result<(), String> {
        let mut first = 0;
        for (column, kind) in self.columns {
            let count = if *kind == DataType::Utf8 { 3 } else { 2 };
            if column != name {
                first += count;
                continue;
            }
            if *kind != S::TYPE {
                return Err(format!("column '{name}' is {kind} instead of {}", S::TYPE));
            }
            let buffers = self.buffers.get(first..first + count).ok_or("a batch has too few buffers")?;
            if self.rows == 0 {
                return Ok(());
            }
            let mut cursor = Cursor { batch: self, buffers };
            return S::read(&mut cursor, self.rows, into).map_err(|message| format!("column '{name}': {message}"));
        }
        Err(format!("column '{name}' is missing"))
    }
}

struct Cursor<'a, 'b> {
    batch: &'a Batch<'b>,
    buffers: &'a [(usize, usize)],
}

impl<'a> Cursor<'a, '_> {
    /// The next buffer's bytes and, where they are packed, the length they claim to unpack to.
    fn next(&mut self) -> Result<(&'a [u8], Option<usize>), String> {
        let (&(offset, length), rest) = self.buffers.split_first().ok_or("a column has too few buffers")?;
        self.buffers = rest;
        let end = offset.checked_add(length);
        let bytes =
            end.and_then(|end| self.batch.body.get(offset..end)).ok_or("a buffer lies outside of its message")?;
        if !self.batch.packed || bytes.is_empty() {
            return Ok((bytes, None));
        }
        let (claim, bytes) = bytes.split_first_chunk::<8>().ok_or("a packed buffer is too short")?;
        match i64::from_le_bytes(*claim) {
            -1 => Ok((bytes, None)),
            claim => Ok((bytes, Some(usize::try_from(claim).map_err(|_| "a packed buffer claims a negative length")?))),
        }
    }

    fn unpack(&mut self, bytes: &[u8], into: &mut [u8]) -> Result<(), String> {
        let mut unpacker = self.batch.unpacker.borrow_mut();
        match unpacker.decompress_to_buffer(bytes, into) {
            Ok(length) if length == into.len() => Ok(()),
            Ok(_) => Err("a packed buffer is shorter than it claims".into()),
            Err(error) => Err(format!("a packed buffer is damaged: {error}")),
        }
    }
}

impl ReadBuffers for Cursor<'_, '_> {
    fn fill(&mut self, into: &mut [u8]) -> Result<(), String> {
        match self.next()? {
            (bytes, None) if bytes.len() >= into.len() => {
                into.copy_from_slice(&bytes[..into.len()]);
                Ok(())
            }
            (bytes, Some(claim)) if claim == into.len() => self.unpack(bytes, into),
            _ => Err("a buffer's length does not fit the rows".into()),
        }
    }

    fn take(&mut self, most: usize) -> Result<Vec<u8>, String> {
        match self.next()? {
            (bytes, None) if bytes.len() <= most.next_multiple_of(64) => Ok(bytes.to_vec()),
            (bytes, Some(claim)) if claim <= most => {
                let mut unpacked = vec![0; claim];
                self.unpack(bytes, &mut unpacked)?;
                Ok(unpacked)
            }
            _ => Err("a buffer is longer than its rows allow".into()),
        }
    }
}
