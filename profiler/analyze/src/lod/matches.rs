//! A search's matches: one bit an event with ranks, so that columns count theirs at once.

use rustg_base::StringId;
use rustg_trace::{EventId, Trace, TrackId};

const WORDS: usize = 8;

/// The events of a trace whose name is in a set.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Matches {
    bits: Vec<u64>,
    /// Matches before every [`WORDS`]th word.
    ranks: Vec<u32>,
    total: u32,
}

impl Matches {
    /// Marks the events whose name satisfies `is_match`, which is asked once for each name that occurs.
    pub fn of_names(trace: &Trace, mut is_match: impl FnMut(&str) -> bool) -> Matches {
        let mut wanted: Vec<u8> = vec![2; trace.strings.len()];
        let mut bits = vec![0u64; trace.events.len().div_ceil(64)];
        for (word, names) in bits.iter_mut().zip(trace.events.name.chunks(64)) {
            for (bit, &name) in names.iter().enumerate() {
                let known = &mut wanted[name.index()];
                if *known == 2 {
                    *known = u8::from(is_match(trace.text(name)));
                }
                *word |= u64::from(*known) << bit;
            }
        }
        let mut total = 0;
        let ranks = bits.chunks(WORDS).map(|words| {
            let before = total;
            total += words.iter().map(|word| word.count_ones()).sum::<u32>();
            before
        });
        let ranks = ranks.collect();
        Matches { bits, ranks, total }
    }

    /// Marks the events that have exactly this name.
    pub fn of_name(trace: &Trace, name: StringId) -> Matches {
        let text = trace.text(name);
        Matches::of_names(trace, |candidate| candidate == text)
    }

    /// How many events match.
    pub fn total(&self) -> u32 {
        self.total
    }

    /// Whether `event` matches.
    pub fn contains(&self, event: EventId) -> bool {
        self.bits.get(event.index() / 64).is_some_and(|word| word >> (event.index() % 64) & 1 == 1)
    }

    /// How many of the events `0..row` match.
    fn rank(&self, row: u32) -> u32 {
        let (word, bit) = (row as usize / 64, row as usize % 64);
        if word >= self.bits.len() {
            return self.total;
        }
        let group = word / WORDS;
        let whole: u32 = self.bits[group * WORDS..word].iter().map(|word| word.count_ones()).sum();
        self.ranks[group] + whole + (self.bits[word] & ((1 << bit) - 1)).count_ones()
    }

    /// How many of the events of `rows` match.
    pub fn count(&self, rows: std::ops::Range<u32>) -> u32 {
        if rows.is_empty() { 0 } else { self.rank(rows.end) - self.rank(rows.start) }
    }

    /// The first match among `rows`.
    pub fn first_in(&self, rows: std::ops::Range<u32>) -> Option<EventId> {
        let end = rows.end.min(self.bits.len() as u32 * 64);
        let mut row = rows.start;
        while row < end {
            let word = self.bits[row as usize / 64] >> (row % 64);
            if word != 0 {
                let found = row + word.trailing_zeros();
                return (found < end).then_some(EventId(found));
            }
            row = (row / 64 + 1) * 64;
        }
        None
    }

    /// The last match among `rows`.
    pub fn last_in(&self, rows: std::ops::Range<u32>) -> Option<EventId> {
        let mut end = rows.end.min(self.bits.len() as u32 * 64);
        while end > rows.start {
            let last = end - 1;
            let word = self.bits[last as usize / 64] << (63 - last % 64);
            if word != 0 {
                let found = last - word.leading_zeros();
                return (found >= rows.start).then_some(EventId(found));
            }
            end = last / 64 * 64;
        }
        None
    }

    /// The first match on any of `tracks` that starts after `after_ns`, earliest first; a tie goes to the first track.
    pub fn next(&self, trace: &Trace, tracks: impl Iterator<Item = TrackId>, after_ns: i64) -> Option<EventId> {
        let starts = &trace.events.start_ns;
        let candidates = tracks.filter_map(|track| {
            let rows = trace.tracks[track.index()].range();
            let first = rows.start + starts[rows.clone()].partition_point(|&start| start <= after_ns);
            self.first_in(first as u32..rows.end as u32)
        });
        candidates.min_by_key(|event| starts[event.index()])
    }

    /// The last match on any of `tracks` that starts before `before_ns`.
    pub fn previous(&self, trace: &Trace, tracks: impl Iterator<Item = TrackId>, before_ns: i64) -> Option<EventId> {
        let starts = &trace.events.start_ns;
        let candidates = tracks.filter_map(|track| {
            let rows = trace.tracks[track.index()].range();
            let end = rows.start + starts[rows.clone()].partition_point(|&start| start < before_ns);
            self.last_in(rows.start as u32..end as u32)
        });
        candidates.max_by_key(|event| starts[event.index()])
    }
}
