//! Generated from `rust.grammar`: change that, then run `BLESS=1 cargo test -p rustg-syntax --test grammar`.

use super::{AstNode, children_of, name_token, nth_child};
use crate::{NodeId, NodeKind, Parse, Tree};

node! { SourceFile , attributes: [Attr], items: [Item] }
node! { Attr , meta: Meta 0 }
choice! { Meta, nodes PathMeta KeyValueMeta TokenTreeMeta UnsafeMeta, choices  }
node! { PathMeta , path: Path 0 }
node! { KeyValueMeta , path: Path 0, value: Expr 0 }
node! { TokenTreeMeta , path: Path 0, tokens: TokenTree 0 }
node! { UnsafeMeta , meta: Meta 0 }
node! { TokenTree , trees: [TokenTree] }
node! { MacroCall , attributes: [Attr], path: Path 0, tokens: TokenTree 0 }
node! { MacroRules , name, attributes: [Attr], visibility: Visibility 0, tokens: TokenTree 0 }
node! { MacroDef , name, attributes: [Attr], visibility: Visibility 0, trees: [TokenTree] }
node! { Path , anchor: TypeAnchor 0, arguments: [GenericArgList] }
node! { TypeAnchor , self_type: Type 0, trait_type: Type 1 }
node! { GenericArgList , arguments: [GenericArg] }
choice! { GenericArg, nodes ConstArg LifetimeArg AssocTypeArg, choices Type }
node! { ParenthesizedArgList , types: [Type] }
node! { ReturnTypeSyntax  }
node! { AssocTypeArg , name, arguments: GenericArgList 0, bounds: TypeBoundList 0, value: Type 0, constant: ConstArg 0 }
node! { LifetimeArg  }
node! { ConstArg , value: Expr 0 }
node! { GenericParamList , parameters: [GenericParam] }
choice! { GenericParam, nodes TypeParam ConstParam LifetimeParam, choices  }
node! { TypeParam , name, attributes: [Attr], bounds: TypeBoundList 0, default: Type 0 }
node! { ConstParam , name, attributes: [Attr], of_type: Type 0, default: ConstArg 0 }
node! { LifetimeParam , attributes: [Attr], bounds: TypeBoundList 0 }
node! { WhereClause , predicates: [WherePred] }
node! { WherePred , binder: ForBinder 0, of_type: Type 0, bounds: TypeBoundList 0 }
node! { TypeBoundList , bounds: [TypeBound] }
node! { TypeBound , binder: ForBinder 0, of_type: Type 0, captures: UseBoundGenericArgs 0 }
node! { UseBoundGenericArgs  }
node! { ForBinder , parameters: GenericParamList 0 }
choice! { Item, nodes Const Enum ExternBlock ExternCrate Fn Impl MacroCall MacroRules MacroDef Module Static Struct Trait TypeAlias Union Use, choices  }
choice! { AssocItem, nodes Const Fn MacroCall TypeAlias, choices  }
choice! { ExternItem, nodes Fn MacroCall Static TypeAlias, choices  }
node! { Visibility , path: Path 0 }
node! { Module , name, attributes: [Attr], visibility: Visibility 0, items: ItemList 0 }
node! { ItemList , attributes: [Attr], items: [Item] }
node! { ExternCrate , name, attributes: [Attr], visibility: Visibility 0, rename: Rename 0 }
node! { Rename , name }
node! { Use , attributes: [Attr], visibility: Visibility 0, tree: UseTree 0 }
node! { UseTree , path: Path 0, trees: UseTreeList 0, rename: Rename 0 }
node! { UseTreeList , trees: [UseTree] }
node! { Fn , name, attributes: [Attr], visibility: Visibility 0, abi: Abi 0, generic_parameters: GenericParamList 0, parameters: ParamList 0, return_type: RetType 0, where_clause: WhereClause 0, body: BlockExpr 0 }
node! { Abi  }
node! { ParamList , self_parameter: SelfParam 0, parameters: [Param] }
node! { SelfParam , attributes: [Attr], of_type: Type 0 }
node! { Param , attributes: [Attr], pattern: Pat 0, of_type: Type 0 }
node! { RetType , of_type: Type 0 }
node! { TypeAlias , name, attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, bounds: TypeBoundList 0, where_clauses: [WhereClause], of_type: Type 0 }
node! { Struct , name, attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, where_clause: WhereClause 0, fields: FieldList 0 }
choice! { FieldList, nodes RecordFieldList TupleFieldList, choices  }
node! { RecordFieldList , fields: [RecordField] }
node! { RecordField , name, attributes: [Attr], visibility: Visibility 0, of_type: Type 0, default: ConstArg 0 }
node! { TupleFieldList , fields: [TupleField] }
node! { TupleField , attributes: [Attr], visibility: Visibility 0, of_type: Type 0 }
node! { Enum , name, attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, where_clause: WhereClause 0, variants: VariantList 0 }
node! { VariantList , variants: [Variant] }
node! { Variant , name, attributes: [Attr], visibility: Visibility 0, fields: FieldList 0, discriminant: ConstArg 0 }
node! { Union , name, attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, where_clause: WhereClause 0, fields: RecordFieldList 0 }
node! { Const , name, attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, of_type: Type 0, value: Expr 0, where_clause: WhereClause 0 }
node! { Static , name, attributes: [Attr], visibility: Visibility 0, of_type: Type 0, value: Expr 0 }
node! { Trait , name, attributes: [Attr], visibility: Visibility 0, restriction: ImplRestriction 0, generic_parameters: GenericParamList 0, bounds: TypeBoundList 0, where_clause: WhereClause 0, items: AssocItemList 0 }
node! { AssocItemList , attributes: [Attr], items: [AssocItem] }
node! { Impl , attributes: [Attr], visibility: Visibility 0, generic_parameters: GenericParamList 0, types: [Type], where_clause: WhereClause 0, items: AssocItemList 0 }
node! { ExternBlock , attributes: [Attr], visibility: Visibility 0, abi: Abi 0, items: ExternItemList 0 }
node! { ExternItemList , attributes: [Attr], items: [ExternItem] }
node! { MutRestriction , path: Path 0 }
node! { ImplRestriction , path: Path 0 }
choice! { Stmt, nodes LetStmt ExprStmt, choices Item }
node! { LetStmt , attributes: [Attr], pattern: Pat 0, of_type: Type 0, initializer: Expr 0, otherwise: LetElse 0 }
node! { LetElse , block: BlockExpr 0 }
node! { ExprStmt , expression: Expr 0 }
choice! { Expr, nodes ArrayExpr AwaitExpr BinExpr BlockExpr BreakExpr CallExpr CastExpr ClosureExpr ContinueExpr FieldExpr ForExpr IfExpr IndexExpr Literal LoopExpr MacroExpr MatchExpr MethodCallExpr ParenExpr PathExpr PrefixExpr RangeExpr RecordExpr RefExpr ReturnExpr BecomeExpr TryExpr TupleExpr WhileExpr YieldExpr YeetExpr LetExpr UnderscoreExpr BuiltinExpr, choices  }
node! { ArrayExpr , attributes: [Attr], elements: [Expr] }
node! { AwaitExpr , attributes: [Attr], operand: Expr 0 }
node! { BinExpr , attributes: [Attr], left: Expr 0, right: Expr 1 }
node! { BlockExpr , attributes: [Attr], label: Label 0, try_modifier: TryBlockModifier 0, statements: [Stmt], expressions: [Expr] }
node! { BreakExpr , attributes: [Attr], value: Expr 0 }
node! { CallExpr , attributes: [Attr], callee: Expr 0, arguments: ArgList 0 }
node! { CastExpr , attributes: [Attr], operand: Expr 0, of_type: Type 0 }
node! { ClosureExpr , attributes: [Attr], binder: ForBinder 0, parameters: ParamList 0, return_type: RetType 0, body: Expr 0 }
node! { ContinueExpr , attributes: [Attr] }
node! { FieldExpr , attributes: [Attr], operand: Expr 0 }
node! { ForExpr , attributes: [Attr], label: Label 0, pattern: Pat 0, iterable: Expr 0, body: Expr 1 }
node! { IfExpr , attributes: [Attr], condition: Expr 0, then_branch: Expr 1, else_branch: Expr 2 }
node! { IndexExpr , attributes: [Attr], base: Expr 0, index: Expr 1 }
node! { Literal , attributes: [Attr] }
node! { LoopExpr , attributes: [Attr], label: Label 0, body: BlockExpr 0 }
node! { MacroExpr , attributes: [Attr], call: MacroCall 0 }
node! { MatchExpr , attributes: [Attr], scrutinee: Expr 0, arms: MatchArmList 0 }
node! { MethodCallExpr , attributes: [Attr], receiver: Expr 0, generic_arguments: GenericArgList 0, arguments: ArgList 0 }
node! { ParenExpr , attributes: [Attr], operand: Expr 0 }
node! { PathExpr , attributes: [Attr], anchor: TypeAnchor 0, arguments: [GenericArgList] }
node! { PrefixExpr , attributes: [Attr], operand: Expr 0 }
node! { RangeExpr , attributes: [Attr], operands: [Expr] }
node! { RecordExpr , attributes: [Attr], path: Path 0, fields: RecordExprFieldList 0 }
node! { RefExpr , attributes: [Attr], operand: Expr 0 }
node! { ReturnExpr , attributes: [Attr], value: Expr 0 }
node! { BecomeExpr , attributes: [Attr], value: Expr 0 }
node! { TryExpr , attributes: [Attr], operand: Expr 0 }
node! { TupleExpr , attributes: [Attr], elements: [Expr] }
node! { WhileExpr , attributes: [Attr], label: Label 0, condition: Expr 0, body: Expr 1 }
node! { YieldExpr , attributes: [Attr], value: Expr 0 }
node! { YeetExpr , attributes: [Attr], value: Expr 0 }
node! { LetExpr , attributes: [Attr], pattern: Pat 0, scrutinee: Expr 0 }
node! { UnderscoreExpr , attributes: [Attr] }
node! { BuiltinExpr , attributes: [Attr], tokens: TokenTree 0 }
node! { ArgList , arguments: [Expr] }
node! { RecordExprFieldList , attributes: [Attr], fields: [RecordExprField], base: Expr 0 }
node! { RecordExprField , attributes: [Attr], value: Expr 0 }
node! { Label  }
node! { MatchArmList , attributes: [Attr], arms: [MatchArm] }
node! { MatchArm , attributes: [Attr], pattern: Pat 0, guard: MatchGuard 0, body: Expr 0 }
node! { MatchGuard , condition: Expr 0 }
node! { TryBlockModifier , of_type: Type 0 }
choice! { Type, nodes ArrayType DynTraitType FnPtrType ForType ImplTraitType InferType MacroType NeverType ParenType PathType PatternType PtrType RefType SliceType TupleType TypeofType, choices  }
node! { ArrayType , element: Type 0, length: ConstArg 0 }
node! { DynTraitType , bounds: TypeBoundList 0 }
node! { FnPtrType , abi: Abi 0, parameters: ParamList 0, return_type: RetType 0 }
node! { ForType , binder: ForBinder 0, of_type: Type 0 }
node! { ImplTraitType , bounds: TypeBoundList 0 }
node! { InferType  }
node! { MacroType , call: MacroCall 0 }
node! { NeverType  }
node! { ParenType , inner: Type 0 }
node! { PathType , anchor: TypeAnchor 0, arguments: [GenericArgList], parenthesized: ParenthesizedArgList 0, return_type: RetType 0 }
node! { PatternType , of_type: Type 0, pattern: Pat 0 }
node! { PtrType , target: Type 0 }
node! { RefType , target: Type 0 }
node! { SliceType , element: Type 0 }
node! { TupleType , elements: [Type] }
node! { TypeofType , operand: Expr 0 }
choice! { Pat, nodes IdentPat BoxPat RestPat LiteralPat MacroPat OrPat ParenPat PathPat WildcardPat RangePat RecordPat RefPat SlicePat TuplePat TupleStructPat ConstBlockPat DerefPat NeverPat, choices  }
node! { IdentPat , name, pattern: Pat 0 }
node! { BoxPat , pattern: Pat 0 }
node! { RestPat , attributes: [Attr] }
node! { LiteralPat , literal: Literal 0 }
node! { MacroPat , call: MacroCall 0 }
node! { OrPat , alternatives: [Pat] }
node! { ParenPat , pattern: Pat 0 }
node! { PathPat , anchor: TypeAnchor 0, arguments: [GenericArgList] }
node! { WildcardPat  }
node! { RangePat , bounds: [Pat] }
node! { RecordPat , path: Path 0, fields: RecordPatFieldList 0 }
node! { RefPat , pattern: Pat 0 }
node! { SlicePat , elements: [Pat] }
node! { TuplePat , elements: [Pat] }
node! { TupleStructPat , path: Path 0, elements: [Pat] }
node! { ConstBlockPat , block: BlockExpr 0 }
node! { DerefPat , pattern: Pat 0 }
node! { NeverPat  }
node! { RecordPatFieldList , fields: [RecordPatField], rest: RestPat 0 }
node! { RecordPatField , attributes: [Attr], pattern: Pat 0 }
node! { Error  }
