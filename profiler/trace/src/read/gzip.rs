//! Unpacking of `.gz` files: several members, zero padding, a limit against bombs, and a thread of its own.

use std::io::{self, BufRead, Read};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};

use flate2::bufread::GzDecoder;

use super::{OpenOptions, ReadError};

/// Bytes handed over at once from the unpacking thread.
const PIECE_BYTES: usize = 1 << 18;
/// Pieces between the threads; with their size, what pipelining costs in memory.
const PIECES: usize = 4;
/// What any file may unpack to.
const UNPACKED_BYTES_ALWAYS: u64 = 1 << 30;
/// Above that, how many times its own size. Traces shrink to a twentieth, deflate can shrink to 1/1032.
const RATIO_MAX: u64 = 250;

/// Reads what is packed in a gzip file: all members one after the other, as RFC 1952 has it.
///
/// Errors carry a [`ReadError`] whose offset is that in the unpacked bytes.
pub(super) struct Unpacker<'a, R: BufRead> {
    state: State<R>,
    options: &'a OpenOptions<'a>,
    packed_bytes_total: u64,
    unpacked_bytes: u64,
    unpacked_bytes_max: u64,
    reported_bytes: u64,
}

enum State<R: BufRead> {
    Between(Counted<R>),
    Member(Box<GzDecoder<Counted<R>>>),
    Done,
}

/// Counts the bytes that are taken.
struct Counted<R> {
    inner: R,
    taken: u64,
}

impl<R: BufRead> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.taken += count as u64;
        Ok(count)
    }
}

impl<R: BufRead> BufRead for Counted<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.inner.fill_buf()
    }

    fn consume(&mut self, count: usize) {
        self.taken += count as u64;
        self.inner.consume(count);
    }
}

impl<'a, R: BufRead> Unpacker<'a, R> {
    /// Unpacks `packed`, which has `packed_bytes_total` bytes (0 where that is not known).
    pub(super) fn new(packed: R, packed_bytes_total: u64, options: &'a OpenOptions<'a>) -> Self {
        let unpacked_bytes_max = match options.unpacked_bytes_max {
            0 => UNPACKED_BYTES_ALWAYS.max(packed_bytes_total.saturating_mul(RATIO_MAX)),
            max => max,
        };
        let state = State::Between(Counted { inner: packed, taken: 0 });
        Unpacker { state, options, packed_bytes_total, unpacked_bytes: 0, unpacked_bytes_max, reported_bytes: 0 }
    }

    fn step(&mut self, buffer: &mut [u8]) -> Result<Option<usize>, ReadError> {
        match std::mem::replace(&mut self.state, State::Done) {
            State::Between(mut packed) => {
                if let Some(padding) = skip_zeros(&mut packed).map_err(ReadError::io)? {
                    if padding != 0x1f && packed.taken > 0 {
                        let at = packed.taken;
                        let what = format!("byte {at} of the packed file is neither the end nor another gzip member");
                        return Err(ReadError::at(self.unpacked_bytes, what));
                    }
                    self.state = State::Member(Box::new(GzDecoder::new(packed)));
                    return Ok(None);
                }
                Ok(Some(0))
            }
            State::Member(mut member) => {
                let count = member.read(buffer).map_err(|error| self.broken(&error, member.get_ref().taken))?;
                self.unpacked_bytes += count as u64;
                if self.unpacked_bytes > self.unpacked_bytes_max {
                    let gib = self.unpacked_bytes_max as f64 / (1u64 << 30) as f64;
                    let what =
                        format!("unpacks to more than {gib:.1} GiB, unlike any trace; gunzip it to read it anyway");
                    return Err(ReadError::at(self.unpacked_bytes_max, what));
                }
                let taken = member.get_ref().taken;
                if taken - self.reported_bytes >= 1 << 16 && self.packed_bytes_total > 0 {
                    self.reported_bytes = taken;
                    self.options.report(taken.min(self.packed_bytes_total), self.packed_bytes_total)?;
                }
                if count > 0 {
                    self.state = State::Member(member);
                    return Ok(Some(count));
                }
                self.state = State::Between(member.into_inner());
                Ok(None)
            }
            State::Done => Ok(Some(0)),
        }
    }

    fn broken(&self, error: &io::Error, taken: u64) -> ReadError {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            let what = format!("the gzip stream is cut off at byte {taken} of the packed file");
            return ReadError::cut_off(self.unpacked_bytes, what);
        }
        let what = format!("the gzip stream is damaged before byte {taken} of the packed file: {error}");
        ReadError::at(self.unpacked_bytes, what)
    }
}

impl<R: BufRead> Read for Unpacker<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            match self.step(buffer) {
                Ok(Some(count)) => return Ok(count),
                Ok(None) => {}
                // A file that is cut off ends there.
                Err(error) if self.options.salvage && error.is_cut_off() => return Ok(0),
                Err(error) => return Err(io::Error::other(error)),
            }
        }
    }
}

/// Skips zero bytes; the byte that follows them, or `None` at the end.
fn skip_zeros(packed: &mut impl BufRead) -> io::Result<Option<u8>> {
    loop {
        let bytes = packed.fill_buf()?;
        if bytes.is_empty() {
            return Ok(None);
        }
        let zeros = bytes.iter().take_while(|&&byte| byte == 0).count();
        let next = bytes.get(zeros).copied();
        packed.consume(zeros);
        if next.is_some() {
            return Ok(next);
        }
    }
}

/// Calls `work` with a reader of the same bytes, which another thread takes out of `inner` ahead of it.
pub(super) fn read_ahead<T>(mut inner: impl Read + Send, work: impl FnOnce(AheadReader) -> T) -> T {
    std::thread::scope(|scope| {
        let (full, pieces) = sync_channel(PIECES);
        let (empty, used) = channel();
        scope.spawn(move || send_pieces(&mut inner, &full, &used));
        work(AheadReader { pieces, empty, piece: Vec::new(), start: 0 })
    })
}

fn send_pieces(inner: &mut impl Read, full: &SyncSender<io::Result<Vec<u8>>>, used: &Receiver<Vec<u8>>) {
    loop {
        let mut piece = used.try_recv().unwrap_or_default();
        piece.resize(PIECE_BYTES, 0);
        let mut filled = 0;
        let mut result = Ok(());
        while filled < PIECE_BYTES {
            match inner.read(&mut piece[filled..]) {
                Ok(0) => break,
                Ok(count) => filled += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => {
                    result = Err(error);
                    break;
                }
            }
        }
        piece.truncate(filled);
        // Sending fails where the reader has lost interest; there is nobody to tell then.
        if filled > 0 && full.send(Ok(piece)).is_err() {
            return;
        }
        match result {
            Err(error) => return drop(full.send(Err(error))),
            Ok(()) if filled < PIECE_BYTES => return,
            Ok(()) => {}
        }
    }
}

/// The reading side of [`read_ahead`].
pub(super) struct AheadReader {
    pieces: Receiver<io::Result<Vec<u8>>>,
    empty: Sender<Vec<u8>>,
    piece: Vec<u8>,
    start: usize,
}

impl Read for AheadReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.start == self.piece.len() {
            let Ok(next) = self.pieces.recv() else { return Ok(0) };
            let before = std::mem::replace(&mut self.piece, next?);
            self.start = 0;
            // The other thread may be done; then the buffer is simply freed.
            let _ = self.empty.send(before);
        }
        let count = buffer.len().min(self.piece.len() - self.start);
        buffer[..count].copy_from_slice(&self.piece[self.start..self.start + count]);
        self.start += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::Compression;
    use flate2::write::GzEncoder;
    use std::io::Write;

    fn pack(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).expect("memory takes it");
        encoder.finish().expect("memory takes it")
    }

    fn unpack(packed: &[u8], options: &OpenOptions) -> Result<Vec<u8>, ReadError> {
        let mut unpacked = Vec::new();
        let result = Unpacker::new(packed, packed.len() as u64, options).read_to_end(&mut unpacked);
        result.map(|_| unpacked).map_err(ReadError::from_reader)
    }

    #[test]
    fn members_are_joined_and_zero_padding_is_skipped() {
        let packed = [pack(b"first "), pack(b""), vec![0; 700], pack(b"second"), vec![0; 9]].concat();
        assert_eq!(unpack(&packed, &OpenOptions::default()).expect("well-formed"), b"first second");
        let read = read_ahead(&packed[..], |mut reader| {
            let mut bytes = Vec::new();
            reader.read_to_end(&mut bytes).map(|_| bytes)
        });
        assert_eq!(read.expect("reading memory"), packed);
    }

    #[test]
    fn cut_damaged_and_continued_files_are_errors_with_an_offset() {
        let text: Vec<u8> = (0..100_000u32).flat_map(|number| (number % 251).to_le_bytes()).collect();
        let packed = pack(&text);
        let error = unpack(&packed[..packed.len() / 2], &OpenOptions::default()).unwrap_err();
        assert!(error.offset.is_some() && error.message.contains("cut off"), "{error}");
        let mut damaged = packed.clone();
        let end = damaged.len() - 6;
        damaged[end] ^= 0x40;
        assert_eq!(unpack(&damaged, &OpenOptions::default()).unwrap_err().offset, Some(text.len() as u64));
        let error = unpack(&[&packed[..], b"more"].concat(), &OpenOptions::default()).unwrap_err();
        assert_eq!(error.offset, Some(text.len() as u64), "{error}");
        let options = OpenOptions { salvage: true, ..OpenOptions::default() };
        assert!(!unpack(&packed[..packed.len() / 2], &options).expect("salvaged").is_empty());
    }

    #[test]
    fn a_bomb_is_refused_at_the_limit() {
        let packed = pack(&vec![b' '; 4 << 20]);
        let options = OpenOptions { unpacked_bytes_max: 1 << 20, ..OpenOptions::default() };
        let error = unpack(&packed, &options).unwrap_err();
        assert_eq!(error.offset, Some(1 << 20));
    }
}
