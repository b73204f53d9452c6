//! Functions that modules declare and the machine provides: `vprintf`, `malloc`, `free`, `__assertfail`.

use super::access::lanes_of;
use super::frame::Frame;
use super::state::Warp;
use super::{Machine, Stop};
use crate::memory::{AllocationKind, LOCAL_WINDOW, PARAM_WINDOW, SHARED_WINDOW, Window, window_of};
use crate::observe::{FaultKind, Observer, Space, SyncEvent};
use crate::program::{Builtin, CallSite, FRAME_LOCAL, Operand, Passing, Rows};

/// Bytes of a string that are read before it counts as endless.
const STRING_MAX: usize = 1 << 16;

/// Bytes a block may print.
const OUTPUT_MAX: usize = 1 << 24;

impl<O: Observer> Machine<'_, O> {
    /// Calls a built-in for lanes one after another.
    pub(super) fn builtin(
        &mut self,
        warp: &mut Warp,
        base: u32,
        builtin: Builtin,
        site: &CallSite,
        lanes: u32,
    ) -> Result<(), Stop> {
        for lane in lanes_of(lanes) {
            let mut arguments = [0u64; 5];
            for (argument, passing) in arguments.iter_mut().zip(&site.arguments) {
                *argument = self.argument(warp, base, passing, lane);
            }
            let result = match builtin {
                Builtin::Vprintf => {
                    let text = self.formatted(warp, lane, arguments[0], arguments[1]);
                    let output = &self.block().output;
                    let room = OUTPUT_MAX.saturating_sub(output.len());
                    let printed = &text.1[..text.1.len().min(room)];
                    // What does not fit is lost, as on hardware, where the buffer of `printf` has an end.
                    if self.memory.charge(printed.len() as u64).is_ok() {
                        self.block().output.extend_from_slice(printed);
                    }
                    text.0
                }
                Builtin::Malloc => self.malloc(lane, arguments[0])?,
                Builtin::Free => {
                    self.free(lane, arguments[0])?;
                    0
                }
                Builtin::Assertfail => {
                    let [message, file, line, function, _] = arguments;
                    let text =
                        |machine: &mut Self, at| String::from_utf8_lossy(&machine.string(warp, lane, at)).into_owned();
                    let (message, file, function) = (text(self, message), text(self, file), text(self, function));
                    return self.fatal(1 << lane, FaultKind::Assertion { message, file, line: line as u32, function });
                }
            };
            if let Some(passing) = site.returns.first() {
                self.set_result(warp, base, passing, lane, result);
            }
        }
        Ok(())
    }

    fn argument(&mut self, warp: &mut Warp, base: u32, passing: &Passing, lane: usize) -> u64 {
        let frame = Frame::new(self.program, self.launch, warp, base);
        match passing.caller {
            Ok(offset) => {
                let own = frame.rows(Rows::new(Operand::Frame, FRAME_LOCAL, 1))[0].0[lane];
                let mut bytes = [0; 8];
                let size = (passing.size_bytes as usize).min(8);
                warp.local.read(lane, u64::from(own.wrapping_add(offset)), &mut bytes[..size]);
                u64::from_le_bytes(bytes)
            }
            Err(rows) => {
                let rows = frame.rows(rows);
                if rows.len() == 2 { crate::lanes::wide(rows)[lane] } else { u64::from(rows[0].0[lane]) }
            }
        }
    }

    fn set_result(&mut self, warp: &mut Warp, base: u32, passing: &Passing, lane: usize, value: u64) {
        let mut frame = Frame::new(self.program, self.launch, warp, base);
        match passing.caller {
            Ok(offset) => {
                let own = frame.rows(Rows::new(Operand::Frame, FRAME_LOCAL, 1))[0].0[lane];
                let size = (passing.size_bytes as usize).min(8);
                warp.local.write(lane, u64::from(own.wrapping_add(offset)), &value.to_le_bytes()[..size]);
            }
            Err(rows) => {
                let count = rows.count().min(2);
                frame.put(rows.part(0, count as u32), &crate::lanes::Row::splat64(value)[..count], 1 << lane);
            }
        }
    }

    fn generic(&mut self, warp: &Warp, lane: usize, address: u64, to: &mut [u8]) -> bool {
        let (space, base) = match window_of(address) {
            Window::Local => (Space::Local, LOCAL_WINDOW),
            Window::Shared => (Space::Shared, SHARED_WINDOW),
            Window::Param => (Space::Param, PARAM_WINDOW),
            Window::Global => (Space::Global, 0),
        };
        self.read_lane(warp, space, lane, address - base, to).is_ok()
    }

    /// A string up to its zero, as far as it is readable.
    fn string(&mut self, warp: &Warp, lane: usize, address: u64) -> Vec<u8> {
        let mut text = Vec::new();
        let mut byte = [0];
        while text.len() < STRING_MAX
            && self.generic(warp, lane, address.wrapping_add(text.len() as u64), &mut byte)
            && byte[0] != 0
        {
            text.push(byte[0]);
        }
        text
    }

    /// `printf`'s text and its result: the number of arguments, as CUDA's gives.
    fn formatted(&mut self, warp: &Warp, lane: usize, format: u64, arguments: u64) -> (u64, Vec<u8>) {
        let format = self.string(warp, lane, format);
        let mut out = Vec::new();
        let mut at = 0u64;
        let mut count = 0;
        let mut rest = format.as_slice();
        while let Some((&byte, after)) = rest.split_first() {
            rest = after;
            if byte != b'%' {
                out.push(byte);
                continue;
            }
            if rest.first() == Some(&b'%') {
                out.push(b'%');
                rest = &rest[1..];
                continue;
            }
            let Some(mut conversion) = Conversion::read(&mut rest) else {
                out.push(b'%');
                continue;
            };
            let mut next = |machine: &mut Self, size: u64| {
                at = at.next_multiple_of(size);
                let mut bytes = [0; 8];
                machine.generic(warp, lane, arguments.wrapping_add(at), &mut bytes[..size as usize]);
                at += size;
                count += 1;
                u64::from_le_bytes(bytes)
            };
            if conversion.width_given {
                conversion.width = next(self, 4) as i32 as i64;
            }
            if conversion.precision_given {
                conversion.precision = Some(next(self, 4) as i32 as i64).filter(|precision| *precision >= 0);
            }
            let wide = conversion.long
                || matches!(conversion.kind, b'p' | b's' | b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A');
            let value = next(self, if wide { 8 } else { 4 });
            let text = if conversion.kind == b's' { self.string(warp, lane, value) } else { Vec::new() };
            conversion.write(&mut out, value, &text);
        }
        (count, out)
    }

    fn malloc(&mut self, lane: usize, size_bytes: u64) -> Result<u64, Stop> {
        if size_bytes == 0 {
            return Ok(0);
        }
        // Which address comes next depends on what other blocks did: such a block cannot run apart.
        self.alone()?;
        let Ok(address) = self.memory.allocate(size_bytes, "malloc", AllocationKind::Heap) else { return Ok(0) };
        self.sync(&SyncEvent::Allocate { lane: lane as u32, address, size_bytes });
        Ok(address)
    }

    fn free(&mut self, lane: usize, address: u64) -> Result<(), Stop> {
        if address == 0 {
            return Ok(());
        }
        self.alone()?;
        let heap = self.memory.allocation_of(address).is_some_and(|found| found.kind == AllocationKind::Heap);
        if !heap || self.memory.free(address).is_err() {
            let nearest = self.memory.nearest(address);
            return self.fault(1 << lane, FaultKind::BadFree { address, nearest });
        }
        self.sync(&SyncEvent::Free { lane: lane as u32, address });
        Ok(())
    }

    /// Ends a run apart: what follows needs the memory all share.
    fn alone(&mut self) -> Result<(), Stop> {
        if self.memory.is_apart() {
            return Err(Stop::apart(self.site()));
        }
        Ok(())
    }
}

/// One `%` conversion of `printf`.
#[derive(Default)]
struct Conversion {
    left: bool,
    plus: bool,
    space: bool,
    alternative: bool,
    zero: bool,
    width: i64,
    width_given: bool,
    precision: Option<i64>,
    precision_given: bool,
    long: bool,
    short: u32,
    kind: u8,
}

impl Conversion {
    /// Reads what follows the `%`; nothing when it is no conversion.
    fn read(rest: &mut &[u8]) -> Option<Self> {
        let mut one = Self::default();
        let mut at = 0;
        let byte = |at: usize| rest.get(at).copied();
        loop {
            match byte(at)? {
                b'-' => one.left = true,
                b'+' => one.plus = true,
                b' ' => one.space = true,
                b'#' => one.alternative = true,
                b'0' => one.zero = true,
                _ => break,
            }
            at += 1;
        }
        let number = |at: &mut usize| {
            let mut value = 0i64;
            while let Some(digit @ b'0'..=b'9') = byte(*at) {
                value = (value * 10 + i64::from(digit - b'0')).min(4096);
                *at += 1;
            }
            value
        };
        if byte(at)? == b'*' {
            one.width_given = true;
            at += 1;
        } else {
            one.width = number(&mut at);
        }
        if byte(at)? == b'.' {
            at += 1;
            if byte(at)? == b'*' {
                one.precision_given = true;
                at += 1;
            } else {
                one.precision = Some(number(&mut at));
            }
        }
        loop {
            match byte(at)? {
                b'l' | b'j' | b'z' | b't' | b'L' => one.long = true,
                b'h' => one.short += 1,
                _ => break,
            }
            at += 1;
        }
        one.kind = byte(at)?;
        if !b"diouxXcspfFeEgGaA".contains(&one.kind) {
            return None;
        }
        *rest = &rest[at + 1..];
        Some(one)
    }

    fn write(&self, out: &mut Vec<u8>, value: u64, string: &[u8]) {
        let signed = match (self.long, self.short) {
            (true, _) => value as i64,
            (false, 0) => i64::from(value as i32),
            (false, 1) => i64::from(value as i16),
            (false, _) => i64::from(value as i8),
        };
        let unsigned = match (self.long, self.short) {
            (true, _) => value,
            (false, 0) => value & 0xffff_ffff,
            (false, 1) => value & 0xffff,
            (false, _) => value & 0xff,
        };
        let sign = |negative: bool| match () {
            () if negative => "-",
            () if self.plus => "+",
            () if self.space => " ",
            () => "",
        };
        let digits = |text: String| match self.precision {
            Some(precision) if (text.len() as i64) < precision => {
                format!("{}{text}", "0".repeat(precision as usize - text.len()))
            }
            Some(0) if text == "0" => String::new(),
            _ => text,
        };
        let float = f64::from_bits(value);
        let (prefix, body): (String, Vec<u8>) = match self.kind {
            b'd' | b'i' => (sign(signed < 0).to_owned(), digits(signed.unsigned_abs().to_string()).into_bytes()),
            b'u' => (String::new(), digits(unsigned.to_string()).into_bytes()),
            b'o' => (if self.alternative { "0" } else { "" }.to_owned(), digits(format!("{unsigned:o}")).into_bytes()),
            b'x' => {
                let prefix = if self.alternative && unsigned != 0 { "0x" } else { "" };
                (prefix.to_owned(), digits(format!("{unsigned:x}")).into_bytes())
            }
            b'X' => {
                let prefix = if self.alternative && unsigned != 0 { "0X" } else { "" };
                (prefix.to_owned(), digits(format!("{unsigned:X}")).into_bytes())
            }
            b'p' => ("0x".to_owned(), format!("{value:x}").into_bytes()),
            b'c' => (String::new(), vec![value as u8]),
            b's' => {
                let length = self.precision.map_or(string.len(), |precision| string.len().min(precision as usize));
                (String::new(), string[..length].to_vec())
            }
            _ => (sign(float.is_sign_negative() && !float.is_nan()).to_owned(), self.float(float.abs()).into_bytes()),
        };
        let length = prefix.len() + body.len();
        let left = self.left || self.width < 0;
        let padding = (self.width.unsigned_abs() as usize).saturating_sub(length);
        let numeric = !matches!(self.kind, b'c' | b's');
        let exact =
            self.precision.is_some() && !matches!(self.kind, b'f' | b'F' | b'e' | b'E' | b'g' | b'G' | b'a' | b'A');
        let zeros = self.zero && !left && numeric && !exact && !(float_kind(self.kind) && !float.is_finite());
        if !left && !zeros {
            out.extend(std::iter::repeat_n(b' ', padding));
        }
        out.extend_from_slice(prefix.as_bytes());
        if zeros {
            out.extend(std::iter::repeat_n(b'0', padding));
        }
        out.extend_from_slice(&body);
        if left {
            out.extend(std::iter::repeat_n(b' ', padding));
        }
    }

    /// A float without its sign.
    fn float(&self, value: f64) -> String {
        let upper = self.kind.is_ascii_uppercase();
        let precision = self.precision.unwrap_or(6).clamp(0, 512) as usize;
        let text = match self.kind.to_ascii_lowercase() {
            _ if value.is_nan() => "nan".to_owned(),
            _ if value.is_infinite() => "inf".to_owned(),
            b'f' => format!("{value:.precision$}"),
            b'e' => exponential(value, precision),
            b'a' => hexadecimal(value, self.precision.map(|precision| precision.clamp(0, 512) as usize)),
            _ => {
                let significant = precision.max(1);
                let scientific = exponential(value, significant - 1);
                let exponent: i32 = scientific.rsplit('e').next().and_then(|text| text.parse().ok()).unwrap_or(0);
                let text = if exponent < -4 || exponent >= significant as i32 {
                    scientific
                } else {
                    format!("{value:.*}", (significant as i32 - 1 - exponent).max(0) as usize)
                };
                if self.alternative { text } else { without_trailing_zeros(&text) }
            }
        };
        if upper { text.to_uppercase() } else { text }
    }
}

fn float_kind(kind: u8) -> bool {
    matches!(kind.to_ascii_lowercase(), b'f' | b'e' | b'g' | b'a')
}

/// `d.ddde±dd`
fn exponential(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn without_trailing_zeros(text: &str) -> String {
    let (mantissa, exponent) =
        text.split_once('e').map_or((text, None), |(mantissa, exponent)| (mantissa, Some(exponent)));
    let mantissa = if mantissa.contains('.') { mantissa.trim_end_matches('0').trim_end_matches('.') } else { mantissa };
    exponent.map_or(mantissa.to_owned(), |exponent| format!("{mantissa}e{exponent}"))
}

/// `0xh.hhhp±d`
fn hexadecimal(value: f64, precision: Option<usize>) -> String {
    let bits = value.to_bits();
    let mut exponent = (bits >> 52 & 0x7ff) as i32 - 1023;
    let mut fraction = bits & ((1 << 52) - 1);
    let mut first = 1u64;
    if exponent == -1023 {
        (first, exponent) = (0, if fraction == 0 { 0 } else { -1022 });
    }
    if let Some(precision) = precision.filter(|precision| *precision < 13) {
        let dropped = 52 - 4 * precision as u32;
        let whole = first << 52 | fraction;
        let half = 1u64 << (dropped - 1);
        let even = (whole >> dropped) & 1;
        let rounded = (whole + half - 1 + even) >> dropped << dropped;
        (first, fraction) = (rounded >> 52, rounded & ((1 << 52) - 1));
    }
    let digits = format!("{fraction:013x}");
    let digits = match precision {
        Some(precision) if precision <= 13 => digits[..precision].to_owned(),
        Some(precision) => format!("{digits}{}", "0".repeat(precision - 13)),
        None => digits.trim_end_matches('0').to_owned(),
    };
    let point = if digits.is_empty() { "" } else { "." };
    format!("0x{first}{point}{digits}p{}{}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn print(format: &str, value: u64) -> String {
        let mut rest = format.as_bytes();
        let conversion = Conversion::read(&mut rest).unwrap();
        let mut out = Vec::new();
        conversion.write(&mut out, value, b"text");
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn conversions_print_as_c_does() {
        let float = |value: f64| value.to_bits();
        let cases: [(&str, u64, &str); 22] = [
            ("d", -5i32 as u32 as u64, "-5"),
            ("5d", 42, "   42"),
            ("-5d", 42, "42   "),
            ("05d", -42i32 as u32 as u64, "-0042"),
            ("+d", 7, "+7"),
            (".3d", 7, "007"),
            ("lld", i64::MIN as u64, "-9223372036854775808"),
            ("hhx", 0x1ff, "ff"),
            ("#x", 255, "0xff"),
            ("u", u64::MAX, "4294967295"),
            ("c", 65, "A"),
            ("6.2s", 0, "    te"),
            ("f", float(1.5), "1.500000"),
            ("8.2f", float(-1.25), "   -1.25"),
            ("e", float(12345.678), "1.234568e+04"),
            ("g", float(0.0001), "0.0001"),
            ("g", float(1e10), "1e+10"),
            ("g", float(100_000.0), "100000"),
            ("G", float(1e-10), "1E-10"),
            ("08.1f", float(-2.5), "-00002.5"),
            ("a", float(1.0), "0x1p+0"),
            ("f", float(f64::INFINITY), "inf"),
        ];
        for (format, value, want) in cases {
            assert_eq!(print(format, value), want, "%{format}");
        }
    }
}
