//! Destructuring assignment: `(a, b.c, _) = e` is `{ let (x, y, _) = e; a = x; b.c = y; }`.

use rustg_base::Span;
use rustg_syntax::{NodeId, NodeKind, TokenKind};

use super::Lowering;
use crate::hir::*;
use crate::source::is_expr;

impl Lowering<'_> {
    /// Whether what stands left of `=` is taken apart.
    pub(super) fn is_destructured(&self, node: NodeId) -> bool {
        let file = self.program.file(self.file);
        match file.kind(node) {
            NodeKind::TupleExpr | NodeKind::ArrayExpr | NodeKind::RecordExpr | NodeKind::UnderscoreExpr => true,
            NodeKind::CallExpr => self.constructor_path(node).is_some(),
            _ => false,
        }
    }

    fn constructor_path(&self, node: NodeId) -> Option<NodeId> {
        let file = self.program.file(self.file);
        file.child_where(node, is_expr).filter(|callee| file.kind(*callee) == NodeKind::PathExpr)
    }

    pub(super) fn destructure(&mut self, target: NodeId, value: Option<NodeId>, span: Span) -> ExprKind {
        let value = self.expr_or_error(value, span);
        let depth = self.scope.len();
        let mut places = Vec::new();
        let pattern = self.assignee(target, &mut places);
        self.scope.truncate(depth);
        let mut stmts = vec![Stmt::Let(pattern, None, Some(value), None)];
        for (local, node) in places {
            let span = self.program.file(self.file).span(node);
            let place = self.expr(node);
            let value = self.add(ExprKind::Local(local), span);
            let assign = self.add(ExprKind::Assign(place, value), span);
            stmts.push(Stmt::Expr(assign, true));
        }
        ExprKind::Block(stmts, None, None)
    }

    /// The pattern that an expression left of `=` stands for; each place in it gets a variable.
    fn assignee(&mut self, node: NodeId, places: &mut Vec<(LocalId, NodeId)>) -> PatId {
        let span = self.program.file(self.file).span(node);
        let kind = self.program.file(self.file).kind(node);
        let kind = match kind {
            NodeKind::UnderscoreExpr => PatKind::Wild,
            NodeKind::RangeExpr if self.child_exprs(node).is_empty() => PatKind::Rest,
            NodeKind::ParenExpr => {
                let inner = self.child_exprs(node);
                return self.assignee(inner[0], places);
            }
            NodeKind::TupleExpr => PatKind::Tuple(self.assignees(self.child_exprs(node), places)),
            NodeKind::ArrayExpr => PatKind::Slice(self.assignees(self.child_exprs(node), places)),
            NodeKind::CallExpr if self.constructor_path(node).is_some() => {
                let path = self.constructor_path(node).expect("checked by the guard");
                let list = self.program.file(self.file).child(node, NodeKind::ArgList);
                let items = list.map_or(Vec::new(), |list| self.child_exprs(list));
                PatKind::TupleStruct(self.written(path), self.assignees(items, places))
            }
            NodeKind::RecordExpr => self.record_assignee(node, places),
            _ => {
                let name = self.program.strings.intern("assigned");
                let local = self.add_local(name, false, span);
                places.push((local, node));
                PatKind::Binding(local, None, None)
            }
        };
        self.add_pat(kind, span)
    }

    fn assignees(&mut self, nodes: Vec<NodeId>, places: &mut Vec<(LocalId, NodeId)>) -> Vec<PatId> {
        nodes.into_iter().map(|node| self.assignee(node, places)).collect()
    }

    fn record_assignee(&mut self, node: NodeId, places: &mut Vec<(LocalId, NodeId)>) -> PatKind {
        let file = self.program.file(self.file);
        let (Some(path), Some(list)) =
            (file.child(node, NodeKind::Path), file.child(node, NodeKind::RecordExprFieldList))
        else {
            return PatKind::Wild;
        };
        let has_rest = file.has_token(list, TokenKind::Dot);
        let nodes: Vec<NodeId> =
            file.children(list).filter(|child| file.kind(*child) == NodeKind::RecordExprField).collect();
        let mut fields = Vec::new();
        for node in nodes {
            let file = self.program.file(self.file);
            let Some(value) = file.child_where(node, is_expr) else { continue };
            let token = file.own_tokens(node).next();
            let name = match token {
                Some(token) if file.parse.tokens.kind(token) != TokenKind::Colon => file.token_text(token).to_owned(),
                _ => file.node_text(value).to_owned(),
            };
            let name = self.program.strings.intern(&name);
            fields.push((name, self.assignee(value, places)));
        }
        PatKind::Record(self.written(path), fields, has_rest)
    }
}
