//! The one place where figures become text: 3–4 significant digits, the unit attached, thousands grouped.
//!
//! It owns how a figure looks, not which figure is shown. Machine output (JSON, CSV) never passes here.

use std::fmt::Write;

/// How figures are written: with Unicode units and signs, or in plain ASCII.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Figures {
    /// `us` for `µs`, `...` for `…`, `degC` for `°C`.
    pub ascii: bool,
}

/// Significant digits of [`Figures::duration`] and its kin.
const PRECISE: u32 = 4;
/// Significant digits of [`Figures::duration_short`] and its kin.
const SHORT: u32 = 3;

impl Figures {
    /// Unicode figures.
    pub const UNICODE: Figures = Figures { ascii: false };
    /// ASCII figures.
    pub const ASCII: Figures = Figures { ascii: true };

    /// A duration with four significant digits: `640 ns`, `92.41 ms`, `3.052 s`, `2.500 h`.
    pub fn duration(self, dur_ns: u64) -> String {
        self.scaled(u128::from(dur_ns), self.time_units(), PRECISE)
    }

    /// A duration with three significant digits, for dense places: `58.2 µs`, `214 µs`.
    pub fn duration_short(self, dur_ns: u64) -> String {
        self.scaled(u128::from(dur_ns), self.time_units(), SHORT)
    }

    /// A change of a duration, with its sign: `+1.204 ms`, `−58.20 µs`, `0 ns`.
    pub fn duration_change(self, change_ns: i64) -> String {
        format!("{}{}", self.sign(change_ns), self.duration(change_ns.unsigned_abs()))
    }

    /// A change of a number of things, with its sign: `+1 204`.
    pub fn count_change(self, change: i64) -> String {
        format!("{}{}", self.sign(change), self.count(change.unsigned_abs()))
    }

    fn sign(self, change: i64) -> &'static str {
        match change {
            0 => "",
            1.. => "+",
            _ if self.ascii => "-",
            _ => "−",
        }
    }

    /// A point in time since the start of the trace, fine enough to tell 1/1000 of what is `visible_ns` wide:
    /// `118.861 ms`. Always in milliseconds or seconds, so that neighbours compare.
    pub fn time(self, since_start_ns: i64, visible_ns: u64) -> String {
        let (unit_ns, unit): (u64, &str) =
            if visible_ns >= 10_000_000_000 { (1_000_000_000, "s") } else { (1_000_000, "ms") };
        let step_ns = (visible_ns / 1000).max(1);
        let decimals = (0..).find(|&decimals| unit_ns / 10u64.pow(decimals) <= step_ns).unwrap_or(9).min(9);
        let sign = match since_start_ns < 0 {
            true if self.ascii => "-",
            true => "−",
            false => "",
        };
        let scaled = fixed(u128::from(since_start_ns.unsigned_abs()), u128::from(unit_ns), decimals);
        format!("{sign}{scaled} {unit}")
    }

    /// A number of things: `31 402`.
    pub fn count(self, count: u64) -> String {
        group(&count.to_string())
    }

    /// A number of things where a few characters must do: `940`, `31.4 k`, `1.23 M`.
    pub fn count_short(self, count: u64) -> String {
        let units = [(1, ""), (1_000, "k"), (1_000_000, "M"), (1_000_000_000, "G"), (1_000_000_000_000, "T")];
        self.scaled(u128::from(count), &units, SHORT).trim_end().to_owned()
    }

    /// A size in binary units: `512 B`, `4.100 KiB`, `141.0 GiB`.
    pub fn bytes(self, size_bytes: u64) -> String {
        self.scaled(u128::from(size_bytes), &SIZE_UNITS, PRECISE)
    }

    /// A size with three significant digits: `4.10 KiB`.
    pub fn bytes_short(self, size_bytes: u64) -> String {
        self.scaled(u128::from(size_bytes), &SIZE_UNITS, SHORT)
    }

    /// A rate in decimal units, as data sheets give them: `25.1 GB/s`.
    pub fn rate(self, bytes_per_s: f64) -> String {
        let bytes = if bytes_per_s.is_finite() { bytes_per_s.max(0.0) as u128 } else { 0 };
        self.scaled(bytes, &RATE_UNITS, SHORT)
    }

    /// The rate of `size_bytes` in `dur_ns`; `-` where no time passed.
    pub fn rate_of(self, size_bytes: u64, dur_ns: u64) -> String {
        if dur_ns == 0 {
            return "-".to_owned();
        }
        self.scaled(u128::from(size_bytes) * 1_000_000_000 / u128::from(dur_ns), &RATE_UNITS, SHORT)
    }

    /// A share of 0 to 1 as per cent with one decimal, without the sign: `61.3`, `100`, `<0.1` for what is little but not nothing.
    pub fn percent(self, share: f64) -> String {
        let percent = share * 100.0;
        if !percent.is_finite() {
            "-".to_owned()
        } else if percent > 0.0 && percent < 0.05 {
            "<0.1".to_owned()
        } else if percent >= 99.95 {
            format!("{percent:.0}")
        } else {
            format!("{percent:.1}")
        }
    }

    /// The share of `part` in `whole`, as [`Figures::percent`] has it.
    pub fn percent_of(self, part: u64, whole: u64) -> String {
        if whole == 0 { "-".to_owned() } else { self.percent(part as f64 / whole as f64) }
    }

    /// A change as per cent, with its sign: `+3.2 %`, `−12.0 %`.
    pub fn percent_change(self, ratio: f64) -> String {
        let percent = ratio * 100.0;
        if !percent.is_finite() {
            return "-".to_owned();
        }
        let sign = match () {
            () if percent.abs() < 0.05 => "",
            () if percent > 0.0 => "+",
            () if self.ascii => "-",
            () => "−",
        };
        let decimals = if percent.abs() < 99.95 { 1 } else { 0 };
        format!("{sign}{} %", group(&format!("{:.decimals$}", percent.abs())))
    }

    /// A telemetry value with its unit: `71.3 %`, `412 W`, `25.1 GB/s`. Bytes and byte rates are scaled, other units are not.
    pub fn quantity(self, value: f64, unit: &str) -> String {
        match unit {
            "B/s" => self.rate(value),
            "B" => self.bytes_short(value.max(0.0) as u64),
            _ => {
                let magnitude = value.abs();
                let decimals = if magnitude >= 100.0 || value.fract() == 0.0 { 0 } else { 1 };
                let unit = if self.ascii { unit.replace('°', "deg").replace('µ', "u") } else { unit.to_owned() };
                let separator = if unit.is_empty() { "" } else { " " };
                format!("{}{separator}{unit}", group(&format!("{value:.decimals$}")))
            }
        }
    }

    /// The mark that text was cut: `…` or `...`.
    pub fn ellipsis(self) -> &'static str {
        if self.ascii { "..." } else { "…" }
    }

    /// The mark between facts of one line: `·` or `|`.
    pub fn separator(self) -> &'static str {
        if self.ascii { "|" } else { "·" }
    }

    fn time_units(self) -> &'static [(u128, &'static str)] {
        if self.ascii { &TIME_UNITS_ASCII } else { &TIME_UNITS }
    }

    /// `value` in the largest of `units` that leaves at least 1, with `significant` digits; whole in the first unit.
    fn scaled(self, value: u128, units: &[(u128, &str)], significant: u32) -> String {
        let fits = |index: usize| {
            units.get(index + 1).is_none_or(|&(next, _)| {
                // Rounding must not carry into the next unit: 999.96 µs is 1.000 ms.
                let (unit, _) = units[index];
                let decimals = decimals_for(value, unit, significant);
                let rounded = round_div(value * 10u128.pow(decimals), unit);
                let limit = next.div_ceil(unit);
                value < next && rounded < limit * 10u128.pow(decimals)
            })
        };
        let index = (0..units.len()).find(|&index| fits(index)).unwrap_or(units.len() - 1);
        let (unit, symbol) = units[index];
        let decimals = if index == 0 { 0 } else { decimals_for(value, unit, significant) };
        format!("{} {symbol}", fixed(value, unit, decimals))
    }
}

const TIME_UNITS: [(u128, &str); 5] =
    [(1, "ns"), (1_000, "µs"), (1_000_000, "ms"), (1_000_000_000, "s"), (3_600_000_000_000, "h")];
const TIME_UNITS_ASCII: [(u128, &str); 5] =
    [(1, "ns"), (1_000, "us"), (1_000_000, "ms"), (1_000_000_000, "s"), (3_600_000_000_000, "h")];
const SIZE_UNITS: [(u128, &str); 6] =
    [(1, "B"), (1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB"), (1 << 40, "TiB"), (1 << 50, "PiB")];
const RATE_UNITS: [(u128, &str); 6] = [
    (1, "B/s"),
    (1_000, "kB/s"),
    (1_000_000, "MB/s"),
    (1_000_000_000, "GB/s"),
    (1_000_000_000_000, "TB/s"),
    (1_000_000_000_000_000, "PB/s"),
];

/// Decimals that give `value / unit` the number of significant digits asked for, after rounding.
fn decimals_for(value: u128, unit: u128, significant: u32) -> u32 {
    (0..significant)
        .rev()
        .find(|&decimals| round_div(value * 10u128.pow(decimals), unit) < 10u128.pow(significant))
        .unwrap_or(0)
}

/// `value / unit` with so many decimals, rounded half up, its whole part grouped.
fn fixed(value: u128, unit: u128, decimals: u32) -> String {
    let scale = 10u128.pow(decimals);
    let rounded = round_div(value * scale, unit);
    let mut text = group(&(rounded / scale).to_string());
    if decimals > 0 {
        let width = decimals as usize;
        write!(text, ".{:0width$}", rounded % scale).expect("writing to a String cannot fail");
    }
    text
}

fn round_div(value: u128, by: u128) -> u128 {
    (value + by / 2) / by
}

/// Groups the digits of a decimal number by threes with a space, before the decimal point.
fn group(digits: &str) -> String {
    let whole = digits.find('.').unwrap_or(digits.len());
    let first = usize::from(digits.starts_with('-'));
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (position, digit) in digits.char_indices() {
        if position > first && position < whole && (whole - position) % 3 == 0 {
            text.push(' ');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_four_significant_digits_and_carry_into_the_next_unit() {
        let cases = [
            (0, "0 ns"),
            (7, "7 ns"),
            (999, "999 ns"),
            (1_000, "1.000 µs"),
            (2_214, "2.214 µs"),
            (58_230, "58.23 µs"),
            (101_749, "101.7 µs"),
            (999_949, "999.9 µs"),
            (999_960, "1.000 ms"),
            (92_412_345, "92.41 ms"),
            (412_800_000, "412.8 ms"),
            (3_052_000_000, "3.052 s"),
            (599_000_000_000, "599.0 s"),
            (3_599_900_000_000, "1.000 h"),
            (9_000_000_000_000, "2.500 h"),
            (u64::MAX, "5 124 096 h"),
        ];
        for (ns, text) in cases {
            assert_eq!(Figures::UNICODE.duration(ns), text, "{ns}");
        }
    }

    #[test]
    fn seconds_up_to_an_hour_are_grouped() {
        assert_eq!(Figures::UNICODE.duration(1_234_000_000_000), "1 234 s");
    }

    #[test]
    fn short_durations_have_three_significant_digits() {
        let cases = [(214_000, "214 µs"), (58_230, "58.2 µs"), (9_996, "10.0 µs"), (2_214, "2.21 µs"), (118, "118 ns")];
        for (ns, text) in cases {
            assert_eq!(Figures::UNICODE.duration_short(ns), text, "{ns}");
        }
        assert_eq!(Figures::ASCII.duration_short(58_230), "58.2 us");
    }

    #[test]
    fn counts_are_grouped_by_thousands() {
        let cases = [(0, "0"), (999, "999"), (1_000, "1 000"), (31_402, "31 402"), (1_234_567, "1 234 567")];
        for (count, text) in cases {
            assert_eq!(Figures::UNICODE.count(count), text);
        }
        assert_eq!(Figures::UNICODE.count_short(940), "940");
        assert_eq!(Figures::UNICODE.count_short(31_402), "31.4 k");
    }

    #[test]
    fn sizes_are_binary_and_rates_decimal() {
        assert_eq!(Figures::UNICODE.bytes(512), "512 B");
        assert_eq!(Figures::UNICODE.bytes(1023), "1 023 B");
        assert_eq!(Figures::UNICODE.bytes(4_198), "4.100 KiB");
        assert_eq!(Figures::UNICODE.bytes_short((1 << 20) - 1), "1.00 MiB");
        assert_eq!(Figures::UNICODE.rate_of(25_100_000_000, 1_000_000_000), "25.1 GB/s");
        assert_eq!(Figures::UNICODE.rate_of(1, 0), "-");
    }

    #[test]
    fn shares_that_are_little_are_not_shown_as_nothing() {
        assert_eq!(Figures::UNICODE.percent_of(613, 1000), "61.3");
        assert_eq!(Figures::UNICODE.percent_of(1, 1_000_000), "<0.1");
        assert_eq!(Figures::UNICODE.percent_of(0, 5), "0.0");
        assert_eq!(Figures::UNICODE.percent_of(5, 5), "100");
        assert_eq!(Figures::UNICODE.percent_of(5, 0), "-");
        assert_eq!(Figures::ASCII.percent_change(-0.12), "-12.0 %");
    }

    #[test]
    fn changes_carry_their_sign() {
        assert_eq!(Figures::UNICODE.duration_change(-58_200), "−58.20 µs");
        assert_eq!(Figures::ASCII.duration_change(1_204_000), "+1.204 ms");
        assert_eq!(Figures::UNICODE.count_change(-1_204), "−1 204");
        assert_eq!(Figures::UNICODE.count_change(0), "0");
    }

    #[test]
    fn times_are_as_fine_as_what_is_visible() {
        assert_eq!(Figures::UNICODE.time(118_861_234, 214_000), "118.8612 ms");
        assert_eq!(Figures::UNICODE.time(118_861_234, 400_000_000), "118.9 ms");
        assert_eq!(Figures::UNICODE.time(-1_500_000, 10_000_000), "−1.50 ms");
        assert_eq!(Figures::UNICODE.time(61_000_000_000, 60_000_000_000), "61.00 s");
    }
}
