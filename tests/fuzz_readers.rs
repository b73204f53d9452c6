//! Hostile input to every reader: mutated fixtures, deterministic, on stable.
//!
//! Each case is a seed file with a few mutations. It must give a trace or an error with a byte offset, without a panic and
//! within memory that is bounded by the input's size; JSON must give the same in pieces as in one. A case is known by its
//! number: `RUSTG_FUZZ_CASE=N` runs it alone. `RUSTG_TEST_FULL=1` runs two million (`RUSTG_FUZZ_CASES=N`: as many).

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::io::{Read, Write};
use std::path::Path;

use rustg_trace::Trace;
use rustg_trace::read::{ChromeImporter, OpenOptions, ReadError, open_bytes};

/// What a trace may take for each byte of unpacked input: a tiny event of its own process costs about 40 times its text in
/// rows, tracks and tables, each of which grows by doubling.
const BYTES_PER_INPUT_BYTE: isize = 128;
/// Buffers of fixed size.
const BYTES_ALWAYS: isize = 8 << 20;
const UNPACKED_BYTES_MAX: u64 = 1 << 20;

thread_local! {
    static LIVE_BYTES: Cell<isize> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<isize> = const { Cell::new(0) };
}

/// The system's allocator, counting what each thread holds.
struct Counting;

impl Counting {
    fn count(bytes: isize) {
        // A thread that is ending has no counters any more.
        let _ = LIVE_BYTES.try_with(|live| {
            live.set(live.get() + bytes);
            let _ = PEAK_BYTES.try_with(|peak| peak.set(peak.get().max(live.get())));
        });
    }
}

// SAFETY: every call is passed on to the system's allocator unchanged; counting allocates nothing, as the counters are
// initialised by constants and have no destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        Self::count(layout.size() as isize);
        // SAFETY: the caller's obligations are those of this function.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, memory: *mut u8, layout: Layout) {
        Self::count(-(layout.size() as isize));
        // SAFETY: as above.
        unsafe { System.dealloc(memory, layout) }
    }

    unsafe fn realloc(&self, memory: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        Self::count(size as isize - layout.size() as isize);
        // SAFETY: as above.
        unsafe { System.realloc(memory, layout, size) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// The peak of what this thread holds during `work`, above what it held before.
fn peak_bytes<T>(work: impl FnOnce() -> T) -> (T, isize) {
    let before = LIVE_BYTES.get();
    PEAK_BYTES.set(before);
    let result = work();
    (result, PEAK_BYTES.get() - before)
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Kind {
    Json,
    Gzip,
    Sqlite,
    Folded,
}

struct Seed {
    name: &'static str,
    kind: Kind,
    bytes: Vec<u8>,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/traces").join(name);
    std::fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

fn unpacked(name: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(&fixture(name)[..]).read_to_end(&mut bytes).expect("a fixture is whole");
    bytes
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes it");
    encoder.finish().expect("memory takes it")
}

/// The first events of a file whose events stand on lines of their own.
fn shortened(mut json: Vec<u8>, length: usize) -> Vec<u8> {
    let cut = json[..length.min(json.len())].windows(3).rposition(|end| end == b"},\n").expect("events end in lines");
    json.truncate(cut + 1);
    json.extend_from_slice(b"\n]}");
    json
}

fn seeds() -> Vec<Seed> {
    let seed = |name, kind, bytes| Seed { name, kind, bytes };
    let begin_end = fixture("begin-end.json");
    let two_members = [packed(&begin_end[..600]), packed(&begin_end[600..])].concat();
    vec![
        seed("kineto-python-stacks", Kind::Json, shortened(unpacked("kineto-python-stacks.json.gz"), 12_000)),
        seed("two-gpus-nccl", Kind::Json, shortened(fixture("two-gpus-nccl.json"), 9000)),
        seed("graphs", Kind::Json, shortened(fixture("graphs.json"), 4000)),
        seed("kineto-1.8", Kind::Json, fixture("kineto-1.8.json")),
        seed("perfetto-export", Kind::Json, fixture("perfetto-export.json")),
        seed("begin-end", Kind::Json, begin_end),
        seed("begin-end.gz", Kind::Gzip, two_members),
        seed("kineto-1.8.gz", Kind::Gzip, packed(&fixture("kineto-1.8.json"))),
        seed("stacks", Kind::Folded, fixture("stacks.folded")),
        seed("nsys", Kind::Sqlite, unpacked("nsys-streams-nvtx.sqlite.gz")),
    ]
}

/// A deterministic source of numbers (xorshift, Marsaglia 2003).
struct Random(u64);

impl Random {
    fn of_case(case: u64) -> Self {
        let mut random = Random(case.wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ 0x5DEE_CE66_D1CE_4E5B);
        for _ in 0..4 {
            random.next();
        }
        random
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() >> 11) as usize % end.max(1)
    }

    fn range(&mut self, length: usize, longest: usize) -> std::ops::Range<usize> {
        let start = self.below(length);
        start..(start + 1 + self.below(longest)).min(length)
    }
}

/// Texts that parsers stumble over.
const STUMBLES: [&[u8]; 26] = [
    b"{",
    b"}",
    b"[",
    b"]",
    b"\"",
    b"\\",
    b",",
    b":",
    b"\0",
    b"\xff",
    b"\\u",
    b"\\uD800",
    b"null",
    b"-",
    b"1e309",
    b"9223372036854775807",
    b"18446744073709551616",
    b"-9223372036854775809.999",
    b"1e-999999999999",
    b"NaN",
    b"\n",
    b"\xef\xbb\xbf",
    b"\x1f\x8b",
    b"SQLite format 3\0",
    b"{\"traceEvents\":[",
    b";",
];

fn mutate(bytes: &mut Vec<u8>, random: &mut Random, others: &[Seed]) {
    let length = bytes.len();
    match random.below(12) {
        0 => bytes.truncate(random.below(length + 1)),
        1 | 2 if length > 0 => bytes[random.below(length)] ^= 1 << random.below(8),
        3 if length > 0 => bytes[random.below(length)] = random.next() as u8,
        4 => drop(bytes.drain(random.range(length, 200))),
        5 => {
            let copy = bytes[random.range(length, 400)].to_vec();
            let at = random.below(length + 1);
            bytes.splice(at..at, copy);
        }
        6 => {
            let other = &others[random.below(others.len())].bytes;
            let piece = other[random.range(other.len(), 1000)].to_vec();
            let at = random.below(length + 1);
            bytes.splice(at..at, piece);
        }
        7 => {
            let at = random.below(length + 1);
            let (open, count) = ([b'[', b'{', b'"', b'9'][random.below(4)], random.below(5000));
            bytes.splice(at..at, std::iter::repeat_n(open, count));
        }
        8 if length > 8 => {
            // A number in a binary header or record.
            let at = random.below(length - 8);
            let value = [0u64, 1, u64::MAX, 1 << 31, 1 << 62, random.0][random.below(6)].to_be_bytes();
            bytes[at..at + 8].copy_from_slice(&value);
        }
        9 => bytes.extend_from_slice(&others[random.below(others.len())].bytes[..10]),
        _ => {
            let stumble = STUMBLES[random.below(STUMBLES.len())];
            let at = random.below(length + 1);
            let end = (at + random.below(stumble.len() + 1)).min(length);
            bytes.splice(at..end, stumble.iter().copied());
        }
    }
}

/// Runs one case; whether it gave a trace.
fn run_case(case: u64, seeds: &[Seed]) -> bool {
    let mut random = Random::of_case(case);
    // The database is large and slow to read: one case in forty.
    let index = if random.below(40) == 0 { seeds.len() - 1 } else { random.below(seeds.len() - 1) };
    let seed = &seeds[index];
    let mut bytes = seed.bytes.clone();
    for _ in 0..1 + random.below(4) {
        mutate(&mut bytes, &mut random, &seeds[..seeds.len() - 1]);
    }
    let salvage = random.below(4) == 0;
    let options = OpenOptions { threads: 1, unpacked_bytes_max: UNPACKED_BYTES_MAX, salvage, ..OpenOptions::default() };
    let (result, peak) = peak_bytes(|| open_bytes(&bytes, "fuzz", &options));
    let what = || format!("case {case} ({})", seed.name);
    check(&result, &what);
    let input = if seed.kind == Kind::Gzip { bytes.len().max(200_000) } else { bytes.len() };
    let allowed = BYTES_ALWAYS + BYTES_PER_INPUT_BYTE * input as isize;
    assert!(peak <= allowed, "{}: {peak} bytes of memory for {} bytes of input", what(), bytes.len());
    if let Some(b'[' | b'{') = bytes.trim_ascii_start().first() {
        let pieced = read_in_pieces(&bytes, &mut random, salvage);
        assert_eq!(outline(&pieced), outline(&result), "{}: in pieces and in one", what());
    }
    result.is_ok()
}

fn check(result: &Result<Trace, ReadError>, what: &dyn Fn() -> String) {
    match result {
        Ok(trace) => {
            let events = &trace.events;
            assert!(trace.tracks.iter().all(|track| track.range().end <= events.len()), "{}", what());
            for track in &trace.tracks {
                let mut ids = track.events().peekable();
                while let (Some(id), Some(next)) = (ids.next(), ids.peek()) {
                    assert!(events.end_ns(id) <= events.start_ns[next.index()], "{}: rows of a track overlap", what());
                }
            }
            assert!(trace.span.start_ns <= trace.span.end_ns, "{}", what());
        }
        Err(error) => assert!(error.offset.is_some() && !error.message.is_empty(), "{}: {error}", what()),
    }
}

fn read_in_pieces(bytes: &[u8], random: &mut Random, salvage: bool) -> Result<Trace, ReadError> {
    let mut importer = ChromeImporter::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (piece, after) = rest.split_at((1 + random.below(3000)).min(rest.len()));
        importer.push(piece)?;
        rest = after;
    }
    importer.finish("fuzz", salvage)
}

fn outline(result: &Result<Trace, ReadError>) -> Result<(usize, i64, i64, usize), (Option<u64>, String)> {
    match result {
        Ok(trace) => Ok((trace.events.len(), trace.span.start_ns, trace.span.end_ns, trace.notes.len())),
        Err(error) => Err((error.offset, error.message.clone())),
    }
}

#[test]
fn mutated_files_give_a_trace_or_an_error_with_an_offset_in_bounded_memory() {
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let seeds = seeds();
    for seed in &seeds {
        let trace = open_bytes(&seed.bytes, seed.name, &OpenOptions::default());
        assert!(trace.is_ok_and(|trace| !trace.events.is_empty()), "the seed {} is whole", seed.name);
    }
    if let Some(case) = number("RUSTG_FUZZ_CASE") {
        run_case(case, &seeds);
        return;
    }
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let cases = number("RUSTG_FUZZ_CASES").unwrap_or(if full { 2_000_000 } else { 4000 });
    let mut traces = 0;
    for case in 0..cases {
        let run = std::panic::AssertUnwindSafe(|| run_case(case, &seeds));
        let result = std::panic::catch_unwind(run);
        traces +=
            u64::from(result.unwrap_or_else(|_| panic!("case {case} failed; RUSTG_FUZZ_CASE={case} runs it alone")));
    }
    assert!((cases / 10..cases / 10 * 9 + 1).contains(&traces), "{traces} of {cases} give a trace: a dull fuzzer");
}

#[test]
fn a_file_cut_anywhere_is_an_error_where_it_ends() {
    for seed in seeds() {
        let step = (seed.bytes.len() / 200).max(1);
        for length in (1..seed.bytes.len()).step_by(step) {
            let cut = &seed.bytes[..length];
            match (seed.kind, open_bytes(cut, seed.name, &OpenOptions::default())) {
                // Lines that are whole are stacks that are whole; the array form may end between events.
                (Kind::Folded, _) => {}
                (Kind::Json, Ok(trace)) if cut.trim_ascii_start().starts_with(b"[") => {
                    assert!(!trace.notes.is_empty(), "{} {length}", seed.name);
                }
                // All members of a gzip file may have been seen.
                (Kind::Gzip, Ok(trace)) => assert!(!trace.notes.is_empty(), "{} {length}", seed.name),
                (kind, result) => {
                    let error = result.map(|trace| trace.notes).expect_err("cut off");
                    let offset = error.offset.expect("an offset");
                    assert!(
                        kind == Kind::Gzip || offset == length as u64 || offset == 0,
                        "{} {length}: {error}",
                        seed.name
                    );
                }
            }
        }
    }
}
