//! Trees of bodies → tables of bodies.

mod assignee;
mod pattern;

use rustg_base::{Diagnostic, Span, StringId};
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use crate::hir::*;
use crate::items::{DefId, DefKind, def_flags};
use crate::literal;
use crate::macros::{Builtin, known_macro};
use crate::program::Program;

use crate::source::{FileId, is_expr, is_item, is_pat, is_type};

/// Reads one body.
pub(crate) struct Lowering<'a> {
    pub(crate) program: &'a mut Program,
    pub(crate) file: FileId,
    owner: DefId,
    body: HirBody,
    module: DefId,
    /// Variables in scope, innermost last.
    scope: Vec<(StringId, LocalId)>,
    loops: Vec<(Option<StringId>, LoopId, bool)>,
    closure: Option<ClosureIndex>,
    unsafe_depth: u32,
    /// Names that an alternative of an or-pattern shares with the first one.
    shared: Option<Vec<(StringId, LocalId)>>,
}

impl Program {
    /// The body of a function, constant or static; none where it has none.
    pub(crate) fn lower_body(&mut self, id: DefId) -> Option<HirBody> {
        let def = self.def(id).clone();
        let module = self.module_of(id);
        let file = self.file(def.file);
        let value = match def.kind {
            DefKind::Fn => file.child(def.node, NodeKind::BlockExpr)?,
            _ => file.child_where(def.node, is_expr)?,
        };
        let mut lowering = Lowering {
            program: self,
            file: def.file,
            owner: id,
            body: HirBody::default(),
            module,
            scope: Vec::new(),
            loops: Vec::new(),
            closure: None,
            unsafe_depth: u32::from(def.flags & (def_flags::LIBRARY | def_flags::UNSAFE) != 0),
            shared: None,
        };
        if def.kind == DefKind::Fn {
            for node in lowering.program.parameter_nodes(def.file, def.node) {
                let pat = lowering.parameter(node);
                lowering.body.parameters.push(pat);
            }
        }
        let value = lowering.expr(value);
        lowering.body.value = Some(value);
        Some(lowering.body)
    }
}

impl Lowering<'_> {
    fn parameter(&mut self, node: NodeId) -> PatId {
        let file = self.program.file(self.file);
        if file.kind(node) != NodeKind::SelfParam {
            return self.pat(node);
        }
        let span = file.span(node);
        // `mut self`, but not `&mut self`.
        let is_mutable = !file.has_token(node, TokenKind::And) && file.has_word(node, "mut");
        let name = self.program.names.self_value;
        let local = self.add_local(name, is_mutable, span);
        self.add_pat(PatKind::Binding(local, None, None), span)
    }

    fn add_local(&mut self, name: StringId, is_mutable: bool, span: Span) -> LocalId {
        if let Some(shared) = &self.shared
            && let Some(&(_, local)) = shared.iter().find(|(known, _)| *known == name)
        {
            return local;
        }
        let local = LocalId(self.body.locals.len() as u32);
        self.body.locals.push(Local { name, is_mutable, span, closure: self.closure });
        self.scope.push((name, local));
        local
    }

    fn add_pat(&mut self, kind: PatKind, span: Span) -> PatId {
        self.body.pats.push(Pat { kind, span });
        PatId(self.body.pats.len() as u32 - 1)
    }

    fn add(&mut self, kind: ExprKind, span: Span) -> ExprId {
        self.body.exprs.push(Expr { kind, span, is_unsafe: self.unsafe_depth > 0 });
        ExprId(self.body.exprs.len() as u32 - 1)
    }

    fn refuse(&mut self, span: Span, what: &str) -> ExprKind {
        self.program.refuse(self.file, span, what);
        ExprKind::Error
    }

    fn error(&mut self, span: Span, message: &str, code: &'static str) -> ExprKind {
        self.program.report(self.file, Diagnostic::error(span, message).with_code(code));
        ExprKind::Error
    }

    fn written(&self, node: NodeId) -> Written {
        Written { node, module: self.module }
    }

    fn child_exprs(&self, node: NodeId) -> Vec<NodeId> {
        let file = self.program.file(self.file);
        file.children(node).filter(|child| is_expr(file.kind(*child))).collect()
    }

    fn type_child(&self, node: NodeId) -> Option<Written> {
        self.program.file(self.file).child_where(node, is_type).map(|node| self.written(node))
    }

    fn expr_or_error(&mut self, node: Option<NodeId>, span: Span) -> ExprId {
        match node {
            Some(node) => self.expr(node),
            None => self.add(ExprKind::Error, span),
        }
    }

    pub(crate) fn expr(&mut self, node: NodeId) -> ExprId {
        let span = self.program.file(self.file).span(node);
        let kind = self.expr_kind(node, span);
        self.add(kind, span)
    }

    fn expr_kind(&mut self, node: NodeId, span: Span) -> ExprKind {
        let kind = self.program.file(self.file).kind(node);
        let inner = self.child_exprs(node);
        let first = inner.first().copied();
        match kind {
            NodeKind::Literal => self.literal(node, span),
            NodeKind::PathExpr => self.path(node),
            NodeKind::ParenExpr => {
                let inner = self.expr_or_error(first, span);
                // The inner one's row is taken over; spans of parentheses say no more.
                self.body.exprs[inner.index()].kind.clone()
            }
            NodeKind::PrefixExpr => {
                let operator = self.program.file(self.file).operator(node);
                let inner = self.expr_or_error(first, span);
                match operator.as_str() {
                    "!" => ExprKind::Unary(UnaryOp::Not, inner),
                    "-" => ExprKind::Unary(UnaryOp::Neg, inner),
                    "*" => ExprKind::Deref(inner),
                    _ => self.refuse(span, "this operator"),
                }
            }
            NodeKind::RefExpr => {
                let file = self.program.file(self.file);
                let (is_mutable, is_raw) = (file.has_word(node, "mut"), file.has_word(node, "raw"));
                let inner = self.expr_or_error(first, span);
                if is_raw { ExprKind::RawRef(is_mutable, inner) } else { ExprKind::Ref(is_mutable, inner) }
            }
            NodeKind::BinExpr => self.binary(node, &inner, span),
            NodeKind::CallExpr => self.call(node, first, span),
            NodeKind::MethodCallExpr => {
                let file = &self.program.files[self.file.0 as usize];
                let name = file.name(&mut self.program.strings, node);
                let generic = file.child(node, NodeKind::GenericArgList);
                let list = file.child(node, NodeKind::ArgList);
                let receiver = self.expr_or_error(first, span);
                let arguments = self.arguments(list);
                let generic = generic.map(|node| self.written(node));
                ExprKind::MethodCall(receiver, name, generic, arguments)
            }
            NodeKind::FieldExpr => {
                let inner = self.expr_or_error(first, span);
                self.field(node, inner, span)
            }
            NodeKind::IndexExpr => {
                let base = self.expr_or_error(first, span);
                let index = self.expr_or_error(inner.get(1).copied(), span);
                ExprKind::Index(base, index)
            }
            NodeKind::CastExpr => {
                let inner = self.expr_or_error(first, span);
                match self.type_child(node) {
                    Some(ty) => ExprKind::Cast(inner, ty),
                    None => ExprKind::Error,
                }
            }
            NodeKind::TupleExpr => ExprKind::Tuple(inner.into_iter().map(|node| self.expr(node)).collect()),
            NodeKind::ArrayExpr => {
                if self.program.file(self.file).has_token(node, TokenKind::Semi) {
                    let value = self.expr_or_error(first, span);
                    return match inner.get(1) {
                        Some(&length) => ExprKind::Repeat(value, self.written(length)),
                        None => match self.program.file(self.file).child(node, NodeKind::ConstArg) {
                            Some(length) => ExprKind::Repeat(value, self.written(length)),
                            None => ExprKind::Error,
                        },
                    };
                }
                ExprKind::Array(inner.into_iter().map(|node| self.expr(node)).collect())
            }
            NodeKind::RecordExpr => self.record(node),
            NodeKind::RangeExpr => {
                let text = self.program.file(self.file).operator(node);
                let (start, end) = self.range_ends(node, &inner);
                let start = start.map(|node| self.expr(node));
                let end = end.map(|node| self.expr(node));
                ExprKind::Range(start, end, text.contains('='))
            }
            NodeKind::BlockExpr => self.block(node, span),
            NodeKind::IfExpr => {
                let depth = self.scope.len();
                let condition = self.expr_or_error(first, span);
                let then = self.expr_or_error(inner.get(1).copied(), span);
                self.scope.truncate(depth);
                let otherwise = inner.get(2).map(|node| self.expr(*node));
                ExprKind::If(condition, then, otherwise)
            }
            NodeKind::LetExpr => {
                let value = self.expr_or_error(first, span);
                let pattern = self.program.file(self.file).child_where(node, is_pat);
                let pattern = self.pat_or_wild(pattern, span);
                ExprKind::Let(pattern, value)
            }
            NodeKind::MatchExpr => self.match_expr(node, first, span),
            NodeKind::LoopExpr | NodeKind::WhileExpr | NodeKind::ForExpr => self.loop_expr(node, kind, &inner, span),
            NodeKind::BreakExpr | NodeKind::ContinueExpr => self.jump(node, kind, first, span),
            NodeKind::ReturnExpr => ExprKind::Return(first.map(|node| self.expr(node))),
            NodeKind::TryExpr => ExprKind::Try(self.expr_or_error(first, span)),
            NodeKind::ClosureExpr => self.closure(node, first, span),
            NodeKind::MacroExpr => {
                let name = self.program.file(self.file).child(node, NodeKind::MacroCall);
                let name = name.and_then(|call| self.program.file(self.file).child(call, NodeKind::Path));
                let name = name.map_or("?", |path| self.program.file(self.file).node_text(path)).to_owned();
                self.refuse_macro(&name, span)
            }
            NodeKind::AwaitExpr => self.refuse(span, "`.await`"),
            NodeKind::UnderscoreExpr => self.refuse(span, "`_` as an expression"),
            _ => self.refuse(span, "this kind of expression"),
        }
    }

    fn range_ends(&self, node: NodeId, inner: &[NodeId]) -> (Option<NodeId>, Option<NodeId>) {
        let file = self.program.file(self.file);
        let dots = file.own_tokens(node).next().unwrap_or(0);
        let before = |node: &&NodeId| file.tree().tokens(**node).start < dots;
        (inner.iter().find(before).copied(), inner.iter().find(|node| !before(node)).copied())
    }

    fn literal(&mut self, node: NodeId, span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        let token = file.tree().tokens(node).start;
        let text = file.text[file.parse.tokens.range(token)].to_owned();
        let literal = match file.parse.tokens.kind(token) {
            TokenKind::Int => match literal::integer(&text) {
                Some((value, ty))
                    if ty.is_some_and(|ty| ty == crate::types::known::F32 || ty == crate::types::known::F64) =>
                {
                    Some(Literal::Float(value.to_string(), ty))
                }
                Some((value, ty)) => Some(Literal::Int(value, ty)),
                None => None,
            },
            TokenKind::Float => {
                let (digits, ty) = literal::float(&text);
                Some(Literal::Float(digits, ty))
            }
            TokenKind::Char => literal::character(&text).map(Literal::Char),
            TokenKind::Byte => {
                literal::character(&text).map(|c| Literal::Int(c as u128, Some(crate::types::known::U8)))
            }
            TokenKind::Str | TokenKind::RawStr => literal::string(&text).map(Literal::Str),
            TokenKind::ByteStr | TokenKind::RawByteStr => literal::string(&text).map(Literal::Bytes),
            _ if text == "true" => Some(Literal::Bool(true)),
            _ if text == "false" => Some(Literal::Bool(false)),
            _ => None,
        };
        match literal {
            Some(literal) => ExprKind::Literal(literal),
            None => self.refuse(span, "this literal"),
        }
    }

    /// A macro that is not built in: by name, with the reason where only the host has it.
    fn refuse_macro(&mut self, name: &str, span: Span) -> ExprKind {
        let last = name.rsplit("::").next().unwrap_or(name).trim();
        let Some((why, instead)) = crate::rules::host::macro_named(last) else {
            return self.refuse(span, &format!("the macro `{name}!`"));
        };
        let error = Diagnostic::error(span, format!("`{last}!` cannot run on a device"))
            .with_code("G0108")
            .with_primary(why)
            .with_help(instead);
        self.program.report(self.file, error);
        ExprKind::Error
    }

    fn lookup(&mut self, name: StringId) -> Option<LocalId> {
        let local = self.scope.iter().rev().find(|(known, _)| *known == name)?.1;
        Some(local)
    }

    fn path(&mut self, node: NodeId) -> ExprKind {
        let file = &self.program.files[self.file.0 as usize];
        let path = file.path(&mut self.program.strings, node);
        if path.segments.len() == 1
            && path.anchor.is_none()
            && !path.is_global
            && let Some(local) = self.lookup(path.segments[0].name)
        {
            return ExprKind::Local(local);
        }
        ExprKind::Path(self.written(node))
    }

    fn binary(&mut self, node: NodeId, inner: &[NodeId], span: Span) -> ExprKind {
        let text = self.program.file(self.file).operator(node);
        if text == "="
            && let Some(&target) = inner.first()
            && self.is_destructured(target)
        {
            return self.destructure(target, inner.get(1).copied(), span);
        }
        let left = self.expr_or_error(inner.first().copied(), span);
        let right = self.expr_or_error(inner.get(1).copied(), span);
        match text.as_str() {
            "&&" => ExprKind::Logic(false, left, right),
            "||" => ExprKind::Logic(true, left, right),
            "=" => ExprKind::Assign(left, right),
            _ => match BinaryOp::from_text(&text) {
                Some(op) => ExprKind::Binary(op, left, right),
                None => match BinaryOp::from_text(text.trim_end_matches('=')) {
                    Some(op) => ExprKind::AssignOp(op, left, right),
                    None => self.refuse(span, "this operator"),
                },
            },
        }
    }

    fn arguments(&mut self, list: Option<NodeId>) -> Vec<ExprId> {
        let nodes = list.map_or(Vec::new(), |list| self.child_exprs(list));
        nodes.into_iter().map(|node| self.expr(node)).collect()
    }

    fn call(&mut self, node: NodeId, callee: Option<NodeId>, span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        let list = file.child(node, NodeKind::ArgList);
        if let (Some(callee), Some(list)) = (callee, list)
            && file.kind(callee) == NodeKind::PathExpr
        {
            let tree = file.tree();
            let between = tree.tokens(callee).end as u32..tree.tokens(list).start as u32;
            if file.bangs.iter().any(|bang| between.contains(bang)) {
                let name = file.node_text(callee);
                let builtin = known_macro(name.rsplit("::").next().unwrap_or(name).trim());
                let nodes = self.child_exprs(list);
                return match builtin {
                    Some(builtin) => self.builtin_macro(builtin, &nodes, span),
                    None => self.refuse(span, "this macro"),
                };
            }
        }
        let callee = self.expr_or_error(callee, span);
        let arguments = self.arguments(list);
        ExprKind::Call(callee, arguments)
    }

    fn builtin_macro(&mut self, builtin: Builtin, nodes: &[NodeId], span: Span) -> ExprKind {
        let prefix = |text: &str, format: Option<Format>| match format {
            Some(mut format) => {
                format.texts[0] = format!("{text}: {}", format.texts[0]);
                format
            }
            None => Format { texts: vec![text.to_owned()], values: Vec::new(), debug: Vec::new() },
        };
        match builtin {
            Builtin::Panic => match self.format(nodes) {
                Some(format) => ExprKind::Panic(format),
                None => ExprKind::Panic(prefix("explicit panic", None)),
            },
            Builtin::Unreachable => {
                let format = self.format(nodes);
                ExprKind::Panic(prefix("internal error: entered unreachable code", format))
            }
            Builtin::Todo => {
                let format = self.format(nodes);
                ExprKind::Panic(prefix("not yet implemented", format))
            }
            Builtin::Unimplemented => {
                let format = self.format(nodes);
                ExprKind::Panic(prefix("not implemented", format))
            }
            Builtin::Assert => {
                let Some(&first) = nodes.first() else {
                    return self.error(span, "macro requires a boolean expression as an argument", "G0003");
                };
                let condition = self.expr(first);
                let format = self.format(&nodes[1..]).unwrap_or_else(|| {
                    let text = self.program.file(self.file).node_text(first);
                    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    prefix(&format!("assertion failed: {text}"), None)
                });
                ExprKind::Assert(condition, format)
            }
            Builtin::AssertEq | Builtin::AssertNe => {
                if nodes.len() < 2 {
                    return self.error(span, "this macro takes two values to compare", "G0003");
                }
                let (left, right) = (self.expr(nodes[0]), self.expr(nodes[1]));
                let format = self.format(&nodes[2..]);
                ExprKind::AssertEq(builtin == Builtin::AssertEq, left, right, format)
            }
            Builtin::Printf => match self.format(nodes) {
                Some(format) => ExprKind::Print(format),
                None => self.error(span, "requires at least a format string argument", "G0003"),
            },
        }
    }

    /// Reads a format string and its values; none where there is nothing.
    fn format(&mut self, nodes: &[NodeId]) -> Option<Format> {
        let &first = nodes.first()?;
        let span = self.program.file(self.file).span(first);
        let text = match self.expr_kind(first, span) {
            ExprKind::Literal(Literal::Str(bytes)) => String::from_utf8(bytes).ok()?,
            _ => {
                self.error(span, "format argument must be a string literal", "G0003");
                return None;
            }
        };
        let mut format = Format { texts: vec![String::new()], values: Vec::new(), debug: Vec::new() };
        let mut positional = nodes[1..].to_vec();
        positional.reverse();
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            match c {
                '{' | '}' if chars.peek() == Some(&c) => {
                    chars.next();
                    format.texts.last_mut().expect("there is always a text").push(c);
                }
                '{' => {
                    let inner: String = chars.by_ref().take_while(|c| *c != '}').collect();
                    let (name, spec) = inner.split_once(':').unwrap_or((&inner, ""));
                    if !matches!(spec, "" | "?") {
                        self.refuse(span, &format!("the format `{{:{spec}}}`"));
                    }
                    let value = if name.is_empty() {
                        match positional.pop() {
                            Some(node) => self.expr(node),
                            None => {
                                let kind = self.error(span, "more places in the format string than arguments", "G0003");
                                self.add(kind, span)
                            }
                        }
                    } else {
                        let name_id = self.program.strings.intern(name);
                        let kind = match self.lookup(name_id) {
                            Some(local) => ExprKind::Local(local),
                            None => self.refuse(span, "a named or numbered format argument"),
                        };
                        self.add(kind, span)
                    };
                    format.values.push(value);
                    format.debug.push(spec == "?");
                    format.texts.push(String::new());
                }
                c => format.texts.last_mut().expect("there is always a text").push(c),
            }
        }
        if let Some(node) = positional.pop() {
            let span = self.program.file(self.file).span(node);
            self.error(span, "argument never used", "G0003");
        }
        Some(format)
    }

    fn field(&mut self, node: NodeId, inner: ExprId, span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        let tokens: Vec<usize> = file.own_tokens(node).collect();
        // `a.0.1` may be lexed as one float, which belongs to the inner field expression; the outer one has no token.
        let Some(&last) = tokens.last() else { return self.body.exprs[inner.index()].kind.clone() };
        let text = file.token_text(last).to_owned();
        let mut inner = inner;
        let mut names = text.split('.').filter(|name| !name.is_empty()).peekable();
        while let Some(name) = names.next() {
            let name = self.program.strings.intern(name);
            let kind = ExprKind::Field(inner, name);
            if names.peek().is_none() {
                return kind;
            }
            inner = self.add(kind, span);
        }
        ExprKind::Error
    }

    fn record(&mut self, node: NodeId) -> ExprKind {
        let file = self.program.file(self.file);
        let (Some(path), Some(list)) =
            (file.child(node, NodeKind::Path), file.child(node, NodeKind::RecordExprFieldList))
        else {
            return ExprKind::Error;
        };
        let nodes: Vec<NodeId> = file.children(list).collect();
        let (mut fields, mut base) = (Vec::new(), None);
        for node in nodes {
            let file = &self.program.files[self.file.0 as usize];
            let span = file.span(node);
            if file.kind(node) != NodeKind::RecordExprField {
                if is_expr(file.kind(node)) {
                    base = Some(self.expr(node));
                }
                continue;
            }
            let value = file.child_where(node, is_expr);
            let token = file.own_tokens(node).next();
            let name = match (token, value) {
                (Some(token), _) if file.parse.tokens.kind(token) != TokenKind::Colon => {
                    file.token_text(token).to_owned()
                }
                (_, Some(value)) => file.node_text(value).to_owned(),
                _ => continue,
            };
            let name = self.program.strings.intern(&name);
            let value = self.expr_or_error(value, span);
            fields.push((name, value, span));
        }
        ExprKind::Record(self.written(path), fields, base)
    }

    fn block(&mut self, node: NodeId, span: Span) -> ExprKind {
        let file = &self.program.files[self.file.0 as usize];
        for (word, what) in [("async", "an `async` block"), ("const", "a `const` block"), ("gen", "a `gen` block")] {
            if file.has_word(node, word) {
                return self.refuse(span, what);
            }
        }
        let is_unsafe = file.has_word(node, "unsafe");
        let label = file.child(node, NodeKind::Label).map(|label| label_name(file.node_text(label)));
        let outer = self.module;
        if let Some(module) = self.program.block_module(self.file, node, self.module, self.owner) {
            self.module = module;
        }
        let label = label.map(|name| {
            let name = self.program.strings.intern(&name);
            let id = LoopId(self.body.loop_count);
            self.body.loop_count += 1;
            self.loops.push((Some(name), id, false));
            id
        });
        self.unsafe_depth += u32::from(is_unsafe);
        let depth = self.scope.len();
        let mut stmts = Vec::new();
        let mut tail = None;
        let file = self.program.file(self.file);
        let nodes: Vec<NodeId> = file.children(node).collect();
        for child in nodes {
            let file = self.program.file(self.file);
            let kind = file.kind(child);
            let span = file.span(child);
            match kind {
                NodeKind::LetStmt => stmts.push(self.let_stmt(child, span)),
                NodeKind::ExprStmt => {
                    let has_semi = file.has_token(child, TokenKind::Semi);
                    let inner = self.child_exprs(child).first().copied();
                    let value = self.expr_or_error(inner, span);
                    stmts.push(Stmt::Expr(value, has_semi));
                }
                kind if is_expr(kind) => tail = Some(self.expr(child)),
                NodeKind::MacroCall => {
                    let name = file.child(child, NodeKind::Path).map_or("?", |path| file.node_text(path)).to_owned();
                    self.refuse_macro(&name, span);
                }
                kind if is_item(kind) => {}
                _ => {}
            }
        }
        // A last statement without `;` is the value: `if … {}` at the end.
        if tail.is_none()
            && let Some(Stmt::Expr(value, false)) = stmts.last()
        {
            tail = Some(*value);
            stmts.pop();
        }
        self.scope.truncate(depth);
        self.unsafe_depth -= u32::from(is_unsafe);
        if label.is_some() {
            self.loops.pop();
        }
        self.module = outer;
        ExprKind::Block(stmts, tail, label)
    }

    fn let_stmt(&mut self, node: NodeId, span: Span) -> Stmt {
        let ty = self.type_child(node);
        let init = self.child_exprs(node).first().map(|node| self.expr(*node));
        let file = self.program.file(self.file);
        let otherwise = file.child(node, NodeKind::LetElse).and_then(|node| file.child(node, NodeKind::BlockExpr));
        let otherwise = otherwise.map(|node| self.expr(node));
        let pattern = self.program.file(self.file).child_where(node, is_pat);
        let pattern = self.pat_or_wild(pattern, span);
        Stmt::Let(pattern, ty, init, otherwise)
    }

    fn match_expr(&mut self, node: NodeId, scrutinee: Option<NodeId>, span: Span) -> ExprKind {
        let scrutinee = self.expr_or_error(scrutinee, span);
        let file = self.program.file(self.file);
        let list = file.child(node, NodeKind::MatchArmList);
        let nodes: Vec<NodeId> = list.map_or(Vec::new(), |list| file.children(list).collect());
        let mut arms = Vec::new();
        for node in nodes {
            let file = self.program.file(self.file);
            if file.kind(node) != NodeKind::MatchArm {
                continue;
            }
            let span = file.span(node);
            let pattern = file.child_where(node, is_pat);
            let guard = file.child(node, NodeKind::MatchGuard);
            let depth = self.scope.len();
            let pattern = self.pat_or_wild(pattern, span);
            let guard = guard.and_then(|guard| self.child_exprs(guard).first().copied()).map(|guard| self.expr(guard));
            let body = self.child_exprs(node).first().copied();
            let body = self.expr_or_error(body, span);
            self.scope.truncate(depth);
            arms.push(Arm { pattern, guard, body });
        }
        ExprKind::Match(scrutinee, arms)
    }

    fn loop_expr(&mut self, node: NodeId, kind: NodeKind, inner: &[NodeId], span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        let label = file.child(node, NodeKind::Label).map(|label| label_name(file.node_text(label)));
        let label = label.map(|name| self.program.strings.intern(&name));
        let id = LoopId(self.body.loop_count);
        self.body.loop_count += 1;
        let depth = self.scope.len();
        let result = match kind {
            NodeKind::LoopExpr => {
                self.loops.push((label, id, true));
                let body = self.expr_or_error(inner.first().copied(), span);
                ExprKind::Loop(body, id, false)
            }
            NodeKind::WhileExpr => {
                self.loops.push((label, id, true));
                let condition = self.expr_or_error(inner.first().copied(), span);
                let body = self.expr_or_error(inner.get(1).copied(), span);
                let stop = self.add(ExprKind::Break(Some(id), None), span);
                let test = self.add(ExprKind::If(condition, body, Some(stop)), span);
                ExprKind::Loop(test, id, true)
            }
            _ => {
                let range = inner.first().copied().filter(|node| {
                    let mut node = *node;
                    let file = self.program.file(self.file);
                    while file.kind(node) == NodeKind::ParenExpr {
                        match file.child_where(node, is_expr) {
                            Some(inner) => node = inner,
                            None => return false,
                        }
                    }
                    file.kind(node) == NodeKind::RangeExpr
                });
                let source = self.expr_or_error(inner.first().copied(), span);
                self.loops.push((label, id, true));
                let pattern = self.program.file(self.file).child_where(node, is_pat);
                let pattern = self.pat_or_wild(pattern, span);
                let body = self.expr_or_error(inner.get(1).copied(), span);
                match self.body.exprs[source.index()].kind {
                    ExprKind::Range(Some(start), Some(end), inclusive) if range.is_some() => {
                        ExprKind::ForRange(pattern, start, end, inclusive, body, id)
                    }
                    _ => ExprKind::For(pattern, source, body, id),
                }
            }
        };
        self.loops.pop();
        self.scope.truncate(depth);
        result
    }

    fn jump(&mut self, node: NodeId, kind: NodeKind, value: Option<NodeId>, span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        let label = file
            .own_tokens(node)
            .find(|token| matches!(file.parse.tokens.kind(*token), TokenKind::Lifetime | TokenKind::RawLifetime));
        let label = label.map(|token| label_name(file.token_text(token)));
        let label = label.map(|name| self.program.strings.intern(&name));
        let target = match label {
            Some(name) => self.loops.iter().rev().find(|(known, ..)| *known == Some(name)),
            None => self.loops.iter().rev().find(|(_, _, is_loop)| *is_loop),
        };
        let target = target.map(|(_, id, _)| *id);
        let value = value.map(|node| self.expr(node));
        if target.is_none() {
            return match label {
                Some(name) => {
                    let message = format!("use of undeclared label `'{}`", self.program.strings.get(name));
                    self.error(span, &message, "E0426")
                }
                None => self.error(span, "`break` or `continue` outside of a loop", "E0268"),
            };
        }
        if kind == NodeKind::BreakExpr { ExprKind::Break(target, value) } else { ExprKind::Continue(target) }
    }

    fn closure(&mut self, node: NodeId, body: Option<NodeId>, span: Span) -> ExprKind {
        let file = self.program.file(self.file);
        if file.has_word(node, "async") {
            return self.refuse(span, "an `async` closure");
        }
        let is_move = file.has_word(node, "move");
        let result = file.child(node, NodeKind::RetType).and_then(|result| file.child_where(result, is_type));
        let result = result.map(|node| self.written(node));
        let list = file.child(node, NodeKind::ParamList);
        let params: Vec<NodeId> = list.map_or(Vec::new(), |list| file.children(list).collect());
        let index = ClosureIndex(self.body.closures.len() as u32);
        let parent = self.closure;
        self.body.closures.push(ClosureExpr { parameters: Vec::new(), result, body: ExprId(0), is_move, parent });
        let depth = self.scope.len();
        self.closure = Some(index);
        let loops = std::mem::take(&mut self.loops);
        let mut parameters = Vec::new();
        for param in params {
            let file = self.program.file(self.file);
            if file.kind(param) != NodeKind::Param {
                continue;
            }
            let pattern = file.child_where(param, is_pat);
            let ty = self.type_child(param);
            let pattern = self.pat_or_wild(pattern, span);
            parameters.push((pattern, ty));
        }
        let body = self.expr_or_error(body, span);
        self.loops = loops;
        self.closure = parent;
        self.scope.truncate(depth);
        let closure = &mut self.body.closures[index.index()];
        closure.parameters = parameters;
        closure.body = body;
        ExprKind::Closure(index)
    }
}

/// A label's name without its quote and colon.
fn label_name(text: &str) -> String {
    text.trim().trim_start_matches('\'').trim_end_matches(':').trim().to_owned()
}
