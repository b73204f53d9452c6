//! Hostile texts: mutations of the fixtures never panic, never hang, and never leave spans outside of the text.

use rustg_ptx::{parse, verify, write};

/// A xorshift generator: the same texts every run.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end.max(1) as u64) as usize
    }
}

const TOKENS: &[&str] = &[
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "<",
    ">",
    ";",
    ",",
    ":",
    "::",
    ".",
    "@",
    "!",
    "|",
    "+",
    "-",
    "/*",
    "*/",
    "//",
    "\"",
    "\\",
    "#",
    "_",
    "%",
    "%r1",
    "%p1",
    "%r<1000000>",
    "%r<99999999999>",
    ".reg",
    ".b32",
    ".global",
    ".entry",
    ".func",
    ".section",
    ".loc",
    ".file",
    "0x",
    "0f",
    "0d7FF8",
    "18446744073709551616",
    "-9223372036854775808",
    "1/0",
    "(((((((",
    "~~~~~",
    "? :",
    ".align 3",
    "[4294967295]",
    "[1099511627776]",
    "= {",
    "generic(",
    "0xFF(",
    ".branchtargets",
    ".callprototype",
    "\0",
    "é",
    "ld.global.v4.f32",
    "call",
    "bra",
    "mov.b64",
    "WARP_SZ",
    ".pragma",
    ".unified",
    "inlined_at",
];

fn mutate(text: &[u8], random: &mut Random) -> Vec<u8> {
    let mut text = text.to_vec();
    for _ in 0..1 + random.below(6) {
        let at = random.below(text.len() + 1);
        let end = (at + random.below(24)).min(text.len());
        match random.below(6) {
            0 => drop(text.drain(at..end)),
            1 => {
                let piece = text[at..end].to_vec();
                let to = random.below(text.len() + 1);
                text.splice(to..to, piece);
            }
            2 if at < text.len() => text[at] = random.next() as u8,
            3 => text.truncate(at),
            _ => {
                let token = TOKENS[random.below(TOKENS.len())];
                text.splice(at..at, token.bytes());
            }
        }
    }
    text
}

/// Reads, verifies and writes a hostile text.
fn check(text: &[u8]) {
    let (module, diagnostics) = parse(text);
    let found = verify(&module, text);
    for diagnostic in diagnostics.iter().chain(&found) {
        let span = diagnostic.primary.span;
        assert!(span.start <= span.end && span.end as usize <= text.len(), "{span:?} in {} bytes", text.len());
    }
    assert!(module.registers.len() <= 1 << 24, "memory is bounded");
    for instruction in &module.instructions {
        assert!(instruction.span.end as usize <= text.len());
        assert!(module.operands_of(instruction).len() == instruction.operand_count as usize);
    }
    module.debug_sections();
    if module.registers.len() < 100_000 && module.initial_bytes.len() < 100_000 {
        let small = module.variables.iter().all(|variable| variable.initial.len() < 10_000);
        if small {
            write(&module);
        }
    }
}

fn fixtures() -> Vec<Vec<u8>> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/fixtures");
    let mut paths: Vec<_> =
        std::fs::read_dir(folder).expect("fixtures").map(|entry| entry.expect("an entry").path()).collect();
    paths.sort();
    paths.retain(|path| path.extension().is_some_and(|extension| extension == "ptx"));
    paths.iter().map(|path| std::fs::read(path).expect("a readable fixture")).collect()
}

#[test]
fn mutated_texts_never_panic_and_keep_spans_inside() {
    let cases = if std::env::var_os("RUSTG_TEST_FULL").is_some() { 200_000 } else { 3_000 };
    let fixtures = fixtures();
    assert!(fixtures.len() >= 5, "there are fixtures to mutate");
    let mut random = Random(0x5eed_0f_97c5);
    for case in 0..cases {
        let fixture = &fixtures[case % fixtures.len()];
        // A window of the text, so that cases are small and mutations dense.
        let start = random.below(fixture.len());
        let window = &fixture[start..(start + 3_000).min(fixture.len())];
        let text = match random.below(3) {
            0 => mutate(&fixture[..fixture.len().min(4_000)], &mut random),
            1 => [b".version 8.0\n.target sm_90\n.entry k() {\n".as_slice(), &mutate(window, &mut random)].concat(),
            _ => mutate(window, &mut random),
        };
        check(&text);
    }
}

#[test]
fn deep_nesting_is_refused_and_not_recursed_into() {
    let head = ".version 8.0\n.target sm_90\n.address_size 64\n";
    for (open, wrap) in [
        ("{", ".entry k() "),
        ("(", ".global .b32 x = "),
        ("{", ".global .b32 x[4] = "),
        ("-", ".global .b32 x = "),
        ("[", ".entry k() { mov.b32 a, "),
        ("{", ".entry k() { mov.b32 a, "),
        ("(", ".entry k() { call "),
    ] {
        let text = format!("{head}{wrap}{}", open.repeat(100_000));
        let (_, diagnostics) = parse(text.as_bytes());
        assert!(!diagnostics.is_empty(), "{wrap}{open}…");
    }
}

#[test]
fn a_text_that_declares_too_many_registers_is_refused() {
    let text = ".version 8.0\n.target sm_90\n.entry k() { .reg .b32 %r<4000000000>; ret; }";
    let (module, diagnostics) = parse(text.as_bytes());
    assert!(diagnostics[0].message.contains("registers"), "{diagnostics:?}");
    assert!(module.registers.is_empty());
}
