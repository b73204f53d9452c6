//! Statements.

use super::Writer;
use super::types::Type;

impl Writer {
    pub fn statements(&mut self, count: usize) {
        for _ in 0..count {
            if self.cost > 2500 {
                return;
            }
            self.statement();
        }
    }

    fn statement(&mut self) {
        self.cost += self.repeat;
        let deep = self.depth > 4;
        match self.random.below(24) {
            0..=6 => self.declaration(),
            7..=10 => self.assignment(),
            11 | 12 if !deep => self.conditional_statement(),
            13 if !deep => self.match_statement(),
            14 | 15 if !deep => self.range_loop(),
            16 if !deep => self.while_loop(),
            17 if !deep => self.valued_loop(),
            18 if !deep => self.element_loop(),
            19 => self.reference(),
            20 => self.closure(),
            21 => self.leave(),
            22 => self.mutable_method(),
            _ => self.destructured(),
        }
    }

    fn declaration(&mut self) {
        let ty = self.any_type(2);
        let value = self.expression(&ty, 3);
        let mutable = self.random.percent(65);
        // Shadowing an old name now and then.
        let name = match self.random.percent(10) && !self.variables.is_empty() {
            true => self.shadowed(),
            false => self.name("v"),
        };
        let annotation = match self.random.percent(50) {
            true => format!(": {}", self.type_name(&ty)),
            false => String::new(),
        };
        self.line(&format!("let {}{name}{annotation} = {value};", if mutable { "mut " } else { "" }));
        self.variables.retain(|variable| variable.name != name);
        self.variable(&name, &ty, mutable);
    }

    /// A name that is in scope already, or a new one.
    fn shadowed(&mut self) -> String {
        let names = self.variables.iter().map(|variable| variable.name.clone());
        let names: Vec<String> = names.filter(|name| !name.starts_with('(')).collect();
        if names.is_empty() { self.name("v") } else { self.random.pick(&names).clone() }
    }

    /// A place that may be written, and its type.
    fn mutable_place(&mut self, wanted: Option<&Type>) -> Option<(String, Type)> {
        let mut found = Vec::new();
        for variable in self.variables.iter().filter(|variable| variable.mutable) {
            let candidates: Vec<Type> = match wanted {
                Some(ty) => vec![ty.clone()],
                None => self.parts(&variable.ty),
            };
            for ty in candidates {
                let mut places = Vec::new();
                self.places(&variable.name, &variable.ty, &ty, 2, &mut places);
                found.extend(places.into_iter().map(|place| (place, ty.clone())));
            }
        }
        (!found.is_empty()).then(|| self.random.pick(&found).clone())
    }

    /// A type and those of its parts.
    fn parts(&self, ty: &Type) -> Vec<Type> {
        let mut parts = vec![ty.clone()];
        match ty {
            Type::Tuple(inner) => parts.extend(inner.iter().cloned()),
            Type::Array(element, _) => parts.push((**element).clone()),
            Type::Structure(id) => parts.extend(self.structures[*id].fields.iter().cloned()),
            _ => {}
        }
        parts
    }

    fn assignment(&mut self) {
        let Some((place, ty)) = self.mutable_place(None) else { return self.declaration() };
        match &ty {
            Type::Int(_) if self.random.percent(60) => {
                let operator = match self.random.below(12) {
                    0 => "+=",
                    1 => "-=",
                    2 => "*=",
                    3 => "/=",
                    4..=6 => "^=",
                    7..=9 => "|=",
                    _ => "&=",
                };
                let value = self.expression(&ty, 2);
                self.line(&format!("{place} {operator} {value};"));
            }
            Type::Float(_) if self.random.percent(60) => {
                let operator = *self.random.pick(&["+=", "-=", "*=", "/="]);
                let value = self.expression(&ty, 2);
                self.line(&format!("{place} {operator} {value};"));
            }
            Type::Array(element, length) if self.random.percent(60) => {
                let index = self.expression(&Type::Int("usize"), 2);
                let value = self.expression(element, 2);
                self.line(&format!("{place}[{index} % {length}] = {value};"));
            }
            _ => {
                let value = self.expression(&ty, 3);
                self.line(&format!("{place} = {value};"));
            }
        }
    }

    fn conditional_statement(&mut self) {
        let condition = match self.random.below(4) {
            0 => {
                let inner = self.any_type(1);
                let option = self.expression(&Type::Option(Box::new(inner.clone())), 2);
                let name = self.name("i");
                let also = self.expression(&Type::Bool, 1);
                self.line(&format!("if let Some({name}) = {option} && {also} {{"));
                self.scope(|writer| {
                    writer.variable(&name, &inner, false);
                    let count = 1 + writer.random.below(3);
                    writer.statements(count);
                });
                None
            }
            _ => Some(self.expression(&Type::Bool, 3)),
        };
        if let Some(condition) = condition {
            self.line(&format!("if {condition} {{"));
            self.scope(|writer| {
                let count = 1 + writer.random.below(3);
                writer.statements(count);
            });
        }
        if self.random.percent(50) {
            self.line("} else {");
            self.scope(|writer| {
                let count = 1 + writer.random.below(2);
                writer.statements(count);
            });
        }
        self.line("}");
    }

    fn match_statement(&mut self) {
        let on = match self.random.below(3) {
            0 => self.integer(),
            1 if !self.enumerations.is_empty() => Type::Enumeration(self.random.below(self.enumerations.len())),
            _ => Type::Option(Box::new(self.any_type(1))),
        };
        let value = self.expression(&on, 2);
        self.line(&format!("match {value} {{"));
        for (pattern, binds) in self.arms(&on) {
            self.line(&format!("    {pattern} => {{"));
            self.indent += 1;
            self.scope(|writer| {
                for (name, ty) in binds {
                    writer.variable(&name, &ty, false);
                }
                let count = writer.random.below(3);
                writer.statements(count);
            });
            self.line("}");
            self.indent -= 1;
        }
        self.line("}");
    }

    fn range_loop(&mut self) {
        let times = 1 + self.random.below(6);
        let ty = self.integer();
        let Type::Int(name) = ty else { unreachable!() };
        let variable = self.name("i");
        let start = self.random.below(4);
        let range = match self.random.below(4) {
            0 => format!("{start}..={}", start + times - 1),
            1 => format!("({start}..{}).rev()", start + times),
            2 => format!("({start}..{}).step_by(2)", start + times * 2),
            _ => format!("{start}..{}", start + times),
        };
        let range = range.replacen(&start.to_string(), &format!("{start}{name}"), 1);
        let label = self.random.percent(30).then(|| self.name("'l"));
        let head = label.as_ref().map_or(String::new(), |label| format!("{label}: "));
        self.line(&format!("{head}for {variable} in {range} {{"));
        let labels = self.labels.len();
        self.labels.push(label.unwrap_or_default());
        self.repeated(times, |writer| {
            writer.variable(&variable, &ty, false);
            let count = 1 + writer.random.below(3);
            writer.statements(count);
        });
        self.labels.truncate(labels);
        self.line("}");
    }

    fn while_loop(&mut self) {
        let times = 1 + self.random.below(5);
        let counter = self.name("w");
        self.line(&format!("let mut {counter} = 0u32;"));
        let condition = self.expression(&Type::Bool, 2);
        self.line(&format!("while {counter} < {times} && ({condition} || {counter} < 2) {{"));
        self.labels.push(String::new());
        self.repeated(times, |writer| {
            writer.line(&format!("{counter} += 1;"));
            let count = 1 + writer.random.below(3);
            writer.statements(count);
        });
        self.labels.pop();
        self.line("}");
    }

    fn valued_loop(&mut self) {
        let ty = self.any_type(1);
        let times = 1 + self.random.below(4);
        let (name, counter) = (self.name("v"), self.name("n"));
        self.line(&format!("let mut {counter} = 0u8;"));
        self.line(&format!("let mut {name} = loop {{"));
        // Only plain statements inside: `break` without a value would not fit.
        let labels = std::mem::take(&mut self.labels);
        self.repeated(times, |writer| {
            let count = 1 + writer.random.below(2);
            writer.statements(count);
            let (condition, value) = (writer.expression(&Type::Bool, 2), writer.expression(&ty, 2));
            writer.line(&format!("{counter} += 1;"));
            writer.line(&format!("if {counter} >= {times} || {condition} {{ break {value}; }}"));
        });
        self.labels = labels;
        self.line("};");
        self.variable(&name, &ty, true);
    }

    fn element_loop(&mut self) {
        let length = 1 + self.random.below(5);
        let element = self.any_type(1);
        let ty = Type::Array(Box::new(element.clone()), length);
        let item = self.name("e");
        self.labels.push(String::new());
        match self.random.below(3) {
            0 => {
                let array = self.name("v");
                let value = self.expression(&ty, 2);
                self.line(&format!("let mut {array} = {value};"));
                self.line(&format!("for {item} in {array}.iter_mut() {{"));
                self.repeated(length, |writer| {
                    let value = writer.expression(&element, 2);
                    writer.line(&format!("*{item} = {value};"));
                });
                self.line("}");
                self.variable(&array, &ty, true);
            }
            1 => {
                let value = self.expression(&ty, 2);
                let index = self.name("i");
                self.line(&format!("for ({index}, &{item}) in {value}.iter().enumerate() {{"));
                self.repeated(length, |writer| {
                    writer.variable(&item, &element, false);
                    writer.variable(&index, &Type::Int("usize"), false);
                    let count = 1 + writer.random.below(2);
                    writer.statements(count);
                });
                self.line("}");
            }
            _ => {
                let value = self.expression(&ty, 2);
                self.line(&format!("for {item} in {value} {{"));
                self.repeated(length, |writer| {
                    writer.variable(&item, &element, false);
                    let count = 1 + writer.random.below(2);
                    writer.statements(count);
                });
                self.line("}");
            }
        }
        self.labels.pop();
    }

    /// Writes through a reference to a place.
    fn reference(&mut self) {
        let Some((place, ty)) = self.mutable_place(None) else { return self.declaration() };
        let base = place.split(['.', '[']).next().expect("a place has a name").to_owned();
        let hidden = std::mem::take(&mut self.variables);
        self.variables = hidden.iter().filter(|variable| variable.name != base).cloned().collect();
        let name = self.name("r");
        let (first, second) = (self.expression(&ty, 2), self.expression(&ty, 2));
        self.variables = hidden;
        match self.random.below(3) {
            0 => self.line(&format!("{{ let {name} = &mut {place}; *{name} = {first}; }}")),
            1 => {
                let old = self.name("v");
                self.line(&format!("let {old} = exchange(&mut {place}, {first});"));
                self.variable(&old, &ty, false);
            }
            _ => {
                let condition = self.expression(&Type::Bool, 1);
                let other = self.name("v");
                self.line(&format!("let mut {other} = {second};"));
                self.line(&format!(
                    "{{ let condition = {condition}; let {name} = if condition {{ &mut {place} }} else {{ &mut {other} }}; *{name} = {first}; }}"
                ));
                self.variable(&other, &ty, true);
            }
        }
    }

    /// A closure that changes what it captures, called more than once.
    fn closure(&mut self) {
        let Some((place, ty)) = self.mutable_place(None) else { return self.declaration() };
        let base = place.split(['.', '[']).next().expect("a place has a name").to_owned();
        let argument = self.any_type(0);
        let (name, parameter) = (self.name("c"), self.name("a"));
        let argument_name = self.type_name(&argument);
        self.variable(&parameter, &argument, false);
        let value = self.expression(&ty, 2);
        self.variables.pop();
        let hidden = std::mem::take(&mut self.variables);
        self.variables = hidden.iter().filter(|variable| variable.name != base).cloned().collect();
        let calls: Vec<String> = (0..1 + self.random.below(2)).map(|_| self.expression(&argument, 2)).collect();
        self.variables = hidden;
        if self.random.percent(30) {
            let count = self.random.below(4);
            self.cost += self.repeat * 10;
            let value = {
                self.variable(&parameter, &Type::Int("u32"), false);
                let value = self.expression(&ty, 2);
                self.variables.pop();
                value
            };
            return self.line(&format!("times({count}, |{parameter}| {place} = {value});"));
        }
        self.line(&format!("let mut {name} = |{parameter}: {argument_name}| {{ {place} = {value}; }};"));
        for call in calls {
            self.line(&format!("{name}({call});"));
        }
    }

    /// `break`, `continue` or `return`, under a condition.
    fn leave(&mut self) {
        let condition = self.expression(&Type::Bool, 3);
        if !self.labels.is_empty() && self.random.percent(70) {
            let word = *self.random.pick(&["break", "continue"]);
            let label = self.random.pick(&self.labels.clone()).clone();
            let label = if label.is_empty() { label } else { format!(" {label}") };
            return self.line(&format!("if {condition} {{ {word}{label}; }}"));
        }
        let Some(returns) = self.returns.clone() else { return self.declaration() };
        if let Type::Option(_) = &returns
            && self.random.percent(60)
        {
            let inner = self.any_type(1);
            let value = self.expression(&Type::Option(Box::new(inner.clone())), 2);
            let name = self.name("q");
            self.line(&format!("let {name} = {value}?;"));
            return self.variable(&name, &inner, false);
        }
        if self.random.percent(40) {
            let inner = self.any_type(1);
            let value = self.expression(&Type::Option(Box::new(inner.clone())), 2);
            let (name, otherwise) = (self.name("q"), self.expression(&returns, 2));
            self.line(&format!("let Some({name}) = ({value}) else {{ return {otherwise} }};"));
            return self.variable(&name, &inner, false);
        }
        let value = self.expression(&returns, 2);
        self.line(&format!("if {condition} {{ return {value}; }}"));
    }

    fn mutable_method(&mut self) {
        let with_methods: Vec<usize> = (0..self.structures.len()).filter(|at| self.structures[*at].methods).collect();
        if with_methods.is_empty() {
            return self.assignment();
        }
        let ty = Type::Structure(*self.random.pick(&with_methods));
        let by = self.expression(&Type::Int("u32"), 2);
        match self.mutable_place(Some(&ty)) {
            Some((place, _)) => self.line(&format!("{place}.advance({by});")),
            None => {
                let (name, value) = (self.name("v"), self.expression(&ty, 2));
                self.line(&format!("let {name} = {value}.step({by}).total();"));
                self.variable(&name, &Type::Int("u64"), false);
            }
        }
    }

    fn destructured(&mut self) {
        let (first, second) = (self.any_type(1), self.any_type(1));
        let value = self.expression(&Type::Tuple(vec![first.clone(), second.clone()]), 2);
        let (a, b) = (self.name("d"), self.name("d"));
        self.line(&format!("let ({a}, mut {b}) = {value};"));
        self.variable(&a, &first, false);
        self.variable(&b, &second, true);
    }
}
