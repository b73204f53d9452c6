use rustg_trace::{EventKind, GpuId, NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey, TrackKind};

use super::*;

fn rows(rows: &[(&str, &[u64])]) -> Vec<(String, Distribution)> {
    rows.iter().map(|(name, values)| ((*name).to_owned(), Distribution::of(&mut values.to_vec()))).collect()
}

fn found(changes: &[Change]) -> Vec<(&str, Option<&str>, i64, &str)> {
    (changes.iter())
        .map(|change| {
            let before = change.name_before.as_deref();
            (change.name.as_str(), before, change.total_change_ns(), change.significance().label())
        })
        .collect()
}

#[test]
fn rows_are_paired_by_name_and_sorted_by_impact() {
    let before =
        rows(&[("same", &[10, 11, 10, 11]), ("slower", &[100, 102, 101]), ("gone", &[7]), ("noisy", &[10, 200])]);
    let after =
        rows(&[("same", &[10, 11, 10, 11]), ("slower", &[150, 151, 149]), ("new", &[5, 5]), ("noisy", &[20, 210])]);
    assert_eq!(
        found(&pair(before, after, |_| None)),
        [
            ("slower", None, 147, "clear"),
            ("noisy", None, 20, "~"),
            ("new", None, 10, "new"),
            ("gone", None, -7, "gone"),
            ("same", None, 0, "~"),
        ]
    );
}

#[test]
fn a_kernel_whose_template_arguments_changed_is_the_same_kernel() {
    let family = |name: &str| Some(without_template_arguments(name).into_owned());
    let before = rows(&[("void gemm<64>(int)", &[100, 100]), ("void add<1>()", &[1]), ("void add<2>()", &[2])]);
    let after = rows(&[("void gemm<128>(int)", &[80, 80]), ("void add<3>()", &[3])]);
    assert_eq!(
        found(&pair(before, after, family)),
        [
            ("void gemm<128>(int)", Some("void gemm<64>(int)"), -40, "clear"),
            ("void add<3>()", None, 3, "new"),
            ("void add<2>()", None, -2, "gone"),
            ("void add<1>()", None, -1, "gone"),
        ],
        "one gemm became the other; which add became which is not known"
    );
}

#[test]
fn a_single_launch_is_no_evidence() {
    let changes = pair(rows(&[("k", &[10])]), rows(&[("k", &[1000, 1000])]), |_| None);
    assert_eq!(changes[0].significance(), Significance::TooFew);
}

fn trace(durations: &[u64]) -> Trace {
    let mut builder = TraceBuilder::new();
    let gpu: GpuId = builder.gpu(0, "");
    let track = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, 7));
    let name = builder.strings.intern("k");
    for (index, &dur_ns) in durations.iter().enumerate() {
        let start_ns = index as i64 * 100;
        builder.push(NewEvent { track, start_ns, dur_ns, name, kind: EventKind::Kernel, detail: NONE, link: NONE });
    }
    builder.finish("t".into(), SourceFormat::Chrome)
}

#[test]
fn the_whole_is_compared_too() {
    let diff = Diff::new(&trace(&[10, 20]), &trace(&[10, 50]), &DiffOptions::default()).unwrap();
    let metric = |key| diff.metric(key).map(|metric| (metric.before, metric.after));
    assert_eq!(metric("busy_ns"), Some((30, 60)));
    assert_eq!(metric("wall_ns"), Some((120, 150)));
    assert_eq!(metric("idle_ns"), Some((90, 90)));
    assert_eq!(diff.metric("busy_ns").and_then(Metric::ratio), Some(1.0));
    let same = Diff::new(&trace(&[10, 20]), &trace(&[10, 20]), &DiffOptions::default()).unwrap();
    assert!(same.kernels.iter().chain(&same.gaps).all(|change| change.total_change_ns() == 0));
}
