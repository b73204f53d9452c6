//! Mangled symbol → readable name, for C++ (Itanium ABI) and Rust (v0 and legacy), with bounded work on hostile input.

use std::borrow::Cow;
use std::fmt;

/// Longer symbols are shown as they are. The longest kernels of PyTorch and CUTLASS are below 8 KiB.
const MANGLED_BYTES_MAX: usize = 16 << 10;
/// A demangled text that grows beyond this is given up: substitutions can blow a short symbol up exponentially.
const DEMANGLED_BYTES_MAX: usize = 64 << 10;
/// Nesting that real symbols stay well below; bounds the parser's use of stack.
const RECURSION_MAX: u32 = 96;

/// The readable form of a mangled C++ or Rust symbol; any other name unchanged (already demangled ones too).
///
/// Legacy Rust symbols lose their hash. Symbols that do not parse, or whose text would be unreasonably long, are
/// returned as they are.
pub fn demangle(name: &str) -> Cow<'_, str> {
    if !looks_mangled(name) || name.len() > MANGLED_BYTES_MAX {
        return Cow::Borrowed(name);
    }
    demangle_rust(name).or_else(|| demangle_cpp(name)).map_or(Cow::Borrowed(name), Cow::Owned)
}

fn looks_mangled(name: &str) -> bool {
    ["_Z", "__Z", "_R", "____Z"].iter().any(|prefix| name.starts_with(prefix))
}

fn demangle_rust(name: &str) -> Option<String> {
    if !name.starts_with("_R") && !has_legacy_hash(name) {
        return None;
    }
    let demangled = rustc_demangle::try_demangle(name).ok()?;
    let mut text = BoundedText::default();
    fmt::write(&mut text, format_args!("{demangled:#}")).ok()?;
    Some(text.0)
}

/// Whether a symbol ends in legacy Rust's `17h` + 16 hexadecimal digits + `E` (a suffix such as `.llvm.123` may follow);
/// without it, `_ZN3foo3barE` is C++.
fn has_legacy_hash(name: &str) -> bool {
    name.match_indices("17h").any(|(at, _)| {
        let rest = &name.as_bytes()[at + 3..];
        rest.len() > 16 && rest[..16].iter().all(u8::is_ascii_hexdigit) && rest[16] == b'E'
    })
}

fn demangle_cpp(name: &str) -> Option<String> {
    let parse = cpp_demangle::ParseOptions::default().recursion_limit(RECURSION_MAX);
    let symbol = cpp_demangle::BorrowedSymbol::with_tail(name.as_bytes()).ok();
    // `with_tail` takes no options, so it only tells a compiler's suffix (`.kd`, `.cold`) from a symbol that does not parse.
    let tail_bytes = symbol.map_or(0, |(_, tail)| tail.len());
    let (head, tail) = name.split_at_checked(name.len() - tail_bytes)?;
    if !(tail.is_empty() || tail.starts_with(['.', '@', '$'])) {
        return None;
    }
    let symbol = cpp_demangle::Symbol::new_with_options(head, &parse).ok()?;
    let mut text = BoundedText::default();
    let options = cpp_demangle::DemangleOptions::new().recursion_limit(RECURSION_MAX);
    symbol.structured_demangle(&mut text, &options).ok()?;
    if !tail.is_empty() {
        fmt::write(&mut text, format_args!(" ({tail})")).ok()?;
    }
    Some(text.0)
}

/// Text that refuses to grow beyond [`DEMANGLED_BYTES_MAX`].
#[derive(Default)]
struct BoundedText(String);

impl fmt::Write for BoundedText {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        if self.0.len() + text.len() > DEMANGLED_BYTES_MAX {
            return Err(fmt::Error);
        }
        self.0.push_str(text);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_of_both_languages_become_readable() {
        let cases = [
            ("_Z10add_kernelPKfS0_Pfi", "add_kernel(float const*, float const*, float*, int)"),
            ("_ZN2at6native18elementwise_kernelILi128ELi4EEEvi", "void at::native::elementwise_kernel<128, 4>(int)"),
            ("_ZN3foo3barE", "foo::bar"),
            ("_ZN4core3fmt9Formatter3pad17h0123456789abcdefE", "core::fmt::Formatter::pad"),
            ("_RNvC6_123foo3bar", "123foo::bar"),
            ("_RNvCsgStHSCytQ6I_7mycrate3add", "mycrate::add"),
        ];
        for (mangled, readable) in cases {
            assert_eq!(demangle(mangled), readable, "{mangled}");
        }
    }

    #[test]
    fn what_is_not_mangled_stays_as_it_is() {
        for name in ["", "nvjet_sm90_tst_128x128", "void k<4>(int)", "_Zoo_is_no_symbol", "_R", "ядро", "_Zядро"]
        {
            assert!(matches!(demangle(name), Cow::Borrowed(same) if same == name), "{name}");
        }
    }

    #[test]
    fn hostile_symbols_end_and_take_bounded_space() {
        // Unbounded, the first would take years: a hang is the failure, and no clock is asked.
        // Each substitution doubles the text: S_ S0_ S1_ … of pairs.
        let mut blowup = String::from("_Z1fSt4pairIiiE");
        for digit in ["S0_", "S1_", "S2_", "S3_", "S4_", "S5_", "S6_", "S7_", "S8_", "S9_", "SA_", "SB_", "SC_", "SD_"]
        {
            blowup.push_str(&format!("St4pairI{digit}{digit}E"));
        }
        let deep = format!("_Z1f{}i", "P".repeat(15_000));
        let nested = format!("_ZN{}E", "1a".repeat(7_000));
        let templates = format!("_Z1f{}", "I1aIiE".repeat(2_000));
        let long = format!("_Z{}", "9".repeat(1 << 20));
        for name in [blowup, deep, nested, templates, long] {
            assert!(demangle(&name).len() <= name.len().max(DEMANGLED_BYTES_MAX));
        }
    }
}
