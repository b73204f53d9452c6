//! Habits from other languages: recognised where the grammar has no use for them, told by name, and read as what was meant.

use super::expressions::{Parsed, Place, power};
use super::{Mark, Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// Where an operand is wanted and none starts: `+x`, `~x`, `x++`.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_operand(&mut self, mark: Mark, place: Place) -> Parsed {
        match self.kind() {
            T::Plus if self.pos > 0 && self.code.kinds[self.pos - 1] == T::Plus && !self.begins_operand(1) => {
                self.complain_at(self.pos as u32 - 1, &rules::POSTFIX_INCREMENT);
                self.bump();
                self.done(mark, NodeKind::Error);
                return Parsed::Expr;
            }
            T::Plus if self.at2(T::Plus, T::Plus) && self.begins_operand(2) => {
                self.complain(&rules::PREFIX_INCREMENT);
                self.pos += 2;
            }
            T::Plus if self.begins_operand(1) => {
                self.complain(&rules::UNARY_PLUS);
                self.bump();
            }
            T::Tilde if self.begins_operand(1) => {
                self.complain(&rules::TILDE_FOR_NOT);
                self.bump();
            }
            _ => return Parsed::Nothing,
        }
        if self.expression_above(power::CAST, place.inner()) == Parsed::Nothing {
            self.expected("an expression");
        }
        self.done(mark, NodeKind::PrefixExpr);
        Parsed::Expr
    }

    /// Whether the token `ahead` may begin an operand; names, literals and brackets are enough here.
    fn begins_operand(&self, ahead: usize) -> bool {
        let kind = self.nth(ahead);
        kind.is_path_word() || kind.is_literal() || matches!(kind, T::OpenParen | T::OpenBracket)
    }

    /// `and` and `or` behind an operand: the power of the operator that was meant. One token.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_operator(&mut self) -> u8 {
        let (power, rule) = match self.text_at(0) {
            "and" => (power::AND, &rules::WORD_AND),
            "or" => (power::OR, &rules::WORD_OR),
            _ => return 0,
        };
        if !self.begins_operand(1) && !matches!(self.nth(1), T::Bang | T::Minus | T::Star | T::And) {
            return 0;
        }
        self.complain(rule);
        power
    }

    /// `not x`: the operand behind `not`, which was read as a name; `false` when nothing of the kind stands here.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_not(&mut self, mark: Mark, place: Place) -> bool {
        let is_not = self.pos == mark.first as usize + 1
            && self.code.kinds[self.pos - 1] == T::Name
            && self.begins_operand(0)
            && {
                self.pos -= 1;
                let found = self.text_at(0) == "not";
                self.pos += 1;
                found
            };
        if is_not {
            self.complain_at(mark.first, &rules::WORD_NOT);
            self.expression_above(power::CAST, place.inner());
            self.done(mark, NodeKind::PrefixExpr);
        }
        is_not
    }

    /// `===`, `!==`, `<>` and `<=>`, whose first tokens from `start` on were read as a comparison.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_comparison(&mut self, start: usize) {
        let kinds = &self.code.kinds[start..];
        let glued = (start..self.pos).all(|index| self.code.raw[index] + 1 == self.code.raw[index + 1]);
        let rule = match (kinds[0], kinds[1], kinds[2]) {
            (T::Lt, T::Gt, _) if self.pos == start + 1 => &rules::DIAMOND,
            (T::Lt, T::Minus, _) if self.pos == start + 1 => &rules::LEFT_ARROW,
            (T::Lt, T::Eq, T::Gt) => &rules::SPACESHIP,
            (T::Eq, T::Eq, T::Eq) => &rules::TRIPLE_EQUALS,
            (T::Bang, T::Eq, T::Eq) => &rules::TRIPLE_NOT_EQUALS,
            _ => return,
        };
        if glued {
            self.complain_at(start as u32, rule);
            if !self.at(T::Minus) {
                self.bump();
            }
        }
    }

    /// `let x == 1`, `let x += 1`: steps over what is too much, so that `=` is next.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_initialiser(&mut self) {
        if self.at2(T::Eq, T::Eq) {
            self.complain(&rules::LET_WITH_EQUALS);
        } else if self.nth(1) == T::Eq
            && self.is_glued(0)
            && matches!(self.kind(), T::Plus | T::Minus | T::Star | T::Slash | T::Percent | T::Caret | T::And | T::Or)
        {
            self.complain(&rules::LET_WITH_OPERATOR);
        } else {
            return;
        }
        self.bump();
    }

    /// `fn f() => T` and `fn f(): T`.
    #[cold]
    #[inline(never)]
    pub(super) fn mistaken_return_type(&mut self) {
        let mark = self.mark();
        if self.at2(T::Eq, T::Gt) {
            self.complain(&rules::FAT_ARROW_IN_RETURN);
            self.pos += 2;
        } else if self.at(T::Colon) && !self.at2(T::Colon, T::Colon) {
            self.complain(&rules::COLON_IN_RETURN);
            self.bump();
        } else {
            return;
        }
        if !self.type_() {
            self.expected("a type");
        }
        self.done(mark, NodeKind::RetType);
    }

    /// A statement of one word that is followed by another: `var x = 1`, `elseif x {}`. Complains about the word that began
    /// at `mark` if it is one of those, and says whether it did.
    #[cold]
    pub(super) fn mistaken_word(&mut self, mark: Mark) -> bool {
        if self.pos != mark.first as usize + 1 || self.code.kinds[self.pos - 1] != T::Name {
            return false;
        }
        self.pos -= 1;
        let rule = match self.text_at(0) {
            "var" if self.nth(1).is_name() => Some(&rules::VAR_FOR_LET),
            "elseif" | "elif" | "elsif" => Some(&rules::ELSE_IF_WORD),
            _ => None,
        };
        self.pos += 1;
        if let Some(rule) = rule {
            self.complain_at(mark.first, rule);
        }
        rule.is_some()
    }
}
