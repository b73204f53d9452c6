//! Expressions: operators and postfix forms. What operators apply to is in `primary`.

use super::groups::Unit;
use super::{Mark, Parser, rules};
use crate::Edition;
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

/// Where an expression stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    /// `{` behind a path does not open a struct literal: conditions and scrutinees.
    pub(super) no_struct: bool,
    /// At the start of a statement: an expression that ends with a block is complete.
    pub(super) statement: bool,
    /// `let` may stand here: a condition, and both sides of `&&` in it.
    pub(super) lets: bool,
}

impl Place {
    pub(super) const ORDINARY: Place = Place { no_struct: false, statement: false, lets: false };
    pub(super) const SCRUTINEE: Place = Place { no_struct: true, statement: false, lets: false };
    pub(super) const CONDITION: Place = Place { no_struct: true, statement: false, lets: true };
    pub(super) const GUARD: Place = Place { no_struct: false, statement: false, lets: true };
    pub(super) const STATEMENT: Place = Place { no_struct: false, statement: true, lets: false };

    /// The same place behind an operator.
    pub(super) fn inner(self) -> Place {
        Place { statement: false, lets: false, ..self }
    }
}

/// What an attempt to parse an expression came to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Parsed {
    /// No expression starts here.
    Nothing,
    Expr,
    /// An expression that no operator goes on with: `..x`.
    Complete,
    /// An expression that ends a statement by itself.
    BlockLike,
}

/// Binding powers, weakest first.
pub(super) mod power {
    pub(crate) const ASSIGN: u8 = 1;
    pub(crate) const RANGE: u8 = 2;
    pub(crate) const OR: u8 = 3;
    pub(crate) const AND: u8 = 4;
    pub(crate) const COMPARE: u8 = 5;
    pub(crate) const BIT_OR: u8 = 6;
    pub(crate) const BIT_XOR: u8 = 7;
    pub(crate) const BIT_AND: u8 = 8;
    pub(crate) const SHIFT: u8 = 9;
    pub(crate) const SUM: u8 = 10;
    pub(crate) const PRODUCT: u8 = 11;
    pub(crate) const CAST: u8 = 12;
}

impl Parser<'_> {
    /// An expression; complains when there is none.
    pub(super) fn expression(&mut self) {
        if !self.expression_opt(Place::ORDINARY) {
            self.expected("an expression");
        }
    }

    /// The scrutinee of `match`, or what `for` loops over.
    pub(super) fn scrutinee(&mut self) {
        if !self.expression_opt(Place::SCRUTINEE) {
            self.expected("an expression");
        }
    }

    /// The condition of `if` and `while`, or of a guard: `let` may stand in it.
    pub(super) fn condition(&mut self, place: Place) {
        let last_let = std::mem::take(&mut self.last_let);
        if !self.expression_opt(place) {
            self.expected("an expression");
        }
        self.last_let = last_let;
    }

    #[inline(always)]
    pub(super) fn expression_opt(&mut self, place: Place) -> bool {
        self.expression_above(0, place) != Parsed::Nothing
    }

    /// An expression of operators that bind stronger than `min`.
    pub(super) fn expression_above(&mut self, min: u8, place: Place) -> Parsed {
        if !self.descend() {
            self.ascend();
            return Parsed::Expr;
        }
        let mark = self.mark();
        let parsed = self.attributed_operand(mark, place);
        if parsed == Parsed::Expr {
            self.operators(mark, min, place);
        }
        self.ascend();
        parsed
    }

    /// An operand with its attributes, which become the first children of its outermost node.
    #[inline(always)]
    fn attributed_operand(&mut self, mark: Mark, place: Place) -> Parsed {
        if matches!(self.kind(), T::Pound | T::OuterDoc) && self.outer_attributes() {
            if self.at2(T::Dot, T::Dot) {
                self.complain(&rules::ATTRIBUTE_ON_RANGE);
            }
            let parsed = self.operand(self.mark(), place);
            if parsed == Parsed::Nothing {
                self.expected("an expression");
            } else {
                self.adopt(mark);
            }
            return parsed;
        }
        self.operand(mark, place)
    }

    /// The operators behind the operand that starts at `mark`.
    #[inline(always)]
    pub(super) fn operators(&mut self, mark: Mark, min: u8, place: Place) {
        // Nearly every operand is followed by one of these.
        if matches!(self.kind(), T::Comma | T::Semi | T::CloseParen | T::CloseBrace | T::OpenBrace | T::CloseBracket) {
            return;
        }
        self.operators_there(mark, min, place);
    }

    fn operators_there(&mut self, mark: Mark, min: u8, place: Place) {
        let (lets, place) = (place.lets, place.inner());
        loop {
            let (mut power, width) = self.operator();
            if power == 0 && self.at(T::Name) {
                power = self.mistaken_operator();
                if power == 0 && self.mistaken_not(mark, place) {
                    continue;
                }
            }
            if power <= min {
                return;
            }
            match power {
                power::CAST => {
                    self.bump();
                    if !self.type_without_bounds() {
                        self.expected("a type");
                    }
                    self.done(mark, NodeKind::CastExpr);
                    if self.at(T::Question) || self.at(T::Dot) && !self.at2(T::Dot, T::Dot) {
                        self.complain(&rules::CAST_WITH_POSTFIX);
                        self.postfix(mark, place);
                    }
                    continue;
                }
                power::RANGE => {
                    let open_ended = width == 2;
                    if !open_ended && self.nth(2) == T::Dot {
                        self.complain(&rules::DOT_DOT_DOT);
                    }
                    self.pos += width;
                    let found = !(place.no_struct && self.at(T::OpenBrace))
                        && self.expression_above(power::RANGE, place) != Parsed::Nothing;
                    if !found && !open_ended {
                        self.complain(&rules::RANGE_WITHOUT_END);
                    }
                    self.outside_of_lets(mark);
                    self.done(mark, NodeKind::RangeExpr);
                    if self.operator().0 == power::RANGE {
                        self.complain(&rules::CHAINED_RANGES);
                        continue;
                    }
                    return;
                }
                power::ASSIGN => {
                    self.pos += width;
                    if self.expression_above(power::ASSIGN - 1, place) == Parsed::Nothing {
                        self.expected("an expression");
                    }
                    self.outside_of_lets(mark);
                    self.done(mark, NodeKind::BinExpr);
                    return;
                }
                power::AND => {
                    let starts_chain = self.ends_with_let();
                    self.pos += width.max(1);
                    if self.expression_above(power, Place { lets, ..place }) == Parsed::Nothing {
                        self.expected("an expression");
                    }
                    if (starts_chain || self.ends_with_let()) && self.edition < Edition::E2024 {
                        self.complain(&rules::LET_CHAIN);
                    }
                    self.done(mark, NodeKind::BinExpr);
                }
                _ => {
                    let start = self.pos;
                    self.pos += width.max(1);
                    if power == power::COMPARE && matches!(self.kind(), T::Eq | T::Gt | T::Minus) {
                        self.mistaken_comparison(start);
                    }
                    if self.expression_above(power, place) == Parsed::Nothing {
                        self.expected("an expression");
                    }
                    self.outside_of_lets(mark);
                    self.done(mark, NodeKind::BinExpr);
                    if power == power::COMPARE && self.operator().0 == power::COMPARE {
                        self.complain(&rules::CHAINED_COMPARISON);
                    }
                }
            }
        }
    }

    /// Complains when the operator whose left side starts at `mark` took a `let` of the condition in: only `&&` may.
    #[inline(always)]
    fn outside_of_lets(&mut self, mark: Mark) {
        if self.last_let > mark.first {
            self.complain(&rules::LET_UNDER_OPERATOR);
        }
    }

    fn ends_with_let(&self) -> bool {
        self.nodes.last().is_some_and(|node| node.kind == NodeKind::LetExpr)
    }

    /// Binding power and width in tokens of the binary operator at the cursor; 0 when there is none.
    #[inline(always)]
    fn operator(&self) -> (u8, usize) {
        use power::*;
        let kind = self.kind();
        if !matches!(kind as u8, first if first >= T::Dot as u8 && first <= T::Percent as u8) {
            return if kind == T::As { (CAST, 1) } else { (0, 0) };
        }
        let next = if self.is_glued(0) { self.nth(1) } else { T::End };
        let assigns = next == T::Eq;
        let plain = |power: u8| if assigns { (ASSIGN, 2) } else { (power, 1) };
        match kind {
            T::Plus => plain(SUM),
            T::Minus if next == T::Gt => (0, 0),
            T::Minus => plain(SUM),
            T::Star | T::Slash | T::Percent => plain(PRODUCT),
            T::Caret => plain(BIT_XOR),
            T::And if next == T::And => (AND, 2),
            T::And => plain(BIT_AND),
            T::Or if next == T::Or => (OR, 2),
            T::Or => plain(BIT_OR),
            T::Eq if next == T::Eq => (COMPARE, 2),
            T::Eq if next == T::Gt => (0, 0),
            T::Eq => (ASSIGN, 1),
            T::Bang if assigns => (COMPARE, 2),
            T::Lt | T::Gt if next == kind => {
                if self.nth(2) == T::Eq && self.is_glued(1) {
                    (ASSIGN, 3)
                } else {
                    (SHIFT, 2)
                }
            }
            T::Lt | T::Gt => (COMPARE, if assigns { 2 } else { 1 }),
            T::Dot if next == T::Dot => {
                let third = if self.is_glued(1) { self.nth(2) } else { T::End };
                (RANGE, if matches!(third, T::Eq | T::Dot) { 3 } else { 2 })
            }
            _ => (0, 0),
        }
    }

    /// Calls, indices, fields, methods, `?` and `.await` behind the operand that starts at `mark`.
    #[inline(always)]
    pub(super) fn postfix(&mut self, mark: Mark, _place: Place) {
        loop {
            match self.kind() {
                T::OpenParen => {
                    self.unit(Unit::ArgList);
                    self.done(mark, NodeKind::CallExpr);
                }
                T::OpenBracket => {
                    self.unit(Unit::Index);
                    self.done(mark, NodeKind::IndexExpr);
                }
                T::Question => {
                    self.bump();
                    self.done(mark, NodeKind::TryExpr);
                }
                T::Dot => {
                    if !self.dot(mark) {
                        return;
                    }
                }
                _ => return,
            }
        }
    }

    /// What stands behind a dot; `false` when it is the start of a range.
    pub(super) fn dot(&mut self, mark: Mark) -> bool {
        let next = self.nth(1);
        if next == T::Dot && self.is_glued(0) {
            return false;
        }
        if next.is_name() || next == T::SelfValue || next == T::Crate || next == T::SelfType || next == T::Super {
            let behind = self.nth(2);
            if behind == T::OpenParen {
                self.pos += 2;
                self.unit(Unit::ArgList);
                self.done(mark, NodeKind::MethodCallExpr);
            } else if behind == T::Colon && self.nth2(2, T::Colon, T::Colon) {
                self.pos += 2;
                self.method_with_arguments(mark);
            } else {
                self.pos += 2;
                self.done(mark, NodeKind::FieldExpr);
            }
            return true;
        }
        match next {
            T::Await => {
                self.pos += 2;
                self.done(mark, NodeKind::AwaitExpr);
                if self.at(T::OpenParen) {
                    self.complain(&rules::AWAIT_CALL);
                }
            }
            T::Int => {
                self.pos += 2;
                self.done(mark, NodeKind::FieldExpr);
            }
            T::Float => {
                self.bump();
                self.field_pair(mark);
            }
            T::Match | T::Use | T::Yield if self.is_postfix_keyword(next) => {
                self.pos += 2;
                if next == T::Match {
                    self.match_arms_behind(mark);
                } else {
                    self.done(mark, if next == T::Yield { NodeKind::YieldExpr } else { NodeKind::TryExpr });
                }
            }
            _ => {
                self.bump();
                self.expected("a field or method name");
                self.done(mark, NodeKind::FieldExpr);
            }
        }
        true
    }

    /// `.match { … }`, `.use` and `.yield` are unstable postfix forms.
    fn is_postfix_keyword(&self, kind: T) -> bool {
        kind != T::Match || self.nth(2) == T::OpenBrace
    }

    /// `x.0.1`: the lexer made one float of two fields. Both fields end with that token.
    #[cold]
    fn field_pair(&mut self, mark: Mark) {
        let text = self.text_at(0);
        let is_pair = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.');
        let is_open = text.ends_with('.');
        let is_single = !text.contains('.');
        if !is_pair {
            self.complain(&rules::FLOAT_AS_FIELD);
        }
        self.bump();
        self.done(mark, NodeKind::FieldExpr);
        if is_single {
            return; // `x.1e0`: an odd name for a field, which is for others to say
        }
        if !is_open {
            return self.done(mark, NodeKind::FieldExpr);
        }
        // `x.0.` and something else behind white space.
        if self.kind().is_name() || self.at(T::Int) {
            self.bump();
            if self.at(T::OpenParen) {
                self.unit(Unit::ArgList);
                return self.done(mark, NodeKind::MethodCallExpr);
            }
            self.done(mark, NodeKind::FieldExpr);
        } else if self.eat(T::Await) {
            self.done(mark, NodeKind::AwaitExpr);
        } else {
            self.expected("a field or method name");
        }
    }

    /// A method call from its `::` on.
    fn method_with_arguments(&mut self, mark: Mark) {
        if self.nth(2) != T::Lt {
            self.pos += 2;
            self.expected("`<`");
            return self.done(mark, NodeKind::FieldExpr);
        }
        self.generic_arguments();
        if self.at(T::OpenParen) {
            self.unit(Unit::ArgList);
            self.done(mark, NodeKind::MethodCallExpr);
        } else {
            self.complain(&rules::FIELD_WITH_ARGUMENTS);
            self.done(mark, NodeKind::FieldExpr);
        }
    }

    pub(super) fn arg_list(&mut self) {
        let mark = self.mark();
        self.comma_list("an expression", |parser| parser.expression_opt(Place::ORDINARY));
        self.done(mark, NodeKind::ArgList);
    }

    pub(super) fn index_group(&mut self) {
        let open = self.enter();
        self.expression();
        self.leave(open);
    }
}
