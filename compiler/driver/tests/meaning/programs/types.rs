//! Types of a random program.

use super::Writer;

/// A type; all are `Copy` and have a digest.
#[derive(Clone, PartialEq, Debug)]
pub enum Type {
    Int(&'static str),
    Float(&'static str),
    Bool,
    Char,
    Tuple(Vec<Type>),
    Array(Box<Type>, usize),
    Structure(usize),
    Enumeration(usize),
    Option(Box<Type>),
    Result(Box<Type>, Box<Type>),
    /// `Pair<T>` of the prelude, a generic structure.
    Pair(Box<Type>),
    /// `[T]`: only behind a reference, as a parameter.
    Slice(Box<Type>),
}

/// `struct` with named fields, or a tuple one.
#[derive(Clone)]
pub struct Structure {
    pub name: String,
    pub named: bool,
    pub fields: Vec<Type>,
    /// Has a method `step(self, by: u32) -> Self` and a method `total(&self) -> u64`.
    pub methods: bool,
}

impl Structure {
    pub fn field(&self, at: usize) -> String {
        if self.named { format!("m{at}") } else { at.to_string() }
    }

    /// An expression or pattern of this type, from those of its fields.
    pub fn constructor(&self, fields: &[String]) -> String {
        if !self.named {
            return format!("{}({})", self.name, fields.join(", "));
        }
        let fields: Vec<String> = fields.iter().enumerate().map(|(at, field)| format!("m{at}: {field}")).collect();
        format!("{} {{ {} }}", self.name, fields.join(", "))
    }
}

/// `enum`, each variant with its fields.
#[derive(Clone)]
pub struct Enumeration {
    pub name: String,
    pub variants: Vec<Vec<Type>>,
}

pub const INTEGERS: &[&str] =
    &["i8", "i16", "i32", "i64", "isize", "u8", "u16", "u32", "u64", "usize", "i32", "u32", "u64", "i128", "u128"];

/// Bits of an integer type.
pub fn bits(name: &str) -> u32 {
    match name {
        "isize" | "usize" => 64,
        name => name[1..].parse().expect("a width"),
    }
}

impl Writer {
    pub fn type_name(&self, ty: &Type) -> String {
        match ty {
            Type::Int(name) | Type::Float(name) => (*name).to_owned(),
            Type::Bool => "bool".to_owned(),
            Type::Char => "char".to_owned(),
            Type::Tuple(parts) => {
                format!("({})", parts.iter().map(|part| self.type_name(part)).collect::<Vec<_>>().join(", "))
            }
            Type::Array(element, length) => format!("[{}; {length}]", self.type_name(element)),
            Type::Structure(id) => self.structures[*id].name.clone(),
            Type::Enumeration(id) => self.enumerations[*id].name.clone(),
            Type::Option(value) => format!("Option<{}>", self.type_name(value)),
            Type::Pair(value) => format!("Pair<{}>", self.type_name(value)),
            Type::Slice(element) => format!("[{}]", self.type_name(element)),
            Type::Result(value, error) => format!("Result<{}, {}>", self.type_name(value), self.type_name(error)),
        }
    }

    pub fn integer(&mut self) -> Type {
        {
            let name: &&str = self.random.pick(INTEGERS);
            Type::Int(name)
        }
    }

    pub fn any_type(&mut self, depth: usize) -> Type {
        let choice = self.random.below(if depth == 0 { 11 } else { 22 });
        let inner = depth.saturating_sub(1);
        match choice {
            0..=6 => self.integer(),
            7 => Type::Float("f32"),
            8 => Type::Float("f64"),
            9 => Type::Bool,
            10 => Type::Char,
            11 | 12 => {
                let count = 2 + self.random.below(2);
                Type::Tuple((0..count).map(|_| self.any_type(inner)).collect())
            }
            13 | 14 => {
                let length = 1 + self.random.below(5);
                Type::Array(Box::new(self.any_type(inner)), length)
            }
            15 | 16 if !self.structures.is_empty() => Type::Structure(self.random.below(self.structures.len())),
            17 | 18 if !self.enumerations.is_empty() => Type::Enumeration(self.random.below(self.enumerations.len())),
            19 => Type::Pair(Box::new(self.any_type(inner))),
            20 => Type::Result(Box::new(self.any_type(inner)), Box::new(self.any_type(0))),
            _ => Type::Option(Box::new(self.any_type(inner))),
        }
    }

    /// Declares structures and enumerations, with their digests.
    pub fn types(&mut self) {
        for _ in 0..self.random.below(3) {
            self.structure();
        }
        for _ in 0..self.random.below(3) {
            self.enumeration();
        }
    }

    fn structure(&mut self) {
        let name = self.name("S");
        let count = 1 + self.random.below(4);
        let fields: Vec<Type> = (0..count).map(|_| self.any_type(1)).collect();
        let structure =
            Structure { name: name.clone(), named: self.random.percent(60), methods: self.random.percent(60), fields };
        let names: Vec<String> = structure.fields.iter().map(|field| self.type_name(field)).collect();
        self.line("#[derive(Clone, Copy, PartialEq)]");
        self.line(&match structure.named {
            true => format!("pub struct {}", structure.constructor(&names)),
            false => format!("pub struct {};", structure.constructor(&names)),
        });
        let digests: Vec<String> = (0..count).map(|at| format!("self.{}.digest(into);", structure.field(at))).collect();
        let digests = digests.join(" ");
        self.line(&format!("impl Digest for {name} {{ fn digest(&self, into: &mut u64) {{ {digests} }} }}"));
        if structure.methods {
            self.line(&format!("impl {name} {{"));
            self.line("    fn total(&self) -> u64 { let mut sum = 1; self.digest(&mut sum); sum }");
            self.line("    fn step(mut self, by: u32) -> Self { self.advance(by); self }");
            let steps: Vec<String> = (0..count)
                .filter_map(|at| {
                    let field = structure.field(at);
                    match &structure.fields[at] {
                        Type::Int(name) => Some(format!("self.{field} = self.{field}.wrapping_add(by as {name});")),
                        Type::Bool => Some(format!("self.{field} ^= by % 2 == 1;")),
                        _ => None,
                    }
                })
                .collect();
            self.line(&format!("    fn advance(&mut self, by: u32) {{ {} }}", steps.join(" ")));
            self.line("}");
        }
        self.structures.push(structure);
    }

    fn enumeration(&mut self) {
        let name = self.name("E");
        let count = 2 + self.random.below(4);
        let variants: Vec<Vec<Type>> = (0..count)
            .map(|_| {
                let fields = self.random.below(3);
                (0..fields).map(|_| self.any_type(1)).collect()
            })
            .collect();
        self.line("#[derive(Clone, Copy, PartialEq)]");
        self.line(&format!("pub enum {name} {{"));
        for (at, fields) in variants.iter().enumerate() {
            let names: Vec<String> = fields.iter().map(|field| self.type_name(field)).collect();
            self.line(&match fields.is_empty() {
                true => format!("    V{at},"),
                false => format!("    V{at}({}),", names.join(", ")),
            });
        }
        self.line("}");
        self.line(&format!("impl Digest for {name} {{"));
        self.line("    fn digest(&self, into: &mut u64) {");
        self.line("        match self {");
        for (at, fields) in variants.iter().enumerate() {
            let binds: Vec<String> = (0..fields.len()).map(|field| format!("b{field}")).collect();
            let digests: String = binds.iter().map(|bind| format!("{bind}.digest(into); ")).collect();
            let pattern = if binds.is_empty() { String::new() } else { format!("({})", binds.join(", ")) };
            self.line(&format!("            {name}::V{at}{pattern} => {{ mix(into, {at}); {digests}}}"));
        }
        self.line("        }");
        self.line("    }");
        self.line("}");
        self.enumerations.push(Enumeration { name, variants });
    }
}
