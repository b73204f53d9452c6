//! The index against brute force on random traces.

use rustg_base::StringId;
use rustg_trace::{
    EventKind, NONE, NewEvent, SourceFormat, TimeRange, Trace, TraceBuilder, TrackId, TrackKey, TrackKind,
};

use super::{Column, EXACT_EVENTS, Lod, Matches, NameTotals, column_edge};

/// SplitMix64 (Steele, Lea, Flood 2014): small, seedable, good enough to choose test cases.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound.max(1)
    }
}

/// Streams of one GPU with bursts, instants, touching events and long gaps; `spread` widens the gaps.
fn random_trace(seed: u64, streams: u64, events: u64, spread: u64) -> Trace {
    let mut random = Random(seed);
    let mut builder = TraceBuilder::new();
    let gpu = builder.gpu(0, "");
    let names: Vec<StringId> = (0..7).map(|n| builder.strings.intern(&format!("kernel_{n}"))).collect();
    for stream in 0..streams {
        let track = builder.track(TrackKey::stream(TrackKind::Stream, None, gpu, 1, stream));
        let mut at = -500 + random.below(300) as i64;
        for _ in 0..random.below(events) + 1 {
            at += match random.below(10) {
                0..4 => 0,
                4..9 => random.below(spread) as i64,
                _ => random.below(spread * 40) as i64,
            };
            let dur_ns = if random.below(12) == 0 { 0 } else { random.below(50) };
            let name = names[(random.below(7) * random.below(7) / 6) as usize];
            builder.push(NewEvent {
                track,
                start_ns: at,
                dur_ns,
                name,
                kind: EventKind::Kernel,
                detail: NONE,
                link: NONE,
            });
            at += dur_ns as i64;
        }
    }
    builder.finish("random".into(), SourceFormat::Recording)
}

fn random_window(random: &mut Random, trace: &Trace) -> TimeRange {
    let span = trace.span.dur_ns() + 200;
    let start_ns = trace.span.start_ns - 100 + random.below(span) as i64;
    let zoom = random.below(12);
    TimeRange { start_ns, end_ns: start_ns + 1 + random.below(span >> zoom) as i64 }
}

fn brute_force(trace: &Trace, track: TrackId, slice: TimeRange) -> (Column, Vec<(StringId, u64)>) {
    let mut column = Column::default();
    let mut totals: Vec<(StringId, u64)> = Vec::new();
    for event in trace.tracks[track.index()].events() {
        let range = trace.range(event);
        let instant_inside = range.dur_ns() == 0 && (slice.start_ns..slice.end_ns).contains(&range.start_ns);
        let covered = range.intersect(slice).dur_ns();
        if covered == 0 && !instant_inside {
            continue;
        }
        if column.events == 0 {
            column.first = event.0;
        }
        column.events += 1;
        column.busy_ns += covered;
        let name = trace.events.name[event.index()];
        match totals.iter_mut().find(|total| total.0 == name) {
            Some(total) => total.1 += covered,
            None => totals.push((name, covered)),
        }
    }
    (column, totals)
}

#[test]
fn columns_are_exact_and_the_dominant_name_is_heavy() {
    for seed in 0..60 {
        let trace = random_trace(seed, 3, if seed % 3 == 0 { 3000 } else { 150 }, 30);
        let lod = Lod::build(&trace);
        let mut random = Random(seed ^ 0xABCD);
        let mut names = NameTotals::new(&trace);
        for _ in 0..40 {
            let window = random_window(&mut random, &trace);
            let mut columns = vec![Column::default(); 1 + random.below(40) as usize];
            for track in (0..trace.tracks.len() as u32).map(TrackId) {
                lod.columns(&trace, track, window, &mut names, &mut columns);
                for (index, column) in columns.iter().enumerate() {
                    let slice = TimeRange {
                        start_ns: column_edge(window, columns.len(), index),
                        end_ns: column_edge(window, columns.len(), index + 1),
                    };
                    let (expected, totals) = brute_force(&trace, track, slice);
                    let what = format!("seed {seed} track {track:?} slice {slice:?}");
                    assert_eq!((column.busy_ns, column.events), (expected.busy_ns, expected.events), "{what}");
                    assert_eq!(lod.busy_ns(&trace, track, slice), expected.busy_ns, "{what}");
                    assert_eq!(lod.rows(&trace, track, slice).len(), expected.events as usize, "{what}");
                    if expected.events == 0 {
                        continue;
                    }
                    assert_eq!(column.first, expected.first, "{what}");
                    let most = totals.iter().map(|total| total.1).max().unwrap_or(0);
                    let chosen = totals.iter().find(|total| total.0 == column.dominant).map(|total| total.1);
                    let chosen = chosen.unwrap_or_else(|| panic!("{what}: a name from elsewhere"));
                    if column.events as usize <= EXACT_EVENTS {
                        assert_eq!(chosen, most, "{what}");
                    } else {
                        assert!(chosen * 2 >= most, "{what}: {chosen} of {most}");
                    }
                }
            }
        }
    }
}

/// The union of all work as disjoint ranges.
fn union_of(trace: &Trace) -> Vec<TimeRange> {
    let mut ranges: Vec<TimeRange> =
        (trace.gpu_tracks()).flat_map(|(_, track)| track.events()).map(|event| trace.range(event)).collect();
    ranges.sort_by_key(|range| (range.start_ns, range.end_ns));
    let mut union: Vec<TimeRange> = Vec::new();
    for range in ranges {
        match union.last_mut() {
            Some(last) if range.start_ns <= last.end_ns => last.end_ns = last.end_ns.max(range.end_ns),
            _ => union.push(range),
        }
    }
    union
}

#[test]
fn the_union_of_streams_and_its_gaps_are_exact() {
    for seed in 100..160 {
        let streams = 1 + seed % 4;
        let trace = random_trace(seed, streams, if seed % 5 == 0 { 14_000 } else { 200 }, 30 * streams);
        let lod = Lod::build(&trace);
        let gpu = rustg_trace::GpuId(0);
        let union = union_of(&trace);
        let gaps: Vec<TimeRange> =
            (union.windows(2)).map(|pair| TimeRange { start_ns: pair[0].end_ns, end_ns: pair[1].start_ns }).collect();
        let longest = gaps.iter().map(|gap| gap.dur_ns()).max();
        assert_eq!(lod.largest_gap(&trace, gpu).map(|gap| gap.dur_ns()), longest, "seed {seed}");
        let mut random = Random(seed);
        for _ in 0..30 {
            let window = random_window(&mut random, &trace);
            let mut busy = vec![0; 1 + random.below(30) as usize];
            lod.gpu_columns(&trace, gpu, window, &mut busy);
            for (index, &busy_ns) in busy.iter().enumerate() {
                let slice = TimeRange {
                    start_ns: column_edge(window, busy.len(), index),
                    end_ns: column_edge(window, busy.len(), index + 1),
                };
                let expected: u64 = union.iter().map(|range| range.intersect(slice).dur_ns()).sum();
                assert_eq!(busy_ns, expected, "seed {seed} slice {slice:?}");
            }
            let (from, min) = (window.start_ns, 1 + random.below(60));
            let next = gaps.iter().copied().find(|gap| gap.start_ns >= from && gap.dur_ns() >= min);
            assert_eq!(lod.next_gap(&trace, gpu, from, min), next, "seed {seed} from {from} min {min}");
            let previous = gaps.iter().copied().rfind(|gap| gap.start_ns < from && gap.dur_ns() >= min);
            assert_eq!(lod.previous_gap(&trace, gpu, from, min), previous, "seed {seed} before {from} min {min}");
        }
    }
}

#[test]
fn matches_count_and_step_as_a_scan_would() {
    for seed in 200..230 {
        let trace = random_trace(seed, 3, 700, 30);
        let is_match = |name: &str| name.ends_with('3') || name.ends_with('5');
        let matches = Matches::of_names(&trace, is_match);
        let rows: Vec<u32> =
            (0..trace.events.len() as u32).filter(|&row| is_match(trace.name(rustg_trace::EventId(row)))).collect();
        assert_eq!(matches.total() as usize, rows.len());
        let mut random = Random(seed);
        for _ in 0..100 {
            let a = random.below(trace.events.len() as u64 + 1) as u32;
            let b = random.below(trace.events.len() as u64 + 1) as u32;
            let range = a.min(b)..a.max(b);
            let inside: Vec<u32> = rows.iter().copied().filter(|row| range.contains(row)).collect();
            assert_eq!(matches.count(range.clone()) as usize, inside.len());
            assert_eq!(matches.first_in(range.clone()).map(|event| event.0), inside.first().copied());
            assert_eq!(matches.last_in(range).map(|event| event.0), inside.last().copied());
            let at = trace.span.start_ns + random.below(trace.span.dur_ns()) as i64;
            let tracks = || (0..trace.tracks.len() as u32).map(TrackId);
            let starts = rows.iter().map(|&row| trace.events.start_ns[row as usize]);
            let next = matches.next(&trace, tracks(), at).map(|event| trace.range(event).start_ns);
            assert_eq!(next, starts.clone().filter(|&start| start > at).min());
            let previous = matches.previous(&trace, tracks(), at).map(|event| trace.range(event).start_ns);
            assert_eq!(previous, starts.filter(|&start| start < at).max());
        }
    }
}

#[test]
fn an_empty_trace_has_empty_columns() {
    let trace = TraceBuilder::new().finish("empty".into(), SourceFormat::Chrome);
    let lod = Lod::build(&trace);
    assert_eq!(Matches::of_names(&trace, |_| true).total(), 0);
    assert!(lod.size_bytes() < 1024);
}
