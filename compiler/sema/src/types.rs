//! Types, interned: equality is integer equality. Generic arguments are types too: constants and lifetimes have kinds of their own.

use std::hash::BuildHasher;

use hashbrown::HashTable;
use rustc_hash::FxBuildHasher;

use crate::items::DefId;

/// A type, constant or lifetime as it stands among generic arguments.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Ty(pub u32);

/// A list of generic arguments.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Args(pub u32);

/// A closure expression of the program.
#[repr(transparent)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ClosureId(pub u32);

/// The integer types.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is the Rust type of its name")]
pub enum IntTy {
    I8,
    I16,
    I32,
    I64,
    I128,
    Isize,
    U8,
    U16,
    U32,
    U64,
    U128,
    Usize,
}

impl IntTy {
    /// All of them.
    pub const ALL: [IntTy; 12] = [
        IntTy::I8,
        IntTy::I16,
        IntTy::I32,
        IntTy::I64,
        IntTy::I128,
        IntTy::Isize,
        IntTy::U8,
        IntTy::U16,
        IntTy::U32,
        IntTy::U64,
        IntTy::U128,
        IntTy::Usize,
    ];

    /// The name in Rust.
    pub fn name(self) -> &'static str {
        ["i8", "i16", "i32", "i64", "i128", "isize", "u8", "u16", "u32", "u64", "u128", "usize"][self as usize]
    }

    /// The width.
    pub fn bits(self) -> u32 {
        [8, 16, 32, 64, 128, 64][self as usize % 6]
    }

    /// Whether it has negative values.
    pub fn is_signed(self) -> bool {
        (self as u8) < 6
    }
}

/// What a type is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum TyKind {
    /// Something that was reported already.
    Error,
    /// `bool`
    Bool,
    /// `char`
    Char,
    /// `str`
    Str,
    /// `!`
    Never,
    /// An integer.
    Int(IntTy),
    /// `f32`, `f64`: the width.
    Float(u8),
    /// A structure, enumeration or union.
    Adt(DefId, Args),
    /// A reference: what it refers to, and whether it is mutable.
    Ref(Ty, bool),
    /// A raw pointer.
    Ptr(Ty, bool),
    /// `[T]`
    Slice(Ty),
    /// `[T; N]`, the length as a constant.
    Array(Ty, Ty),
    /// `(A, B)`
    Tuple(Args),
    /// The type of a function item.
    FnDef(DefId, Args),
    /// A function pointer: parameters, then what it returns.
    FnPtr(Args),
    /// A closure and the generic arguments of the function that it stands in.
    Closure(ClosureId, Args),
    /// A generic parameter by its place among all of its item.
    Param(u32),
    /// A variable of inference.
    Infer(u32),
    /// `<A as Trait<B>>::Name`, not yet known: the associated type, and the trait's arguments.
    Projection(DefId, Args),
    /// A constant among generic arguments.
    Const(u128),
    /// A lifetime among generic arguments; which one is the borrow check's matter.
    Lifetime,
}

/// What stands somewhere inside a type.
pub mod flags {
    /// A generic parameter.
    pub const PARAM: u8 = 1;
    /// A variable of inference.
    pub const INFER: u8 = 2;
    /// A projection.
    pub const PROJECTION: u8 = 4;
    /// An error.
    pub const ERROR: u8 = 8;
}

/// Types that every program has, in the order in which [`Types::new`] makes them.
pub mod known {
    use super::{IntTy, Ty};
    pub(crate) const ERROR: Ty = Ty(0);
    pub(crate) const BOOL: Ty = Ty(1);
    pub(crate) const CHAR: Ty = Ty(2);
    pub(crate) const STR: Ty = Ty(3);
    pub(crate) const NEVER: Ty = Ty(4);
    pub(crate) const UNIT: Ty = Ty(5);
    pub(crate) const F32: Ty = Ty(6);
    pub(crate) const F64: Ty = Ty(7);
    pub(crate) const USIZE: Ty = int(IntTy::Usize);
    pub(crate) const U8: Ty = int(IntTy::U8);
    pub(crate) const I32: Ty = int(IntTy::I32);
    pub(crate) const U32: Ty = int(IntTy::U32);

    /// The type of an integer.
    pub const fn int(int: IntTy) -> Ty {
        Ty(9 + int as u32)
    }
}

/// The table of types.
pub struct Types {
    kinds: Vec<TyKind>,
    flags: Vec<u8>,
    ids: HashTable<Ty>,
    lists: Vec<(u32, u32)>,
    list_flags: Vec<u8>,
    pool: Vec<Ty>,
    list_ids: HashTable<Args>,
}

impl Default for Types {
    fn default() -> Self {
        Self::new()
    }
}

impl Args {
    /// No arguments.
    pub const EMPTY: Args = Args(0);
}

impl Types {
    /// A table with the types that every program has.
    pub fn new() -> Types {
        let mut types = Types {
            kinds: Vec::new(),
            flags: Vec::new(),
            ids: HashTable::new(),
            lists: Vec::new(),
            list_flags: Vec::new(),
            pool: Vec::new(),
            list_ids: HashTable::new(),
        };
        types.args(&[]);
        for kind in [TyKind::Error, TyKind::Bool, TyKind::Char, TyKind::Str, TyKind::Never, TyKind::Tuple(Args(0))] {
            types.intern(kind);
        }
        for kind in [TyKind::Float(32), TyKind::Float(64), TyKind::Lifetime] {
            types.intern(kind);
        }
        for int in IntTy::ALL {
            types.intern(TyKind::Int(int));
        }
        types
    }

    /// The type of that kind.
    pub fn intern(&mut self, kind: TyKind) -> Ty {
        let hash = FxBuildHasher.hash_one(kind);
        if let Some(&ty) = self.ids.find(hash, |ty| self.kinds[ty.0 as usize] == kind) {
            return ty;
        }
        let ty = Ty(self.kinds.len() as u32);
        let of = |ty: Ty| self.flags[ty.0 as usize];
        let flags = match kind {
            TyKind::Error => flags::ERROR,
            TyKind::Param(_) => flags::PARAM,
            TyKind::Infer(_) => flags::INFER,
            TyKind::Projection(_, args) => flags::PROJECTION | self.list_flags[args.0 as usize],
            TyKind::Ref(target, _) | TyKind::Ptr(target, _) | TyKind::Slice(target) => of(target),
            TyKind::Array(element, length) => of(element) | of(length),
            TyKind::Adt(_, args)
            | TyKind::FnDef(_, args)
            | TyKind::Closure(_, args)
            | TyKind::FnPtr(args)
            | TyKind::Tuple(args) => self.list_flags[args.0 as usize],
            _ => 0,
        };
        self.kinds.push(kind);
        self.flags.push(flags);
        let kinds = &self.kinds;
        self.ids.insert_unique(hash, ty, |ty| FxBuildHasher.hash_one(kinds[ty.0 as usize]));
        ty
    }

    /// The list of those arguments.
    pub fn args(&mut self, items: &[Ty]) -> Args {
        let hash = FxBuildHasher.hash_one(items);
        let (lists, pool) = (&self.lists, &self.pool);
        let of = |args: &Args| {
            let (start, len) = lists[args.0 as usize];
            &pool[start as usize..(start + len) as usize]
        };
        if let Some(&args) = self.list_ids.find(hash, |args| of(args) == items) {
            return args;
        }
        let args = Args(self.lists.len() as u32);
        self.lists.push((self.pool.len() as u32, items.len() as u32));
        self.pool.extend_from_slice(items);
        self.list_flags.push(items.iter().fold(0, |flags, ty| flags | self.flags[ty.0 as usize]));
        let (lists, pool) = (&self.lists, &self.pool);
        self.list_ids.insert_unique(hash, args, |args| {
            let (start, len) = lists[args.0 as usize];
            FxBuildHasher.hash_one(&pool[start as usize..(start + len) as usize])
        });
        args
    }

    /// What a type is.
    pub fn kind(&self, ty: Ty) -> TyKind {
        self.kinds[ty.0 as usize]
    }

    /// The items of a list.
    pub fn list(&self, args: Args) -> &[Ty] {
        let (start, len) = self.lists[args.0 as usize];
        &self.pool[start as usize..(start + len) as usize]
    }

    /// Whether something of `flags` stands in the type.
    pub fn has(&self, ty: Ty, flags: u8) -> bool {
        self.flags[ty.0 as usize] & flags != 0
    }

    /// Whether something of `flags` stands in the list.
    pub fn list_has(&self, args: Args, flags: u8) -> bool {
        self.list_flags[args.0 as usize] & flags != 0
    }

    /// The tuple of those types.
    pub fn tuple(&mut self, items: &[Ty]) -> Ty {
        let args = self.args(items);
        self.intern(TyKind::Tuple(args))
    }

    /// A reference.
    pub fn reference(&mut self, target: Ty, is_mutable: bool) -> Ty {
        self.intern(TyKind::Ref(target, is_mutable))
    }

    /// The type with each direct part replaced by what `map` says; kinds without parts stay.
    pub fn map_parts(&mut self, ty: Ty, map: &mut dyn FnMut(&mut Types, Ty) -> Ty) -> Ty {
        let kind = match self.kind(ty) {
            TyKind::Ref(target, is_mutable) => TyKind::Ref(map(self, target), is_mutable),
            TyKind::Ptr(target, is_mutable) => TyKind::Ptr(map(self, target), is_mutable),
            TyKind::Slice(element) => TyKind::Slice(map(self, element)),
            TyKind::Array(element, length) => {
                let element = map(self, element);
                TyKind::Array(element, map(self, length))
            }
            TyKind::Adt(def, args) => TyKind::Adt(def, self.map_list(args, map)),
            TyKind::FnDef(def, args) => TyKind::FnDef(def, self.map_list(args, map)),
            TyKind::Closure(id, args) => TyKind::Closure(id, self.map_list(args, map)),
            TyKind::Projection(def, args) => TyKind::Projection(def, self.map_list(args, map)),
            TyKind::FnPtr(args) => TyKind::FnPtr(self.map_list(args, map)),
            TyKind::Tuple(args) => TyKind::Tuple(self.map_list(args, map)),
            _ => return ty,
        };
        self.intern(kind)
    }

    /// The list with each item replaced by what `map` says.
    pub fn map_list(&mut self, args: Args, map: &mut dyn FnMut(&mut Types, Ty) -> Ty) -> Args {
        let items: Vec<Ty> = self.list(args).to_vec();
        let items: Vec<Ty> = items.into_iter().map(|ty| map(self, ty)).collect();
        self.args(&items)
    }

    /// The type with each generic parameter replaced by the argument of its number.
    pub fn substitute(&mut self, ty: Ty, args: &[Ty]) -> Ty {
        if !self.has(ty, flags::PARAM) {
            return ty;
        }
        match self.kind(ty) {
            TyKind::Param(index) => args.get(index as usize).copied().unwrap_or(known::ERROR),
            _ => self.map_parts(ty, &mut |types, part| types.substitute(part, args)),
        }
    }

    /// The list with each generic parameter replaced.
    pub fn substitute_list(&mut self, list: Args, args: &[Ty]) -> Args {
        if !self.list_has(list, flags::PARAM) {
            return list;
        }
        self.map_list(list, &mut |types, part| types.substitute(part, args))
    }

    /// Whether it is an integer, float, `bool` or `char`.
    pub fn is_scalar(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Int(_) | TyKind::Float(_) | TyKind::Bool | TyKind::Char)
    }

    /// Whether it is an integer or a float.
    pub fn is_numeric(&self, ty: Ty) -> bool {
        matches!(self.kind(ty), TyKind::Int(_) | TyKind::Float(_))
    }
}
