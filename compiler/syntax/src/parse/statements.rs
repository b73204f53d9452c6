//! Statements and the insides of blocks.

use super::expressions::{Parsed, Place};
use super::{Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// `{ statements }`, without a node of its own.
    pub(super) fn statements(&mut self) {
        let open = self.enter();
        self.inner_attributes();
        while !self.kind().closes() {
            let before = self.pos;
            self.statement();
            if self.pos == before {
                self.expected("a statement");
                let mark = self.mark();
                self.skip();
                self.done(mark, NodeKind::Error);
            }
        }
        self.leave(open);
    }

    #[inline(always)]
    fn statement(&mut self) {
        if self.eat(T::Semi) {
            return;
        }
        let mark = self.mark();
        if matches!(self.kind(), T::Pound | T::OuterDoc | T::InnerDoc)
            && self.outer_attributes()
            && self.kind().closes()
        {
            self.complain(&rules::ATTRIBUTE_WITHOUT_STATEMENT);
            return self.done(mark, NodeKind::Error);
        }
        if self.at(T::Let) {
            return self.let_statement(mark);
        }
        if self.at(T::Super) && self.nth(1) == T::Let {
            self.bump();
            return self.let_statement(mark);
        }
        if self.may_start_item() && self.item_with_attributes(mark, super::items::ItemPlace::Statement) {
            return;
        }
        self.expression_statement(mark);
    }

    #[inline(always)]
    fn expression_statement(&mut self, mark: super::Mark) {
        if self.at2(T::Dot, T::Dot) && self.pos > mark.first as usize {
            self.complain(&rules::ATTRIBUTE_ON_RANGE);
        }
        let parsed = self.operand(self.mark(), Place::STATEMENT);
        if parsed != Parsed::Nothing && mark.nodes as usize + 1 < self.nodes.len() {
            self.adopt(mark); // attributes before the statement
        }
        match parsed {
            Parsed::Nothing => {
                if self.pos > mark.first as usize {
                    self.expected("an expression");
                    self.done(mark, NodeKind::Error);
                }
                return;
            }
            Parsed::Expr => self.operators(mark, 0, Place::STATEMENT),
            Parsed::Complete | Parsed::BlockLike => {}
        }
        if self.eat(T::Semi) {
            return self.done(mark, NodeKind::ExprStmt);
        }
        if self.at(T::CloseBrace) {
            return; // the value of the block
        }
        if parsed != Parsed::BlockLike {
            if self.mistaken_word(mark) {
                self.error_until(&[T::Semi, T::OpenBrace]);
                if !self.eat(T::Semi) {
                    return self.done(mark, NodeKind::ExprStmt);
                }
            } else {
                self.missing_semicolon();
            }
        }
        self.done(mark, NodeKind::ExprStmt);
    }

    #[cold]
    fn missing_semicolon(&mut self) {
        self.expected("`;` or `}`");
        // On a new line a new statement is likely; otherwise the rest of the line is not understood.
        if !self.kind().is_word() {
            self.error_until(&[T::Semi]);
            self.eat(T::Semi);
        }
    }

    fn let_statement(&mut self, mark: super::Mark) {
        self.bump();
        let pattern = self.mark();
        self.pattern();
        if self.nodes.last().is_some_and(|node| node.kind == NodeKind::OrPat && node.first == pattern.first) {
            self.complain(&rules::LET_WITH_ALTERNATIVES);
        }
        if self.eat(T::Colon) && !self.type_() {
            self.expected("a type");
        }
        if !self.at(T::Semi) {
            self.mistaken_initialiser();
        }
        if self.eat(T::Eq) {
            self.expression();
            if self.at(T::Else) {
                if self.code.kinds[self.pos - 1] == T::CloseBrace {
                    self.complain(&rules::BRACE_BEFORE_LET_ELSE);
                }
                let otherwise = self.mark();
                self.bump();
                self.block_without_attributes();
                self.done(otherwise, NodeKind::LetElse);
            }
        }
        if !self.eat(T::Semi) {
            self.expected("`;`");
            if !self.kind().is_word() {
                self.error_until(&[T::Semi]);
                self.eat(T::Semi);
            }
        }
        self.done(mark, NodeKind::LetStmt);
    }
}
