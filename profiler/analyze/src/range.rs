//! Ranges as people write them: `118.86ms..119.07ms`, `2s..`, `..500us`, `nvtx:forward`, `nvtx:step#3`.
//!
//! It owns the text form and its resolution against a trace; what a range does to a table is the table's business.

use std::fmt;
use std::str::FromStr;

use rustg_trace::{EventId, EventKind, TimeRange, Trace};

/// A range of a trace as the user asked for it, not yet of any trace.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum RangeSpec {
    /// Times since the trace's start, in nanoseconds; an open end is the trace's own.
    Time {
        /// First nanosecond.
        start_ns: Option<i64>,
        /// One past the last nanosecond.
        end_ns: Option<i64>,
    },
    /// One instance of an NVTX range or user annotation, in the time its host thread spent in it.
    Nvtx {
        /// The range's name.
        name: String,
        /// Which instance in order of start, counted from 1.
        instance: usize,
    },
}

/// Why a text is no range, or a range is not in a trace: a sentence.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RangeError(String);

impl fmt::Display for RangeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for RangeError {}

impl FromStr for RangeSpec {
    type Err = RangeError;

    fn from_str(text: &str) -> Result<Self, RangeError> {
        if let Some(named) = text.strip_prefix("nvtx:") {
            let numbered = named.rsplit_once('#').and_then(|(name, number)| Some((name, number.parse().ok()?)));
            let (name, instance) = numbered.unwrap_or((named, 1));
            if name.is_empty() {
                return Err(RangeError("the range's name is missing: nvtx:NAME or nvtx:NAME#2".to_owned()));
            }
            if instance == 0 {
                return Err(RangeError(format!("instances are counted from 1: nvtx:{name}#1")));
            }
            return Ok(RangeSpec::Nvtx { name: name.to_owned(), instance });
        }
        let Some((start, end)) = text.split_once("..") else {
            return Err(RangeError(format!("'{text}' is no range: START..END like 118.86ms..119.07ms, or nvtx:NAME")));
        };
        let end_unit = unit_of(end.trim());
        let start_ns = parse_bound(start.trim(), end_unit)?;
        let end_ns = parse_bound(end.trim(), None)?;
        if let (Some(start_ns), Some(end_ns)) = (start_ns, end_ns)
            && start_ns >= end_ns
        {
            return Err(RangeError(format!("'{text}' ends before it starts")));
        }
        Ok(RangeSpec::Time { start_ns, end_ns })
    }
}

impl fmt::Display for RangeSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            RangeSpec::Time { start_ns, end_ns } => {
                let bound = |bound: &Option<i64>| bound.map(|ns| format!("{ns}ns")).unwrap_or_default();
                write!(f, "{}..{}", bound(start_ns), bound(end_ns))
            }
            RangeSpec::Nvtx { name, instance } => write!(f, "nvtx:{name}#{instance}"),
        }
    }
}

impl RangeSpec {
    /// This range on the clock of `trace`.
    ///
    /// # Errors
    /// Where it lies outside the trace, or the trace has no such NVTX range; then the error names those that come near.
    pub fn resolve(&self, trace: &Trace) -> Result<TimeRange, RangeError> {
        match self {
            RangeSpec::Time { start_ns, end_ns } => {
                let at = |since_start: i64| trace.span.start_ns.saturating_add(since_start);
                let start_ns = start_ns.map_or(trace.span.start_ns, at);
                let end_ns = end_ns.map_or(trace.span.end_ns, at).min(trace.span.end_ns);
                if start_ns >= end_ns {
                    let length = trace.span.dur_ns() as f64 / 1e6;
                    return Err(RangeError(format!("the range lies outside the trace, which is {length} ms long")));
                }
                Ok(TimeRange { start_ns, end_ns })
            }
            RangeSpec::Nvtx { name, instance } => {
                let mut found = nvtx_instances(trace, name);
                if found.is_empty() {
                    return Err(RangeError(format!(
                        "the trace has no NVTX range named '{name}'{}",
                        known(trace, name)
                    )));
                }
                found.sort_by_key(|&event| (trace.events.start_ns[event.index()], event));
                let count = found.len();
                found.get(instance - 1).map(|&event| trace.range(event)).ok_or_else(|| {
                    RangeError(format!("the trace has {count} NVTX ranges named '{name}', not {instance}"))
                })
            }
        }
    }
}

/// The NVTX ranges of host threads with this name, in no particular order.
fn nvtx_instances(trace: &Trace, name: &str) -> Vec<EventId> {
    let Some(id) = trace.strings.find(name) else { return Vec::new() };
    let named =
        |event: &EventId| trace.events.name[event.index()] == id && trace.events.kind[event.index()] == EventKind::Nvtx;
    trace.tracks.iter().filter(|track| track.gpu.is_none()).flat_map(|track| track.events()).filter(named).collect()
}

/// Names of NVTX ranges to suggest for a name that is none: those that contain it, else the first few.
fn known(trace: &Trace, name: &str) -> String {
    let mut seen = vec![false; trace.strings.len()];
    for (kind, name) in trace.events.kind.iter().zip(&trace.events.name) {
        seen[name.index()] |= *kind == EventKind::Nvtx;
    }
    let names: Vec<&str> = trace.strings.iter().filter(|(id, _)| seen[id.index()]).map(|(_, text)| text).collect();
    let lower = name.to_lowercase();
    let mut near: Vec<&str> = names.iter().filter(|text| text.to_lowercase().contains(&lower)).copied().collect();
    if near.is_empty() {
        near = names;
    }
    if near.is_empty() {
        return "; it has none at all".to_owned();
    }
    let shown: Vec<String> = near.iter().take(5).map(|text| format!("'{text}'")).collect();
    let more = if near.len() > shown.len() { ", …" } else { "" };
    format!("; it has {}{more}", shown.join(", "))
}

/// Units of time, longest suffix first so that `ms` is not read as `s`.
const UNITS: [(&str, i64); 6] =
    [("ns", 1), ("us", 1_000), ("µs", 1_000), ("μs", 1_000), ("ms", 1_000_000), ("s", 1_000_000_000)];

fn unit_of(text: &str) -> Option<i64> {
    UNITS.iter().find(|(suffix, _)| text.ends_with(suffix)).map(|&(_, ns)| ns)
}

/// One bound, exact to the nanosecond; empty is open. `unit_ns` is what a number without a unit means, where anything.
fn parse_bound(text: &str, unit_ns: Option<i64>) -> Result<Option<i64>, RangeError> {
    if text.is_empty() {
        return Ok(None);
    }
    let suffix = UNITS.iter().find(|(suffix, _)| text.ends_with(suffix));
    let number = suffix.map_or(text, |(suffix, _)| &text[..text.len() - suffix.len()]).trim();
    let parsed = decimal_ns(number, suffix.map(|&(_, ns)| ns).or(unit_ns).unwrap_or(0));
    if suffix.is_none() && unit_ns.is_none() && number != "0" {
        return Err(RangeError(format!("'{text}' has no unit: ns, us, ms or s")));
    }
    parsed.map(Some).ok_or_else(|| RangeError(format!("'{text}' is no time like 118.86ms")))
}

/// A decimal number of units as nanoseconds, digits beyond the nanosecond dropped; `None` where it is none or too large.
fn decimal_ns(number: &str, unit_ns: i64) -> Option<i64> {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(whole) || !digits(fraction) || (whole.is_empty() && fraction.is_empty()) {
        return None;
    }
    let whole: i64 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
    let mut ns = whole.checked_mul(unit_ns)?;
    let mut place = unit_ns;
    for digit in fraction.bytes() {
        place /= 10;
        ns = ns.checked_add(i64::from(digit - b'0') * place)?;
    }
    Some(ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rustg_trace::{NONE, NewEvent, SourceFormat, TraceBuilder, TrackKey, TrackKind};

    fn time(start_ns: Option<i64>, end_ns: Option<i64>) -> Result<RangeSpec, RangeError> {
        Ok(RangeSpec::Time { start_ns, end_ns })
    }

    #[test]
    fn times_are_exact_and_ends_may_be_open() {
        let cases = [
            ("118.86ms..119.07ms", time(Some(118_860_000), Some(119_070_000))),
            ("0..1s", time(Some(0), Some(1_000_000_000))),
            ("2s..", time(Some(2_000_000_000), None)),
            ("..500us", time(None, Some(500_000))),
            ("1.5..2.5µs", time(Some(1_500), Some(2_500))),
            ("..", time(None, None)),
            ("0.123456789s..1s", time(Some(123_456_789), Some(1_000_000_000))),
        ];
        for (text, range) in cases {
            assert_eq!(text.parse(), range, "{text}");
        }
    }

    #[test]
    fn what_is_no_range_is_refused_with_a_reason() {
        for text in [
            "",
            "5ms",
            "2ms..1ms",
            "1..2",
            "a..b",
            "-1ms..2ms",
            "1e3ms..",
            "99999999999999999999s..",
            "nvtx:",
            "nvtx:a#0",
        ] {
            let error = text.parse::<RangeSpec>().expect_err(text);
            assert!(!error.to_string().is_empty());
        }
    }

    #[test]
    fn nvtx_ranges_are_found_by_name_and_number() {
        assert_eq!("nvtx:a#b".parse(), Ok(RangeSpec::Nvtx { name: "a#b".into(), instance: 1 }));
        let mut builder = TraceBuilder::new();
        let process = builder.process(1);
        for tid in [1, 2] {
            let thread = builder.thread(process, tid);
            let track = builder.track(TrackKey::host(TrackKind::Nvtx, process, thread));
            let name = builder.strings.intern("step");
            for start_ns in [100 * tid, 1000 * tid] {
                let event =
                    NewEvent { track, start_ns, dur_ns: 50, name, kind: EventKind::Nvtx, detail: NONE, link: NONE };
                builder.push(event);
            }
        }
        let trace = builder.finish("t".into(), SourceFormat::Chrome);
        let resolve = |text: &str| text.parse::<RangeSpec>().and_then(|spec| spec.resolve(&trace));
        assert_eq!(resolve("nvtx:step"), Ok(TimeRange { start_ns: 100, end_ns: 150 }));
        assert_eq!(resolve("nvtx:step#2"), Ok(TimeRange { start_ns: 200, end_ns: 250 }));
        assert_eq!(resolve("nvtx:step#4"), Ok(TimeRange { start_ns: 2000, end_ns: 2050 }));
        assert!(resolve("nvtx:step#5").unwrap_err().to_string().contains("4 NVTX ranges"));
        assert!(resolve("nvtx:Ste").unwrap_err().to_string().contains("it has 'step'"));
        assert_eq!(resolve("10ns..20ns"), Ok(TimeRange { start_ns: 110, end_ns: 120 }));
        assert!(resolve("1s..").is_err());
    }
}
