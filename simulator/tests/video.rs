//! Video instructions through the machine: pieces of registers, masks, merging and combining.

mod support;

use rustg_simulator::device::LaunchShape;
use support::Bench;

/// What `body` leaves in `%r4` of lane 0, for `%r1`, `%r2`, `%r3`.
fn run(body: &str, r: [u32; 3]) -> u32 {
    let text = format!(
        ".version 8.0\n.target sm_90\n.address_size 64\n.visible .entry k(.param .u64 p)\n{{\n.reg .b64 %x;\n.reg .b32 %r<5>;\n\
         ld.param.u64 %x, [p];\nmov.b32 %r1, {};\nmov.b32 %r2, {};\nmov.b32 %r3, {};\nmov.b32 %r4, 0x55555555;\n{body}\n\
         st.global.u32 [%x], %r4;\nret;\n}}\n",
        r[0], r[1], r[2]
    );
    let mut bench = Bench::new(text.as_bytes());
    let x = bench.words("x", &[0]);
    bench.run("k", &LaunchShape::linear(1, 1), &[&x]).unwrap();
    bench.read(&x, 1)[0]
}

#[test]
fn pieces_are_read_and_merged() {
    // Bytes 1 of a (0x80 = -128) and half 1 of b.
    assert_eq!(run("vadd.s32.s32.s32 %r4, %r1.b1, %r2.h1;", [0x0012_8034, 0x0003_0000, 0]) as i32, -125);
    assert_eq!(run("vadd.u32.u32.u32 %r4, %r1.b1, %r2.h1;", [0x0012_8034, 0x0003_0000, 0]), 0x83);
    assert_eq!(run("vsub.s32.u32.u32 %r4, %r1.b0, %r2.b0;", [3, 5, 0]) as i32, -2);
    // The result replaces a byte or a half of c.
    assert_eq!(run("vadd.u32.u32.u32 %r4.b2, %r1, %r2, %r3;", [0x11, 0x22, 0xaabb_ccdd]), 0xaa33_ccdd);
    assert_eq!(run("vmax.s32.s32.s32.sat %r4.h0, %r1, %r2, %r3;", [70_000, 5, 0xaabb_ccdd]), 0xaabb_7fff);
}

#[test]
fn results_are_combined_with_a_third_operand() {
    assert_eq!(run("vabsdiff.u32.u32.u32.add %r4, %r1, %r2, %r3;", [10, 4, 100]), 106);
    assert_eq!(run("vmin.s32.s32.s32.max %r4, %r1, %r2, %r3;", [10, 4, 100]), 100);
    assert_eq!(run("vset.u32.u32.lt %r4, %r1, %r2;", [3, 4, 0]), 1);
    assert_eq!(run("vset.u32.u32.gt.add %r4, %r1, %r2, %r3;", [3, 4, 9]), 9);
    assert_eq!(run("vshl.u32.u32.u32.clamp %r4, %r1, %r2;", [3, 40, 0]), 0);
    assert_eq!(run("vshr.u32.u32.u32.wrap %r4, %r1, %r2;", [0x80, 36, 0]), 8);
    assert_eq!(run("vmad.u32.u32.u32 %r4, %r1.b0, %r2.b1, %r3;", [0x107, 0x0300, 5]), 26);
    assert_eq!(run("vmad.u32.u32.u32.shr7 %r4, %r1, %r2, %r3;", [64, 4, 0]), 2);
}

#[test]
fn packed_halves_and_bytes_are_computed_each() {
    assert_eq!(run("vadd2.u32.u32.u32 %r4, %r1, %r2, %r3;", [0x0001_ffff, 0x0002_0001, 0]), 0x0003_0000);
    assert_eq!(run("vadd2.u32.u32.u32.sat %r4, %r1, %r2, %r3;", [0x0001_ffff, 0x0002_0001, 0]), 0x0003_ffff);
    assert_eq!(run("vadd4.u32.u32.u32.add %r4, %r1, %r2, %r3;", [0x0102_0304, 0x0101_0101, 1000]), 1014);
    // Only lane 1 is computed; lane 0 comes from c. Operand a's halves are exchanged.
    assert_eq!(
        run("vsub2.s32.s32.s32 %r4.h1, %r1.h01, %r2.h32, %r3;", [0x0009_0004, 0x0001_0001, 0x7777_8888]),
        0x0003_8888
    );
    assert_eq!(run("vmax4.u32.u32.u32 %r4, %r1, %r2, %r3;", [0x01ff_0304, 0x0201_0504, 0]), 0x02ff_0504);
    assert_eq!(run("vset4.u32.u32.eq %r4, %r1, %r2, %r3;", [0x0102_0304, 0x0102_0404, 0]), 0x0101_0001);
    assert_eq!(run("vavrg4.u32.u32.u32 %r4, %r1, %r2, %r3;", [0x0004_0810, 0x0002_0820, 0]), 0x0003_0818);
}
