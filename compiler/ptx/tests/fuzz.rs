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
        ("[0, ", ".entry k() { mov.b32 a, "),
        ("a|", ".entry k() { mov.b32 a, "),
        ("1 ? ", ".global .b32 x = "),
        ("(.s64)", ".global .b32 x = "),
        ("{1, ", ".global .b32 x[4] = "),
        (".attribute(", ".global "),
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

/// Texts of about a megabyte that a reader with a quadratic step would need hours for.
#[test]
fn a_megabyte_of_anything_is_read_in_time_that_grows_with_its_length() {
    let head = ".version 8.0\n.target sm_90\n.address_size 64\n";
    let repeated = |piece: &str| piece.repeat(1_000_000 / piece.len());
    let numbered = |piece: fn(usize) -> String, count: usize| (0..count).map(piece).collect::<String>();
    let texts = [
        repeated("{"),
        repeated("}"),
        repeated(";"),
        repeated("\n"),
        repeated("\r\n"),
        repeated("\0"),
        repeated("/"),
        repeated("/*"),
        repeated("/**/"),
        repeated("#"),
        repeated(" #"),
        repeated("\n #"),
        repeated("\\\n"),
        repeated("\""),
        repeated("é"),
        repeated("."),
        repeated(".a"),
        repeated(":"),
        repeated("a:"),
        repeated("@"),
        repeated("-"),
        repeated("a"),
        repeated(".entry k() { ret; }\n"),
        repeated(".visible "),
        repeated(".extern .func f(.param .b32 a);\n"),
        format!(".global .b32 x = {};", "9".repeat(1_000_000)),
        format!(".global .f64 x = 0.{};", "9".repeat(1_000_000)),
        format!(".global .b32 x[] = {{{}0}};", repeated("1, ")),
        format!(".global .b8 x[] = {{{}0}};", repeated("generic(x), ")),
        format!(".entry k() {{ {} }}", numbered(|index| format!("L{index}:\n"), 100_000)),
        format!(".entry k() {{ {} }}", numbered(|index| format!("bra L{index};\n"), 100_000)),
        format!(".entry k() {{ {} }}", numbered(|index| format!("{{ .reg .b32 r{index}; bra L; }}\n"), 30_000)),
        format!(".entry k() {{ {} }}", numbered(|index| format!(".reg .b32 %r{index};\n"), 60_000)),
        format!(
            ".entry k() {{ .reg .b32 %r<9>; {} }}",
            numbered(|index| format!("{{ .reg .b32 %r{index}; }}\n"), 30_000)
        ),
        format!(".entry k() {{ {} }}", numbered(|index| format!("op{index}.a.b.c %r, 1;\n"), 50_000)),
        format!(".entry k() {{ {} }}", numbered(|index| format!(".loc 1 {index} 0\n"), 70_000)),
        format!(".entry k() {{ L: .branchtargets {} L; }}", repeated("L, ")),
        format!(".entry k() {{ .reg .b32 %r<9>; add.s32 %r1, {} 1; }}", repeated("%r1, ")),
        format!(".entry k() {{ .reg .b32 %r<9>; mov.b32 {{{} %r1}}, 1; }}", repeated("%r1, ")),
        format!(".entry k() {{ add{} %r1, 1; }}", repeated(".s32")),
        format!(".section .debug_str {{ {} }}", repeated(".b8 1,2\n")),
        numbered(|index| format!(".global .b32 x{index};\n"), 50_000),
        numbered(|index| format!(".func f{index}();\n"), 60_000),
        numbered(|index| format!(".file {index} \"a\"\n"), 60_000),
    ];
    for text in texts {
        for text in
            [text.as_bytes(), format!("{head}{text}").as_bytes(), format!("{head}.entry k() {{ {text}").as_bytes()]
        {
            check(text);
        }
    }
}

#[test]
fn a_short_text_takes_little_memory_whatever_it_declares() {
    let head = ".version 8.0\n.target sm_90\n.address_size 64\n";
    let runs: String = (0..2_000).map(|index| format!(".param .b32 a{index}_<65536>;\n")).collect();
    let (module, diagnostics) = parse(format!("{head}.entry k() {{ {runs} ret; }}").as_bytes());
    assert!(diagnostics[0].message.contains("runs") && module.variables.len() <= 1 << 20, "{:?}", diagnostics[0]);
    for text in [
        ".global .b8 x[2][1000000000] = {{1}, {1}};",
        ".global .b8 x[][4294967296][4294967296] = {{{1}, {2}}};",
        ".global .b64 x[18446744073709551615];",
        ".global .b64 x[0][18446744073709551615][3];",
    ] {
        let (module, diagnostics) = parse(format!("{head}{text}").as_bytes());
        assert!(!diagnostics.is_empty(), "{text}");
        assert!(module.initial_bytes.len() < 16 << 20, "{text}");
    }
    let name = "n".repeat(1_000_000);
    let (_, diagnostics) =
        parse(format!("{head}.entry k() {{ {} }}", format!("add.s32 %{name}, 1, 1;\n").repeat(3)).as_bytes());
    assert!(diagnostics.iter().all(|diagnostic| diagnostic.message.len() < 1_000), "messages are short");
}

#[test]
fn line_ends_a_missing_last_one_and_a_final_nul_change_nothing() {
    for fixture in fixtures() {
        let text = String::from_utf8(fixture).expect("fixtures are text");
        let (module, diagnostics) = parse(text.as_bytes());
        let windows = text.replace('\n', "\r\n");
        let cut = text.trim_end();
        let nul = format!("{cut}\n\0");
        for (what, other) in [("CRLF", windows.as_str()), ("no last line end", cut), ("NUL", &nul)] {
            let (again, others) = parse(other.as_bytes());
            assert_eq!(others.len(), diagnostics.len(), "{what}: {others:?}");
            assert_eq!(write(&again), write(&module), "{what}");
        }
    }
}
