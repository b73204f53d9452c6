//! The kinds of nodes of the syntax tree.

macro_rules! node_kinds {
    ($($name:ident),* $(,)?) => {
        /// The kind of a node. What each may hold is written down in `rust.grammar`.
        #[allow(missing_docs, reason = "the grammar file says what each is")]
        #[repr(u8)]
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub enum NodeKind { $($name),* }

        impl NodeKind {
            /// All kinds in the order of their numbers.
            pub const ALL: &[NodeKind] = &[$(NodeKind::$name),*];

            /// The name of the kind as it stands in dumps and in the grammar.
            pub fn name(self) -> &'static str {
                match self { $(NodeKind::$name => stringify!($name)),* }
            }
        }
    };
}

node_kinds! {
    SourceFile, Error,
    // Attributes and macros.
    Attr, PathMeta, KeyValueMeta, TokenTreeMeta, UnsafeMeta, TokenTree, MacroCall, MacroRules, MacroDef,
    // Paths and generics.
    Path, TypeAnchor, GenericArgList, ParenthesizedArgList, ReturnTypeSyntax, AssocTypeArg, LifetimeArg, ConstArg,
    GenericParamList, TypeParam, ConstParam, LifetimeParam, WhereClause, WherePred, TypeBoundList, TypeBound,
    UseBoundGenericArgs, ForBinder,
    // Items.
    Visibility, Module, ItemList, ExternCrate, Rename, Use, UseTree, UseTreeList, Fn, Abi, ParamList, SelfParam, Param, RetType,
    TypeAlias, Struct, RecordFieldList, RecordField, TupleFieldList, TupleField, Enum, VariantList, Variant, Union, Const, Static,
    Trait, AssocItemList, Impl, ExternBlock, ExternItemList, MutRestriction, ImplRestriction,
    // Statements.
    LetStmt, LetElse, ExprStmt,
    // Expressions.
    ArrayExpr, AwaitExpr, BinExpr, BlockExpr, BreakExpr, CallExpr, CastExpr, ClosureExpr, ContinueExpr, FieldExpr, ForExpr, IfExpr,
    IndexExpr, Literal, LoopExpr, MacroExpr, MatchExpr, MethodCallExpr, ParenExpr, PathExpr, PrefixExpr, RangeExpr, RecordExpr,
    RefExpr, ReturnExpr, BecomeExpr, TryExpr, TupleExpr, WhileExpr, YieldExpr, YeetExpr, LetExpr, UnderscoreExpr, BuiltinExpr,
    ArgList, RecordExprFieldList, RecordExprField, Label, MatchArmList, MatchArm, MatchGuard, TryBlockModifier,
    // Types.
    ArrayType, DynTraitType, FnPtrType, ForType, ImplTraitType, InferType, MacroType, NeverType, ParenType, PathType, PatternType, PtrType,
    RefType, SliceType, TupleType, TypeofType,
    // Patterns.
    IdentPat, BoxPat, RestPat, LiteralPat, MacroPat, OrPat, ParenPat, PathPat, WildcardPat, RangePat, RecordPat, RefPat, SlicePat,
    TuplePat, TupleStructPat, ConstBlockPat, DerefPat, NeverPat, RecordPatFieldList, RecordPatField,
}
