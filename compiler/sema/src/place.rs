//! The place form: what a body does in terms of variables and places, before types are replaced by those of instances.

use rustg_base::{Span, StringId};

use crate::hir::{BinaryOp, UnaryOp};
use crate::items::DefId;
use crate::program::Program;
use crate::types::{Args, ClosureId, Ty, TyKind, known};

/// A variable or temporary.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Local(pub u32);

/// A block.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct BlockId(pub u32);

/// A step from a place to one within it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Step {
    /// What a reference or pointer points to.
    Deref,
    /// A field.
    Field(u32),
    /// The fields of a variant.
    Variant(u32),
    /// An element, by the value of a variable; its bounds were checked.
    Index(Local),
    /// An element by number, from the end where true.
    Element(u32, bool),
}

/// A variable or something within it or behind it.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Place {
    /// Where it begins.
    pub local: Local,
    /// The steps from there.
    pub steps: Vec<Step>,
}

impl Place {
    /// A whole variable.
    pub fn new(local: Local) -> Place {
        Place { local, steps: Vec::new() }
    }

    /// The place one step further.
    pub fn then(mut self, step: Step) -> Place {
        self.steps.push(step);
        self
    }
}

/// A constant.
#[derive(Clone, PartialEq, Debug)]
pub enum Const {
    /// An integer, float, truth value or character by its bits.
    Bits(u128, Ty),
    /// A value without content: `()`, functions.
    Unit(Ty),
    /// A text.
    Str(Vec<u8>),
    /// A reference to an array of bytes.
    Bytes(Vec<u8>, Ty),
    /// The value of a constant item.
    Item(DefId, Args, Ty),
    /// The address of a static, as a reference to that type.
    Static(DefId, Ty),
    /// The address of a constant that is lent for ever, as a pointer of that type: the body (a closure without captures) that gives its value.
    Promoted(ClosureId, Ty),
    /// A constant generic parameter.
    Param(u32, Ty),
}

/// A value that is used.
#[derive(Clone, PartialEq, Debug)]
pub enum Operand {
    /// What a place holds; it keeps it.
    Copy(Place),
    /// What a place holds; it is gone then.
    Move(Place),
    /// A constant.
    Const(Const),
}

/// What an aggregate is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Aggregate {
    /// A tuple or array of that type.
    Plain(Ty),
    /// A structure, or a variant by number.
    Adt(Ty, Option<u32>),
    /// A closure with what it captures.
    Closure(Ty),
}

/// How a place is borrowed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum BorrowKind {
    /// `&`
    Shared,
    /// `&mut`
    Mutable,
    /// `&mut` that an adjustment made: until its first use others may read.
    TwoPhase,
    /// By a closure, uniquely: the variable itself need not be `mut`, as the closure's body was asked already.
    Unique,
}

impl BorrowKind {
    /// `&mut` as it is written, or `&`.
    pub fn written(is_mutable: bool) -> BorrowKind {
        if is_mutable { BorrowKind::Mutable } else { BorrowKind::Shared }
    }

    /// The same where an adjustment makes it.
    pub fn adjusted(is_mutable: bool) -> BorrowKind {
        if is_mutable { BorrowKind::TwoPhase } else { BorrowKind::Shared }
    }

    /// Whether what is borrowed may be changed through it.
    pub fn is_mutable(self) -> bool {
        self != BorrowKind::Shared
    }
}

/// How a value is made.
#[derive(Clone, PartialEq, Debug)]
pub enum Rvalue {
    /// It is there.
    Use(Operand),
    /// A reference to a place.
    Ref(BorrowKind, Place),
    /// A raw pointer to a place.
    Address(bool, Place),
    /// An operation between numbers of the type; checked ones panic.
    Binary(BinaryOp, Ty, Operand, Operand),
    /// The same, wrapping.
    Wrapping(BinaryOp, Ty, Operand, Operand),
    /// An operation on one.
    Unary(UnaryOp, Ty, Operand),
    /// A cast: from, to.
    Cast(Ty, Ty, Operand),
    /// A compound value.
    Aggregate(Aggregate, Vec<Operand>),
    /// An array of copies: its type.
    Repeat(Ty, Operand),
    /// The number of the variant that a place of an enumeration holds.
    Variant(Place),
    /// The number of elements of a slice or array place.
    Length(Place),
}

/// What is called.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Callee {
    /// A function, method (resolved when its arguments are known) or intrinsic.
    Fn(DefId, Args),
    /// A closure; the first argument is what it captures, or a reference to that.
    Closure(ClosureId, Args),
}

/// What is said before the program's thread ends, or printed.
#[derive(Clone, PartialEq, Debug)]
pub struct Message {
    /// The text before each value, and the one behind the last.
    pub texts: Vec<String>,
    /// The values with their types, and whether by `{:?}`.
    pub values: Vec<(Operand, Ty, bool)>,
}

/// What happens.
#[derive(Clone, PartialEq, Debug)]
pub enum StmtKind {
    /// A place gets a value.
    Assign(Place, Rvalue),
    /// A call; generic callables take their arguments one by one.
    Call(Place, Callee, Vec<Operand>),
    /// A panic unless the index is within the place.
    CheckIndex(Operand, Place),
    /// A panic with a message unless the operand is true.
    Assert(Operand, Message),
    /// A line on the host.
    Print(Message),
    /// The variable's scope begins, perhaps again: it holds nothing.
    Dead(Local),
    /// The variable's scope ends: nothing may refer to it from here on. Only told of what is borrowed.
    End(Local),
    /// What a pattern moved out of the place is there again, as its guard did not hold. Nothing happens.
    Unmoved(Place),
}

/// A statement.
#[derive(Clone, PartialEq, Debug)]
pub struct Stmt {
    /// What happens.
    pub kind: StmtKind,
    /// Where.
    pub span: Span,
}

/// How a block ends.
#[derive(Clone, PartialEq, Debug)]
pub enum Terminator {
    /// Not yet.
    Open,
    /// To another block.
    Goto(BlockId),
    /// To the block of the value, or the default.
    Switch(Operand, Ty, Vec<(u128, BlockId)>, BlockId),
    /// Back to the caller.
    Return,
    /// Never gets here.
    Unreachable,
    /// A panic.
    Panic(Message, Span),
}

/// A block.
#[derive(Clone, PartialEq, Debug)]
pub struct Block {
    /// Its statements.
    pub stmts: Vec<Stmt>,
    /// Its end.
    pub terminator: Terminator,
}

/// A variable or temporary.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct LocalDecl {
    /// Its type.
    pub ty: Ty,
    /// Its name, if the source gives one.
    pub name: Option<StringId>,
    /// Whether it may be assigned and borrowed mutably more than once.
    pub is_mutable: bool,
    /// Whether it holds a constant that is lent for ever.
    pub is_promoted: bool,
    /// Where it is declared.
    pub span: Span,
}

/// A body in place form. Local 0 is what it returns, then come the parameters.
#[derive(Clone, PartialEq, Debug)]
pub struct Body {
    /// The item that it is of.
    pub owner: DefId,
    /// Variables and temporaries.
    pub locals: Vec<LocalDecl>,
    /// How many parameters there are.
    pub parameter_count: u32,
    /// Blocks; the first is the entry.
    pub blocks: Vec<Block>,
    /// Variables whose declaration writes a type with lifetimes, and that type.
    pub annotations: Vec<(Local, crate::hir::Written)>,
}

impl Program {
    /// The type that a step from a place of type `ty` leads to; `variant` remembers the one that was named.
    pub(crate) fn step_type(&mut self, ty: Ty, step: Step, variant: &mut Option<u32>) -> Ty {
        let kind = self.types.kind(ty);
        match (step, kind) {
            (Step::Deref, TyKind::Ref(target, _) | TyKind::Ptr(target, _)) => target,
            (Step::Index(_) | Step::Element(..), TyKind::Array(element, _) | TyKind::Slice(element)) => element,
            (Step::Variant(number), _) => {
                *variant = Some(number);
                ty
            }
            (Step::Field(number), TyKind::Tuple(items)) => {
                self.types.list(items).get(number as usize).copied().unwrap_or(known::ERROR)
            }
            (Step::Field(number), TyKind::Closure(id, _)) => {
                self.closures[id.0 as usize].captures.get(number as usize).map_or(known::ERROR, |capture| capture.ty)
            }
            (Step::Field(number), TyKind::Adt(def, args)) => {
                let def = match variant.take() {
                    Some(variant) => self.variants_of(def).get(variant as usize).copied().unwrap_or(def),
                    None => def,
                };
                let fields = self.fields_of(def);
                let args: Vec<Ty> = self.types.list(args).to_vec();
                fields.get(number as usize).map_or(known::ERROR, |field| self.types.substitute(field.ty, &args))
            }
            _ => known::ERROR,
        }
    }
}
