use std::fs;
use std::path::Path;
use std::time::{Duration, SystemTime};

use super::*;
use crate::read::OpenOptions;
use crate::recording::{Synthetic, import, write_synthetic};

const SMALL: Synthetic = Synthetic { events: 3_000, gpus: 2, streams: 3, threads: 2 };

fn sample(dir: &Path) -> Trace {
    let path = write_synthetic(&dir.join("sample.rgt"), SMALL).unwrap();
    import(&path, "sample", &OpenOptions::default()).unwrap()
}

fn assert_same(left: &Trace, right: &Trace) {
    // Strings and stacks hold hash maps, whose order is not part of what they are.
    assert_eq!(format!("{:?}", left.strings), format!("{:?}", right.strings));
    assert_eq!(left.stacks.frames(), right.stacks.frames());
    assert_eq!(left.stacks.nodes(), right.stacks.nodes());
    assert_eq!(format!("{:?}", left.events), format!("{:?}", right.events));
    assert_eq!((&left.tracks, &left.kernels, &left.transfers), (&right.tracks, &right.kernels, &right.transfers));
    assert_eq!((&left.processes, &left.threads, &left.gpus), (&right.processes, &right.threads, &right.gpus));
    assert_eq!((&left.counters, &left.lost, &left.notes), (&right.counters, &right.lost, &right.notes));
    assert_eq!((&left.title, left.source, left.span), (&right.title, right.source, right.span));
    assert_eq!(left.epoch_offset_ns, right.epoch_offset_ns);
}

#[test]
fn a_saved_trace_is_loaded_as_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let mut trace = sample(dir.path());
    trace.notes.push(crate::Note("a \"note\"\n".into()));
    trace.lost.push(crate::Lost { what: "kernel records".into(), count: u64::MAX });
    let file = dir.path().join("index");
    format::write(&file, &[1, 2, 3], &trace).unwrap();
    assert_same(&trace, &format::read(&file, &[1, 2, 3]).expect("just written"));
    assert!(format::read(&file, &[1, 2, 4]).is_none(), "of another source");
}

#[test]
fn an_empty_trace_is_saved_and_loaded() {
    let dir = tempfile::tempdir().unwrap();
    let trace = crate::TraceBuilder::new().finish("empty".into(), crate::SourceFormat::Chrome);
    let file = dir.path().join("index");
    format::write(&file, &[0; 3], &trace).unwrap();
    assert_same(&trace, &format::read(&file, &[0; 3]).expect("just written"));
}

#[test]
fn a_damaged_index_counts_as_absent() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("index");
    format::write(&file, &[1, 2, 3], &sample(dir.path())).unwrap();
    let bytes = fs::read(&file).unwrap();
    let step = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 1 } else { 331 };
    let whole = format::read(&file, &[1, 2, 3]).unwrap();
    for at in (0..bytes.len()).step_by(step) {
        let mut damaged = bytes.clone();
        damaged[at] ^= 0x10;
        fs::write(&file, &damaged).unwrap();
        // Only bytes between sections may differ or be missing unnoticed.
        let unnoticed = format::read(&file, &[1, 2, 3]);
        unnoticed.iter().for_each(|trace| assert_same(&whole, trace));
        fs::write(&file, &bytes[..at]).unwrap();
        let unnoticed = format::read(&file, &[1, 2, 3]);
        unnoticed.iter().for_each(|trace| assert_same(&whole, trace));
    }
    fs::write(&file, &bytes[..bytes.len() / 2]).unwrap();
    assert!(format::read(&file, &[1, 2, 3]).is_none());
}

#[test]
fn an_index_that_lies_with_right_checksums_counts_as_absent() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("index");
    let trace = sample(dir.path());
    let kernel = trace.events.kind.iter().position(|&kind| kind == crate::EventKind::Kernel).unwrap();
    let refuse = |what: &str, lie: &dyn Fn(&mut Trace)| {
        let mut trace = trace.clone();
        lie(&mut trace);
        format::write(&file, &[0; 3], &trace).unwrap();
        assert!(format::read(&file, &[0; 3]).is_none(), "{what} was believed");
    };
    refuse("a name beyond the strings", &|trace| trace.events.name[5] = crate::StringId(1 << 30));
    refuse("a configuration beyond the table", &|trace| trace.events.detail[kernel] = 1 << 20);
    refuse("a launch beyond the events", &|trace| trace.events.link[kernel] = 1 << 30);
    refuse("an end beyond time", &|trace| trace.events.dur_ns[7] = u64::MAX);
    refuse("a track out of order", &|trace| trace.events.start_ns.swap(0, 1));
    refuse("a column that is too short", &|trace| trace.events.kind.truncate(9));
    refuse("rows of no track", &|trace| trace.tracks.truncate(1));
    refuse("a track of no process", &|trace| trace.tracks[0].process = Some(crate::ProcessId(99)));
}

#[test]
fn a_recordings_index_lies_beside_it_and_is_ignored_once_the_recording_changed() {
    let dir = tempfile::tempdir().unwrap();
    let path = write_synthetic(&dir.path().join("large.rgt"), Synthetic { events: 1_200_000, ..SMALL }).unwrap();
    assert!(load(&path).is_none());
    let trace = import(&path, "large.rgt", &OpenOptions::default()).unwrap();
    assert!(save(&path, &trace));
    assert_eq!(load(&path).expect("saved").events.len(), trace.events.len());
    assert!(!save(&path, &trace), "is there already");
    let index = fs::read(path.join("index")).unwrap();
    fs::write(path.join("index"), &index[..index.len() / 2]).unwrap();
    assert!(load(&path).is_none(), "damaged");
    assert!(save(&path, &trace), "replaces the damaged one");
    let table = fs::File::options().append(true).open(path.join("api.arrows")).unwrap();
    table.set_modified(SystemTime::now() + Duration::from_secs(5)).unwrap();
    assert!(load(&path).is_none(), "changed since");
}

#[test]
fn a_small_recording_gets_no_index() {
    let dir = tempfile::tempdir().unwrap();
    let trace = sample(dir.path());
    let path = dir.path().join("sample.rgt");
    assert!(!save(&path, &trace));
    assert!(!path.join("index").exists());
}

#[test]
fn the_least_recently_used_indexes_make_room() {
    let dir = tempfile::tempdir().unwrap();
    for (age, name) in ["new", "middle", "old"].into_iter().enumerate() {
        let file = fs::File::create(dir.path().join(name).with_extension("index")).unwrap();
        file.set_len(1000).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(60 * age as u64)).unwrap();
    }
    fs::write(dir.path().join("other.txt"), [0; 5000]).unwrap();
    place::evict(dir.path(), &dir.path().join("old.index"), 2000);
    let left = |name: &str| dir.path().join(name).exists();
    assert!(left("new.index") && left("old.index") && left("other.txt") && !left("middle.index"));
}
