//! What a launch must know of kernels and constants, read off the analysed program.

use rustg_sema::{KernelParameterKind, Lowered, LoweredKernel, Program};

use crate::kernel::{ConstantVariable, Kernel, KernelParameter, Layout, ParameterKind, Scalar, SliceAccess};

/// A kernel's description; its line is where its name stands.
pub(crate) fn kernel(program: &Program, lowered: &Lowered, kernel: &LoweredKernel) -> Kernel {
    let layout = |ty| {
        let (size_bytes, align_bytes) = lowered.sizes.get(&ty).copied().unwrap_or((0, 1));
        Layout { type_name: program.type_name(ty), size_bytes, align_bytes }
    };
    let def = program.def(kernel.def);
    let file = program.file(def.file);
    let (line, _) = file.line_column(program.name_span(kernel.def).start);
    let parameters = kernel.parameters.iter().map(|parameter| {
        let kind = match parameter.kind {
            KernelParameterKind::Scalar => {
                ParameterKind::Scalar(scalar(&program.type_name(parameter.ty)).unwrap_or(Scalar::U64))
            }
            KernelParameterKind::Pointer(ty, is_mutable) => ParameterKind::Pointer { is_mutable, target: layout(ty) },
            KernelParameterKind::Slice(ty, access) => {
                let access = [SliceAccess::Shared, SliceAccess::Mutable, SliceAccess::Disjoint][access as usize];
                ParameterKind::Slice { access, element: layout(ty) }
            }
            KernelParameterKind::Bytes(..) => ParameterKind::Bytes(layout(parameter.ty)),
        };
        KernelParameter { name: parameter.name.clone(), type_name: program.type_name(parameter.ty), kind }
    });
    Kernel {
        path: program.path_of(kernel.def),
        symbol: rustg_codegen::symbol(&kernel.symbol),
        parameters: parameters.collect(),
        max_threads: kernel.max_threads,
        file: file.path.clone(),
        line,
    }
}

/// The variables in constant memory that a kernel reaches and a host can name.
pub(crate) fn constants(program: &Program, lowered: &Lowered, kernel: &LoweredKernel) -> Vec<ConstantVariable> {
    // One within a function has a path that nobody else can write: the block above it has no name.
    let is_reachable = |mut def: rustg_sema::items::DefId| {
        while let Some(parent) = program.def(def).parent {
            if program.strings.get(program.def(def).name).is_empty() {
                return false;
            }
            def = parent;
        }
        true
    };
    let reached = lowered.constants.iter().filter(|(_, id)| kernel.constants.contains(id));
    reached
        .filter(|(def, _)| is_reachable(*def))
        .map(|(def, global)| ConstantVariable {
            path: program.path_of(*def),
            symbol: rustg_codegen::symbol(lowered.module.strings.get(lowered.module.global(*global).name)),
        })
        .collect()
}

/// The scalar of that name.
fn scalar(name: &str) -> Option<Scalar> {
    use Scalar::*;
    let all = [
        ("bool", Bool),
        ("char", Char),
        ("i8", I8),
        ("i16", I16),
        ("i32", I32),
        ("i64", I64),
        ("i128", I128),
        ("isize", Isize),
        ("u8", U8),
        ("u16", U16),
        ("u32", U32),
        ("u64", U64),
        ("u128", U128),
        ("usize", Usize),
        ("f32", F32),
        ("f64", F64),
    ];
    all.into_iter().find(|(known, _)| *known == name).map(|(_, scalar)| scalar)
}
