//! Types.

use super::groups::Unit;
use super::paths::PathMode;
use super::{Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// A type; `false` when none starts here.
    pub(super) fn type_(&mut self) -> bool {
        self.type_with(true)
    }

    /// A type in which `+` does not add bounds: behind `&`, `*` and `as`.
    pub(super) fn type_without_bounds(&mut self) -> bool {
        self.type_with(false)
    }

    fn type_with(&mut self, bounds: bool) -> bool {
        if !self.descend() {
            self.ascend();
            return true;
        }
        let mark = self.mark();
        let mut found = true;
        match self.kind() {
            kind if kind.is_path_word() => self.path_like_type(bounds),
            T::And => {
                self.bump();
                self.eat(T::Lifetime);
                self.eat(T::Mut);
                self.inner_type(mark, NodeKind::RefType);
                if bounds && self.at(T::Plus) && !self.at2(T::Plus, T::Eq) {
                    self.complain_at(mark.first, &rules::PLUS_BEHIND_REFERENCE);
                    while self.eat(T::Plus) && self.bound() {}
                }
            }
            T::OpenParen => {
                self.unit(Unit::ParenType);
                let is_paren = self.nodes.last().is_some_and(|node| node.kind == NodeKind::ParenType);
                if bounds && is_paren && self.at(T::Plus) {
                    self.more_bounds(mark, NodeKind::ParenType);
                }
            }
            T::OpenBracket => self.unit(Unit::ArrayType),
            T::Star => {
                self.bump();
                if !self.eat(T::Const) && !self.eat(T::Mut) {
                    self.expected("`mut` or `const`");
                }
                self.inner_type(mark, NodeKind::PtrType);
            }
            T::Bang if !self.at2(T::Bang, T::Eq) => {
                self.bump();
                self.done(mark, NodeKind::NeverType);
            }
            T::Underscore => {
                self.bump();
                self.done(mark, NodeKind::InferType);
            }
            T::Impl | T::Dyn => {
                let kind = if self.at(T::Impl) { NodeKind::ImplTraitType } else { NodeKind::DynTraitType };
                self.bump();
                if bounds {
                    self.bounds();
                } else {
                    self.single_bound();
                }
                self.done(mark, kind);
            }
            T::For => self.for_type(bounds),
            T::Const | T::Async if !self.at_function_pointer() => {
                self.bounds();
                self.done(mark, NodeKind::DynTraitType);
            }
            T::Fn | T::Unsafe | T::Extern | T::Const | T::Async => found = self.function_pointer(),
            T::Lt => self.path_like_type(bounds),
            T::Colon if self.at2(T::Colon, T::Colon) => self.path_like_type(bounds),
            T::Use if self.nth(1) != T::Lt => found = false,
            T::Lifetime | T::Question | T::Tilde | T::Use => {
                // Bare trait objects that begin with a modifier.
                if self.at(T::Lifetime) && self.nth(1) != T::Plus {
                    self.expected("a type");
                }
                self.bounds();
                self.done(mark, NodeKind::DynTraitType);
            }
            T::Typeof => {
                self.bump();
                if self.at(T::OpenParen) {
                    let open = self.enter();
                    self.expression();
                    self.leave(open);
                } else {
                    self.expected("`(`");
                }
                self.done(mark, NodeKind::TypeofType);
            }
            _ => found = false,
        }
        self.ascend();
        found
    }

    fn inner_type(&mut self, mark: super::Mark, kind: NodeKind) {
        if !self.type_without_bounds() {
            self.expected("a type");
        }
        self.done(mark, kind);
    }

    /// A path as a type and nothing more; `false` when none starts here.
    pub(super) fn path_type(&mut self) -> bool {
        if !self.at_path() {
            return false;
        }
        let mark = self.mark();
        self.path_segments(PathMode::Type);
        self.done(mark, NodeKind::PathType);
        true
    }

    /// A path, a macro call, `dyn` as a name (2015), or a bare trait object.
    fn path_like_type(&mut self, bounds: bool) {
        let mark = self.mark();
        if self.at_old_dyn() {
            self.bump();
            if bounds {
                self.bounds()
            } else {
                self.single_bound()
            }
            return self.done(mark, NodeKind::DynTraitType);
        }
        if self.at(T::Builtin) && self.nth(1) == T::Pound {
            return self.pattern_type();
        }
        self.path_segments(PathMode::Type);
        if self.at(T::Bang) && self.nth(1).opens() {
            self.done(mark, NodeKind::Path);
            self.bump();
            self.token_tree();
            self.done(mark, NodeKind::MacroCall);
            return self.done(mark, NodeKind::MacroType);
        }
        self.done(mark, NodeKind::PathType);
        if bounds && self.at(T::Plus) && !self.at2(T::Plus, T::Eq) {
            self.more_bounds(mark, NodeKind::PathType);
        }
    }

    /// `dyn Trait` where `dyn` is not yet a keyword.
    fn at_old_dyn(&self) -> bool {
        self.edition == crate::Edition::E2015
            && self.at_word("dyn")
            && !self.nth2(1, T::Colon, T::Colon)
            && (self.nth(1).is_path_word() || matches!(self.nth(1), T::Lifetime | T::Question | T::For | T::OpenParen))
    }

    /// What was parsed from `mark` is the first bound of a bare trait object: `Trait + Send`.
    pub(super) fn more_bounds(&mut self, mark: super::Mark, first: NodeKind) {
        if first == NodeKind::ParenType {
            // The parentheses belong to the bound.
            self.undo(NodeKind::ParenType);
        }
        self.done(mark, NodeKind::TypeBound);
        while self.eat(T::Plus) && self.bound() {}
        self.done(mark, NodeKind::TypeBoundList);
        self.done(mark, NodeKind::DynTraitType);
    }

    /// `builtin # pattern_type(T is pattern)`
    fn pattern_type(&mut self) {
        let mark = self.mark();
        self.pos += 2;
        if self.kind().is_word() {
            self.bump();
        }
        if self.at(T::OpenParen) {
            let open = self.enter();
            if !self.type_() {
                self.expected("a type");
            }
            if self.at_word("is") {
                self.bump();
            }
            self.pattern();
            self.leave(open);
        }
        self.done(mark, NodeKind::PatternType);
    }

    /// `for<'a> fn(&'a T)`, `for<'a> Trait<'a>`
    fn for_type(&mut self, bounds: bool) {
        let mark = self.mark();
        self.for_binder();
        if matches!(self.kind(), T::Fn | T::Unsafe | T::Extern | T::Async | T::Const) {
            self.function_pointer();
        } else if !self.path_type() {
            self.expected("a function pointer or a trait");
        }
        self.done(mark, NodeKind::ForType);
        if bounds && self.at(T::Plus) {
            self.done(mark, NodeKind::TypeBound);
            while self.eat(T::Plus) && self.bound() {}
            self.done(mark, NodeKind::TypeBoundList);
            self.done(mark, NodeKind::DynTraitType);
        }
    }

    /// Whether `fn` follows the `const`, `async`, `unsafe` and `extern` at the cursor.
    fn at_function_pointer(&self) -> bool {
        let mut ahead = 0;
        while matches!(self.nth(ahead), T::Const | T::Async | T::Unsafe | T::Extern | T::Str | T::RawStr) && ahead < 6 {
            ahead += 1;
        }
        self.nth(ahead) == T::Fn
    }

    fn function_pointer(&mut self) -> bool {
        let mark = self.mark();
        while matches!(self.kind(), T::Const | T::Async) {
            self.complain(&rules::QUALIFIED_POINTER);
            self.bump();
        }
        self.eat(T::Unsafe);
        if self.at(T::Extern) {
            self.abi();
        }
        if !self.eat(T::Fn) {
            if self.pos == mark.first as usize {
                return false;
            }
            self.expected("`fn`");
            self.done(mark, NodeKind::FnPtrType);
            return true;
        }
        if self.at(T::OpenParen) {
            self.parameters_of_pointer();
        } else {
            self.expected("`(`");
        }
        self.return_type_without_bounds();
        self.done(mark, NodeKind::FnPtrType);
        true
    }

    fn parameters_of_pointer(&mut self) {
        let list = self.mark();
        self.comma_list("a parameter type", |parser| {
            let mark = parser.mark();
            parser.outer_attributes();
            if parser.at3(T::Dot, T::Dot, T::Dot) {
                parser.pos += 3;
                parser.done(mark, NodeKind::Param);
                return true;
            }
            // `name: T`, where a name, `_`, `mut name` or `&name` may stand.
            if parser.at_named_parameter() {
                parser.pattern();
                parser.bump();
            }
            let found = if parser.at3(T::Dot, T::Dot, T::Dot) {
                parser.pos += 3;
                true
            } else {
                parser.type_()
            };
            if found {
                parser.done(mark, NodeKind::Param);
            }
            found
        });
        self.done(list, NodeKind::ParamList);
    }

    /// Whether a simple pattern and a `:` stand here, as opposed to a type.
    pub(super) fn at_named_parameter(&self) -> bool {
        let mut ahead = 0;
        while matches!(self.nth(ahead), T::And | T::Mut) && ahead < 3 {
            ahead += 1;
        }
        (self.nth(ahead).is_name() || matches!(self.nth(ahead), T::Underscore | T::SelfValue))
            && self.nth(ahead + 1) == T::Colon
            && !self.nth2(ahead + 1, T::Colon, T::Colon)
    }

    /// `-> Type`, if it is there.
    #[inline(always)]
    pub(super) fn return_type(&mut self) {
        if self.at2(T::Minus, T::Gt) {
            self.return_type_there(true);
        }
    }

    /// `-> Type` where `+` belongs to what is around it: function pointers, `Fn() -> T`, closures.
    pub(super) fn return_type_without_bounds(&mut self) {
        if self.at2(T::Minus, T::Gt) {
            self.return_type_there(false);
        }
    }

    fn return_type_there(&mut self, bounds: bool) {
        let mark = self.mark();
        self.pos += 2;
        if !self.type_with(bounds) {
            self.expected("a type");
        }
        self.done(mark, NodeKind::RetType);
    }

    pub(super) fn paren_type(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        let (mut count, mut comma) = (0, false);
        self.comma_elements("a type", &mut |parser| {
            count += 1;
            let found = parser.type_();
            comma |= parser.at(T::Comma);
            found
        });
        self.leave(open);
        self.done(mark, if count == 1 && !comma { NodeKind::ParenType } else { NodeKind::TupleType });
    }

    pub(super) fn array_type(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        if !self.type_() {
            self.expected("a type");
        }
        let kind = if self.eat(T::Semi) {
            let length = self.mark();
            self.expression();
            self.done(length, NodeKind::ConstArg);
            NodeKind::ArrayType
        } else {
            NodeKind::SliceType
        };
        self.leave(open);
        self.done(mark, kind);
    }
}
