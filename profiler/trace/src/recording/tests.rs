//! What a recording promises: what was flushed is read, whatever happens to the files.

use std::fs;
use std::path::{Path, PathBuf};

use super::*;
use crate::read::{OpenOptions, ReadError};
use crate::{EventId, Frame, FrameKind, NONE, Trace};

fn read(dir: &Path) -> Result<Trace, ReadError> {
    import(dir, "test", &OpenOptions::default())
}

fn small(dir: &Path) -> PathBuf {
    write_synthetic(&dir.join("small.rgt"), Synthetic { events: 2_000, gpus: 2, streams: 3, threads: 2 }).unwrap()
}

/// Everything of a trace that two readings of one recording must agree on.
fn content(trace: &Trace) -> Vec<String> {
    let mut rows: Vec<String> = (trace.tracks.iter())
        .flat_map(|track| {
            track.events().map(|id| {
                let launch = trace.launch_of(id).map(|call| trace.range(call).start_ns);
                let stack: Vec<_> = (trace.stack_of(id).into_iter())
                    .flat_map(|stack| trace.stacks.innermost_first(stack))
                    .map(|frame| (trace.text(frame.name), frame.line))
                    .collect();
                let thread = track.thread.map(|thread| trace.threads[thread.index()].tid);
                let (range, name) = (trace.range(id), trace.name(id));
                let (kernel, transfer) = (trace.kernel_of(id), trace.transfer_of(id));
                format!(
                    "{:?} {thread:?} {} {range:?} {name} {launch:?} {stack:?} {kernel:?} {transfer:?}",
                    track.kind, track.stream
                )
            })
        })
        .collect();
    rows.extend(trace.counters.iter().map(|counter| format!("{counter:?}")));
    rows.extend(trace.gpus.iter().map(|gpu| format!("{gpu:?}")));
    rows
}

#[test]
fn what_was_written_is_read_and_joined() {
    let dir = tempfile::tempdir().unwrap();
    let trace = read(&small(dir.path())).unwrap();
    assert!(trace.notes.is_empty() && trace.lost.is_empty(), "{:?} {:?}", trace.notes, trace.lost);
    assert_eq!(trace.gpus.len(), 2);
    assert_eq!(trace.gpus[1].name, "NVIDIA H200");
    assert_eq!(trace.epoch_offset_ns, Some(1_700_000_000_000_000_000));
    let work: Vec<EventId> = trace.gpu_tracks().flat_map(|(_, track)| track.events()).collect();
    assert!(work.len() > 900);
    for id in work {
        let call = trace.launch_of(id).expect("every launch was recorded");
        assert!(trace.range(call).end_ns <= trace.range(id).start_ns || trace.transfer_of(id).is_some());
        let stack = trace.stack_of(call).expect("every call has a stack");
        let outermost = trace.stacks.innermost_first(stack).last().unwrap();
        assert_eq!(trace.text(outermost.name), "main");
    }
    assert_eq!(trace.counters.len(), 4);
    assert!(trace.counters.iter().all(|counter| !counter.ts_ns.is_empty()));
}

#[test]
fn flushed_rows_are_read_while_the_recorder_runs_and_after_it_was_killed() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("killed.rgt");
    let mut writer = RecordingWriter::create(&path, RecordingMeta::new(vec!["true".into()])).unwrap();
    let process = writer.process(1, "");
    let thread = writer.thread(process, 1, "main");
    let name = writer.name("cudaLaunchKernel");
    let call = |start_ns| ApiRow { process, thread, start_ns, dur_ns: 5, correlation: Some(1), name, stack: None };
    writer.api(call(10)).unwrap();
    writer.flush().unwrap();
    writer.api(call(20)).unwrap();

    let mut follower = RecordingFollower::open(&path, "test").unwrap();
    assert!(follower.is_live());
    assert!(follower.poll().unwrap());
    let trace = follower.trace();
    assert_eq!(trace.events.len(), 1);
    assert!(trace.notes[0].0.contains("still growing"), "{:?}", trace.notes);

    writer.flush().unwrap();
    assert!(follower.poll().unwrap());
    assert!(!follower.poll().unwrap());
    assert_eq!(follower.trace().events.len(), 2);

    // What a kill leaves behind: no destructor runs, the operating system closes the files.
    let files_of_the_killed = Box::new(writer);
    fs::write(path.join("live"), "").unwrap();
    fs::remove_file(path.join("live")).unwrap();
    let trace = read(&path).unwrap();
    assert_eq!(trace.events.len(), 2);
    assert!(trace.notes[0].0.contains("was killed"), "{:?}", trace.notes);
    drop(files_of_the_killed);
}

#[test]
fn a_follower_sees_what_a_reader_sees_however_the_file_grew() {
    let dir = tempfile::tempdir().unwrap();
    let whole = small(dir.path());
    let grown = dir.path().join("grown.rgt");
    fs::create_dir(&grown).unwrap();
    fs::copy(whole.join("meta.json"), grown.join("meta.json")).unwrap();
    let files: Vec<_> =
        tables_of(&whole).into_iter().map(|name| (fs::read(whole.join(&name)).unwrap(), name)).collect();
    let mut follower = RecordingFollower::open(&grown, "test").unwrap();
    let longest = files.iter().map(|(bytes, _)| bytes.len()).max().unwrap();
    let is_rows = |name: &str| {
        ["api", "kernels", "memory", "sync", "ranges", "overhead", "samples"].iter().any(|rows| name.starts_with(rows))
    };
    for (bytes, name) in files.iter().filter(|(_, name)| !is_rows(name)) {
        fs::write(grown.join(name), bytes).unwrap();
    }
    for end in (0..longest + 997).step_by(997) {
        for (bytes, name) in files.iter().filter(|(_, name)| is_rows(name)) {
            fs::write(grown.join(name), &bytes[..end.min(bytes.len())]).unwrap();
        }
        follower.poll().unwrap();
    }
    assert_eq!(content(&follower.into_trace()), content(&read(&whole).unwrap()));
}

fn tables_of(dir: &Path) -> Vec<String> {
    let names = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<String> = names.filter(|name| name.ends_with(".arrows")).collect();
    names.sort();
    names
}

#[test]
fn a_file_cut_at_any_byte_leaves_a_readable_prefix() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let whole = read(&path).unwrap().events.len();
    let step = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 1 } else { 41 };
    for name in tables_of(&path) {
        let bytes = fs::read(path.join(&name)).unwrap();
        let mut before = 0;
        for end in (0..bytes.len()).step_by(step) {
            fs::write(path.join(&name), &bytes[..end]).unwrap();
            let trace = read(&path).unwrap_or_else(|error| panic!("{name} cut at {end}: {error}"));
            assert!(trace.events.len() <= whole);
            assert!(trace.events.len() >= before, "{name} cut at {end} has fewer events than cut before");
            before = trace.events.len();
            assert!(
                trace.notes.iter().any(|note| note.0.contains("ends early")),
                "{name} cut at {end}: nothing is said"
            );
        }
        fs::write(path.join(&name), bytes).unwrap();
    }
    assert_eq!(read(&path).unwrap().events.len(), whole);
}

#[test]
fn damaged_files_are_refused_or_read_in_part_but_never_panic() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let cases = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 2_000 } else { 60 };
    let mut random = 0x9E37_79B9_7F4A_7C15_u64;
    let mut next = move |below: usize| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 11) as usize % below
    };
    let mut refused = 0;
    let mut noted = 0;
    for name in tables_of(&path) {
        let bytes = fs::read(path.join(&name)).unwrap();
        for case in 0..cases {
            let mut damaged = bytes.clone();
            // Half of the cases aim at the descriptions at the front, where the lengths are.
            let reach = if case % 2 == 0 { damaged.len().min(3_000) } else { damaged.len() };
            for _ in 0..=next(3) {
                let at = next(reach);
                match next(4) {
                    0 => damaged[at] ^= 1 << next(8),
                    1 => damaged[at] = 0xFF,
                    2 => {
                        let end = (at + 8).min(damaged.len());
                        damaged[at..end].fill(0x7F);
                    }
                    _ => {
                        let end = (at + next(64)).min(damaged.len());
                        damaged.drain(at..end);
                    }
                }
                if damaged.len() < reach {
                    break;
                }
            }
            fs::write(path.join(&name), &damaged).unwrap();
            match read(&path) {
                Ok(trace) => noted += usize::from(trace.notes.iter().any(|note| note.0.contains("damaged at byte"))),
                Err(error) => {
                    assert!(error.offset.is_some() && error.path.is_some(), "{name}: {error}");
                    refused += 1;
                }
            }
        }
        fs::write(path.join(&name), bytes).unwrap();
    }
    assert!(refused > 0 && noted > 0, "{refused} refused, {noted} noted");
}

#[test]
fn an_error_names_the_file_and_the_byte() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    fs::write(path.join("kernels.arrows"), b"not an arrow stream at all").unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("kernels.arrows") && message.contains("(at byte 0)"), "{message}");
    fs::write(path.join("meta.json"), b"{\"format\": \"rustg recording\", \"version\": 999}").unwrap();
    let message = read(&path).unwrap_err().to_string();
    assert!(message.contains("meta.json") && message.contains("999"), "{message}");
}

#[test]
fn a_frame_named_late_is_named_in_every_stack() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("late.rgt");
    let mut writer = RecordingWriter::create(&path, RecordingMeta::default()).unwrap();
    let (process, name, file) = (writer.process(1, ""), writer.name("cudaLaunchKernel"), writer.name("libtorch.so"));
    let thread = writer.thread(process, 1, "");
    let address = writer.name("libtorch.so+0x10");
    let unnamed = Frame { name: address, file, line: 0, kind: FrameKind::Native };
    let frames = [writer.new_frame(unnamed), writer.new_frame(unnamed)];
    for (start_ns, frame) in [(0, frames[0]), (10, frames[1])] {
        let stack = Some(writer.stack(None, frame));
        writer.api(ApiRow { process, thread, start_ns, dur_ns: 1, correlation: None, name, stack }).unwrap();
    }
    writer.flush().unwrap();
    let symbol = writer.name("at::native::add");
    for frame in frames {
        writer.redefine_frame(frame, Frame { name: symbol, ..unnamed });
    }
    let trace = read(&writer.finish().unwrap()).unwrap();
    let stacks: Vec<_> = (0..2).map(|row| trace.stack_of(EventId(row)).unwrap()).collect();
    assert_eq!(stacks[0], stacks[1], "equal stacks are one");
    let frame = trace.stacks.innermost_first(stacks[0]).next().unwrap();
    assert_eq!(trace.text(frame.name), "at::native::add");
    assert_eq!(trace.events.detail, [NONE, NONE]);
}

#[test]
fn rows_beyond_the_size_limit_are_counted_as_lost() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("full.rgt");
    let mut writer = RecordingWriter::create(&path, RecordingMeta::default()).unwrap();
    writer.set_max_size(20_000);
    let process = writer.process(1, "");
    let thread = writer.thread(process, 1, "");
    let name = writer.name("call");
    for row in 0..200_000 {
        let start_ns = row * 100 + row * row % 61;
        writer
            .api(ApiRow { process, thread, start_ns, dur_ns: 50, correlation: Some(row as u32), name, stack: None })
            .unwrap();
    }
    assert!(writer.is_full());
    let trace = read(&writer.finish().unwrap()).unwrap();
    assert_eq!(trace.lost[0].what, "records beyond the size limit");
    assert_eq!(trace.events.len() as u64 + trace.lost[0].count, 200_000);
    assert!(fs::metadata(path.join("api.arrows")).unwrap().len() < 300_000);
}

#[test]
fn a_recording_is_never_written_over() {
    let dir = tempfile::tempdir().unwrap();
    let path = small(dir.path());
    let Err(error) = RecordingWriter::create(&path, RecordingMeta::default()) else { panic!("written over") };
    assert!(error.to_string().contains("recording already"), "{error}");
}

#[test]
fn the_same_program_gives_the_same_trace() {
    let dir = tempfile::tempdir().unwrap();
    let first = small(&dir.path().join("a"));
    let second = small(&dir.path().join("b"));
    assert_eq!(content(&read(&first).unwrap()), content(&read(&second).unwrap()));
}

#[test]
fn a_launch_loop_takes_at_most_sixteen_bytes_a_launch_on_disk() {
    const LAUNCHES: u32 = 200_000;
    let dir = tempfile::tempdir().unwrap();
    let mut writer = RecordingWriter::create(dir.path().join("loop.rgt"), RecordingMeta::default()).unwrap();
    let process = writer.process(4127, "launch-loop");
    let thread = writer.thread(process, 4127, "");
    let gpu = writer.gpu(&Default::default());
    let (call, kernel) = (writer.name("cudaLaunchKernel"), writer.name("_Z5emptyv"));
    let config = Some(writer.kernel_config(Default::default()));
    // As measured on an H200: a launch each 4 µs, most within 300 ns of it and some far later; kernels of 1.2 µs that end on
    // multiples of 32 ns.
    let mut random = 88172645463325252_u64;
    let mut below = |most: u64| {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        (random >> 16) % most
    };
    let (mut now_ns, mut free_ns) = (1_763_724_000_000_000_000_i64, 0);
    for launch in 1..=LAUNCHES {
        let dur_ns = 2_600 + below(300) + if below(50) == 0 { below(20_000) } else { 0 };
        let correlation = Some(launch);
        writer.api(ApiRow { process, thread, start_ns: now_ns, dur_ns, correlation, name: call, stack: None }).unwrap();
        let start_ns = (now_ns + dur_ns as i64 + 900 + below(200) as i64).max(free_ns) / 32 * 32;
        let dur_ns = 1_184 + 32 * below(4);
        free_ns = start_ns + dur_ns as i64;
        let row =
            KernelRow { process, gpu, context: 1, stream: 7, start_ns, dur_ns, correlation, name: kernel, config };
        writer.kernel(row).unwrap();
        now_ns += dur_ns as i64 + 2_700 + below(300) as i64;
        if launch.is_multiple_of(50_000) {
            writer.flush().unwrap();
        }
    }
    let dir = writer.finish().unwrap();
    let size_bytes: u64 = tables_of(&dir).iter().map(|name| fs::metadata(dir.join(name)).unwrap().len()).sum();
    let a_launch = size_bytes as f64 / f64::from(LAUNCHES);
    assert!(a_launch <= 16.0, "{a_launch:.2} bytes a launch");
}
