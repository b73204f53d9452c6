//! Programs made at random, the same for the same seed.

use rustg_ptx::table::{Choice, Kind, OperandRule, Row, rows};
use rustg_ptx::{Form, Modifier, Shape, Type};
use std::fmt::Write;

/// A sequence of numbers that a seed fixes (xorshift).
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Random {
        let mut random = Random(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d);
        for _ in 0..4 {
            random.next();
        }
        random
    }

    pub fn next(&mut self) -> u64 {
        if self.0 == 0 {
            self.0 = 1;
        }
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    pub fn below(&mut self, end: usize) -> usize {
        ((self.next() >> 11) % end.max(1) as u64) as usize
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }
}

const PRELUDE: &str = "\
.version 8.6
.target sm_90a
.address_size 64
.extern .func (.param .b32 r) vprintf (.param .b64 f, .param .b64 a);
.extern .func (.param .b64 r) malloc (.param .b64 n);
.extern .shared .align 16 .b8 dynamic[];
.global .align 16 .b32 gl[64];
.const .align 16 .b32 co[64];
.func (.param .b32 r) callee(.param .b32 a)
{
.reg .b32 %r<4>;
.reg .pred %p<2>;
ld.param.b32 %r1, [a];
setp.gt.s32 %p1, %r1, 5;
@%p1 bra E;
add.s32 %r2, %r1, 1;
{
.param .b32 b;
.param .b32 s;
st.param.b32 [b], %r2;
call (s), callee, (b);
ld.param.b32 %r3, [s];
}
E:
st.param.b32 [r], %r1;
ret;
}
.visible .entry k(.param .u64 pa, .param .u32 pb)
{
.reg .pred %p<8>;
.reg .b16 %h<8>;
.reg .b32 %r<16>;
.reg .b64 %rd<16>;
.reg .f32 %f<16>;
.reg .f64 %fd<8>;
.reg .b8 %b<4>;
.reg .b128 %q<4>;
.reg .v4 .f32 %v<2>;
.shared .align 16 .b32 sh[64];
.local .align 16 .b32 lo[64];
ld.param.u64 %rd0, [pa];
mov.u32 %r0, %tid.x;
mul.wide.u32 %rd1, %r0, 16;
add.s64 %rd2, %rd0, %rd1;
mov.u64 %rd3, sh;
cvta.shared.u64 %rd3, %rd3;
mov.u64 %rd4, lo;
cvta.local.u64 %rd4, %rd4;
cvt.u16.u32 %h0, %r0;
cvt.rn.f32.u32 %f0, %r0;
cvt.rn.f64.u32 %fd0, %r0;
setp.lt.u32 %p0, %r0, 16;
setp.eq.u32 %p1, %r0, 3;
and.b32 %r1, %r0, 3;
shl.b32 %r2, %r0, 4;
mov.u32 %r3, -1;
activemask.b32 %r4;
mov.b64 %rd5, {%r0, %r3};
";

const SHAPES: [Shape; 8] = [
    Shape { m: 16, n: 16, k: 16 },
    Shape { m: 32, n: 8, k: 16 },
    Shape { m: 8, n: 32, k: 16 },
    Shape { m: 16, n: 16, k: 8 },
    Shape { m: 8, n: 8, k: 4 },
    Shape { m: 8, n: 8, k: 32 },
    Shape { m: 8, n: 8, k: 128 },
    Shape { m: 64, n: 8, k: 16 },
];

/// A form of a row: its opcode and a word of each group.
fn form(row: &Row, random: &mut Random) -> String {
    let mut text = row.opcode.info().name.to_owned();
    for group in &row.groups {
        if !group.required && random.below(2) == 0 {
            continue;
        }
        let shape = |shape: Shape| match shape.k {
            0 => format!("m{}n{}", shape.m, shape.n),
            k => format!("m{}n{}k{k}", shape.m, shape.n),
        };
        let word = match random.one(&group.choices) {
            Choice::Type(kind) => kind.text().to_owned(),
            Choice::Modifier(Modifier::Unknown) => continue,
            Choice::Modifier(modifier) => modifier.text().to_owned(),
            Choice::Shape(known) => shape(known),
            Choice::AnyShape => shape(random.one(&SHAPES)),
        };
        let _ = write!(text, ".{}", word.trim_start_matches('.'));
    }
    text
}

fn register(kind: Type, random: &mut Random) -> String {
    let (name, count) = match (kind, kind.bits()) {
        (Type::Pred, _) => ("%p", 8),
        (Type::F32, _) => ("%f", 16),
        (Type::F64, _) => ("%fd", 8),
        (_, 64) => ("%rd", 16),
        (_, 128) => ("%q", 4),
        (_, 16) => ("%h", 8),
        (_, 8) => ("%h", 8),
        _ => ("%r", 16),
    };
    format!("{name}{}", random.below(count))
}

fn constant(random: &mut Random) -> String {
    match random.below(6) {
        0 => "0".to_owned(),
        1 => "-1".to_owned(),
        2 => "4".to_owned(),
        3 => "16".to_owned(),
        4 => random.below(100).to_string(),
        _ => (random.next() as u32).to_string(),
    }
}

fn address(random: &mut Random) -> String {
    let offset = random.one(&[0i64, 0, 0, 4, 8, 16, -4, 1, 100_000, -2_147_483_648]);
    let base = random.one(&[
        "%rd0", "%rd2", "%rd2", "%rd3", "%rd4", "%r2", "%r2", "sh", "sh", "lo", "gl", "co", "dynamic", "%rd7", "%r5",
        "pa", "pb", "0",
    ]);
    if base == "0" { format!("[{}]", offset.max(0)) } else { format!("[{base}+{offset}]") }
}

fn vector(count: usize, kind: Type, random: &mut Random) -> String {
    let parts: Vec<_> = (0..count).map(|_| register(kind, random)).collect();
    format!("{{{}}}", parts.join(", "))
}

fn operand(rule: &OperandRule, form: &Form, random: &mut Random) -> String {
    let kind_at = |index: u8| form.type_at(index.into()).unwrap_or(Type::B32);
    if random.below(40) == 0 {
        return anything(random);
    }
    let reads = rule.role == rustg_ptx::table::Role::Read;
    let value = |kind: Type, random: &mut Random| match () {
        () if reads && random.below(4) == 0 && kind != Type::Pred => constant(random),
        () => register(kind, random),
    };
    match rule.kind {
        Kind::Value(index) | Kind::Relaxed(index) => value(kind_at(index), random),
        Kind::Fixed(kind) => value(kind, random),
        Kind::Wide => register(if kind_at(0).bits() >= 32 { Type::B64 } else { Type::B32 }, random),
        Kind::Elements => match form.vector_len() {
            0 | 1 => value(kind_at(0), random),
            count => vector(count as usize, form.types().last().copied().unwrap_or(Type::B32), random),
        },
        Kind::Vector(count, kind) => vector(count.into(), kind, random),
        Kind::Predicate => register(Type::Pred, random),
        Kind::MaybeNegated => format!("{}{}", random.one(&["", "!"]), register(Type::Pred, random)),
        Kind::ValueAndPredicate(kind) => {
            let first = register(kind.unwrap_or(kind_at(0)), random);
            if random.below(2) == 0 { first } else { format!("{first}|{}", register(Type::Pred, random)) }
        }
        Kind::TwoPredicates => match random.below(2) {
            0 => register(Type::Pred, random),
            _ => format!("{}|{}", register(Type::Pred, random), register(Type::Pred, random)),
        },
        Kind::Address => address(random),
        Kind::Constant => constant(random),
        Kind::Movable => match random.below(8) {
            0 if reads => {
                random.one(&["%laneid", "%clock64", "%smid", "sh", "lo", "gl", "callee", "%gridid"]).to_owned()
            }
            1 => vector(2, Type::B32, random),
            2 => vector(2, Type::B16, random),
            _ => value(kind_at(0), random),
        },
        Kind::Callee => "callee".to_owned(),
        Kind::Label => format!("L{}", random.below(4)),
        Kind::Targets => "T".to_owned(),
        Kind::Any => any(form, random),
    }
}

/// An operand of a matrix or video instruction, whose number of registers only its own rules tell.
fn any(form: &Form, random: &mut Random) -> String {
    let kind = form.types().get(random.below(form.types().len().max(1))).copied().unwrap_or(Type::B32);
    let kind = match kind {
        Type::F64 | Type::F32 | Type::Pred => kind,
        _ => Type::B32,
    };
    match random.below(6) {
        0 => register(kind, random),
        1 => constant(random),
        _ => {
            let count = random.one(&[1, 2, 2, 4, 4, 4, 8, 8]);
            vector(count, kind, random)
        }
    }
}

fn anything(random: &mut Random) -> String {
    let kind = random.one(&[Type::Pred, Type::B16, Type::B32, Type::B64, Type::B128, Type::F32, Type::F64]);
    match random.below(9) {
        0 => constant(random),
        1 => address(random),
        2 => vector(random.one(&[1, 2, 3, 4, 8]), kind, random),
        3 => "_".to_owned(),
        4 => format!("%v{}.{}", random.below(2), random.one(&["x", "y", "z", "w"])),
        5 => format!("%r{}.{}", random.below(16), random.one(&["b0", "b3", "h1", "b3210", "h10"])),
        6 => random
            .one(&["sh", "gl", "lo", "callee", "%tid", "%tid.x", "%clock64", "%v0", "%q1", "0f3F800000"])
            .to_owned(),
        7 => format!("{}|{}", register(kind, random), register(Type::Pred, random)),
        _ => register(kind, random),
    }
}

fn instruction(row: &Row, random: &mut Random) -> String {
    let text = form(row, random);
    let form = Form::parse(&text);
    let mut operands = Vec::new();
    for rule in &row.operands {
        if rule.optional && random.below(2) == 0 {
            continue;
        }
        operands.push(operand(rule, &form, random));
    }
    if row.open {
        (0..random.below(5)).for_each(|_| operands.push(anything(random)));
    }
    let guard = match random.below(6) {
        0 => format!("@{}%p{} ", random.one(&["", "!"]), random.below(8)),
        _ => String::new(),
    };
    if text.starts_with("call") {
        return format!(
            "{{\n.param .b32 a0;\n.param .b32 r0;\nst.param.b32 [a0], %r1;\n{guard}call (r0), callee, (a0);\nld.param.b32 %r5, [r0];\n}}"
        );
    }
    format!("{guard}{text} {};", operands.join(", "))
}

/// A program of a single instruction behind the prelude.
pub fn alone(row: &Row, random: &mut Random) -> String {
    format!("{PRELUDE}T: .branchtargets L0, L1, L2, L3;\n{}\nL0:\nL1:\nL2:\nL3:\nret;\n}}\n", instruction(row, random))
}

/// A program of some dozens of instructions, with branches, barriers, calls and memory.
pub fn program(random: &mut Random) -> String {
    let rows = rows();
    let mut text = PRELUDE.to_owned();
    text.push_str("T: .branchtargets L0, L1, L2, L3;\n");
    let count = 4 + random.below(40);
    let mut label = 0;
    for index in 0..count {
        if index * 4 >= label * count && label < 4 {
            let _ = writeln!(text, "L{label}:");
            label += 1;
        }
        // What ends threads is rarer than in the table, and so are instructions that are refused by name.
        let row = loop {
            let row = &rows[random.below(rows.len())];
            let rare = row.architecture_specific
                || ["exit", "ret", "trap", "brkpt", "tex", "tld4", "suld", "sust", "wgmma.mma_async", "tcgen05.ld"]
                    .contains(&row.opcode.info().name);
            if !rare || random.below(30) == 0 {
                break row;
            }
        };
        text.push_str(&instruction(row, random));
        text.push('\n');
    }
    (label..4).for_each(|label| text.push_str(&format!("L{label}:\n")));
    text.push_str("ret;\n}\n");
    text
}

/// A text with some of its lines exchanged, repeated, left out, or with words of others.
pub fn mutate(text: &str, random: &mut Random) -> String {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let bodies: Vec<usize> = (0..lines.len()).filter(|at| lines[*at].trim_end().ends_with(';')).collect();
    for _ in 0..1 + random.below(6) {
        let (at, other) = (random.one(&bodies), random.one(&bodies));
        match random.below(6) {
            0 => lines.swap(at, other),
            1 => lines[at] = lines[other].clone(),
            2 => lines[at].clear(),
            3 => {
                let second = lines[other].clone();
                let _ = write!(lines[at], "\n{second}");
            }
            4 => {
                // A number becomes another.
                let digits: Vec<usize> =
                    lines[at].char_indices().filter(|(_, c)| c.is_ascii_digit()).map(|(at, _)| at).collect();
                if !digits.is_empty() {
                    let digit = random.one(&digits);
                    let new = random.one(&["0", "1", "7", "9", "31", "4096", "2147483647"]);
                    lines[at].replace_range(digit..=digit, new);
                }
            }
            _ => {
                // A modifier becomes another's.
                let words: Vec<String> = lines[other].split(['.', ' ', '\t', ',']).map(str::to_owned).collect();
                let place = lines[at].find('.');
                if let Some(place) = place {
                    let end = lines[at][place + 1..]
                        .find(['.', ' ', '\t', ','])
                        .map_or(lines[at].len(), |end| place + 1 + end);
                    let new = format!(".{}", words[random.below(words.len())]);
                    lines[at].replace_range(place..end, &new);
                }
            }
        }
    }
    lines.join("\n")
}
