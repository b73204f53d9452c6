//! Operands: literals, paths, blocks, control flow, closures, prefix operators.

use super::expressions::{Parsed, Place, power};
use super::groups::Unit;
use super::paths::PathMode;
use super::{Mark, Parser, rules};
use crate::code::CodeKind as T;
use crate::kind::NodeKind;

impl Parser<'_> {
    /// An operand with its postfix forms; attributes before it start at `mark`.
    #[inline(always)]
    pub(super) fn operand(&mut self, mark: Mark, place: Place) -> Parsed {
        let kind = self.kind();
        if kind.is_path_word() || kind.is_literal() {
            if kind.is_literal() {
                self.bump();
                self.done(mark, NodeKind::Literal);
            } else if self.path_operand(mark, place) {
                return Parsed::BlockLike;
            }
            self.postfix(mark, place);
            return Parsed::Expr;
        }
        self.operand_by_token(mark, place)
    }

    fn operand_by_token(&mut self, mark: Mark, place: Place) -> Parsed {
        match self.kind() {
            T::And => self.reference(mark, place),
            T::Star | T::Bang | T::Minus => {
                self.bump();
                self.prefix_operand(place);
                self.done(mark, NodeKind::PrefixExpr);
                return Parsed::Expr;
            }
            T::OpenParen => self.unit(Unit::ParenExpr),
            T::OpenBracket => self.unit(Unit::ArrayExpr),
            T::Or => return self.closure(mark, place),
            T::Dot if self.at2(T::Dot, T::Dot) => return self.range_without_start(mark, place),
            T::Lt => return self.qualified_path(mark, place),
            T::Colon if self.at2(T::Colon, T::Colon) => return self.qualified_path(mark, place),
            T::Underscore => {
                self.bump();
                self.done(mark, NodeKind::UnderscoreExpr);
            }
            T::Return | T::Break | T::Continue | T::Become | T::Yield | T::Let | T::Do => {
                return self.jump(mark, place);
            }
            T::Move | T::Static => return self.closure(mark, place),
            T::Use if self.nth(1) == T::Or => return self.closure(mark, place),
            T::For if self.nth(1) == T::Lt => return self.for_or_closure(mark, place),
            _ => return self.block_like(mark, place),
        }
        if self.nodes.last().is_some_and(|node| node.kind == NodeKind::RefExpr) {
            return Parsed::Expr;
        }
        self.postfix(mark, place);
        Parsed::Expr
    }

    /// The operand of a prefix operator.
    fn prefix_operand(&mut self, place: Place) {
        // A block there still ends the callee: `-{} (1)` at the start of a statement is no call. Macro calls do not.
        let statement = place.statement && !self.kind().is_path_word();
        if self.expression_above(power::CAST, Place { statement, ..place.inner() }) == Parsed::Nothing {
            let before = self.pos.saturating_sub(2);
            if self.pos > before + 1 && self.code.kinds[before..self.pos] == [T::Minus, T::Minus] {
                return self.complain_at(before as u32, &rules::POSTFIX_DECREMENT);
            }
            self.expected("an expression");
        }
    }

    /// `&x`, `&mut x`, `&raw const x`
    fn reference(&mut self, mark: Mark, place: Place) {
        self.bump();
        if self.at(T::RawKw) && matches!(self.nth(1), T::Mut | T::Const) {
            self.pos += 2;
        } else {
            self.eat(T::Mut);
        }
        self.prefix_operand(place);
        self.done(mark, NodeKind::RefExpr);
    }

    fn range_without_start(&mut self, mark: Mark, place: Place) -> Parsed {
        let inclusive = matches!(self.nth(2), T::Eq | T::Dot) && self.is_glued(1);
        if inclusive && self.nth(2) == T::Dot {
            self.complain(&rules::DOT_DOT_DOT);
        }
        self.pos += 2 + usize::from(inclusive);
        let stops = place.no_struct && self.at(T::OpenBrace);
        let found = !stops && self.expression_above(power::RANGE, Place { lets: false, ..place }) != Parsed::Nothing;
        if !found && inclusive {
            self.complain(&rules::RANGE_WITHOUT_END);
        }
        self.done(mark, NodeKind::RangeExpr);
        Parsed::Complete
    }

    /// A path, a struct literal or a macro call; tells whether it was a macro call that ends a statement.
    #[inline(always)]
    fn path_operand(&mut self, mark: Mark, place: Place) -> bool {
        if self.at(T::Builtin) && self.nth(1) == T::Pound {
            self.builtin(mark);
            return false;
        }
        self.path_segments(PathMode::Expr);
        match self.kind() {
            T::OpenBrace if !place.no_struct => {
                self.record_expr(mark);
                false
            }
            T::Bang if self.nth(1).opens() && !self.at2(T::Bang, T::Eq) => self.macro_operand(mark, place),
            _ => {
                self.done(mark, NodeKind::PathExpr);
                false
            }
        }
    }

    fn record_expr(&mut self, mark: Mark) {
        self.done(mark, NodeKind::Path);
        self.unit(Unit::RecordExprFields);
        self.done(mark, NodeKind::RecordExpr);
    }

    fn macro_operand(&mut self, mark: Mark, place: Place) -> bool {
        self.done(mark, NodeKind::Path);
        self.bump();
        let is_brace = self.at(T::OpenBrace);
        self.token_tree();
        self.done(mark, NodeKind::MacroCall);
        self.done(mark, NodeKind::MacroExpr);
        place.statement && is_brace && self.ends_block_like()
    }

    /// Whether a block-like expression at the start of a statement ends here; a dot or `?` goes on with it.
    fn ends_block_like(&self) -> bool {
        !self.at(T::Question) && (!self.at(T::Dot) || self.at2(T::Dot, T::Dot))
    }

    fn qualified_path(&mut self, mark: Mark, place: Place) -> Parsed {
        if self.path_operand(mark, place) {
            return Parsed::BlockLike;
        }
        self.postfix(mark, place);
        Parsed::Expr
    }

    /// `builtin # name(…)`
    fn builtin(&mut self, mark: Mark) {
        self.pos += 2;
        if self.kind().is_word() {
            self.bump();
        }
        if self.kind().opens() {
            self.token_tree();
        }
        self.done(mark, NodeKind::BuiltinExpr);
    }

    /// Expressions that end with a block, and what else begins with a keyword.
    fn block_like(&mut self, mark: Mark, place: Place) -> Parsed {
        match self.kind() {
            T::OpenBrace => self.block_at(mark),
            T::If => self.if_expr(mark),
            T::Match => {
                self.bump();
                self.scrutinee();
                self.match_arms_behind(mark);
            }
            T::Loop | T::While | T::For => self.loop_expr(mark),
            T::Lifetime => self.labelled(mark),
            T::Unsafe if self.nth(1) == T::OpenBrace => self.block_at(mark),
            T::Const if self.nth(1) == T::OpenBrace => self.block_at(mark),
            T::Try if matches!(self.nth(1), T::OpenBrace) || self.nth(1) == T::Name => self.block_at(mark),
            T::Async | T::Gen => {
                let mut ahead = 1;
                let is_generator = self.at(T::Gen) || self.nth(1) == T::Gen;
                ahead += usize::from(self.at(T::Async) && is_generator);
                ahead += usize::from(self.nth(ahead) == T::Move || self.nth(ahead) == T::Use);
                if self.nth(ahead) != T::OpenBrace {
                    if is_generator {
                        return Parsed::Nothing;
                    }
                    return self.closure(mark, place);
                }
                // Not a block like others: it ends no statement.
                self.block_at(mark);
                self.postfix(mark, place);
                return Parsed::Expr;
            }
            T::Const => return self.closure(mark, place),
            T::Plus | T::Tilde => return self.mistaken_operand(mark, place),
            _ => return Parsed::Nothing,
        }
        if place.statement && self.ends_block_like() {
            return Parsed::BlockLike;
        }
        self.postfix(mark, place);
        Parsed::Expr
    }

    /// A block expression at the cursor, with the words before its brace.
    pub(super) fn block_expr(&mut self) {
        let mark = self.mark();
        self.block_at(mark);
    }

    fn block_at(&mut self, mark: Mark) {
        if self.at(T::Try) {
            let modifier = self.mark();
            self.bump();
            if self.at_word("bikeshed") {
                self.bump();
                self.type_();
            }
            self.done(modifier, NodeKind::TryBlockModifier);
        }
        while matches!(self.kind(), T::Unsafe | T::Const | T::Async | T::Gen | T::Move | T::Use) {
            self.bump();
        }
        if self.at(T::OpenBrace) {
            self.unit(Unit::Statements);
        } else {
            self.expected("`{`");
        }
        self.done(mark, NodeKind::BlockExpr);
    }

    /// A bare `{ … }`, as behind `if`, `loop` and in functions.
    #[inline(always)]
    pub(super) fn bare_block(&mut self) {
        let mark = self.mark();
        if self.at(T::OpenBrace) {
            self.unit(Unit::Statements);
            self.done(mark, NodeKind::BlockExpr);
        } else {
            self.expected("`{`");
        }
    }

    /// The same where inner attributes may not stand.
    pub(super) fn block_without_attributes(&mut self) {
        if matches!(self.nth(1), T::Pound | T::InnerDoc)
            && self.at(T::OpenBrace)
            && (self.nth(1) == T::InnerDoc || self.nth(2) == T::Bang && self.nth(3) == T::OpenBracket)
        {
            self.complain_at(self.pos as u32 + 1, &rules::INNER_ATTRIBUTE_IN_BLOCK);
        }
        self.bare_block();
    }

    /// `if … else if … else …`, a chain of any length without recursion.
    fn if_expr(&mut self, mut mark: Mark) {
        let base = self.marks.len();
        loop {
            self.marks.push(mark);
            self.bump();
            self.condition(Place::CONDITION);
            self.block_without_attributes();
            if !self.eat(T::Else) {
                break;
            }
            mark = self.mark();
            if !self.at(T::If) {
                if self.at(T::OpenBrace) {
                    self.block_without_attributes();
                } else {
                    self.expected("`{` or `if`");
                }
                break;
            }
        }
        while self.marks.len() > base {
            let mark = self.marks.pop().expect("the length says there is one");
            self.done(mark, NodeKind::IfExpr);
        }
    }

    fn loop_expr(&mut self, mark: Mark) {
        let kind = match self.kind() {
            T::Loop => {
                self.bump();
                NodeKind::LoopExpr
            }
            T::While => {
                self.bump();
                self.condition(Place::CONDITION);
                NodeKind::WhileExpr
            }
            _ => {
                self.bump();
                self.eat(T::Await);
                self.pattern();
                self.expect(T::In);
                self.scrutinee();
                NodeKind::ForExpr
            }
        };
        self.bare_block();
        self.done(mark, kind);
    }

    /// `'label: loop …`
    fn labelled(&mut self, mark: Mark) {
        let label = self.mark();
        self.bump();
        if !self.eat(T::Colon) {
            self.complain(&rules::LABEL_WITHOUT_COLON);
            return self.done(mark, NodeKind::Error);
        }
        self.done(label, NodeKind::Label);
        match self.kind() {
            T::Loop | T::While | T::For => self.loop_expr(mark),
            T::OpenBrace => self.block_at(mark),
            _ => {
                self.expected("`while`, `for`, `loop` or `{` after a label");
                self.done(mark, NodeKind::Error);
            }
        }
    }

    /// The arms of a match whose scrutinee is behind the cursor.
    pub(super) fn match_arms_behind(&mut self, mark: Mark) {
        if self.at(T::OpenBrace) {
            self.unit(Unit::MatchArms);
        } else {
            self.expected("`{`");
        }
        self.done(mark, NodeKind::MatchExpr);
    }

    pub(super) fn match_arm_list(&mut self) {
        let list = self.mark();
        let open = self.enter();
        self.inner_attributes();
        while !self.kind().closes() {
            let before = self.pos;
            self.match_arm();
            if self.pos == before {
                self.error_until(&[T::Comma]);
                self.eat(T::Comma);
            }
        }
        self.leave(open);
        self.done(list, NodeKind::MatchArmList);
    }

    fn match_arm(&mut self) {
        let mark = self.mark();
        self.outer_attributes();
        self.pattern();
        let is_never = self.nodes.last().is_some_and(|node| node.kind == NodeKind::NeverPat);
        let guarded = self.at(T::If);
        if guarded {
            let guard = self.mark();
            self.bump();
            self.condition(Place::GUARD);
            self.done(guard, NodeKind::MatchGuard);
        }
        if self.at2(T::Minus, T::Gt) {
            self.complain(&rules::ARROW_IN_ARM);
            self.pos += 2;
        } else if !self.eat2(T::Eq, T::Gt) {
            // An arm may be without a body (unstable); otherwise it is broken up to its comma.
            if guarded {
                self.expected("`=>`");
            } else if !self.kind().closes() && !(is_never && self.at(T::Comma)) {
                self.expected("`=>` or `if`");
            }
            self.error_until(&[T::Comma]);
            self.eat(T::Comma);
            return self.done(mark, NodeKind::MatchArm);
        }
        let parsed = self.expression_above(0, Place::STATEMENT);
        if parsed == Parsed::Nothing {
            self.expected("an expression");
            self.error_until(&[T::Comma]);
        }
        // Only a block ends an arm by itself; `if` and `match` do so too, as in statements.
        if !self.eat(T::Comma) && !self.kind().closes() && parsed != Parsed::BlockLike {
            self.expected("`,` or `}`");
            self.error_until(&[T::Comma]);
            self.eat(T::Comma);
        }
        self.done(mark, NodeKind::MatchArm);
    }

    pub(super) fn record_expr_field_list(&mut self) {
        let mark = self.mark();
        self.comma_list("a field", |parser| {
            let field = parser.mark();
            let has_attributes = parser.outer_attributes();
            if parser.at2(T::Dot, T::Dot) && !(parser.nth(2) == T::Eq && parser.is_glued(1)) {
                if has_attributes {
                    parser.expected("a field");
                }
                parser.pos += 2;
                parser.expression_opt(Place::ORDINARY);
                if parser.at(T::Comma) {
                    parser.complain(&rules::COMMA_AFTER_BASE);
                }
                return true;
            }
            let kind = parser.kind();
            if !kind.is_name() && kind != T::Int && kind != T::SelfValue {
                return false;
            }
            if parser.nth(1) == T::Colon {
                parser.pos += 2;
                parser.expression();
            } else if kind == T::Int {
                parser.bump();
                parser.expected("`:`");
            } else {
                let shorthand = parser.mark();
                parser.bump();
                if parser.at(T::Eq) {
                    parser.complain(&rules::FIELD_WITH_EQUALS);
                    parser.bump();
                    parser.expression_opt(Place::ORDINARY);
                }
                parser.done(shorthand, NodeKind::PathExpr);
            }
            parser.done(field, NodeKind::RecordExprField);
            true
        });
        self.done(mark, NodeKind::RecordExprFieldList);
    }

    /// `return`, `break`, `continue`, `become`, `yield`, `do yeet`, `let`
    fn jump(&mut self, mark: Mark, place: Place) -> Parsed {
        let (allowed, place) = (place.lets, place.inner());
        let keyword = self.kind();
        self.bump();
        let kind = match keyword {
            T::Return => {
                self.jump_value(Place::ORDINARY);
                NodeKind::ReturnExpr
            }
            T::Break => {
                if self.at(T::Lifetime) && self.nth(1) != T::Colon {
                    self.bump();
                } else if self.at(T::Lifetime) {
                    self.complain(&rules::LABELLED_BREAK_VALUE);
                }
                self.jump_value(place);
                NodeKind::BreakExpr
            }
            T::Continue => {
                if !self.eat(T::Lifetime) && self.kind().is_name() {
                    self.expected("a label");
                }
                NodeKind::ContinueExpr
            }
            T::Become => {
                self.expression();
                NodeKind::BecomeExpr
            }
            T::Yield => {
                self.jump_value(Place::ORDINARY);
                NodeKind::YieldExpr
            }
            T::Do => {
                if self.at_word("yeet") {
                    self.bump();
                } else {
                    self.expected("`yeet`");
                }
                self.jump_value(place);
                NodeKind::YeetExpr
            }
            _ => {
                if !allowed {
                    self.complain_at(self.pos as u32 - 1, &rules::LET_AS_EXPRESSION);
                }
                if allowed {
                    self.last_let = self.pos as u32;
                }
                self.pattern();
                if self.expect(T::Eq) && self.expression_above(power::AND, place) == Parsed::Nothing {
                    self.expected("an expression");
                }
                NodeKind::LetExpr
            }
        };
        self.done(mark, kind);
        self.postfix(mark, place);
        Parsed::Expr
    }

    /// The value of `return` and `break`: `{` opens one only where struct literals may stand.
    fn jump_value(&mut self, place: Place) {
        if !(place.no_struct && self.at(T::OpenBrace) || matches!(self.kind(), T::Underscore | T::Become | T::Plus)) {
            self.expression_opt(place);
        }
    }

    /// `for<'a> |x| …` or a loop over a qualified path's pattern.
    fn for_or_closure(&mut self, mark: Mark, place: Place) -> Parsed {
        // A binder holds lifetimes; a pattern that starts with `<` holds a type.
        if matches!(self.nth(2), T::Lifetime | T::Gt | T::Pound) {
            self.for_binder();
            return self.closure(mark, place);
        }
        self.block_like(mark, place)
    }

    fn closure(&mut self, mark: Mark, place: Place) -> Parsed {
        let start = self.pos;
        self.eat(T::Const);
        self.eat(T::Static);
        self.eat(T::Async);
        if !self.eat(T::Move) {
            self.eat(T::Use);
        }
        if !self.at(T::Or) {
            if self.pos == start && self.nodes.len() == mark.nodes as usize {
                return Parsed::Nothing;
            }
            self.expected("`|`");
            self.done(mark, NodeKind::Error);
            return Parsed::Expr;
        }
        self.closure_parameters();
        if self.at2(T::Minus, T::Gt) {
            self.return_type_without_bounds();
            self.bare_block();
        } else {
            let place = place.inner();
            if self.expression_above(0, place) == Parsed::Nothing {
                self.expected("an expression");
            }
        }
        self.done(mark, NodeKind::ClosureExpr);
        self.postfix(mark, place);
        Parsed::Expr
    }

    fn closure_parameters(&mut self) {
        let list = self.mark();
        if self.eat2(T::Or, T::Or) {
            return self.done(list, NodeKind::ParamList);
        }
        self.bump();
        while !self.at(T::Or) && !self.kind().closes() {
            let mark = self.mark();
            self.outer_attributes();
            if !self.single_pattern() {
                self.expected("a pattern");
                self.error_until(&[T::Or, T::Comma]);
            }
            if self.eat(T::Colon) && !self.type_() {
                self.expected("a type");
            }
            self.done(mark, NodeKind::Param);
            if !self.eat(T::Comma) {
                break;
            }
        }
        self.expect(T::Or);
        self.done(list, NodeKind::ParamList);
    }

    /// `(…)`: an expression in parentheses, or a tuple.
    pub(super) fn paren_expr(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        let (mut count, mut comma) = (0, false);
        self.comma_elements("an expression", &mut |parser| {
            count += 1;
            let found = parser.expression_opt(Place::ORDINARY);
            comma |= parser.at(T::Comma);
            found
        });
        self.leave(open);
        self.done(mark, if count == 1 && !comma { NodeKind::ParenExpr } else { NodeKind::TupleExpr });
    }

    pub(super) fn array_expr(&mut self) {
        let mark = self.mark();
        let open = self.enter();
        let mut count = 0;
        while !self.kind().closes() {
            let before = self.pos;
            if !self.expression_opt(Place::ORDINARY) {
                self.expected("an expression");
                self.error_until(&[T::Comma, T::Semi]);
            }
            count += 1;
            if count == 1 && self.eat(T::Semi) {
                self.expression();
                break;
            }
            if !self.eat(T::Comma) {
                if self.pos == before || !self.kind().closes() {
                    self.expected("`,`, `;` or `]`");
                    self.error_until(&[T::Comma]);
                    self.eat(T::Comma);
                }
                if self.pos == before {
                    break;
                }
            }
        }
        self.leave(open);
        self.done(mark, NodeKind::ArrayExpr);
    }
}
