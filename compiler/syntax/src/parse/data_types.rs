//! Structs, unions and enums.

use super::{Mark, Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    pub(super) fn structure(&mut self, mark: Mark, keyword: T) {
        self.modifiers(keyword);
        self.bump();
        self.name();
        self.generic_parameters();
        self.where_clause();
        match self.kind() {
            T::OpenBrace => self.record_fields(),
            T::OpenParen if keyword == T::Struct => {
                self.tuple_fields();
                self.where_clause();
                self.semicolon();
            }
            T::Semi if keyword == T::Struct => self.bump(),
            _ => {
                self.expected(if keyword == T::Struct {
                    "`where`, `{`, `(` or `;` after struct name"
                } else {
                    "`where` or `{` after union name"
                });
            }
        }
        self.done(mark, if keyword == T::Struct { NodeKind::Struct } else { NodeKind::Union });
    }

    fn record_fields(&mut self) {
        let list = self.mark();
        self.comma_list("a field", |parser| {
            let mark = parser.mark();
            let attributes = parser.outer_attributes();
            if attributes && parser.kind().closes() {
                parser.complain(&rules::DOC_WITHOUT_FIELD);
                parser.done(mark, NodeKind::Error);
                return true;
            }
            parser.visibility();
            parser.eat(T::Unsafe);
            parser.mut_restriction();
            parser.eat(T::Unsafe);
            if !parser.kind().is_name() {
                return false;
            }
            parser.bump();
            if parser.expect(T::Colon) {
                if !parser.type_() {
                    parser.expected("a type");
                }
                if parser.eat(T::Eq) {
                    let value = parser.mark();
                    parser.expression();
                    parser.done(value, NodeKind::ConstArg);
                }
            }
            parser.done(mark, NodeKind::RecordField);
            true
        });
        self.done(list, NodeKind::RecordFieldList);
    }

    fn mut_restriction(&mut self) {
        if self.at(T::Mut) && self.nth(1) == T::OpenParen {
            self.complain(&rules::MUT_RESTRICTION);
            let mark = self.mark();
            self.bump();
            self.restriction();
            self.done(mark, NodeKind::MutRestriction);
        }
    }

    fn tuple_fields(&mut self) {
        let list = self.mark();
        self.comma_list("a type", |parser| {
            let mark = parser.mark();
            parser.outer_attributes();
            parser.visibility();
            parser.mut_restriction();
            let found = parser.type_();
            if found {
                parser.done(mark, NodeKind::TupleField);
            }
            found
        });
        self.done(list, NodeKind::TupleFieldList);
    }

    pub(super) fn enumeration(&mut self, mark: Mark) {
        self.modifiers(T::Enum);
        self.bump();
        self.name();
        self.generic_parameters();
        self.where_clause();
        if self.at(T::OpenBrace) {
            let list = self.mark();
            self.comma_list("a variant", Parser::variant);
            self.done(list, NodeKind::VariantList);
        } else {
            self.expected("`where` or `{` after enum name");
        }
        self.done(mark, NodeKind::Enum);
    }

    fn variant(&mut self) -> bool {
        let mark = self.mark();
        let attributes = self.outer_attributes();
        if attributes && self.kind().closes() {
            self.complain(&rules::ATTRIBUTE_WITHOUT_VARIANT);
            self.done(mark, NodeKind::Error);
            return true;
        }
        self.visibility();
        if self.kind().is_name() && self.nth(1) == T::Bang && self.nth(2).opens() {
            // Macro calls in variant position parse, and are refused later.
            self.path_without_arguments();
            self.bump();
            self.token_tree();
            self.done(mark, NodeKind::MacroCall);
            return true;
        }
        if !self.kind().is_name() {
            return false;
        }
        self.bump();
        match self.kind() {
            T::OpenBrace => self.record_fields(),
            T::OpenParen => self.tuple_fields(),
            _ => {}
        }
        if self.eat(T::Eq) {
            let value = self.mark();
            self.expression();
            self.done(value, NodeKind::ConstArg);
        }
        self.done(mark, NodeKind::Variant);
        true
    }
}
