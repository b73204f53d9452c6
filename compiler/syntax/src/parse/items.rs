//! Items: everything that may stand in a module, an impl, a trait, an extern block or among statements.

use super::groups::Unit;
use super::{Mark, Parser, rules};
use crate::Edition;
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

/// Where an item stands.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum ItemPlace {
    Module,
    Assoc,
    Extern,
    /// Among statements: expressions stand there too.
    Statement,
}

impl Parser<'_> {
    pub(super) fn source_file(&mut self) {
        let mark = self.mark();
        self.inner_attributes();
        loop {
            self.items(ItemPlace::Module);
            if self.at(T::End) {
                break;
            }
            // A closing bracket cannot stand here: bracket matching made strays of them.
            self.skip();
        }
        self.done(mark, NodeKind::SourceFile);
    }

    pub(super) fn item_list(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        self.inner_attributes();
        self.items(ItemPlace::Module);
        self.leave(open);
        self.done(mark, NodeKind::ItemList);
    }

    pub(super) fn assoc_item_list(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        self.inner_attributes();
        self.items(ItemPlace::Assoc);
        self.leave(open);
        self.done(mark, NodeKind::AssocItemList);
    }

    pub(super) fn extern_item_list(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        self.inner_attributes();
        self.items(ItemPlace::Extern);
        self.leave(open);
        self.done(mark, NodeKind::ExternItemList);
    }

    fn items(&mut self, place: ItemPlace) {
        while !self.kind().closes() {
            let mark = self.mark();
            let attributes = self.outer_attributes();
            if attributes && self.kind().closes() {
                self.complain(&rules::ATTRIBUTE_WITHOUT_ITEM);
                return self.done(mark, NodeKind::Error);
            }
            if self.item_with_attributes(mark, place) {
                continue;
            }
            if self.at(T::Semi) {
                self.complain(&rules::STRAY_SEMICOLON);
                self.bump();
                self.done(mark, NodeKind::Error);
                continue;
            }
            self.expected("an item");
            let broken = self.mark();
            loop {
                self.skip();
                if self.kind().closes() || self.at(T::Semi) || self.may_start_item() || self.at_outer_attribute() {
                    break;
                }
            }
            self.eat(T::Semi);
            self.done(broken, NodeKind::Error);
        }
    }

    /// A quick test: whether an item may start at the cursor, attributes aside.
    #[inline(always)]
    pub(super) fn may_start_item(&self) -> bool {
        matches!(
            self.kind(),
            T::Fn
                | T::Struct
                | T::Enum
                | T::Use
                | T::Mod
                | T::Impl
                | T::Trait
                | T::Type
                | T::Static
                | T::Const
                | T::Unsafe
                | T::Extern
                | T::Async
                | T::Pub
                | T::Gen
                | T::Macro
                | T::Union
                | T::Auto
                | T::Default
                | T::Safe
                | T::Crate
        ) || self.at(T::Name) && self.nth(1) == T::Bang && self.text_at(0) == "macro_rules"
            || self.edition == Edition::E2015 && self.at_word("async")
    }

    /// The item at the cursor, whose attributes start at `mark`; `false` when there is none.
    pub(super) fn item_with_attributes(&mut self, mark: Mark, place: ItemPlace) -> bool {
        let Some(keyword) = self.item_keyword(place) else {
            return place != ItemPlace::Statement && self.macro_item(mark);
        };
        self.visibility();
        self.belongs_here(keyword, place);
        match keyword {
            T::Fn => self.function(mark, place),
            T::Struct | T::Union => self.structure(mark, keyword),
            T::Enum => self.enumeration(mark),
            T::Use => self.import(mark),
            T::Mod => self.module(mark),
            T::Impl => self.implementation(mark),
            T::Trait => self.trait_(mark),
            T::Type => self.type_alias(mark),
            T::Static => self.static_(mark),
            T::Const => self.constant(mark, place),
            T::Extern => self.extern_block(mark),
            T::Crate => self.extern_crate(mark),
            T::Macro => self.macro_definition(mark),
            T::Name => self.macro_rules(mark),
            _ => return false,
        }
        true
    }

    /// Looks ahead for the word that says what the item is: `Extern` for a block, `Crate` for `extern crate`, `Name` for
    /// `macro_rules`.
    fn item_keyword(&self, place: ItemPlace) -> Option<T> {
        let mut ahead = self.visibility_len();
        let is_visible = ahead > 0;
        if !is_visible && !self.may_start_item() {
            return None;
        }
        loop {
            let (kind, next) = (self.nth(ahead), self.nth(ahead + 1));
            match kind {
                T::Use if next == T::Or && place == ItemPlace::Statement => return None,
                T::Fn | T::Struct | T::Enum | T::Use | T::Mod | T::Trait => return Some(kind),
                T::Impl => {
                    // `impl(in path) trait` restricts who may implement.
                    let behind = self.pos + ahead + 1;
                    if next == T::OpenParen {
                        let after = self.behind_group(behind);
                        if matches!(self.code.kinds[after], T::Trait | T::Unsafe | T::Auto) {
                            return Some(T::Trait);
                        }
                    }
                    return Some(T::Impl);
                }
                T::Type => return Some(if next == T::Const { T::Const } else { T::Type }),
                T::Static => {
                    let is_closure = matches!(next, T::Or | T::Move) && place == ItemPlace::Statement;
                    return (!is_closure).then_some(T::Static);
                }
                T::Const => match next {
                    T::Unsafe | T::Extern | T::Fn | T::Trait | T::Impl => {
                        if next == T::Unsafe && self.nth(ahead + 2) == T::OpenBrace {
                            return None;
                        }
                        ahead += 1;
                    }
                    T::Async | T::Gen => {
                        let third = self.nth(ahead + 2);
                        if matches!(third, T::Move | T::Or | T::OpenBrace | T::Use) {
                            return None;
                        }
                        ahead += 1;
                    }
                    // A block of constants to evaluate (unstable).
                    T::OpenBrace if place != ItemPlace::Statement => return Some(T::Const),
                    T::OpenBrace | T::Or | T::Move | T::Static => return None,
                    T::Auto if self.nth(ahead + 2) == T::Trait => ahead += 1,
                    _ => return Some(T::Const),
                },
                T::Unsafe => match next {
                    T::OpenBrace => return None,
                    _ => ahead += 1,
                },
                T::Async => match next {
                    T::OpenBrace | T::Move | T::Or | T::Use => return None,
                    T::Gen if matches!(self.nth(ahead + 2), T::OpenBrace | T::Move | T::Or) => return None,
                    _ => ahead += 1,
                },
                T::Name
                    if self.edition == Edition::E2015
                        && self.nth_word(ahead, "async")
                        && matches!(next, T::Fn | T::Unsafe) =>
                {
                    ahead += 1;
                }
                T::Gen => match next {
                    T::Fn | T::Unsafe | T::Extern => ahead += 1,
                    _ => return None,
                },
                T::Auto if next == T::Trait => ahead += 1,
                T::Safe if matches!(next, T::Fn | T::Static | T::Extern) => ahead += 1,
                T::Default => {
                    if !matches!(
                        next,
                        T::Fn
                            | T::Const
                            | T::Type
                            | T::Impl
                            | T::Async
                            | T::Unsafe
                            | T::Extern
                            | T::Static
                            | T::Safe
                            | T::Gen
                    ) {
                        return None;
                    }
                    ahead += 1;
                }
                T::Union if next.is_name() => return Some(T::Union),
                T::Extern => match next {
                    T::Crate => return Some(T::Crate),
                    T::OpenBrace => return Some(T::Extern),
                    T::Str | T::RawStr if self.nth(ahead + 2) == T::OpenBrace => return Some(T::Extern),
                    T::Str | T::RawStr => ahead += 2,
                    _ => ahead += 1,
                },
                T::Macro => return Some(T::Macro),
                T::Name if next == T::Bang && self.nth_word(ahead, "macro_rules") => {
                    return self.nth(ahead + 2).is_word().then_some(T::Name);
                }
                _ => return None,
            }
            if ahead > 32 {
                return None;
            }
        }
    }

    fn nth_word(&self, ahead: usize, word: &str) -> bool {
        self.nth(ahead) == T::Name && self.text_at(ahead) == word
    }

    /// How many tokens the visibility at the cursor has.
    fn visibility_len(&self) -> usize {
        match self.kind() {
            T::Pub if self.nth(1) == T::OpenParen && self.restricts(self.pos + 1) => {
                self.behind_group(self.pos + 1) - self.pos
            }
            // Not a place, but what follows tells that it was meant as one.
            T::Pub
                if self.nth(1) == T::OpenParen
                    && self.nth(2).is_path_word()
                    && self.stands_before_item(self.pos + 1) =>
            {
                self.behind_group(self.pos + 1) - self.pos
            }
            T::Pub => 1,
            _ => 0,
        }
    }

    fn stands_before_item(&self, open: usize) -> bool {
        let behind = self.code.kinds[self.behind_group(open)];
        matches!(
            behind,
            T::Fn | T::Struct | T::Enum | T::Mod | T::Trait | T::Const | T::Static | T::Use | T::Type | T::Name
        ) && self.code.kinds[open + 2] == T::CloseParen
    }

    /// Whether the parentheses behind `pub` belong to it, and are not the start of a tuple field's type.
    pub(super) fn restricts(&self, open: usize) -> bool {
        match self.code.kinds[open + 1] {
            T::In => true,
            T::Crate | T::SelfValue | T::Super => self.code.kinds[open + 2] == T::CloseParen,
            _ => false,
        }
    }

    pub(super) fn visibility(&mut self) {
        let len = self.visibility_len();
        if len == 0 {
            return;
        }
        let mark = self.mark();
        self.bump();
        if len > 1 {
            if !self.restricts(self.pos) {
                self.complain_at(self.pos as u32 + 1, &rules::WRONG_VISIBILITY);
            }
            self.restriction();
        }
        self.done(mark, NodeKind::Visibility);
    }

    /// `(crate)`, `(in path)`
    pub(super) fn restriction(&mut self) {
        if !self.at(T::OpenParen) {
            return self.expected("`(`");
        }
        let open = self.enter();
        self.eat(T::In);
        if !self.path_without_arguments() {
            self.expected("a path");
        }
        self.leave(open);
    }

    /// The name of an item.
    pub(super) fn name(&mut self) {
        if self.kind().is_name() {
            self.bump();
        } else if self.kind().is_word() {
            self.expected("a name");
            if !self.kind().closes() && !self.may_start_item() {
                self.bump();
            }
        } else {
            self.expected("a name");
        }
    }

    pub(super) fn semicolon(&mut self) {
        if !self.eat(T::Semi) {
            self.expected("`;`");
            if !self.may_start_item() && !self.at_outer_attribute() {
                self.error_until(&[T::Semi, T::Pub, T::Fn, T::Use, T::Struct, T::Enum, T::Impl, T::Mod, T::Pound]);
                self.eat(T::Semi);
            }
        }
    }

    pub(super) fn abi(&mut self) {
        let mark = self.mark();
        self.bump();
        if matches!(self.kind(), T::Str | T::RawStr) {
            self.bump();
        }
        self.done(mark, NodeKind::Abi);
    }

    /// `const`, `async`, `unsafe`, `extern "C"` and their like before the item's own keyword: each at most once, in rustc's
    /// order, and only those that the item may have.
    pub(super) fn modifiers(&mut self, keyword: T) {
        let allowed: &[T] = match keyword {
            T::Fn => &[T::Default, T::Const, T::Async, T::Gen, T::Unsafe, T::Safe, T::Extern],
            T::Impl => &[T::Default, T::Const, T::Unsafe],
            T::Trait => &[T::Const, T::Unsafe, T::Auto],
            T::Extern => &[T::Unsafe],
            T::Static => &[T::Default, T::Unsafe, T::Safe],
            T::Mod => &[T::Unsafe],
            T::Type | T::Const => &[T::Default, T::Type],
            _ => &[],
        };
        let mut next = 0;
        while !self.at(keyword) && !self.kind().closes() {
            let kind = self.kind();
            // `async` is a name in edition 2015, and told there by what follows.
            let word = if kind == T::Name { T::Async } else { kind };
            if word == T::Async && self.edition == Edition::E2015 {
                self.complain(&rules::ASYNC_FN_2015);
            }
            if kind == T::Impl {
                self.impl_restriction();
                continue;
            }
            match allowed[next..].iter().position(|&modifier| modifier == word) {
                // `unsafe` and `safe` exclude each other.
                Some(place) => next += place + 1 + usize::from(word == T::Unsafe && allowed.contains(&T::Safe)),
                None => self.expected(keyword.shown()),
            }
            if kind == T::Extern { self.abi() } else { self.bump() }
        }
    }

    fn function(&mut self, mark: Mark, place: ItemPlace) {
        self.modifiers(T::Fn);
        self.bump();
        self.name();
        self.generic_parameters();
        if self.at(T::OpenParen) {
            self.parameters(place);
        } else {
            self.expected("`(`");
        }
        self.return_type();
        if matches!(self.kind(), T::Eq | T::Colon) {
            self.mistaken_return_type();
        }
        self.where_clause();
        if !self.eat(T::Semi) {
            if self.at(T::OpenBrace) { self.bare_block() } else { self.expected("one of `->`, `where`, `;` or `{`") }
        }
        self.done(mark, NodeKind::Fn);
    }

    fn parameters(&mut self, place: ItemPlace) {
        let list = self.mark();
        let mut is_first = true;
        self.comma_list("a parameter", |parser| {
            let mark = parser.mark();
            parser.outer_attributes();
            if parser.at_self_parameter() {
                if !is_first {
                    parser.complain(&rules::SELF_NOT_FIRST);
                }
                parser.self_parameter(mark);
                is_first = false;
                return true;
            }
            is_first = false;
            parser.parameter(mark, place)
        });
        self.done(list, NodeKind::ParamList);
    }

    fn at_self_parameter(&self) -> bool {
        let mut ahead = 0;
        if self.nth(0) == T::And {
            ahead += 1;
            if self.nth(ahead) == T::Lifetime {
                ahead += 1;
            }
        }
        if self.nth(ahead) == T::Mut {
            ahead += 1;
        }
        self.nth(ahead) == T::SelfValue && !self.nth2(ahead + 1, T::Colon, T::Colon)
    }

    fn self_parameter(&mut self, mark: Mark) {
        while !self.at(T::SelfValue) {
            self.bump();
        }
        self.bump();
        if self.eat(T::Colon) && !self.type_() {
            self.expected("a type");
        }
        self.done(mark, NodeKind::SelfParam);
    }

    fn parameter(&mut self, mark: Mark, place: ItemPlace) -> bool {
        if self.at3(T::Dot, T::Dot, T::Dot) {
            self.pos += 3;
            self.done(mark, NodeKind::Param);
            return true;
        }
        // Trait methods of edition 2015 may leave names out.
        let is_anonymous = self.edition == Edition::E2015 && place == ItemPlace::Assoc && !self.at_named_parameter();
        if is_anonymous && !self.at_tuple_parameter() {
            let found = self.type_();
            if found {
                self.done(mark, NodeKind::Param);
            }
            return found;
        }
        if !self.single_pattern() {
            return false;
        }
        if self.eat(T::Colon) {
            if self.at3(T::Dot, T::Dot, T::Dot) {
                self.pos += 3;
            } else if !self.type_() {
                self.expected("a type");
            }
        } else {
            self.complain(&rules::PARAMETER_WITHOUT_TYPE);
            self.error_until(&[T::Comma]);
        }
        self.done(mark, NodeKind::Param);
        true
    }

    /// Whether a bracketed pattern with a type stands here.
    fn at_tuple_parameter(&self) -> bool {
        let ahead = usize::from(self.at(T::And));
        match self.nth(ahead) {
            T::OpenParen | T::OpenBracket => {
                let behind = self.behind_group(self.pos + ahead);
                self.code.kinds[behind] == T::Colon
            }
            kind if kind.is_path_word() => {
                matches!(self.nth(ahead + 1), T::OpenParen | T::OpenBrace)
                    && self.code.kinds[self.behind_group(self.pos + ahead + 1)] == T::Colon
            }
            _ => false,
        }
    }

    fn module(&mut self, mark: Mark) {
        self.modifiers(T::Mod);
        self.bump();
        self.name();
        if !self.eat(T::Semi) {
            if self.at(T::OpenBrace) { self.unit(Unit::Items) } else { self.expected("`;` or `{`") }
        }
        self.done(mark, NodeKind::Module);
    }

    fn import(&mut self, mark: Mark) {
        self.bump();
        self.use_tree();
        self.semicolon();
        self.done(mark, NodeKind::Use);
    }

    fn use_tree(&mut self) -> bool {
        let mark = self.mark();
        if self.at(T::Star) {
            self.bump();
        } else if self.at(T::OpenBrace) {
            self.unit(Unit::UseTrees);
        } else if self.at2(T::Colon, T::Colon) && matches!(self.nth(2), T::Star | T::OpenBrace) {
            self.pos += 2;
            if !self.eat(T::Star) {
                self.unit(Unit::UseTrees);
            }
        } else if self.kind().is_path_word() || self.at2(T::Colon, T::Colon) {
            self.path_without_arguments();
            if self.eat2(T::Colon, T::Colon) {
                match self.kind() {
                    T::Star => self.bump(),
                    T::OpenBrace => self.unit(Unit::UseTrees),
                    _ => self.expected("a path segment, `{` or `*`"),
                }
            } else if self.at(T::As) {
                self.rename();
            }
        } else {
            self.expected("a path, `{` or `*`");
            return false;
        }
        self.done(mark, NodeKind::UseTree);
        true
    }

    pub(super) fn use_tree_list(&mut self) {
        let mark = self.mark();
        self.comma_list("a path, `{` or `*`", Parser::use_tree);
        self.done(mark, NodeKind::UseTreeList);
    }

    fn rename(&mut self) {
        let mark = self.mark();
        self.bump();
        if self.kind().is_name() || self.at(T::Underscore) {
            self.bump();
        } else {
            self.expected("a name or `_`");
        }
        self.done(mark, NodeKind::Rename);
    }

    fn extern_crate(&mut self, mark: Mark) {
        self.pos += 2;
        if self.kind().is_name() || self.at(T::SelfValue) {
            self.bump();
        } else {
            self.expected("a name");
        }
        if self.at(T::As) {
            self.rename();
        }
        self.semicolon();
        self.done(mark, NodeKind::ExternCrate);
    }

    fn extern_block(&mut self, mark: Mark) {
        self.modifiers(T::Extern);
        self.abi();
        if self.at(T::OpenBrace) {
            self.unit(Unit::ExternItems)
        } else {
            self.expected("`{`")
        }
        self.done(mark, NodeKind::ExternBlock);
    }

    fn implementation(&mut self, mark: Mark) {
        let is_default = self.at(T::Default);
        self.modifiers(T::Impl);
        self.bump();
        // `impl <T as Trait>::Assoc` is a type; parameters are names, lifetimes, `const` or attributes before `,` `:` `=` `>`.
        if self.at(T::Lt) && self.starts_parameters() {
            self.generic_parameters();
        }
        self.eat(T::Const);
        let is_negative = self.at(T::Bang) && self.nth(1) != T::OpenBrace && self.eat(T::Bang);
        let of = self.mark();
        if !self.type_() {
            self.expected("a type");
        }
        let is_path = self.nodes.last().is_some_and(|node| node.kind == NodeKind::PathType && node.first == of.first);
        if self.at(T::For) {
            if !is_path {
                let is_impl = self.code.kinds[of.first as usize] == T::Impl;
                self.complain_at(of.first, if is_impl { &rules::DOUBLE_IMPL } else { &rules::IMPL_OF_TYPE });
            }
            self.bump();
            if !self.type_() {
                self.expected("a type");
            }
        } else if is_default {
            self.complain(&rules::DEFAULT_INHERENT_IMPL);
        } else if is_negative {
            self.complain(&rules::NEGATIVE_INHERENT_IMPL);
        }
        self.where_clause();
        if self.at(T::OpenBrace) {
            self.unit(Unit::AssocItems)
        } else {
            self.expected("`{`")
        }
        self.done(mark, NodeKind::Impl);
    }

    fn starts_parameters(&self) -> bool {
        match self.nth(1) {
            T::Pound | T::Gt | T::Const => true,
            kind if kind == T::Lifetime || kind.is_name() => {
                matches!(self.nth(2), T::Gt | T::Comma | T::Eq)
                    || self.nth(2) == T::Colon && !self.nth2(2, T::Colon, T::Colon)
            }
            _ => false,
        }
    }

    fn trait_(&mut self, mark: Mark) {
        self.modifiers(T::Trait);
        self.expect(T::Trait);
        self.name();
        self.generic_parameters();
        if self.eat(T::Colon) {
            self.bounds();
        }
        if self.eat(T::Eq) {
            self.bounds();
            self.where_clause();
            self.semicolon();
            return self.done(mark, NodeKind::Trait);
        }
        self.where_clause();
        if self.at(T::OpenBrace) {
            self.unit(Unit::AssocItems)
        } else {
            self.expected("`{`")
        }
        self.done(mark, NodeKind::Trait);
    }

    /// `impl(crate)` before `trait`: read, and refused as rustc refuses it.
    fn impl_restriction(&mut self) {
        self.complain(&rules::IMPL_RESTRICTION);
        let restriction = self.mark();
        self.bump();
        if self.at(T::OpenParen) {
            self.restriction();
        }
        self.done(restriction, NodeKind::ImplRestriction);
    }

    /// Complains about items that parse everywhere but may not stand in impls, traits and extern blocks.
    fn belongs_here(&mut self, keyword: T, place: ItemPlace) {
        let fits = match place {
            ItemPlace::Module | ItemPlace::Statement => true,
            ItemPlace::Assoc => matches!(keyword, T::Fn | T::Const | T::Type),
            ItemPlace::Extern => matches!(keyword, T::Fn | T::Static | T::Type),
        };
        if !fits {
            self.complain(match (place, keyword) {
                (ItemPlace::Assoc, T::Static) => &rules::ASSOCIATED_STATIC,
                (ItemPlace::Assoc, _) => &rules::ITEM_IN_ASSOC,
                (_, T::Const) => &rules::EXTERN_CONST,
                _ => &rules::ITEM_IN_EXTERN,
            });
        }
    }

    fn type_alias(&mut self, mark: Mark) {
        self.modifiers(T::Type);
        self.bump();
        self.name();
        self.generic_parameters();
        if self.eat(T::Colon) {
            self.bounds();
        }
        self.where_clause();
        if self.eat(T::Eq) && !self.type_() {
            self.expected("a type");
        }
        self.where_clause();
        self.semicolon();
        self.done(mark, NodeKind::TypeAlias);
    }

    fn static_(&mut self, mark: Mark) {
        self.modifiers(T::Static);
        self.bump();
        self.eat(T::Mut);
        if self.at(T::Underscore) {
            self.complain(&rules::NAMELESS_STATIC);
            self.bump();
        } else {
            self.name();
        }
        if self.at(T::Lt) {
            self.complain(&rules::GENERIC_STATIC);
        }
        self.typed_value(mark, NodeKind::Static);
    }

    fn constant(&mut self, mark: Mark, place: ItemPlace) {
        if self.nth(1) == T::OpenBrace && place != ItemPlace::Statement {
            if place != ItemPlace::Module {
                self.complain(&rules::CONST_BLOCK_IN_IMPL);
            }
            self.block_expr();
            return self.done(mark, NodeKind::Const);
        }
        self.modifiers(T::Const);
        self.bump();
        if self.at(T::Mut) {
            self.complain(&rules::CONST_MUT);
            self.bump();
        }
        if !self.eat(T::Underscore) {
            self.name();
        }
        self.typed_value(mark, NodeKind::Const);
    }

    /// `: Type = value;` behind the name.
    fn typed_value(&mut self, mark: Mark, kind: NodeKind) {
        self.generic_parameters();
        if self.eat(T::Colon) {
            if !self.type_() {
                self.expected("a type");
            }
        } else {
            self.complain(&rules::CONSTANT_WITHOUT_TYPE);
        }
        if kind == NodeKind::Const && self.at(T::Where) {
            let clause = self.pos;
            self.where_clause();
            if self.at(T::Eq) {
                self.complain_at(clause as u32, &rules::WHERE_BEFORE_CONST_BODY);
            }
        }
        if self.eat(T::Eq) {
            self.expression();
        }
        if kind == NodeKind::Const {
            self.where_clause();
        }
        self.semicolon();
        self.done(mark, kind);
    }

    /// `name!{…}` or `name!(…);` in item position.
    fn macro_item(&mut self, mark: Mark) -> bool {
        if !self.kind().is_path_word() && !self.at2(T::Colon, T::Colon) {
            return false;
        }
        self.path_without_arguments();
        if !self.at(T::Bang) {
            self.expected("`!` or `::`");
            self.error_until(&[T::Semi]);
            self.eat(T::Semi);
            self.done(mark, NodeKind::Error);
            return true;
        }
        self.bump();
        let is_brace = self.at(T::OpenBrace);
        if !self.kind().opens() {
            self.expected("one of `(`, `[` or `{`");
        } else {
            self.token_tree();
            if !is_brace {
                self.semicolon();
            }
        }
        self.done(mark, NodeKind::MacroCall);
        true
    }

    fn macro_rules(&mut self, mark: Mark) {
        self.pos += 2;
        self.name();
        let is_brace = self.at(T::OpenBrace);
        if self.kind().opens() {
            self.token_tree();
            if !is_brace {
                self.semicolon();
            }
        } else {
            self.expected("one of `(`, `[` or `{`");
        }
        self.done(mark, NodeKind::MacroRules);
    }

    fn macro_definition(&mut self, mark: Mark) {
        self.bump();
        self.name();
        if self.at(T::OpenParen) {
            self.token_tree();
        }
        if self.at(T::OpenBrace) {
            self.token_tree();
        } else {
            self.expected("`(` or `{`");
        }
        self.done(mark, NodeKind::MacroDef);
    }
}
