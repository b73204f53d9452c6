//! Layout rules: one family of nodes a file, found by kind.
//!
//! A rule is a function of a node and the room it has. It is asked only when the node cannot be written flat. To add one, write the
//! function in its family's file and name it in [`rule`].

mod assignments;
pub(crate) mod attributes;
mod binary;
mod blocks;
mod bounds;
mod calls;
mod chains;
mod closures;
mod control;
mod data;
mod expressions;
mod functions;
mod generics;
mod imports;
mod items;
mod lists;
mod macro_items;
mod matches;
mod records;
mod sequence;

use rustg_syntax::{NodeId, NodeKind as N};

use crate::Fit;
use crate::formatter::{Formatter, Shape};

/// Lays a node out.
pub(crate) type Rule = fn(&mut Formatter<'_>, NodeId, Shape) -> Fit;

/// The rule of a kind of node.
pub(crate) fn rule(kind: N) -> Rule {
    match kind {
        N::MethodCallExpr | N::FieldExpr | N::TryExpr | N::AwaitExpr => chains::chain,
        N::CallExpr => calls::call,
        N::MacroExpr | N::MacroCall => macro_items::macro_call,
        N::ArrayExpr => calls::array,
        N::SlicePat => calls::slice_pattern,
        N::TupleExpr => calls::tuple,
        N::TuplePat | N::TupleType => calls::tuple_of_any_width,
        N::TupleStructPat => calls::tuple_struct_pattern,
        N::ClosureExpr => closures::closure,
        N::BlockExpr => blocks::block,
        N::IfExpr => control::if_expression,
        N::WhileExpr | N::ForExpr | N::LoopExpr => control::loop_expression,
        N::MatchExpr => matches::match_expression,
        N::BinExpr => binary::binary,
        N::CastExpr => binary::cast,
        N::RangeExpr => binary::range,
        N::RecordExpr => records::record_expression,
        N::RecordPat => records::record_pattern,
        N::RecordExprField => records::field,
        N::RecordPatField => records::pattern_field,
        N::IndexExpr => expressions::index,
        N::ParenExpr => expressions::parenthesized,
        N::ReturnExpr | N::BreakExpr | N::YieldExpr | N::BecomeExpr => expressions::jump,
        N::LetExpr => expressions::let_condition,
        N::Literal => expressions::literal,
        N::OrPat => expressions::alternatives,
        N::GenericArgList | N::GenericParamList | N::ParenthesizedArgList => generics::angle_list,
        N::DynTraitType | N::ImplTraitType | N::TypeBoundList => bounds::bounds,
        N::FnPtrType => functions::pointer,
        N::Error | N::TokenTree | N::MacroRules | N::MacroDef => |_, _, _| Err(crate::Fail),
        _ => sequence::sequence,
    }
}
