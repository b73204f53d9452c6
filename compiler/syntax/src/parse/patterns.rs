//! Patterns.

use super::expressions::Place;
use super::groups::Unit;
use super::paths::PathMode;
use super::{Mark, Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// A pattern with alternatives; complains when there is none.
    pub(super) fn pattern(&mut self) -> bool {
        let mark = self.mark();
        let leading = self.at(T::Or);
        if leading {
            if self.at2(T::Or, T::Or) {
                self.complain(&rules::DOUBLE_OR);
                self.bump();
            }
            self.bump();
        }
        let found = self.single_pattern();
        if !found {
            self.expected("a pattern");
        }
        let mut alternatives = leading;
        while self.at(T::Or) && !self.at2(T::Or, T::Eq) {
            if self.at2(T::Or, T::Or) {
                self.complain(&rules::DOUBLE_OR);
                self.bump();
            }
            self.bump();
            if !self.single_pattern() {
                self.expected("a pattern");
                break;
            }
            alternatives = true;
        }
        if alternatives {
            self.done(mark, NodeKind::OrPat);
        }
        found || leading
    }

    /// A pattern without alternatives, as in the parameters of closures; `false` when none starts here.
    pub(super) fn single_pattern(&mut self) -> bool {
        if !self.descend() {
            self.ascend();
            return true;
        }
        let found = self.range_or_simple();
        self.ascend();
        found
    }

    fn range_or_simple(&mut self) -> bool {
        let mark = self.mark();
        if self.at2(T::Dot, T::Dot) {
            // `..=x` and `..x` are ranges, `..` alone is the rest.
            let has_eq = self.nth(2) == T::Eq && self.is_glued(1) || self.nth(2) == T::Dot && self.is_glued(1);
            if has_eq && self.nth(2) == T::Dot {
                self.complain(&rules::RANGE_TO_DOTS);
            }
            self.pos += 2 + usize::from(has_eq);
            if has_eq || self.at_range_end() {
                if !self.range_end() {
                    self.expected("the end of the range");
                }
                self.done(mark, NodeKind::RangePat);
            } else {
                self.done(mark, NodeKind::RestPat);
            }
            return true;
        }
        if !self.simple_pattern() {
            return false;
        }
        let Some(start) = self.nodes.last().map(|node| node.kind) else { return true };
        let is_bound = matches!(start, NodeKind::LiteralPat | NodeKind::PathPat | NodeKind::ConstBlockPat);
        if is_bound && self.at2(T::Dot, T::Dot) {
            let has_eq = matches!(self.nth(2), T::Eq | T::Dot) && self.is_glued(1);
            self.pos += 2 + usize::from(has_eq);
            if self.at_range_end() {
                self.range_end();
            } else if has_eq {
                self.complain(&rules::RANGE_WITHOUT_END);
            }
            self.done(mark, NodeKind::RangePat);
        }
        true
    }

    fn at_range_end(&self) -> bool {
        let kind = self.kind();
        kind.is_literal()
            || matches!(kind, T::Minus | T::Lt | T::Const)
            || kind.is_path_word()
            || self.at2(T::Colon, T::Colon)
    }

    /// The end of a range: a literal or a path.
    fn range_end(&mut self) -> bool {
        let mark = self.mark();
        if !self.at_range_end() {
            return false;
        }
        if self.at_path() {
            self.path_segments(PathMode::Expr);
            self.done(mark, NodeKind::PathPat);
            return true;
        }
        self.simple_pattern()
    }

    fn simple_pattern(&mut self) -> bool {
        let mark = self.mark();
        let kind = self.kind();
        if kind.is_path_word() {
            self.name_or_path_pattern(mark);
            return true;
        }
        if kind.is_literal() {
            self.literal_pattern(mark);
            return true;
        }
        match kind {
            T::Underscore => {
                self.bump();
                self.done(mark, NodeKind::WildcardPat);
            }
            T::And => {
                self.bump();
                self.eat(T::Mut);
                self.pattern_without_range();
                self.done(mark, NodeKind::RefPat);
            }
            T::OpenParen => self.unit(Unit::ParenPat),
            T::OpenBracket => self.unit(Unit::SlicePat),
            T::Ref | T::Mut => self.binding(mark),
            T::Minus => {
                self.bump();
                if self.kind().is_literal() {
                    self.literal_pattern(mark);
                } else {
                    self.expected("a literal");
                    self.done(mark, NodeKind::LiteralPat);
                }
            }
            T::Const if self.nth(1) == T::OpenBrace => {
                self.complain(&rules::CONST_BLOCK_PATTERN);
                self.bump();
                self.bare_block();
                self.done(mark, NodeKind::ConstBlockPat);
            }
            T::Box => {
                self.bump();
                self.pattern_without_range();
                self.done(mark, NodeKind::BoxPat);
            }
            T::Bang if !self.at2(T::Bang, T::Eq) => {
                self.bump();
                if self.at_word("null") {
                    self.bump();
                }
                self.done(mark, NodeKind::NeverPat);
            }
            T::Lt => self.path_pattern(mark),
            T::Colon if self.at2(T::Colon, T::Colon) => self.path_pattern(mark),
            _ => return false,
        }
        true
    }

    /// The pattern behind `&` and `box`, where a range would have two meanings.
    fn pattern_without_range(&mut self) {
        let before = self.pos;
        if !self.single_pattern() {
            return self.expected("a pattern");
        }
        if self.nodes.last().is_some_and(|node| node.kind == NodeKind::RangePat && node.first as usize == before) {
            self.complain_at(before as u32, &rules::AMBIGUOUS_RANGE);
        }
    }

    fn literal_pattern(&mut self, mark: Mark) {
        let literal = self.mark();
        self.bump();
        self.done(literal, NodeKind::Literal);
        self.done(mark, NodeKind::LiteralPat);
    }

    /// `ref mut name @ pattern`
    fn binding(&mut self, mark: Mark) {
        let by_reference = self.eat(T::Ref);
        self.eat(T::Mut);
        if !by_reference && self.eat(T::Ref) {
            self.eat(T::Mut); // `mut ref`, unstable
        }
        if !self.kind().is_name() && !self.at(T::SelfValue) {
            self.expected("a name");
        } else {
            self.bump();
        }
        self.binding_rest(mark);
    }

    fn binding_rest(&mut self, mark: Mark) {
        if self.eat(T::At) && !self.single_pattern() {
            self.expected("a pattern");
        }
        self.done(mark, NodeKind::IdentPat);
    }

    #[inline(always)]
    fn name_or_path_pattern(&mut self, mark: Mark) {
        if self.kind().is_name() {
            match self.nth(1) {
                T::OpenParen | T::OpenBrace | T::Bang => {}
                T::Colon if self.nth2(1, T::Colon, T::Colon) => {}
                T::Dot if self.nth2(1, T::Dot, T::Dot) => {}
                T::Pound if self.at(T::Builtin) => return self.builtin_pattern(mark),
                _ => {
                    self.bump();
                    return self.binding_rest(mark);
                }
            }
        }
        self.path_pattern(mark);
    }

    /// `builtin # deref(pattern)`
    fn builtin_pattern(&mut self, mark: Mark) {
        self.pos += 2;
        if self.kind().is_word() {
            self.bump();
        }
        if self.at(T::OpenParen) {
            let open = self.enter();
            self.pattern();
            self.leave(open);
        }
        self.done(mark, NodeKind::DerefPat);
    }

    fn path_pattern(&mut self, mark: Mark) {
        self.path_segments(PathMode::Expr);
        match self.kind() {
            T::OpenParen => {
                self.done(mark, NodeKind::Path);
                self.unit(Unit::TupleStructFields);
                self.done(mark, NodeKind::TupleStructPat);
            }
            T::OpenBrace => {
                self.done(mark, NodeKind::Path);
                self.unit(Unit::RecordPatFields);
                self.done(mark, NodeKind::RecordPat);
            }
            T::Bang if self.nth(1).opens() => {
                self.done(mark, NodeKind::Path);
                self.bump();
                self.token_tree();
                self.done(mark, NodeKind::MacroCall);
                self.done(mark, NodeKind::MacroPat);
            }
            _ => self.done(mark, NodeKind::PathPat),
        }
    }

    pub(super) fn paren_pat(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        let (mut count, mut comma, mut rest) = (0, false, false);
        self.comma_elements("a pattern", &mut |parser| {
            count += 1;
            let found = parser.guarded_pattern();
            comma |= parser.at(T::Comma);
            rest |= parser.nodes.last().is_some_and(|node| node.kind == NodeKind::RestPat);
            found
        });
        self.leave(open);
        let is_paren = count == 1 && !comma && !rest;
        self.done(mark, if is_paren { NodeKind::ParenPat } else { NodeKind::TuplePat });
    }

    /// A pattern inside brackets, where a guard may follow (unstable).
    fn guarded_pattern(&mut self) -> bool {
        let found = self.pattern();
        if self.at(T::If) {
            let guard = self.mark();
            self.bump();
            self.condition(Place::GUARD);
            self.done(guard, NodeKind::MatchGuard);
        }
        found
    }

    pub(super) fn slice_pat(&mut self) {
        let mark = self.mark();
        self.comma_list("a pattern", Parser::guarded_pattern);
        self.done(mark, NodeKind::SlicePat);
    }

    pub(super) fn tuple_struct_fields(&mut self) {
        self.comma_list("a pattern", Parser::guarded_pattern);
    }

    pub(super) fn record_pat_field_list(&mut self) {
        let mark = self.mark();
        self.comma_list("a field pattern", Parser::record_pat_field);
        self.done(mark, NodeKind::RecordPatFieldList);
    }

    /// `ref mut name`; rustc's parser takes a number for a name here.
    fn field_binding(&mut self) {
        let mark = self.mark();
        self.eat(T::Ref);
        self.eat(T::Mut);
        if self.kind().is_name() || self.at(T::Int) {
            self.bump();
        } else {
            self.expected("a name");
        }
        self.done(mark, NodeKind::IdentPat);
    }

    fn record_pat_field(&mut self) -> bool {
        let mark = self.mark();
        self.outer_attributes();
        if self.at2(T::Dot, T::Dot) {
            self.pos += 2;
            self.done(mark, NodeKind::RestPat);
            if self.at(T::Comma) {
                self.complain(&rules::COMMA_AFTER_REST);
            }
            return true;
        }
        let kind = self.kind();
        if (kind.is_name() || kind == T::Int) && self.nth(1) == T::Colon && !self.nth2(1, T::Colon, T::Colon) {
            self.pos += 2;
            self.guarded_pattern();
        } else if matches!(kind, T::Ref | T::Mut | T::Int) || kind.is_name() {
            self.field_binding();
        } else if kind == T::Box {
            self.single_pattern();
        } else {
            return false;
        }
        self.done(mark, NodeKind::RecordPatField);
        true
    }
}
