//! Patterns of bodies → tables of patterns.

use rustg_base::Span;
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use super::Lowering;
use crate::hir::*;
use crate::items::DefKind;
use crate::program::Program;
use crate::resolve::{Res, Space};
use crate::source::{FileId, is_pat};

impl Lowering<'_> {
    pub(super) fn pat_or_wild(&mut self, node: Option<NodeId>, span: Span) -> PatId {
        match node {
            Some(node) => self.pat(node),
            None => self.add_pat(PatKind::Wild, span),
        }
    }

    pub(super) fn pat(&mut self, node: NodeId) -> PatId {
        let span = self.program.file(self.file).span(node);
        let kind = self.pat_kind(node, span);
        self.add_pat(kind, span)
    }

    fn pats(&mut self, node: NodeId) -> Vec<PatId> {
        let file = self.program.file(self.file);
        let nodes: Vec<NodeId> = file.children(node).filter(|child| is_pat(file.kind(*child))).collect();
        nodes.into_iter().map(|node| self.pat(node)).collect()
    }

    fn pat_kind(&mut self, node: NodeId, span: Span) -> PatKind {
        let file = self.program.file(self.file);
        let kind = file.kind(node);
        let inner = file.child_where(node, is_pat);
        match kind {
            NodeKind::WildcardPat => PatKind::Wild,
            NodeKind::RestPat => PatKind::Rest,
            NodeKind::ParenPat => {
                let inner = self.pat_or_wild(inner, span);
                self.body.pats[inner.index()].kind.clone()
            }
            NodeKind::IdentPat => self.ident_pat(node, inner, span),
            NodeKind::LiteralPat => {
                let literal = file.child(node, NodeKind::Literal);
                let is_negative = file.has_token(node, TokenKind::Minus);
                let mut value = self.expr_or_error(literal, span);
                if is_negative {
                    value = self.add(ExprKind::Unary(UnaryOp::Neg, value), span);
                }
                PatKind::Literal(value)
            }
            NodeKind::RangePat => {
                let text = file.operator(node);
                let bounds: Vec<NodeId> = file.children(node).filter(|child| is_pat(file.kind(*child))).collect();
                let dots = file.own_tokens(node).next().unwrap_or(0);
                let starts: Vec<bool> = bounds.iter().map(|bound| file.tree().tokens(*bound).start < dots).collect();
                let (mut start, mut end) = (None, None);
                for (bound, is_start) in bounds.into_iter().zip(starts) {
                    let value = self.bound(bound);
                    if is_start { start = value } else { end = value }
                }
                PatKind::Range(start, end, text.contains('=') || text == "...")
            }
            NodeKind::PathPat => PatKind::Path(self.written(node)),
            NodeKind::TupleStructPat => {
                let path = file.child(node, NodeKind::Path);
                let pats = self.pats(node);
                match path {
                    Some(path) => PatKind::TupleStruct(self.written(path), pats),
                    None => PatKind::Wild,
                }
            }
            NodeKind::RecordPat => self.record_pat(node),
            NodeKind::TuplePat => PatKind::Tuple(self.pats(node)),
            NodeKind::SlicePat => PatKind::Slice(self.pats(node)),
            NodeKind::RefPat => {
                let is_mutable = file.has_word(node, "mut");
                PatKind::Ref(self.pat_or_wild(inner, span), is_mutable)
            }
            NodeKind::OrPat => {
                let nodes: Vec<NodeId> = file.children(node).filter(|child| is_pat(file.kind(*child))).collect();
                let depth = self.scope.len();
                let mut pats = Vec::new();
                for (at, node) in nodes.into_iter().enumerate() {
                    if at == 0 {
                        pats.push(self.pat(node));
                        continue;
                    }
                    let outer = self.shared.take();
                    self.shared = Some(self.scope[depth..].to_vec());
                    pats.push(self.pat(node));
                    self.shared = outer;
                }
                PatKind::Or(pats)
            }
            _ => {
                self.refuse(span, "this kind of pattern");
                PatKind::Wild
            }
        }
    }

    fn bound(&mut self, node: NodeId) -> Option<ExprId> {
        let span = self.program.file(self.file).span(node);
        let pat = self.pat(node);
        match self.body.pats[pat.index()].kind.clone() {
            PatKind::Literal(value) => Some(value),
            PatKind::Path(path) => Some(self.add(ExprKind::Path(path), span)),
            _ => None,
        }
    }

    fn ident_pat(&mut self, node: NodeId, inner: Option<NodeId>, span: Span) -> PatKind {
        let file = &self.program.files[self.file.0 as usize];
        let name = file.name(&mut self.program.strings, node);
        let (by_ref, is_mutable) = (file.has_word(node, "ref"), file.has_word(node, "mut"));
        if inner.is_none() && !by_ref && !is_mutable {
            let found = self.program.resolve_name(self.module, name, Space::Values);
            if let Some(Res::Def(id)) = found {
                let is_constant = match self.program.def(id).kind {
                    DefKind::Const | DefKind::Static => true,
                    DefKind::Struct | DefKind::Variant => {
                        let def = self.program.def(id);
                        let file = self.program.file(def.file);
                        file.child_where(def.node, |kind| {
                            matches!(kind, NodeKind::TupleFieldList | NodeKind::RecordFieldList)
                        })
                        .is_none()
                    }
                    _ => false,
                };
                if is_constant {
                    return PatKind::Path(self.written(node));
                }
            }
        }
        let name_span = file_name_span(self.program, self.file, node).unwrap_or(span);
        let local = self.add_local(name, is_mutable && !by_ref, name_span);
        let inner = inner.map(|inner| self.pat(inner));
        PatKind::Binding(local, by_ref.then_some(is_mutable), inner)
    }

    fn record_pat(&mut self, node: NodeId) -> PatKind {
        let file = self.program.file(self.file);
        let (Some(path), Some(list)) =
            (file.child(node, NodeKind::Path), file.child(node, NodeKind::RecordPatFieldList))
        else {
            return PatKind::Wild;
        };
        let nodes: Vec<NodeId> = file.children(list).collect();
        let (mut fields, mut has_rest) = (Vec::new(), false);
        for node in nodes {
            let file = &self.program.files[self.file.0 as usize];
            let span = file.span(node);
            if file.kind(node) == NodeKind::RestPat {
                has_rest = true;
                continue;
            }
            let inner = file.child_where(node, is_pat);
            let token = file.own_tokens(node).next();
            let name = match (token, inner) {
                (Some(token), _) if file.parse.tokens.kind(token) != TokenKind::Colon => {
                    Some(file.token_text(token).to_owned())
                }
                (_, Some(inner)) => file.name_token(inner).map(|token| file.token_text(token).to_owned()),
                _ => None,
            };
            let Some(name) = name else { continue };
            let name = self.program.strings.intern(&name);
            let pat = match (token, inner) {
                // `Point { x }`: a new variable, whatever else the name means.
                (None, Some(inner)) => {
                    let file = self.program.file(self.file);
                    let (by_ref, is_mutable) = (file.has_word(inner, "ref"), file.has_word(inner, "mut"));
                    let local = self.add_local(name, is_mutable && !by_ref, span);
                    self.add_pat(PatKind::Binding(local, by_ref.then_some(is_mutable), None), span)
                }
                _ => self.pat_or_wild(inner, span),
            };
            fields.push((name, pat));
        }
        PatKind::Record(self.written(path), fields, has_rest)
    }
}

fn file_name_span(program: &Program, file: FileId, node: NodeId) -> Option<Span> {
    let file = program.file(file);
    file.name_token(node).map(|token| file.token_span(token))
}
