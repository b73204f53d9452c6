//! Expressions of a given type.

use super::types::{Type, bits};
use super::{By, Writer};

const WORDS: &[&str] = &["0", "1", "2", "3", "5", "7", "10", "31", "63", "64", "100", "127"];

impl Writer {
    /// An expression of that type; deeper ones have more parts. It may stand as an operand.
    pub fn expression(&mut self, ty: &Type, depth: usize) -> String {
        self.cost += self.repeat;
        if depth == 0 || self.cost > 3000 {
            return self.leaf(ty);
        }
        match self.random.below(20) {
            0..=3 => self.leaf(ty),
            4 => self.conditional(ty, depth - 1),
            5 => self.block(ty, depth - 1),
            6 => self.call(ty, depth - 1),
            7 => self.matched(ty, depth - 1),
            8 => self.generic_call(ty, depth - 1),
            9 => self.taken_out(ty, depth - 1),
            _ => self.built(ty, depth - 1),
        }
    }

    /// A variable of that type, a part of one, or a literal.
    fn leaf(&mut self, ty: &Type) -> String {
        if self.random.percent(75) {
            let mut places = Vec::new();
            for variable in &self.variables {
                self.places(&variable.name, &variable.ty, ty, 2, &mut places);
            }
            if !places.is_empty() {
                return self.random.pick(&places).clone();
            }
        }
        self.literal(ty)
    }

    /// Parts of a place that have the wanted type.
    pub fn places(&self, place: &str, ty: &Type, wanted: &Type, depth: usize, into: &mut Vec<String>) {
        if ty == wanted {
            into.push(place.to_owned());
        }
        if depth == 0 {
            return;
        }
        match ty {
            Type::Tuple(parts) => {
                for (at, part) in parts.iter().enumerate() {
                    self.places(&format!("{place}.{at}"), part, wanted, depth - 1, into);
                }
            }
            Type::Array(element, length) => {
                self.places(&format!("{place}[{}]", self.names % length), element, wanted, depth - 1, into);
            }
            Type::Structure(id) => {
                let structure = &self.structures[*id];
                for (at, field) in structure.fields.iter().enumerate() {
                    self.places(&format!("{place}.{}", structure.field(at)), field, wanted, depth - 1, into);
                }
            }
            Type::Pair(value) => {
                self.places(&format!("{place}.a"), value, wanted, depth - 1, into);
                self.places(&format!("{place}.b"), value, wanted, depth - 1, into);
            }
            Type::Slice(element) => {
                self.places(&format!("{place}[{}]", self.names % 3), element, wanted, depth - 1, into);
            }
            _ => {}
        }
    }

    pub fn literal(&mut self, ty: &Type) -> String {
        match ty {
            Type::Int(name) => match self.random.below(8) {
                0 => format!("{name}::MAX"),
                1 => format!("{name}::MIN"),
                2 if name.starts_with('i') => format!("(-{}{name})", self.random.pick(WORDS)),
                3 => format!("({}u64 as {name})", self.random.next()),
                _ => format!("{}{name}", self.random.pick(WORDS)),
            },
            Type::Float(name) => match self.random.below(10) {
                0 => format!("{name}::MAX"),
                1 => format!("(-{name}::INFINITY)"),
                2 => format!("{name}::NAN"),
                3 => format!("(-0.0{name})"),
                4 => format!("1e-40{name}"),
                _ => format!("{}.{}{name}", self.random.below(300), self.random.pick(&["0", "5", "25", "1", "7"])),
            },
            Type::Bool => self.random.pick(&["true", "false"]).to_string(),
            Type::Char => self.random.pick(&["'a'", "'Z'", "'\\n'", "'é'", "'\\u{1F600}'", "'0'"]).to_string(),
            Type::Option(_) if self.random.percent(40) => format!("None::<{}>", {
                let Type::Option(value) = ty else { unreachable!() };
                self.type_name(value)
            }),
            _ => self.composed(ty, 0),
        }
    }

    /// A value of a composite type from its parts.
    fn composed(&mut self, ty: &Type, depth: usize) -> String {
        match ty.clone() {
            Type::Tuple(parts) => {
                let parts: Vec<String> = parts.iter().map(|part| self.expression(part, depth)).collect();
                format!("({})", parts.join(", "))
            }
            Type::Array(element, length) => {
                if self.random.percent(30) {
                    return format!("[{}; {length}]", self.expression(&element, depth));
                }
                let elements: Vec<String> = (0..length).map(|_| self.expression(&element, depth)).collect();
                format!("[{}]", elements.join(", "))
            }
            Type::Structure(id) => {
                let structure = self.structures[id].clone();
                let fields: Vec<String> = structure.fields.iter().map(|field| self.expression(field, depth)).collect();
                let text = structure.constructor(&fields);
                if structure.named { format!("({text})") } else { text }
            }
            Type::Enumeration(id) => {
                let enumeration = self.enumerations[id].clone();
                let variant = self.random.below(enumeration.variants.len());
                let fields: Vec<String> =
                    enumeration.variants[variant].iter().map(|field| self.expression(field, depth)).collect();
                let fields = if fields.is_empty() { String::new() } else { format!("({})", fields.join(", ")) };
                format!("{}::V{variant}{fields}", enumeration.name)
            }
            Type::Option(value) => format!("Some({})", self.expression(&value, depth)),
            Type::Pair(value) => {
                let (a, b) = (self.expression(&value, depth), self.expression(&value, depth));
                match self.random.percent(50) {
                    true => format!("Pair::new({a}, {b})"),
                    false => format!("(Pair {{ b: {b}, a: {a} }})"),
                }
            }
            Type::Result(value, error) => {
                let (value_name, error_name) = (self.type_name(&value), self.type_name(&error));
                match self.random.percent(60) {
                    true => format!("Ok::<{value_name}, {error_name}>({})", self.expression(&value, depth)),
                    false => format!("Err::<{value_name}, {error_name}>({})", self.expression(&error, depth)),
                }
            }
            _ => self.literal(ty),
        }
    }

    /// What a type has operators and methods for.
    fn built(&mut self, ty: &Type, depth: usize) -> String {
        match ty {
            Type::Int(name) => self.arithmetic(name, ty, depth),
            Type::Float(name) => self.float(name, ty, depth),
            Type::Bool => self.comparison(depth),
            Type::Char if self.random.percent(60) => {
                let byte = self.expression(&Type::Int("u8"), depth);
                format!("(({byte} % 128) as char)")
            }
            Type::Option(value) => match (self.random.below(6), &**value) {
                (0 | 1, Type::Int(_)) => {
                    let (a, b) = (self.expression(value, depth), self.expression(value, depth));
                    format!("{a}.{}({b})", self.random.pick(&["checked_add", "checked_sub", "checked_mul"]))
                }
                (2, _) => {
                    let (option, inner) = (self.expression(ty, depth), self.bound(value, value, depth));
                    format!("{option}.map(|it| {inner})")
                }
                (3, _) => {
                    let (option, inner) = (self.expression(ty, depth), self.bound(value, ty, depth));
                    format!("{option}.and_then(|it| {inner})")
                }
                (4, _) => {
                    let (option, or) = (self.expression(ty, depth), self.expression(ty, depth));
                    format!("{option}.or({or})")
                }
                _ => self.composed(ty, depth),
            },
            Type::Structure(id) if self.structures[*id].methods && self.random.percent(40) => {
                let (value, by) = (self.expression(ty, depth), self.expression(&Type::Int("u32"), depth));
                format!("{value}.step({by})")
            }
            Type::Pair(value) if self.random.percent(50) => match self.random.below(2) {
                0 => format!("{}.swapped()", self.expression(ty, depth)),
                _ => {
                    let from = self.any_type(0);
                    let (pair, name) = (self.expression(&Type::Pair(Box::new(from.clone())), depth), self.name("k"));
                    self.variable(&name, &from, false);
                    let body = self.expression(value, depth);
                    self.variables.pop();
                    format!("{pair}.map(|{name}| {body})")
                }
            },
            Type::Array(element, length) if self.random.percent(30) => {
                let (array, inner) = (self.expression(ty, depth), self.expression(element, depth));
                let name = self.name("a");
                let index = self.random.below(*length);
                format!("({{ let mut {name} = {array}; {name}[{index}] = {inner}; {name} }})")
            }
            _ => self.composed(ty, depth),
        }
    }

    /// An expression of type `ty` in which `it` is a value of another type.
    fn bound(&mut self, it: &Type, ty: &Type, depth: usize) -> String {
        let variables = self.variables.clone();
        self.variables.retain(|variable| variable.name != "it");
        self.variable("it", it, false);
        let text = self.expression(ty, depth);
        self.variables = variables;
        text
    }

    fn arithmetic(&mut self, name: &'static str, ty: &Type, depth: usize) -> String {
        let a = self.expression(ty, depth);
        let width = bits(name);
        match self.random.below(28) {
            23 => self.chained(ty, depth),
            24 => {
                let b = self.expression(ty, depth);
                format!("(({a} / 5) {} ({b} / 9))", self.random.pick(&["+", "-"]))
            }
            25 => {
                let b = self.expression(ty, depth);
                format!("({a} {} {b})", self.random.pick(&["/", "%"]))
            }
            26 => {
                let slice = self.expression(&Type::Array(Box::new(ty.clone()), 4), depth);
                let index = self.expression(&Type::Int("usize"), depth);
                format!("({slice}[1 + {index} % 4..].len() as {name})")
            }
            0..=4 => {
                let b = self.expression(ty, depth);
                format!("{a}.{}({b})", self.random.pick(&["wrapping_add", "wrapping_sub", "wrapping_mul"]))
            }
            5..=7 => {
                let b = self.expression(ty, depth);
                format!("({a} {} {b})", self.random.pick(&["&", "|", "^"]))
            }
            8 => {
                let b = self.expression(ty, depth);
                format!("({a} {} {b})", self.random.pick(&["+", "-", "*", "/", "%"]))
            }
            9 | 10 => {
                let b = self.expression(ty, depth);
                format!("(({a} & 7) {} ({b} & 3))", self.random.pick(&["+", "*"]))
            }
            11 => {
                let b = self.expression(ty, depth);
                format!("({a}.{}({b} | 1))", self.random.pick(&["wrapping_div", "wrapping_rem"]))
            }
            12 => {
                let divisor = self.random.pick(&["3", "7", "10", "16", "100", "127"]);
                format!("({a} {} {divisor})", self.random.pick(&["/", "%"]))
            }
            13 => {
                let by = self.expression(&Type::Int("u32"), depth);
                format!("({a} {} ({by} % {width}))", self.random.pick(&["<<", ">>"]))
            }
            14 => {
                let by = self.expression(&Type::Int("u32"), depth);
                format!(
                    "{a}.{}({by})",
                    self.random.pick(&["wrapping_shl", "wrapping_shr", "rotate_left", "rotate_right"])
                )
            }
            15 => format!("(!{a})"),
            16 => format!("{a}.{}()", self.random.pick(&["wrapping_neg", "swap_bytes", "reverse_bits"])),
            17 => {
                let count = self.random.pick(&["leading_zeros", "trailing_zeros", "count_ones", "leading_ones"]);
                format!("({a}.{count}() as {name})")
            }
            18 => {
                let b = self.expression(ty, depth);
                format!("{a}.{}({b})", self.random.pick(&["saturating_add", "saturating_sub", "min", "max"]))
            }
            19..=21 => {
                let from = match self.random.below(8) {
                    0 => Type::Float("f32"),
                    1 => Type::Float("f64"),
                    2 => Type::Bool,
                    3 => Type::Char,
                    _ => self.integer(),
                };
                format!("({} as {name})", self.expression(&from, depth))
            }
            22 => self.folded(ty, depth),
            _ => {
                let by = self.random.below(4);
                format!("{a}.wrapping_pow({by})")
            }
        }
    }

    /// A number from a chain of iterators' adaptors over an array.
    fn chained(&mut self, ty: &Type, depth: usize) -> String {
        let Type::Int(name) = *ty else { unreachable!("only integers are chained") };
        let length = 1 + self.random.below(5);
        self.repeat *= length * 2;
        let (item, shallow) = (self.name("g"), depth.min(1));
        let array = Type::Array(Box::new(ty.clone()), length);
        let mut text = format!("{}.into_iter()", self.expression(&array, shallow));
        for _ in 0..self.random.below(4) {
            self.variable(&item, ty, false);
            let value = self.expression(ty, shallow);
            let condition = self.comparison(0);
            self.variables.pop();
            let other = self.expression(&array, 0);
            let count = self.random.below(6);
            text += &match self.random.below(11) {
                0 => format!(".map(|{item}| {value})"),
                1 => format!(".filter(|&{item}| {condition})"),
                2 => format!(".take({count})"),
                3 => format!(".skip({count})"),
                4 => format!(".chain({other})"),
                5 => format!(".zip({other}).map(|(a, b)| a ^ b)"),
                6 => format!(".enumerate().map(|(i, a)| a.wrapping_add(i as {name}))"),
                7 => format!(".take_while(|&{item}| {condition})"),
                8 => format!(".skip_while(|&{item}| {condition})"),
                9 => format!(".step_by({})", 1 + count),
                _ => format!(".filter_map(|{item}| if {condition} {{ Some({value}) }} else {{ None }})"),
            };
        }
        self.repeat /= length * 2;
        let or = self.expression(ty, 0);
        let end = match self.random.below(9) {
            0 => format!(".fold(0{name}, |a, b| a.rotate_left(3) ^ b)"),
            1 => format!(".max().unwrap_or({or})"),
            2 => format!(".min().unwrap_or({or})"),
            3 => format!(".count() as {name}"),
            4 => format!(".last().unwrap_or({or})"),
            5 => format!(".reduce(|a, b| a.wrapping_mul(b)).unwrap_or({or})"),
            6 => format!(".position(|a| a == {or}).map_or(7, |at| at as {name})"),
            7 => format!(".any(|a| a > {or}) as {name}"),
            _ => format!(".nth({}).unwrap_or({or})", self.random.below(4)),
        };
        format!("({text}{end})")
    }

    /// A sum over an array by an iterator.
    fn folded(&mut self, ty: &Type, depth: usize) -> String {
        let length = 1 + self.random.below(5);
        self.repeat *= length;
        let array = self.expression(&Type::Array(Box::new(ty.clone()), length), depth.min(1));
        let start = self.expression(ty, depth.min(1));
        let (sum, item) = (self.name("s"), self.name("v"));
        self.variable(&sum, ty, false);
        self.variable(&item, ty, false);
        let step = self.expression(ty, depth.min(2));
        self.variables.truncate(self.variables.len() - 2);
        self.repeat /= length;
        match self.random.below(4) {
            0 => format!("{array}.iter().fold({start}, |{sum}, &{item}| {step})"),
            1 => format!("{array}.into_iter().rev().fold({start}, |{sum}, {item}| {step})"),
            2 => format!("{array}.iter().skip(1).fold({start}, |{sum}, {item}| {{ let {item} = *{item}; {step} }})"),
            _ => format!("({{ let mut {sum} = {start}; for {item} in {array} {{ {sum} = {step}; }} {sum} }})"),
        }
    }

    fn float(&mut self, name: &'static str, ty: &Type, depth: usize) -> String {
        let a = self.expression(ty, depth);
        match self.random.below(12) {
            0..=4 => {
                let b = self.expression(ty, depth);
                format!("({a} {} {b})", self.random.pick(&["+", "-", "*", "/"]))
            }
            5 => format!("(-{a})"),
            6 | 7 => format!("{a}.{}()", self.random.pick(&["sqrt", "abs", "floor", "ceil", "trunc", "round"])),
            8 => {
                let b = self.expression(ty, depth);
                // Which zero is smaller is left open; adding zero makes both the same.
                format!("({a}.{}({b}) + 0.0)", self.random.pick(&["min", "max"]))
            }
            9 => {
                let (b, c) = (self.expression(ty, depth), self.expression(ty, depth));
                format!("{a}.mul_add({b}, {c})")
            }
            _ => {
                let from = match self.random.below(4) {
                    0 => Type::Float(if name == "f32" { "f64" } else { "f32" }),
                    _ => self.integer(),
                };
                format!("({} as {name})", self.expression(&from, depth))
            }
        }
    }

    fn comparison(&mut self, depth: usize) -> String {
        match self.random.below(12) {
            0..=3 => {
                let ty = match self.random.below(6) {
                    0 => Type::Float("f32"),
                    1 => Type::Float("f64"),
                    2 => Type::Char,
                    _ => self.integer(),
                };
                let (a, b) = (self.expression(&ty, depth), self.expression(&ty, depth));
                format!("({a} {} {b})", self.random.pick(&["<", "<=", ">", ">=", "==", "!="]))
            }
            4 => {
                let ty = self.any_type(1);
                if matches!(ty, Type::Result(..)) {
                    return self.leaf(&Type::Bool);
                }
                let (a, b) = (self.expression(&ty, depth), self.expression(&ty, depth));
                format!("({a} {} {b})", self.random.pick(&["==", "!="]))
            }
            5..=7 => {
                let (a, b) = (self.expression(&Type::Bool, depth), self.expression(&Type::Bool, depth));
                format!("({a} {} {b})", self.random.pick(&["&&", "||", "^", "&", "|"]))
            }
            8 => format!("(!{})", self.expression(&Type::Bool, depth)),
            9 => {
                let ty = Type::Option(Box::new(self.any_type(0)));
                format!("{}.{}()", self.expression(&ty, depth), self.random.pick(&["is_some", "is_none"]))
            }
            10 => {
                let (ty, low) = (self.integer(), self.random.below(20));
                let high = low + self.random.below(80);
                format!("({low}..{high}).contains(&{})", self.expression(&ty, depth))
            }
            _ => format!("{}.is_nan()", self.expression(&Type::Float("f64"), depth)),
        }
    }

    fn conditional(&mut self, ty: &Type, depth: usize) -> String {
        let condition = self.expression(&Type::Bool, depth);
        let then = self.expression(ty, depth);
        let otherwise = self.expression(ty, depth);
        format!("(if {condition} {{ {then} }} else {{ {otherwise} }})")
    }

    fn block(&mut self, ty: &Type, depth: usize) -> String {
        let inner = self.any_type(1);
        let value = self.expression(&inner, depth);
        let name = self.name("t");
        self.variable(&name, &inner, false);
        let result = self.expression(ty, depth);
        self.variables.pop();
        format!("({{ let {name} = {value}; {result} }})")
    }

    fn call(&mut self, ty: &Type, depth: usize) -> String {
        let fitting: Vec<usize> = (0..self.functions.len())
            .filter(|at| {
                let function = &self.functions[*at];
                function.returns == *ty && self.cost + function.cost * self.repeat < 3000
            })
            .collect();
        if fitting.is_empty() {
            return self.built(ty, depth);
        }
        let function = self.functions[*self.random.pick(&fitting)].clone();
        self.cost += function.cost * self.repeat;
        let arguments: Vec<String> =
            function.parameters.iter().map(|(parameter, by)| self.argument(parameter, *by, depth)).collect();
        format!("{}({})", function.name, arguments.join(", "))
    }

    /// What is handed to a parameter.
    fn argument(&mut self, ty: &Type, by: By, depth: usize) -> String {
        if let Type::Slice(element) = ty {
            let length = 1 + self.random.below(4);
            let array = self.expression(&Type::Array(element.clone(), length), depth);
            let part = match self.random.below(4) {
                0 => "[..]".to_owned(),
                1 => format!("[{}..]", self.random.below(length + 1)),
                _ => String::new(),
            };
            return format!("&{array}{part}");
        }
        let value = self.expression(ty, depth);
        match by {
            By::Value => value,
            By::Reference => format!("&{value}"),
            // Of a value of its own: what the callee writes is seen where it says so.
            By::MutableReference => format!("&mut ({{ let own = {value}; own }})"),
        }
    }

    fn generic_call(&mut self, ty: &Type, depth: usize) -> String {
        match self.random.below(6) {
            0 => {
                let condition = self.expression(&Type::Bool, depth);
                let (a, b) = (self.expression(ty, depth), self.expression(ty, depth));
                format!("choose({condition}, {a}, {b})")
            }
            1 => {
                let from = self.any_type(1);
                let name = self.name("c");
                let value = self.expression(&from, depth);
                self.variable(&name, &from, false);
                let body = self.expression(ty, depth);
                self.variables.pop();
                format!("apply({value}, |{name}| {body})")
            }
            2 => {
                let length = 1 + self.random.below(5);
                let array = self.expression(&Type::Array(Box::new(ty.clone()), length), depth);
                let index = self.expression(&Type::Int("usize"), depth);
                format!("at(&{array}, {index})")
            }
            3 => {
                let length = 1 + self.random.below(5);
                let array = self.expression(&Type::Array(Box::new(ty.clone()), length), depth);
                let end = self.random.below(length + 1);
                format!("last_of(&{array}[..{end}], {})", self.expression(ty, depth))
            }
            4 if self.random.percent(50) => {
                let pair = self.expression(&Type::Pair(Box::new(ty.clone())), depth);
                format!("(*{pair}.pick({}))", self.expression(&Type::Bool, depth))
            }
            4 if matches!(ty, Type::Int(_) | Type::Float(_) | Type::Char) => {
                format!("larger({}, {})", self.expression(ty, depth), self.expression(ty, depth))
            }
            _ => {
                let (old, new) = (self.expression(ty, depth), self.expression(ty, depth));
                let name = self.name("m");
                let digest = self.random.percent(50);
                let body = if digest {
                    format!("exchange(&mut {name}, {new})")
                } else {
                    format!("exchange(&mut {name}, {new}); {name}")
                };
                format!("({{ let mut {name} = {old}; {body} }})")
            }
        }
    }

    /// `match` or `if let` on an option, result, enumeration, tuple or integer.
    fn matched(&mut self, ty: &Type, depth: usize) -> String {
        let on = match self.random.below(5) {
            0 => self.integer(),
            1 => Type::Result(Box::new(self.any_type(0)), Box::new(self.any_type(0))),
            2 if !self.enumerations.is_empty() => Type::Enumeration(self.random.below(self.enumerations.len())),
            3 => Type::Tuple(vec![self.integer(), Type::Bool]),
            _ => Type::Option(Box::new(self.any_type(1))),
        };
        let value = self.expression(&on, depth);
        let arms = self.arms(&on);
        let mut text = format!("(match {value} {{ ");
        let last = arms.len() - 1;
        for (at, (pattern, binds)) in arms.into_iter().enumerate() {
            let count = binds.len();
            for (name, ty) in binds {
                self.variable(&name, &ty, false);
            }
            // A guard covers nothing, so only integers' and tuples' patterns, whose last one covers everything, may have one.
            let may_guard = matches!(on, Type::Int(_) | Type::Tuple(_)) && at < last;
            let guard = match may_guard && self.random.percent(30) {
                true => format!(" if {}", self.expression(&Type::Bool, 1)),
                false => String::new(),
            };
            let body = self.expression(ty, depth);
            self.variables.truncate(self.variables.len() - count);
            text += &format!("{pattern}{guard} => {body}, ");
        }
        text + "})"
    }

    /// Patterns that together cover a type, each with what it binds.
    pub fn arms(&mut self, ty: &Type) -> Vec<(String, Vec<(String, Type)>)> {
        let bind = |writer: &mut Writer, ty: &Type| {
            let name = writer.name("b");
            (name.clone(), vec![(name, ty.clone())])
        };
        match ty.clone() {
            Type::Option(value) => {
                let (some, binds) = bind(self, &value);
                let mut arms = vec![(format!("Some({some})"), binds), ("None".to_owned(), Vec::new())];
                if self.random.percent(30) {
                    arms.reverse();
                }
                if let Type::Int(_) = *value
                    && self.random.percent(40)
                {
                    arms.insert(
                        0,
                        (format!("Some({})", self.random.pick(&["0", "1..=5", "7 | 9", "..=2"])), Vec::new()),
                    );
                }
                arms
            }
            Type::Result(value, error) => {
                let (good, good_binds) = bind(self, &value);
                let (bad, bad_binds) = bind(self, &error);
                vec![(format!("Ok({good})"), good_binds), (format!("Err({bad})"), bad_binds)]
            }
            Type::Enumeration(id) => {
                let enumeration = self.enumerations[id].clone();
                let mut arms = Vec::new();
                for (at, fields) in enumeration.variants.iter().enumerate() {
                    let mut binds = Vec::new();
                    let mut parts = Vec::new();
                    for field in fields {
                        if self.random.percent(20) {
                            parts.push("_".to_owned());
                        } else {
                            let (part, bound) = bind(self, field);
                            parts.push(part);
                            binds.extend(bound);
                        }
                    }
                    let parts = if parts.is_empty() { String::new() } else { format!("({})", parts.join(", ")) };
                    arms.push((format!("{}::V{at}{parts}", enumeration.name), binds));
                }
                if self.random.percent(30) {
                    arms.truncate(1 + self.random.below(arms.len()));
                    arms.push(("_".to_owned(), Vec::new()));
                }
                arms
            }
            Type::Tuple(parts) => {
                let (first, mut binds) = bind(self, &parts[0]);
                let (second, others) = bind(self, &parts[1]);
                binds.extend(others);
                vec![
                    (format!("(0 | 3, {})", second), vec![(second.clone(), parts[1].clone())]),
                    ("(1..=20, true)".to_owned(), Vec::new()),
                    (format!("({first} @ 21..=100, false)"), vec![(first.clone(), parts[0].clone())]),
                    (format!("({first}, {second})"), binds),
                ]
            }
            ty => {
                let (other, binds) = bind(self, &ty);
                vec![
                    ("0".to_owned(), Vec::new()),
                    ("1 | 2".to_owned(), Vec::new()),
                    ("3..=63".to_owned(), Vec::new()),
                    ("100".to_owned(), Vec::new()),
                    (other, binds),
                ]
            }
        }
    }

    /// A value taken out of an option, a result, a tuple or an array.
    fn taken_out(&mut self, ty: &Type, depth: usize) -> String {
        match self.random.below(6) {
            0 => {
                let option = self.expression(&Type::Option(Box::new(ty.clone())), depth);
                format!("{option}.unwrap_or({})", self.expression(ty, depth))
            }
            1 => {
                let from = self.any_type(0);
                let option = self.expression(&Type::Option(Box::new(from.clone())), depth);
                let (or, name) = (self.expression(ty, depth), self.name("o"));
                self.variable(&name, &from, false);
                let body = self.expression(ty, depth);
                self.variables.pop();
                format!("{option}.map_or({or}, |{name}| {body})")
            }
            2 => {
                let result = Type::Result(Box::new(ty.clone()), Box::new(self.any_type(0)));
                let result = self.expression(&result, depth);
                format!("{result}.ok().unwrap_or({})", self.expression(ty, depth))
            }
            3 => {
                let other = self.any_type(0);
                let tuple = self.expression(&Type::Tuple(vec![other, ty.clone()]), depth);
                format!("{tuple}.1")
            }
            4 => {
                let length = 2 + self.random.below(4);
                let array = self.expression(&Type::Array(Box::new(ty.clone()), length), depth);
                let index = self.expression(&Type::Int("usize"), depth);
                match self.random.percent(85) {
                    true => format!("{array}[{index} % {length}]"),
                    false => format!("{array}[{index} % {}]", length + 1),
                }
            }
            _ => {
                let name = self.name("l");
                let value = self.expression(ty, depth);
                let option = self.expression(&Type::Option(Box::new(ty.clone())), depth);
                format!("(if let Some({name}) = {option} {{ {name} }} else {{ {value} }})")
            }
        }
    }
}
