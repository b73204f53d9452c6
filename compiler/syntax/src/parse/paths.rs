//! Paths. A path is one node; its segments are tokens, and only arguments, bounds and `<T as Trait>` are nodes in it.

use super::Parser;
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

/// Where a path stands decides what arguments its segments take.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum PathMode {
    /// Names only: attributes, visibilities.
    Plain,
    /// Arguments behind `::` only.
    Expr,
    /// Arguments with or without `::`, and `Fn(A) -> B`.
    Type,
}

impl Parser<'_> {
    /// Whether a path starts here, a qualified one included.
    #[inline(always)]
    pub(super) fn at_path(&self) -> bool {
        self.kind().is_path_word() || self.at2(T::Colon, T::Colon) || self.at(T::Lt)
    }

    /// A path of names as a [`NodeKind::Path`]; `false` when there is none.
    pub(super) fn path_without_arguments(&mut self) -> bool {
        let mark = self.mark();
        if !self.kind().is_path_word() && !self.at2(T::Colon, T::Colon) {
            return false;
        }
        self.path_segments(PathMode::Plain);
        self.done(mark, NodeKind::Path);
        true
    }

    /// The segments of the path at the cursor, without a node around them. There is one, as [`Parser::at_path`] says.
    #[inline(always)]
    pub(super) fn path_segments(&mut self, mode: PathMode) {
        // Most paths are one word.
        if self.kind().is_path_word() && self.nth(1) != T::Colon && mode != PathMode::Type {
            return self.bump();
        }
        self.path_segments_there(mode);
    }

    fn path_segments_there(&mut self, mode: PathMode) {
        if self.at(T::Lt) {
            self.type_anchor();
            if !self.eat2(T::Colon, T::Colon) {
                self.expected("`::`");
                return;
            }
        } else {
            self.eat2(T::Colon, T::Colon);
        }
        loop {
            if !self.kind().is_path_word() {
                self.expected("a path segment");
                return;
            }
            self.bump();
            match mode {
                PathMode::Plain => {}
                PathMode::Expr => {
                    if self.at2(T::Colon, T::Colon) {
                        match self.nth(2) {
                            T::Lt => self.generic_arguments(),
                            T::OpenParen => self.type_arguments(),
                            _ => {}
                        }
                    }
                }
                PathMode::Type => self.type_arguments(),
            }
            if !self.at2(T::Colon, T::Colon) || !self.continues_path(mode) {
                return;
            }
            self.pos += 2;
        }
    }

    /// Whether the `::` at the cursor leads to another segment: in imports it may lead to `{` or `*`.
    #[inline(always)]
    fn continues_path(&self, mode: PathMode) -> bool {
        mode != PathMode::Plain || !matches!(self.nth(2), T::OpenBrace | T::Star)
    }

    /// Arguments of a segment in a type: `<…>`, `::<…>`, `(…) -> …`, `(..)`.
    fn type_arguments(&mut self) {
        let behind = if self.at2(T::Colon, T::Colon) { 2 } else { 0 };
        match self.nth(behind) {
            // `x as u8 <= y` compares.
            T::Lt if !self.nth2(behind, T::Lt, T::Eq) => self.generic_arguments(),
            T::OpenParen => {
                let mark = self.mark();
                self.pos += behind;
                let returns = self.nth2(1, T::Dot, T::Dot) && self.nth(3) == T::CloseParen;
                if returns {
                    self.pos += 4;
                    return self.done(mark, NodeKind::ReturnTypeSyntax);
                }
                self.comma_list("a type", |parser| parser.type_());
                self.done(mark, NodeKind::ParenthesizedArgList);
                self.return_type_without_bounds();
            }
            _ => {}
        }
    }

    /// `<Type as Trait>`
    fn type_anchor(&mut self) {
        let mark = self.mark();
        self.bump();
        if !self.type_() {
            self.expected("a type");
        }
        if self.eat(T::As) && !self.path_type() {
            self.expected("a trait");
        }
        self.expect(T::Gt);
        self.done(mark, NodeKind::TypeAnchor);
    }
}
