//! What the reader makes of whole texts.

use rustg_ptx::{Opcode, Operand, Type, parse};

const SAXPY: &str = "
.version 8.0
.target sm_90
.address_size 64
.file 1 \"saxpy.cu\"
.visible .entry saxpy(.param .u32 n, .param .f32 a, .param .u64 .ptr .global .align 16 x) .maxntid 256, 1, 1
{
    .reg .pred %p<2>;
    .reg .f32 %f<3>;
    .reg .b32 %r<4>;
    .reg .b64 %rd<3>;
    .loc 1 3 5
    ld.param.u32 %r1, [n];
    ld.param.u64 %rd1, [x];
    mov.u32 %r2, %tid.x;
    setp.ge.u32 %p1, %r2, %r1;
    @%p1 bra DONE;
    .loc 1 4 9
    mul.wide.u32 %rd2, %r2, 4;
    add.s64 %rd2, %rd1, %rd2;
    ld.global.f32 %f1, [%rd2+8];
    fma.rn.f32 %f2, %f1, 0f40000000, %f1;
    st.global.f32 [%rd2+8], %f2;
DONE:
    ret;
}
";

#[test]
fn a_small_kernel_becomes_tables() {
    let (module, diagnostics) = parse(SAXPY.as_bytes());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    assert_eq!((module.version.major, module.target.sm, module.address_size), (8, 90, 64));
    let id = module.find_function("saxpy").expect("the kernel is there");
    let function = &module.functions[id.index()];
    assert!(function.is_entry && function.is_defined);
    assert_eq!(function.directives.maxntid, Some([256, 1, 1]));
    let parameters = module.parameters_of(function);
    assert_eq!(parameters.len(), 3);
    assert_eq!(parameters[2].kind, Type::U64);
    let instructions = module.instructions_of(function);
    assert_eq!(instructions.len(), 11);
    let branch = &instructions[4];
    assert_eq!(branch.opcode, Opcode::Bra);
    let (guard, negated) = branch.guard.get().expect("the branch is guarded");
    assert_eq!(module.register_name(function, guard), "%p1");
    assert!(!negated);
    let [Operand::Label(label)] = module.operands_of(branch) else { panic!("{:?}", module.operands_of(branch)) };
    assert_eq!(module.labels[label.index()].instruction, function.instructions.start + 10);
    let fma = &instructions[8];
    assert_eq!(module.operands_of(fma)[2], Operand::F32(0x4000_0000));
    assert_eq!(module.form(fma).types(), [Type::F32]);
    let line = module.location_of(function.instructions.start + 9).expect("a line is known");
    assert_eq!(module.locations[line.index()].line, 4);
}
