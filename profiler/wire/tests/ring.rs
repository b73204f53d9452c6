//! The ring under threads, wrap-around and hostile headers; the records under mutation.

use std::alloc::{Layout, alloc_zeroed, dealloc};
use std::ptr::NonNull;

use proptest::prelude::*;
use rustg_wire::*;

/// Zeroed, page-aligned memory that both sides of a ring share.
struct Memory(NonNull<u8>, usize);

impl Memory {
    fn of_ring(capacity: usize) -> Self {
        let len = HEADER_BYTES + capacity;
        let layout = Layout::from_size_align(len, 4096).unwrap();
        // SAFETY: the layout is not empty.
        Memory(NonNull::new(unsafe { alloc_zeroed(layout) }).unwrap(), len)
    }

    fn writer(&self) -> RingWriter {
        // SAFETY: the memory outlives the writer in every test.
        unsafe { RingWriter::create(self.0, self.1, 7, 11) }.unwrap()
    }

    fn reader(&self) -> RingReader {
        // SAFETY: as above.
        unsafe { RingReader::open(self.0, self.1) }.unwrap()
    }

    fn bytes(&self) -> Vec<u8> {
        // SAFETY: `self.1` bytes are allocated; the tests that copy have no writer at work.
        unsafe { std::slice::from_raw_parts(self.0.as_ptr(), self.1) }.to_vec()
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        // SAFETY: allocated with this layout.
        unsafe { dealloc(self.0.as_ptr(), Layout::from_size_align(self.1, 4096).unwrap()) }
    }
}

fn kernel(number: u32) -> Kernel {
    Kernel {
        config: 1,
        start_ns: u64::from(number) * 3,
        dur_ns: 2,
        correlation: number,
        device: 0,
        context: 1,
        stream: 7,
    }
}

fn note(out: &mut Vec<u8>, text: &[u8]) {
    Note { size_bytes: text.len() as u32 }.put(out, text);
}

#[test]
fn everything_written_by_one_thread_is_read_by_another_in_order() {
    let memory = Memory::of_ring(RING_CAPACITY_MIN);
    let count = 200_000u32;
    let mut writer = memory.writer();
    let mut reader = memory.reader();
    std::thread::scope(|scope| {
        scope.spawn(move || {
            let mut batch = Vec::new();
            for number in 0..count {
                batch.clear();
                kernel(number).put(&mut batch, &[]);
                if number % 3 == 0 {
                    note(&mut batch, &vec![b'x'; number as usize % 900]);
                }
                while !writer.write(&batch) {
                    std::thread::yield_now();
                }
            }
            writer.set_state(State::Finished);
        });
        let mut next = 0;
        while next < count {
            let mut bytes = Vec::new();
            reader.read(&mut bytes).unwrap();
            for record in Records::new(&bytes) {
                match record.unwrap() {
                    Record::Kernel(found) => {
                        assert_eq!(found, kernel(next));
                        next += 1;
                    }
                    Record::Note(found, text) => {
                        assert_eq!(found.size_bytes as usize, (next - 1) as usize % 900, "{text:?}")
                    }
                    other => panic!("never written: {other:?}"),
                }
            }
            reader.release();
        }
    });
    assert_eq!(reader.state(), Some(State::Finished));
}

#[test]
fn a_full_ring_refuses_and_counts_and_loses_nothing_already_written() {
    let memory = Memory::of_ring(RING_CAPACITY_MIN);
    let (mut writer, mut reader) = (memory.writer(), memory.reader());
    let (mut written, mut refused) = (0, 0);
    for number in 0..5_000 {
        let mut record = Vec::new();
        kernel(number).put(&mut record, &[]);
        if writer.write(&record) {
            written += 1
        } else {
            refused += 1;
            writer.add_lost(1)
        }
    }
    assert!(refused > 0);
    assert_eq!(reader.lost(), refused);
    let mut bytes = Vec::new();
    reader.read(&mut bytes).unwrap();
    assert_eq!(Records::new(&bytes).filter(|record| record.is_ok()).count() as u64, written);
}

#[test]
fn what_was_read_but_not_released_is_left_behind_for_the_next_reader() {
    let memory = Memory::of_ring(RING_CAPACITY_MIN);
    let mut writer = memory.writer();
    let (mut expected, mut released) = (Vec::new(), 0);
    for round in 0..40u32 {
        let mut reader = memory.reader();
        let mut batch = Vec::new();
        note(&mut batch, &vec![b'a'; 1000 + 37 * round as usize]);
        kernel(round).put(&mut batch, &[]);
        assert!(writer.write(&batch));
        expected.extend_from_slice(&batch);
        let mut seen = Vec::new();
        reader.read(&mut seen).unwrap();
        assert_eq!(seen, expected, "round {round}");
        let left = read_left_behind(&memory.bytes()).unwrap();
        assert_eq!((left.records, left.pid, left.lost), (expected.clone(), 7, 0));
        assert_eq!(left.start, released);
        if round % 3 == 2 {
            reader.release();
            released = reader.position();
            expected.clear();
        }
    }
}

#[test]
fn a_failure_carries_its_reason_and_its_message() {
    let memory = Memory::of_ring(RING_CAPACITY_MIN);
    let (mut writer, reader) = (memory.writer(), memory.reader());
    writer.fail(FailedCode::Busy, &"é".repeat(2000));
    assert_eq!(reader.state(), Some(State::Failed));
    let (code, message) = reader.failure();
    assert_eq!(code, FailedCode::Busy);
    assert_eq!(String::from_utf8(message).unwrap(), "é".repeat(512));
    reader.set_control(Control::Stop);
    assert_eq!(writer.control(), Control::Stop);
    assert_eq!((reader.pid(), reader.process_start_ticks()), (7, 11));
}

#[test]
fn every_record_survives_the_way_there_and_back() {
    let mut bytes = Vec::new();
    let config = KernelConfig { id: 3, name: 2, grid_x: 132, graph_node: u64::MAX, ..KernelConfig::default() };
    config.put(&mut bytes, &[]);
    let mut texts = Vec::new();
    put_text(&mut texts, b"GPU-1");
    put_text(&mut texts, b"NVIDIA H200");
    Device { device: 1, memory_bytes: 1 << 40, ..Device::default() }.put(&mut bytes, &texts);
    Stack { id: 9, caller: NO_ID, frame: 3 }.put(&mut bytes, &[]);
    ApiName { domain: API_RUNTIME, cbid: 211 }.put(&mut bytes, b"cudaLaunchKernel");
    let records: Vec<_> = Records::new(&bytes).map(Result::unwrap).collect();
    assert_eq!(records[0], Record::KernelConfig(config));
    let Record::Device(device, rest) = records[1] else { panic!("{:?}", records[1]) };
    assert_eq!(device.memory_bytes, 1 << 40);
    assert_eq!(Texts(rest).collect::<Vec<_>>(), [b"GPU-1".as_slice(), b"NVIDIA H200"]);
    assert_eq!(records[2], Record::Stack(Stack { id: 9, caller: NO_ID, frame: 3 }));
    let Record::ApiName(_, rest) = records[3] else { panic!("{:?}", records[3]) };
    assert_eq!(name_of(rest), b"cudaLaunchKernel");
}

#[test]
fn an_overlong_text_is_cut_and_the_stream_stays_readable() {
    let mut bytes = Vec::new();
    note(&mut bytes, &vec![b'x'; 1 << 20]);
    kernel(1).put(&mut bytes, &[]);
    let records: Vec<_> = Records::new(&bytes).map(Result::unwrap).collect();
    assert!(matches!(records[..], [Record::Note(..), Record::Kernel(_)]));
}

/// The same cases on every run and machine; `RUSTG_TEST_FULL=1` takes others each time, and more.
fn cases(count: u32) -> ProptestConfig {
    let full = std::env::var_os("RUSTG_TEST_FULL").is_some();
    let rng_seed = if full { proptest::test_runner::RngSeed::Random } else { proptest::test_runner::RngSeed::Fixed(1) };
    ProptestConfig {
        cases: if full { 20 * count } else { count },
        failure_persistence: None,
        rng_seed,
        ..Default::default()
    }
}

proptest! {
    #![proptest_config(cases(256))]

    #[test]
    fn any_bytes_decode_to_records_or_an_error_within_the_stream(bytes in prop::collection::vec(any::<u8>(), 0..4096)) {
        for record in Records::new(&bytes) {
            match record {
                Ok(Record::Device(_, rest) | Record::PythonFrame(_, rest)) => { Texts(rest).count(); }
                Ok(Record::ApiName(_, rest)) => { name_of(rest); }
                Ok(_) => {}
                Err(error) => prop_assert!(error.offset <= bytes.len()),
            }
        }
    }

    #[test]
    fn a_damaged_header_is_refused_or_read_within_bounds(at in 0usize..200, value in any::<u8>(), fill in 0u32..3000) {
        let memory = Memory::of_ring(RING_CAPACITY_MIN);
        let mut writer = memory.writer();
        for number in 0..fill {
            let mut record = Vec::new();
            kernel(number).put(&mut record, &[]);
            writer.write(&record);
        }
        // SAFETY: `at` is inside the header; the writer is idle.
        unsafe { memory.0.as_ptr().add(at).write(value) };
        if let Ok(left) = read_left_behind(&memory.bytes()) {
            prop_assert!(left.records.len() <= RING_CAPACITY_MIN);
        }
        // SAFETY: the memory outlives the reader.
        if let Ok(mut reader) = unsafe { RingReader::open(memory.0, memory.1) } {
            let mut out = Vec::new();
            prop_assert!(reader.read(&mut out).is_err() || out.len() <= RING_CAPACITY_MIN);
            writer.room();
        }
    }
}
