//! Random programs that are well typed, terminate, and give the same number on every machine.
//!
//! A program has structures, enumerations, constants, functions and a `test`; everything that a program computes ends up in its digest. What
//! Rust leaves open (the bits of a NaN, which zero `min` gives) is never looked at.

mod expression;
mod statement;
mod types;

use std::fmt::Write as _;

use types::{Enumeration, Structure, Type};

use crate::case::Case;

/// What every file of programs begins with: the digest of every kind of value, and generic functions that programs call.
const PRELUDE: &str = include_str!("prelude.rs");

/// Numbers that look random; the same for the same seed.
pub struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.next() % end as u64) as usize
    }

    /// True so many times in a hundred.
    fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }
}

/// A name in scope.
#[derive(Clone)]
struct Variable {
    name: String,
    ty: Type,
    mutable: bool,
}

/// How a parameter is handed over.
#[derive(Clone, Copy, PartialEq, Eq)]
enum By {
    Value,
    Reference,
    MutableReference,
}

/// A function that may be called.
#[derive(Clone)]
struct Function {
    name: String,
    parameters: Vec<(Type, By)>,
    returns: Type,
    /// How many steps a call is worth, about.
    cost: usize,
}

/// A program while it is written.
pub struct Writer {
    random: Random,
    text: String,
    indent: usize,
    structures: Vec<Structure>,
    enumerations: Vec<Enumeration>,
    functions: Vec<Function>,
    variables: Vec<Variable>,
    names: usize,
    /// Steps that the code written so far may take, about; the product of the loops around what is written now.
    cost: usize,
    repeat: usize,
    /// Loops around, by label, in the function that is written.
    labels: Vec<String>,
    /// What the function that is written returns.
    returns: Option<Type>,
    /// How many statements are around what is written now.
    depth: usize,
}

impl Writer {
    fn line(&mut self, text: &str) {
        let _ = writeln!(self.text, "{:1$}{text}", "", self.indent * 4);
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn variable(&mut self, name: &str, ty: &Type, mutable: bool) {
        self.variables.push(Variable { name: name.to_owned(), ty: ty.clone(), mutable });
    }

    /// Writes lines one step further in; what they declare ends with them.
    fn scope(&mut self, write: impl FnOnce(&mut Writer)) {
        let variables = self.variables.clone();
        self.indent += 1;
        self.depth += 1;
        write(self);
        self.depth -= 1;
        self.indent -= 1;
        self.variables = variables;
    }

    /// Writes what is done so many times.
    fn repeated(&mut self, times: usize, write: impl FnOnce(&mut Writer)) {
        self.repeat *= times.max(1);
        self.scope(write);
        self.repeat /= times.max(1);
    }

    fn parameter(&mut self) -> (Type, By) {
        match self.random.below(10) {
            0 => (Type::Slice(Box::new(self.any_type(1))), By::Reference),
            1 | 2 => (self.any_type(2), By::Reference),
            3 => (self.any_type(2), By::MutableReference),
            _ => (self.any_type(2), By::Value),
        }
    }

    fn function(&mut self) {
        let name = self.name("f");
        let count = 1 + self.random.below(3);
        let parameters: Vec<(Type, By)> = (0..count).map(|_| self.parameter()).collect();
        let returns = self.any_type(2);
        let names: Vec<String> = parameters.iter().map(|_| self.name("p")).collect();
        let mut list = Vec::new();
        for (name, (ty, by)) in names.iter().zip(&parameters) {
            let mutable = self.random.percent(30);
            let type_name = self.type_name(ty);
            match by {
                By::Value => {
                    list.push(format!("{}{name}: {type_name}", if mutable { "mut " } else { "" }));
                    self.variable(name, ty, mutable);
                }
                By::Reference => {
                    list.push(format!("{name}: &{type_name}"));
                    self.variable(&format!("(*{name})"), ty, false);
                }
                By::MutableReference => {
                    list.push(format!("{name}: &mut {type_name}"));
                    self.variable(&format!("(*{name})"), ty, true);
                }
            }
        }
        let result = self.type_name(&returns);
        self.line(&format!("fn {name}({}) -> {result} {{", list.join(", ")));
        self.returns = Some(returns.clone());
        self.cost = 0;
        self.scope(|writer| {
            let statements = 2 + writer.random.below(5);
            writer.statements(statements);
            let value = writer.expression(&returns, 3);
            writer.line(&value);
        });
        self.line("}");
        self.variables.clear();
        let cost = self.cost + 5;
        self.functions.push(Function { name, parameters, returns, cost });
    }

    fn test(&mut self) {
        self.line("pub fn test(x: u64) -> u64 {");
        self.returns = None;
        self.variable("x", &Type::Int("u64"), false);
        self.cost = 0;
        self.scope(|writer| {
            let statements = 6 + writer.random.below(12);
            writer.statements(statements);
            writer.line("let mut digest = 0u64;");
            let names: Vec<String> = writer.variables.iter().map(|variable| variable.name.clone()).collect();
            for name in names {
                writer.line(&format!("{name}.digest(&mut digest);"));
            }
            writer.line("digest");
        });
        self.line("}");
    }
}

/// The program of a seed, as the lines of a module's body.
fn program(seed: u64) -> String {
    let mut writer = Writer {
        random: Random(seed.wrapping_mul(0x2545_f491_4f6c_dd1d)),
        text: String::new(),
        indent: 1,
        structures: Vec::new(),
        enumerations: Vec::new(),
        functions: Vec::new(),
        variables: Vec::new(),
        names: 0,
        cost: 0,
        repeat: 1,
        labels: Vec::new(),
        returns: None,
        depth: 0,
    };
    writer.types();
    for _ in 0..1 + writer.random.below(4) {
        writer.function();
    }
    writer.test();
    writer.text
}

/// A file with the programs of so many seeds, each a module with a `test`.
pub fn case(first_seed: u64, count: u64) -> Case {
    let mut text = PRELUDE.to_owned();
    let mut tests = Vec::new();
    for seed in first_seed..first_seed + count {
        let _ = write!(text, "\npub mod p{seed} {{\n    use super::*;\n{}}}\n", program(seed));
        tests.push(format!("p{seed}::test"));
    }
    Case { name: format!("programs_{first_seed}"), text, tests }
}
