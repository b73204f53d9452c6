//! Attributes, doc comments and token trees.

use super::{Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    #[inline(always)]
    pub(super) fn at_outer_attribute(&self) -> bool {
        self.at(T::OuterDoc) || self.at(T::Pound) && self.nth(1) == T::OpenBracket
    }

    /// `#[…]` and outer doc comments.
    #[inline(always)]
    pub(super) fn outer_attributes(&mut self) -> bool {
        if !matches!(self.kind(), T::Pound | T::OuterDoc | T::InnerDoc) {
            return false;
        }
        self.outer_attributes_there()
    }

    fn outer_attributes_there(&mut self) -> bool {
        let before = self.pos;
        loop {
            match self.kind() {
                T::OuterDoc => self.bump(),
                T::InnerDoc => {
                    self.complain(&rules::INNER_DOC);
                    self.bump();
                }
                T::Pound if self.nth(1) == T::OpenBracket => self.attribute(),
                T::Pound if self.nth(1) == T::Bang && self.nth(2) == T::OpenBracket => {
                    self.complain(&rules::INNER_ATTRIBUTE);
                    self.attribute();
                }
                _ => return self.pos != before,
            }
        }
    }

    /// `#![…]` and inner doc comments.
    #[inline(always)]
    pub(super) fn inner_attributes(&mut self) {
        while matches!(self.kind(), T::Pound | T::InnerDoc) {
            if self.eat(T::InnerDoc) {
                continue;
            }
            if self.nth(1) != T::Bang || self.nth(2) != T::OpenBracket {
                return;
            }
            self.attribute();
        }
    }

    fn attribute(&mut self) {
        let mark = self.mark();
        self.bump();
        self.eat(T::Bang);
        let open = self.enter();
        if !self.kind().closes() {
            self.meta();
        } else {
            self.expected("a path");
        }
        self.leave(open);
        self.done(mark, NodeKind::Attr);
    }

    fn meta(&mut self) {
        let mark = self.mark();
        if self.at(T::Unsafe) && self.nth(1) == T::OpenParen {
            self.bump();
            let open = self.enter();
            if self.descend() {
                self.meta();
            }
            self.ascend();
            self.leave(open);
            return self.done(mark, NodeKind::UnsafeMeta);
        }
        if !self.path_without_arguments() {
            self.expected("a path");
            return;
        }
        if self.kind().opens() {
            self.token_tree();
            self.done(mark, NodeKind::TokenTreeMeta);
        } else if self.eat(T::Eq) {
            self.expression();
            self.done(mark, NodeKind::KeyValueMeta);
        } else {
            self.done(mark, NodeKind::PathMeta);
        }
    }

    /// A bracketed run of tokens that is not parsed further; nested groups are nodes of their own.
    pub(super) fn token_tree(&mut self) {
        let base = self.marks.len();
        let balanced = self.code.faults.is_empty();
        let outermost = self.pos;
        let end = self.behind_group(outermost);
        while self.pos < end {
            let kind = self.kind();
            if kind.opens() {
                let mark = self.mark();
                self.marks.push(mark);
            } else if kind.closes() && balanced {
                self.bump();
                let mark = self.marks.pop().expect("the group's bracket was pushed");
                self.done(mark, NodeKind::TokenTree);
                continue;
            }
            self.bump();
            if !balanced {
                self.end_unbalanced(base);
            }
        }
        while self.marks.len() > base {
            let mark = self.marks.pop().expect("the length says there is one");
            self.done(mark, NodeKind::TokenTree);
        }
    }

    /// Ends the groups of a token tree whose last token is behind the cursor, where brackets do not match.
    #[cold]
    fn end_unbalanced(&mut self, base: usize) {
        while self.marks.len() > base {
            let mark = self.marks[self.marks.len() - 1];
            if self.behind_group(mark.first as usize) > self.pos {
                return;
            }
            self.marks.pop();
            self.done(mark, NodeKind::TokenTree);
        }
    }
}
