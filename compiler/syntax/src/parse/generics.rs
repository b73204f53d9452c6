//! Generic parameters and arguments, bounds, where clauses.

use super::{Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// `<…>` or `::<…>`
    pub(super) fn generic_arguments(&mut self) {
        let mark = self.mark();
        self.eat2(T::Colon, T::Colon);
        self.bump();
        if self.descend() {
            self.angle_list("a generic argument", Parser::generic_argument);
        }
        self.ascend();
        self.done(mark, NodeKind::GenericArgList);
    }

    /// The rest of an angle-bracketed list, from behind its `<`.
    fn angle_list(&mut self, what: &'static str, element: fn(&mut Self) -> bool) {
        while !self.at(T::Gt) {
            if !element(self) {
                self.expected(what);
                break;
            }
            if !self.eat(T::Comma) {
                break;
            }
        }
        if !self.eat(T::Gt) {
            self.expected("`,` or `>`");
            self.error_until(&[T::Gt, T::Semi, T::Comma]);
            self.eat(T::Gt);
        }
    }

    fn generic_argument(&mut self) -> bool {
        let mark = self.mark();
        match self.kind() {
            T::Lifetime if self.nth(1) != T::Plus => {
                self.bump();
                self.done(mark, NodeKind::LifetimeArg);
                return true;
            }
            T::OpenBrace | T::Minus | T::True | T::False | T::Const if self.at_constant_argument() => {
                return self.constant_argument();
            }
            kind if kind.is_literal() => return self.constant_argument(),
            kind if kind.is_name() && self.nth(1) == T::Eq && !self.nth2(1, T::Eq, T::Eq) => {
                self.bump();
                return self.associated_argument(mark);
            }
            kind if kind.is_name() && self.nth(1) == T::Colon && !self.nth2(1, T::Colon, T::Colon) => {
                self.bump();
                return self.associated_argument(mark);
            }
            _ => {}
        }
        if !self.type_() {
            return false;
        }
        // `Item<'a> = T` and `method(..): Bound` show themselves only behind the arguments.
        let is_path = self.nodes.last().is_some_and(|node| node.kind == NodeKind::PathType && node.first == mark.first);
        if is_path && (self.at(T::Eq) || self.at(T::Colon) && !self.at2(T::Colon, T::Colon)) {
            // One name with its arguments, not a path.
            let first = self.code.kinds[mark.first as usize];
            let behind = &self.code.kinds[mark.first as usize + 1..];
            if !first.is_name() || behind[0] == T::Colon && behind[1] == T::Colon && behind[2].is_path_word() {
                self.expected("`,` or `>`");
            }
            self.undo(NodeKind::PathType);
            return self.associated_argument(mark);
        }
        true
    }

    fn at_constant_argument(&self) -> bool {
        !self.at(T::Const) || self.nth(1) == T::OpenBrace
    }

    fn associated_argument(&mut self, mark: super::Mark) -> bool {
        if self.eat(T::Eq) {
            let kind = self.kind();
            let found = if kind.is_literal() || matches!(kind, T::OpenBrace | T::Minus) {
                self.constant_argument()
            } else {
                self.type_()
            };
            if !found {
                self.expected("a type");
            }
        } else if self.eat(T::Colon) {
            self.bounds();
        }
        self.done(mark, NodeKind::AssocTypeArg);
        true
    }

    /// A literal, a negated one, a block or a path, as a generic argument or default.
    pub(super) fn constant_argument(&mut self) -> bool {
        let mark = self.mark();
        let literal = self.mark();
        match self.kind() {
            T::OpenBrace => self.block_expr(),
            T::Const => self.block_expr(),
            T::Minus => {
                let prefix = self.mark();
                self.bump();
                let operand = self.mark();
                if !self.kind().is_literal() {
                    self.expected("a literal");
                } else {
                    self.bump();
                    self.done(operand, NodeKind::Literal);
                }
                self.done(prefix, NodeKind::PrefixExpr);
            }
            kind if kind.is_literal() => {
                self.bump();
                self.done(literal, NodeKind::Literal);
            }
            _ => {
                if !self.at_path() {
                    return false;
                }
                self.path_segments(super::paths::PathMode::Expr);
                self.done(literal, NodeKind::PathExpr);
            }
        }
        self.done(mark, NodeKind::ConstArg);
        true
    }

    /// `<…>` behind the name of an item, if it is there.
    #[inline(always)]
    pub(super) fn generic_parameters(&mut self) {
        if self.at(T::Lt) {
            self.generic_parameters_there();
        }
    }

    pub(super) fn generic_parameters_there(&mut self) {
        let mark = self.mark();
        self.bump();
        self.angle_list("a generic parameter", Parser::generic_parameter);
        self.done(mark, NodeKind::GenericParamList);
    }

    fn generic_parameter(&mut self) -> bool {
        let mark = self.mark();
        self.outer_attributes();
        match self.kind() {
            T::Lifetime => {
                self.bump();
                if self.eat(T::Colon) {
                    self.lifetime_bounds();
                }
                self.done(mark, NodeKind::LifetimeParam);
            }
            T::Const => {
                self.bump();
                self.name();
                if self.expect(T::Colon) && !self.type_() {
                    self.expected("a type");
                }
                if self.eat(T::Eq) {
                    let default = self.mark();
                    if !self.constant_argument() {
                        self.expected("a constant");
                    } else if self.code.kinds[default.first as usize].is_path_word()
                        && self.pos > default.first as usize + 1
                    {
                        self.complain_at(default.first, &rules::CONST_DEFAULT_PATH);
                    }
                }
                self.done(mark, NodeKind::ConstParam);
            }
            kind if kind.is_name() => {
                self.bump();
                if self.eat(T::Colon) {
                    self.bounds();
                }
                if self.eat(T::Eq) && !self.type_() {
                    self.expected("a type");
                }
                self.done(mark, NodeKind::TypeParam);
            }
            _ => return false,
        }
        true
    }

    /// `for<'a>`
    pub(super) fn for_binder(&mut self) {
        let mark = self.mark();
        self.bump();
        if self.at(T::Lt) {
            self.generic_parameters_there();
        } else {
            self.expected("`<`");
        }
        self.done(mark, NodeKind::ForBinder);
    }

    /// Bounds separated by `+`; there may be none.
    pub(super) fn bounds(&mut self) {
        let mark = self.mark();
        while self.bound() {
            if !self.eat(T::Plus) {
                break;
            }
        }
        if mark.first as usize != self.pos {
            self.done(mark, NodeKind::TypeBoundList);
        }
    }

    /// Lifetimes separated by `+`; there may be none.
    fn lifetime_bounds(&mut self) {
        let mark = self.mark();
        while self.at(T::Lifetime) {
            let bound = self.mark();
            self.bump();
            self.done(bound, NodeKind::TypeBound);
            if !self.eat(T::Plus) {
                break;
            }
        }
        if mark.first as usize != self.pos {
            self.done(mark, NodeKind::TypeBoundList);
        }
    }

    /// Bounds where `+` is ambiguous: read all the same, and refused from the second on. There may be none: that a trait is
    /// missing behind `dyn` is told later.
    pub(super) fn single_bound(&mut self) {
        let first = self.mark();
        if self.bound() {
            let list = self.at(T::Plus) && !self.at2(T::Plus, T::Eq);
            if list {
                self.complain(&rules::AMBIGUOUS_PLUS);
            }
            while self.at(T::Plus) && !self.at2(T::Plus, T::Eq) {
                self.bump();
                if !self.bound() {
                    break;
                }
            }
            self.done(first, NodeKind::TypeBoundList);
        }
    }

    pub(super) fn bound(&mut self) -> bool {
        let mark = self.mark();
        match self.kind() {
            T::Lifetime => {
                self.bump();
                self.done(mark, NodeKind::TypeBound);
                return true;
            }
            T::Use => {
                self.use_bound();
                self.done(mark, NodeKind::TypeBound);
                return true;
            }
            T::OpenParen => {
                let open = self.enter();
                self.modified_path();
                self.leave(open);
                self.done(mark, NodeKind::TypeBound);
                return true;
            }
            T::OpenBracket if self.nth(1) == T::Const => {}
            T::Question | T::Tilde | T::Const | T::For | T::Async | T::Bang => {}
            T::Dyn | T::Impl => {
                self.complain(&rules::KEYWORD_IN_BOUND);
                self.bump();
            }
            _ if self.at_path() => {}
            _ => return false,
        }
        self.modified_path();
        self.done(mark, NodeKind::TypeBound);
        true
    }

    /// `for<'a> ~const async ?Path`
    fn modified_path(&mut self) {
        let start = self.pos;
        if self.at(T::For) {
            self.for_binder();
        }
        match self.kind() {
            T::Tilde => {
                self.bump();
                self.expect(T::Const);
            }
            T::Const => self.bump(),
            T::OpenBracket => {
                let open = self.enter();
                self.expect(T::Const);
                self.leave(open);
            }
            _ => {}
        }
        self.eat(T::Async);
        let is_modified =
            matches!(self.code.kinds[self.pos - 1], T::Const | T::Async | T::CloseBracket) && self.pos > start;
        if is_modified && matches!(self.kind(), T::Question | T::Bang) {
            self.complain(&rules::MODIFIED_POLARITY);
        }
        if self.at(T::Question) {
            if self.nodes.last().is_some_and(|node| node.kind == NodeKind::ForBinder && node.end as usize == self.pos) {
                self.complain(&rules::BINDER_WITH_QUESTION);
            }
            self.bump();
        } else {
            self.eat(T::Bang);
        }
        if self.at(T::For) {
            self.complain(&rules::BINDER_BEHIND_MODIFIER);
            self.for_binder();
        }
        if self.at(T::Lifetime) {
            self.complain(&rules::MODIFIED_LIFETIME);
            self.bump();
        } else if !self.path_type() {
            self.expected("a trait");
        }
    }

    /// `use<'a, T>`
    fn use_bound(&mut self) {
        self.bump();
        let mark = self.mark();
        if !self.eat(T::Lt) {
            self.expected("`<`");
            return;
        }
        self.angle_list("a lifetime or a type parameter", |parser| {
            let found = parser.at(T::Lifetime) || parser.kind().is_path_word();
            if found {
                parser.bump();
            }
            found
        });
        self.done(mark, NodeKind::UseBoundGenericArgs);
    }

    #[inline(always)]
    pub(super) fn where_clause(&mut self) {
        if self.at(T::Where) {
            self.where_clause_there();
        }
    }

    fn where_clause_there(&mut self) {
        let mark = self.mark();
        self.bump();
        while self.where_predicate() {
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.done(mark, NodeKind::WhereClause);
    }

    fn where_predicate(&mut self) -> bool {
        if matches!(self.kind(), T::OpenBrace | T::Semi | T::Eq) || self.kind().closes() {
            return false;
        }
        let mark = self.mark();
        self.outer_attributes();
        let is_lifetime = self.eat(T::Lifetime);
        match self.kind() {
            _ if is_lifetime => {}
            _ => {
                if self.at(T::For) && self.nth(1) == T::Lt {
                    self.for_binder();
                }
                if !self.type_() {
                    self.expected("a lifetime or a type to bound");
                    return false;
                }
            }
        }
        if !self.eat(T::Colon) {
            self.expected("`:`");
        } else if is_lifetime {
            self.lifetime_bounds();
        } else {
            self.bounds();
        }
        self.done(mark, NodeKind::WherePred);
        true
    }
}
