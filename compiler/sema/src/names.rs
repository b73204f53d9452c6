//! Types as Rust writes them.

use crate::program::Program;
use crate::types::{Args, Ty, TyKind};

impl Program {
    /// A type as Rust writes it, with the last name of each path.
    pub fn type_name(&self, ty: Ty) -> String {
        match self.types.kind(ty) {
            TyKind::Error => "{unknown}".to_owned(),
            TyKind::Bool => "bool".to_owned(),
            TyKind::Char => "char".to_owned(),
            TyKind::Str => "str".to_owned(),
            TyKind::Never => "!".to_owned(),
            TyKind::Int(int) => int.name().to_owned(),
            TyKind::Float(bits) => format!("f{bits}"),
            TyKind::Adt(id, args) => format!("{}{}", self.strings.get(self.def(id).name), self.args_name(args)),
            TyKind::Ref(target, is_mutable) => {
                format!("&{}{}", if is_mutable { "mut " } else { "" }, self.type_name(target))
            }
            TyKind::Ptr(target, is_mutable) => {
                format!("*{} {}", if is_mutable { "mut" } else { "const" }, self.type_name(target))
            }
            TyKind::Slice(element) => format!("[{}]", self.type_name(element)),
            TyKind::Array(element, length) => format!("[{}; {}]", self.type_name(element), self.type_name(length)),
            TyKind::Tuple(args) => {
                let names: Vec<String> = self.types.list(args).iter().map(|ty| self.type_name(*ty)).collect();
                if names.len() == 1 { format!("({},)", names[0]) } else { format!("({})", names.join(", ")) }
            }
            TyKind::FnDef(id, args) => format!("fn {}{}", self.path_of(id), self.args_name(args)),
            TyKind::FnPtr(args) => {
                let list = self.types.list(args);
                let names: Vec<String> = list[..list.len() - 1].iter().map(|ty| self.type_name(*ty)).collect();
                format!("fn({}) -> {}", names.join(", "), self.type_name(list[list.len() - 1]))
            }
            TyKind::Closure(..) => "{closure}".to_owned(),
            TyKind::Param(index) => format!("{{parameter {index}}}"),
            TyKind::Infer(_) => "_".to_owned(),
            TyKind::Projection(id, args) => {
                let list = self.types.list(args);
                format!("<{}>::{}", self.type_name(list[0]), self.strings.get(self.def(id).name))
            }
            TyKind::Const(value) => value.to_string(),
            TyKind::Lifetime => "'_".to_owned(),
        }
    }

    pub(crate) fn args_name(&self, args: Args) -> String {
        let list = self.types.list(args);
        if list.is_empty() {
            return String::new();
        }
        let names: Vec<String> = list.iter().map(|ty| self.type_name(*ty)).collect();
        format!("<{}>", names.join(", "))
    }
}
