//! Exact decimals: microseconds as text to nanoseconds as integers, without a float in between.

/// Nanoseconds of a decimal number of microseconds, rounded to the nearest (ties to even) where it says more than
/// nanoseconds. `None` where the text is no number or the result does not fit into 64 bits.
#[inline]
pub(super) fn parse_us_as_ns(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    // The common case: up to 15 digits, a point, up to three digits.
    let mut value = 0u64;
    let mut at = 0;
    while let Some(digit) = digits.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
        value = value.wrapping_mul(10).wrapping_add(u64::from(digit));
        at += 1;
    }
    if at == 0 || at > 15 {
        return parse_scaled(text, 3);
    }
    let whole = at;
    if digits.get(at) == Some(&b'.') {
        at += 1;
        while let Some(digit) = digits.get(at).map(|byte| byte.wrapping_sub(b'0')).filter(|&digit| digit < 10) {
            if at - whole > 3 {
                return parse_scaled(text, 3);
            }
            value = value * 10 + u64::from(digit);
            at += 1;
        }
        if at == whole + 1 {
            return None;
        }
    }
    if at != digits.len() {
        return parse_scaled(text, 3);
    }
    let fraction = at.saturating_sub(whole + 1);
    let ns = value * [1000, 100, 10, 1][fraction];
    Some(if negative { -(ns as i64) } else { ns as i64 })
}

/// An integer; a fraction is rounded as in [`parse_us_as_ns`].
#[inline]
pub(super) fn parse_integer(text: &[u8]) -> Option<i64> {
    let (negative, digits) = sign(text);
    if digits.is_empty() || digits.len() > 18 || !digits.iter().all(u8::is_ascii_digit) {
        return parse_scaled(text, 0);
    }
    let value = digits.iter().fold(0i64, |value, digit| value * 10 + i64::from(digit - b'0'));
    Some(if negative { -value } else { value })
}

/// A floating-point number; `None` for what is no number, not-a-number or infinite.
pub(super) fn parse_float(text: &[u8]) -> Option<f64> {
    std::str::from_utf8(text).ok()?.parse().ok().filter(|value: &f64| value.is_finite())
}

fn sign(text: &[u8]) -> (bool, &[u8]) {
    match text.strip_prefix(b"-") {
        Some(digits) => (true, digits),
        None => (false, text),
    }
}

/// `text` times `10^scale`, rounded to the nearest integer, ties to even.
#[cold]
fn parse_scaled(text: &[u8], scale: i64) -> Option<i64> {
    let (negative, text) = sign(text);
    let (mantissa, exponent) = match text.iter().position(|byte| byte | 0x20 == b'e') {
        Some(at) => (&text[..at], parse_exponent(&text[at + 1..])?),
        None => (text, 0),
    };
    let (whole, fraction) = match mantissa.iter().position(|&byte| byte == b'.') {
        Some(at) => (&mantissa[..at], &mantissa[at + 1..]),
        None => (mantissa, &mantissa[..0]),
    };
    let digits = || whole.iter().chain(fraction);
    if whole.is_empty() || !digits().all(u8::is_ascii_digit) {
        return None;
    }
    // Digits before this position, counted from the first one, are the integer part of the result.
    let point = i64::try_from(whole.len()).ok()? + exponent + scale;
    let count = whole.len() + fraction.len();
    let integer_digits = point.clamp(0, count as i64) as usize;
    let mut value = 0u64;
    for digit in digits().take(integer_digits) {
        value = value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))?;
    }
    if value != 0 {
        // Overflows after at most 20 steps, whatever the exponent.
        for _ in count as i64..point {
            value = value.checked_mul(10)?;
        }
    }
    let mut rest = digits().skip(integer_digits).map(|digit| digit - b'0');
    // What is left is a fraction; before it may stand zeros that are not written.
    let first = if point < 0 { 0 } else { rest.next().unwrap_or(0) };
    let above = rest.any(|digit| digit != 0);
    let up = first > 5 || first == 5 && (above || value % 2 == 1);
    let value = i64::try_from(value.checked_add(u64::from(up))?).ok()?;
    Some(if negative { -value } else { value })
}

fn parse_exponent(text: &[u8]) -> Option<i64> {
    let (negative, digits) = match text.first()? {
        b'+' => (false, &text[1..]),
        _ => sign(text),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let value = digits.iter().fold(0i64, |value, digit| (value * 10 + i64::from(digit - b'0')).min(1 << 40));
    Some(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn microseconds_become_exact_nanoseconds() {
        let cases: [(&str, Option<i64>); 34] = [
            ("0", Some(0)),
            ("1", Some(1000)),
            ("-1", Some(-1000)),
            ("0.001", Some(1)),
            ("12.5", Some(12_500)),
            ("12.50", Some(12_500)),
            ("12.500", Some(12_500)),
            ("4370214696684.425", Some(4_370_214_696_684_425)),
            ("1790857026000000.123", Some(1_790_857_026_000_000_123)),
            ("9223372036854775.807", Some(i64::MAX)),
            ("9223372036854775.808", None),
            ("-9223372036854775.807", Some(-i64::MAX)),
            ("92233720368547758070", None),
            ("1.0004", Some(1000)),
            ("1.0005", Some(1000)),
            ("1.0015", Some(1002)),
            ("1.00051", Some(1001)),
            ("1.0006", Some(1001)),
            ("1.00050000000000000000000000000000000000001", Some(1001)),
            ("0.0000000000000000000000000000000000000001", Some(0)),
            ("1e3", Some(1_000_000)),
            ("1.5E+3", Some(1_500_000)),
            ("1234.5e-4", Some(123)),
            ("1235e-4", Some(124)),
            ("5e-4", Some(0)),
            ("5e-5", Some(0)),
            ("51e-5", Some(1)),
            ("0e999999999999999999", Some(0)),
            ("1e999999999999999999", None),
            ("1e-999999999999999999", Some(0)),
            ("0000000000000000000000001.5", Some(1500)),
            ("NaN", None),
            ("1.", None),
            ("", None),
        ];
        for (text, expected) in cases {
            assert_eq!(parse_us_as_ns(text.as_bytes()), expected, "{text}");
        }
    }

    #[test]
    fn the_short_path_and_the_long_path_agree() {
        for value in (0..2_000_000i64).step_by(37).chain((0..60).map(|bit| 1i64 << bit)) {
            for decimals in 0..4usize {
                let unit = 10i64.pow(decimals as u32);
                let text = match decimals {
                    0 => value.to_string(),
                    _ => format!("{}.{:0decimals$}", value / unit, value % unit),
                };
                assert_eq!(parse_us_as_ns(text.as_bytes()), parse_scaled(text.as_bytes(), 3), "{text}");
            }
        }
    }

    #[test]
    fn integers_are_read_and_fractions_rounded() {
        let cases =
            [("7", Some(7)), ("-12", Some(-12)), ("7.0", Some(7)), ("1e2", Some(100)), ("x", None), ("-", None)];
        for (text, expected) in cases {
            assert_eq!(parse_integer(text.as_bytes()), expected, "{text}");
        }
    }
}
