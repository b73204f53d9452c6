//! Built-in derives: the impls as text, which is read like any other file.

use rustg_syntax::{NodeId, NodeKind};

use crate::items::DefId;
use crate::program::Program;
use crate::source::{File, FileId, is_type};

/// A structure or variant: its name, its fields' names (numbers for tuples), and whether they stand in braces.
struct Shape {
    path: String,
    fields: Vec<String>,
    is_record: bool,
    is_default: bool,
}

impl Shape {
    fn pattern(&self, prefix: &str) -> String {
        let names: Vec<String> = (self.fields.iter())
            .map(|field| if self.is_record { format!("{field}: {prefix}{field}") } else { format!("{prefix}{field}") })
            .collect();
        self.with(&names.join(", "))
    }

    fn with(&self, inner: &str) -> String {
        match (self.fields.is_empty(), self.is_record) {
            (true, false) => self.path.clone(),
            (_, true) => format!("{} {{ {inner} }}", self.path),
            _ => format!("{}({inner})", self.path),
        }
    }

    fn build(&self, value: impl Fn(&str) -> String) -> String {
        let names: Vec<String> = (self.fields.iter())
            .map(|field| if self.is_record { format!("{field}: {}", value(field)) } else { value(field) })
            .collect();
        self.with(&names.join(", "))
    }
}

impl Program {
    /// Collects the impls that `derive` asks for into the item's module.
    pub(crate) fn collect_derives(&mut self, id: DefId, module: DefId, attributes: &[(String, NodeId)], flags: u16) {
        let file_id = self.def(id).file;
        let mut wanted: Vec<String> = Vec::new();
        for (name, meta) in attributes {
            if name == "derive" {
                wanted.extend(self.file(file_id).attribute_words(*meta));
            }
        }
        if wanted.is_empty() {
            return;
        }
        let node = self.def(id).node;
        let file = self.file(file_id);
        let shapes = shapes(file, node);
        // What has parameters may be `Clone` where it is not `Copy`.
        let is_copy =
            wanted.iter().any(|word| word == "Copy") && file.child(node, NodeKind::GenericParamList).is_none();
        let mut text = String::new();
        for word in &wanted {
            let Some((path, items)) = derived(word, &shapes, is_copy, file.kind(node) == NodeKind::Enum) else {
                continue;
            };
            let (parameters, arguments) = generics(file, node, path);
            let name = file.name_token(node).map_or("", |token| file.token_text(token));
            let clause = file.child(node, NodeKind::WhereClause).map_or("", |clause| file.node_text(clause));
            text.push_str(&format!("impl{parameters} {path} for {name}{arguments} {clause} {{ {items} }}\n"));
        }
        if text.is_empty() {
            return;
        }
        let path = file.path.clone();
        let mut scratch = std::mem::take(&mut self.scratch);
        let derived = File::new(&mut scratch, path, text, rustg_syntax::Edition::E2024);
        self.scratch = scratch;
        let derived_id = FileId(self.files.len() as u32);
        self.derived_files.insert(derived_id, (file_id, node));
        self.files.push(derived);
        self.collect_items(derived_id, NodeId::ROOT, module, flags);
    }
}

/// `<T: Bound + path>` and `<T>` of an item.
fn generics(file: &File, node: NodeId, bound: &str) -> (String, String) {
    let Some(list) = file.child(node, NodeKind::GenericParamList) else { return (String::new(), String::new()) };
    let (mut parameters, mut arguments) = (Vec::new(), Vec::new());
    for param in file.children(list) {
        match file.kind(param) {
            NodeKind::TypeParam => {
                let name = file.name_token(param).map_or("", |token| file.token_text(token));
                let bounds = file.child(param, NodeKind::TypeBoundList).map_or("", |bounds| file.node_text(bounds));
                let join = if bounds.is_empty() { "" } else { " + " };
                parameters.push(format!("{name}: {bounds}{join}{bound}"));
                arguments.push(name.to_owned());
            }
            NodeKind::ConstParam => {
                let name = file.name_token(param).map_or("", |token| file.token_text(token));
                let ty = file.child_where(param, is_type).map_or("usize", |ty| file.node_text(ty));
                parameters.push(format!("const {name}: {ty}"));
                arguments.push(name.to_owned());
            }
            _ => {
                let name = file.node_text(param);
                parameters.push(name.to_owned());
                arguments.push(name.split(':').next().unwrap_or(name).trim().to_owned());
            }
        }
    }
    (format!("<{}>", parameters.join(", ")), format!("<{}>", arguments.join(", ")))
}

fn fields(file: &File, node: NodeId) -> (Vec<String>, bool) {
    if let Some(list) = file.child(node, NodeKind::RecordFieldList) {
        let fields = file.children(list).filter(|child| file.kind(*child) == NodeKind::RecordField);
        let names = fields.filter_map(|field| Some(file.token_text(file.name_token(field)?).to_owned()));
        return (names.collect(), true);
    }
    let count = file
        .child(node, NodeKind::TupleFieldList)
        .map_or(0, |list| file.children(list).filter(|child| file.kind(*child) == NodeKind::TupleField).count());
    ((0..count).map(|at| at.to_string()).collect(), false)
}

fn shapes(file: &File, node: NodeId) -> Vec<Shape> {
    let Some(list) = file.child(node, NodeKind::VariantList) else {
        let (fields, is_record) = fields(file, node);
        return vec![Shape { path: "Self".to_owned(), fields, is_record, is_default: true }];
    };
    let variants = file.children(list).filter(|child| file.kind(*child) == NodeKind::Variant);
    variants
        .map(|variant| {
            let (fields, is_record) = fields(file, variant);
            let name = file.name_token(variant).map_or("", |token| file.token_text(token));
            let is_default = file.attributes(variant).iter().any(|(name, _)| name == "default");
            Shape { path: format!("Self::{name}"), fields, is_record, is_default }
        })
        .collect()
}

/// The trait's path and the impl's items.
fn derived(word: &str, shapes: &[Shape], is_copy: bool, is_enum: bool) -> Option<(&'static str, String)> {
    let arms = |body: &dyn Fn(&Shape) -> String| shapes.iter().map(body).collect::<Vec<_>>().join(", ");
    let both = |shape: &Shape| format!("({}, {})", shape.pattern("a"), shape.pattern("b"));
    let rest = |value: &str| if shapes.len() > 1 { format!(", _ => {value}") } else { String::new() };
    Some(match word {
        "Copy" => ("::core::marker::Copy", String::new()),
        "Eq" => ("::core::cmp::Eq", String::new()),
        "Clone" if is_copy => ("::core::clone::Clone", "fn clone(&self) -> Self { *self }".to_owned()),
        "Clone" => {
            let arms = arms(&|shape| {
                let build = shape.build(|field| format!("::core::clone::Clone::clone(a{field})"));
                format!("{} => {build}", shape.pattern("a"))
            });
            ("::core::clone::Clone", format!("fn clone(&self) -> Self {{ match self {{ {arms} }} }}"))
        }
        "PartialEq" if shapes.is_empty() => {
            ("::core::cmp::PartialEq", "fn eq(&self, other: &Self) -> bool { true }".to_owned())
        }
        "PartialEq" => {
            let arms = arms(&|shape| {
                let tests: Vec<String> = shape.fields.iter().map(|field| format!("*a{field} == *b{field}")).collect();
                let tests = if tests.is_empty() { "true".to_owned() } else { tests.join(" && ") };
                format!("{} => {tests}", both(shape))
            });
            let rest = rest("false");
            (
                "::core::cmp::PartialEq",
                format!("fn eq(&self, other: &Self) -> bool {{ match (self, other) {{ {arms}{rest} }} }}"),
            )
        }
        "PartialOrd" | "Ord" if !shapes.is_empty() => {
            let (path, head, equal, method, ordering) = if word == "Ord" {
                (
                    "::core::cmp::Ord",
                    "fn cmp(&self, other: &Self) -> ::core::cmp::Ordering",
                    "::core::cmp::Ordering::Equal",
                    "::core::cmp::Ord::cmp",
                    "",
                )
            } else {
                (
                    "::core::cmp::PartialOrd",
                    "fn partial_cmp(&self, other: &Self) -> ::core::option::Option<::core::cmp::Ordering>",
                    "::core::option::Option::Some(::core::cmp::Ordering::Equal)",
                    "::core::cmp::PartialOrd::partial_cmp",
                    "::core::option::Option::Some",
                )
            };
            let _ = ordering;
            let arms = arms(&|shape| {
                let mut chain = equal.to_owned();
                for field in shape.fields.iter().rev() {
                    chain =
                        format!("match {method}(a{field}, b{field}) {{ {equal} => {chain}, different => different }}");
                }
                format!("{} => {chain}", both(shape))
            });
            let number = |name: &str| {
                let arms: Vec<String> = shapes
                    .iter()
                    .enumerate()
                    .map(|(at, shape)| {
                        let dots = if shape.is_record {
                            " { .. }"
                        } else if shape.fields.is_empty() {
                            ""
                        } else {
                            "(..)"
                        };
                        format!("{}{dots} => {at}u32", shape.path)
                    })
                    .collect();
                format!("match {name} {{ {} }}", arms.join(", "))
            };
            let rest = if is_enum && shapes.len() > 1 {
                format!(", _ => {method}(&({}), &({}))", number("self"), number("other"))
            } else {
                String::new()
            };
            (path, format!("{head} {{ match (self, other) {{ {arms}{rest} }} }}"))
        }
        "Default" => {
            let shape = shapes.iter().find(|shape| shape.is_default)?;
            let build = shape.build(|_| "::core::default::Default::default()".to_owned());
            ("::core::default::Default", format!("fn default() -> Self {{ {build} }}"))
        }
        _ => return None,
    })
}
