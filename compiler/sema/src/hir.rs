//! Bodies as flat tables: expressions, patterns and locals by number, names of locals resolved, sugar taken away.

use rustg_base::{Span, StringId};
use rustg_syntax::NodeId;

use crate::items::DefId;
use crate::types::Ty;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident)*) => { $(
        $(#[$doc])*
        #[repr(transparent)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// As an index into its table.
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    )* };
}

ids! {
    /// An expression of a body.
    ExprId
    /// A pattern of a body.
    PatId
    /// A variable of a body.
    LocalId
    /// A closure expression of a body, by its place among them.
    ClosureIndex
    /// A loop or labelled block of a body.
    LoopId
}

/// A node that is read with the names of `module`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Written {
    /// The node.
    pub node: NodeId,
    /// The innermost module or block with items.
    pub module: DefId,
}

/// A literal.
#[derive(Clone, PartialEq, Debug)]
pub enum Literal {
    /// An integer, with its suffix's type.
    Int(u128, Option<Ty>),
    /// A float's digits, with its suffix's type.
    Float(String, Option<Ty>),
    /// `true`, `false`
    Bool(bool),
    /// A character.
    Char(char),
    /// A text.
    Str(Vec<u8>),
    /// Bytes.
    Bytes(Vec<u8>),
}

/// An operator between two values.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the operator of its name")]
pub enum BinaryOp {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
    And,
    Or,
    Xor,
    Shl,
    Shr,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
}

impl BinaryOp {
    /// The operator written so.
    pub fn from_text(text: &str) -> Option<BinaryOp> {
        use BinaryOp::*;
        let all = ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">="];
        let ops = [Add, Sub, Mul, Div, Rem, And, Or, Xor, Shl, Shr, Eq, Ne, Lt, Le, Gt, Ge];
        all.iter().position(|op| *op == text).map(|at| ops[at])
    }

    /// How it is written.
    pub fn text(self) -> &'static str {
        ["+", "-", "*", "/", "%", "&", "|", "^", "<<", ">>", "==", "!=", "<", "<=", ">", ">="][self as usize]
    }

    /// Whether it yields a truth value.
    pub fn is_comparison(self) -> bool {
        self as u8 >= BinaryOp::Eq as u8
    }

    /// Whether the right side may be of another type.
    pub fn is_shift(self) -> bool {
        matches!(self, BinaryOp::Shl | BinaryOp::Shr)
    }

    /// The trait and method that stand for it, and those of its assigning form.
    pub fn traits(self) -> (&'static str, &'static str, &'static str, &'static str) {
        [
            ("Add", "add", "AddAssign", "add_assign"),
            ("Sub", "sub", "SubAssign", "sub_assign"),
            ("Mul", "mul", "MulAssign", "mul_assign"),
            ("Div", "div", "DivAssign", "div_assign"),
            ("Rem", "rem", "RemAssign", "rem_assign"),
            ("BitAnd", "bitand", "BitAndAssign", "bitand_assign"),
            ("BitOr", "bitor", "BitOrAssign", "bitor_assign"),
            ("BitXor", "bitxor", "BitXorAssign", "bitxor_assign"),
            ("Shl", "shl", "ShlAssign", "shl_assign"),
            ("Shr", "shr", "ShrAssign", "shr_assign"),
            ("PartialEq", "eq", "", ""),
            ("PartialEq", "ne", "", ""),
            ("PartialOrd", "lt", "", ""),
            ("PartialOrd", "le", "", ""),
            ("PartialOrd", "gt", "", ""),
            ("PartialOrd", "ge", "", ""),
        ][self as usize]
    }
}

/// An operator on one value.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "each is the operator of its name")]
pub enum UnaryOp {
    Not,
    Neg,
}

/// What a panic or print says: texts with values between them, as `{}`-like places that name how each is shown.
#[derive(Clone, PartialEq, Debug)]
pub struct Format {
    /// The text before each value, and the one behind the last.
    pub texts: Vec<String>,
    /// The values.
    pub values: Vec<ExprId>,
    /// Whether each is shown by `{:?}`.
    pub debug: Vec<bool>,
}

/// What an expression is.
#[derive(Clone, PartialEq, Debug)]
pub enum ExprKind {
    /// Something reported.
    Error,
    /// A literal.
    Literal(Literal),
    /// A variable.
    Local(LocalId),
    /// A path to something that is no variable.
    Path(Written),
    /// `!a`, `-a`
    Unary(UnaryOp, ExprId),
    /// `a + b`
    Binary(BinaryOp, ExprId, ExprId),
    /// `a && b` (false) or `a || b` (true)
    Logic(bool, ExprId, ExprId),
    /// `a = b`
    Assign(ExprId, ExprId),
    /// `a += b`
    AssignOp(BinaryOp, ExprId, ExprId),
    /// `&a`, `&mut a`
    Ref(bool, ExprId),
    /// `&raw const a`, `&raw mut a`
    RawRef(bool, ExprId),
    /// `*a`
    Deref(ExprId),
    /// `f(a)`
    Call(ExprId, Vec<ExprId>),
    /// `a.f::<T>(b)`
    MethodCall(ExprId, StringId, Option<Written>, Vec<ExprId>),
    /// `a.b`, `a.0`
    Field(ExprId, StringId),
    /// `a[b]`
    Index(ExprId, ExprId),
    /// `a as T`
    Cast(ExprId, Written),
    /// `(a, b)`
    Tuple(Vec<ExprId>),
    /// `[a, b]`
    Array(Vec<ExprId>),
    /// `[a; N]`: the node of the length
    Repeat(ExprId, Written),
    /// `T { a: b, ..c }`
    Record(Written, Vec<(StringId, ExprId, Span)>, Option<ExprId>),
    /// `a..b`, `a..=b` (true) and shorter ones
    Range(Option<ExprId>, Option<ExprId>, bool),
    /// A block, with a label that `break` can name.
    Block(Vec<Stmt>, Option<ExprId>, Option<LoopId>),
    /// `if`
    If(ExprId, ExprId, Option<ExprId>),
    /// `let p = e` as a condition.
    Let(PatId, ExprId),
    /// `match`
    Match(ExprId, Vec<Arm>),
    /// `loop`; `while` (true) is one that breaks.
    Loop(ExprId, LoopId, bool),
    /// `for p in a..b` over integers: start, end, inclusive, body.
    ForRange(PatId, ExprId, ExprId, bool, ExprId, LoopId),
    /// `for p in e`
    For(PatId, ExprId, ExprId, LoopId),
    /// `break 'a e`
    Break(Option<LoopId>, Option<ExprId>),
    /// `continue 'a`
    Continue(Option<LoopId>),
    /// `return e`
    Return(Option<ExprId>),
    /// `e?`
    Try(ExprId),
    /// A closure.
    Closure(ClosureIndex),
    /// `panic!` and its like.
    Panic(Format),
    /// `assert!`: the condition, the message.
    Assert(ExprId, Format),
    /// `assert_eq!` (true), `assert_ne!`
    AssertEq(bool, ExprId, ExprId, Option<Format>),
    /// `gpu_printf!`
    Print(Format),
}

/// A statement.
#[derive(Clone, PartialEq, Debug)]
pub enum Stmt {
    /// `let p: T = e else { … };`
    Let(PatId, Option<Written>, Option<ExprId>, Option<ExprId>),
    /// An expression, and whether a `;` follows.
    Expr(ExprId, bool),
}

/// An arm of a `match`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Arm {
    /// Its pattern.
    pub pattern: PatId,
    /// `if …`
    pub guard: Option<ExprId>,
    /// What it yields.
    pub body: ExprId,
}

/// An expression.
#[derive(Clone, PartialEq, Debug)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where it is.
    pub span: Span,
    /// Whether it stands in `unsafe`.
    pub is_unsafe: bool,
}

/// What a pattern is.
#[derive(Clone, PartialEq, Debug)]
pub enum PatKind {
    /// `_`, and what was reported.
    Wild,
    /// `..` within a slice or tuple pattern.
    Rest,
    /// A variable: by reference, and a pattern behind `@`.
    Binding(LocalId, Option<bool>, Option<PatId>),
    /// A literal.
    Literal(ExprId),
    /// `a..=b` (true), `a..b`
    Range(Option<ExprId>, Option<ExprId>, bool),
    /// A constant, unit structure or variant.
    Path(Written),
    /// `T(a, b)`
    TupleStruct(Written, Vec<PatId>),
    /// `T { a: b, .. }` and whether there is `..`
    Record(Written, Vec<(StringId, PatId)>, bool),
    /// `(a, b)`
    Tuple(Vec<PatId>),
    /// `&a`, `&mut a`
    Ref(PatId, bool),
    /// `[a, .., b]`
    Slice(Vec<PatId>),
    /// `a | b`
    Or(Vec<PatId>),
}

/// A pattern.
#[derive(Clone, PartialEq, Debug)]
pub struct Pat {
    /// What it is.
    pub kind: PatKind,
    /// Where it is.
    pub span: Span,
}

/// A variable.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Local {
    /// Its name.
    pub name: StringId,
    /// Whether it was declared `mut`.
    pub is_mutable: bool,
    /// Where it was declared.
    pub span: Span,
    /// The closure that it belongs to.
    pub closure: Option<ClosureIndex>,
}

/// A closure expression.
#[derive(Clone, PartialEq, Debug)]
pub struct ClosureExpr {
    /// Its parameters.
    pub parameters: Vec<(PatId, Option<Written>)>,
    /// Its result's type.
    pub result: Option<Written>,
    /// Its body.
    pub body: ExprId,
    /// Whether it says `move`.
    pub is_move: bool,
    /// The closure that it stands in.
    pub parent: Option<ClosureIndex>,
}

/// A body.
#[derive(Clone, Debug, Default)]
pub struct HirBody {
    /// Expressions.
    pub exprs: Vec<Expr>,
    /// Patterns.
    pub pats: Vec<Pat>,
    /// Variables.
    pub locals: Vec<Local>,
    /// Closures.
    pub closures: Vec<ClosureExpr>,
    /// Patterns of the function's parameters.
    pub parameters: Vec<PatId>,
    /// The value.
    pub value: Option<ExprId>,
    /// How many loops and labelled blocks there are.
    pub loop_count: u32,
}

impl HirBody {
    /// An expression.
    pub fn expr(&self, id: ExprId) -> &Expr {
        &self.exprs[id.index()]
    }

    /// A pattern.
    pub fn pat(&self, id: PatId) -> &Pat {
        &self.pats[id.index()]
    }
}
