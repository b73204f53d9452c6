//! The device library's source, which is compiled together with every crate.

macro_rules! file {
    ($name:literal) => {
        (concat!("<rustg>/", $name), include_str!(concat!("../../../kernels/core/src/", $name)))
    };
}

/// Its files, the root first: how messages name each, and its text.
pub(crate) const FILES: &[(&str, &str)] = &[
    file!("lib.rs"),
    file!("adaptors.rs"),
    file!("array.rs"),
    file!("cell.rs"),
    file!("clone.rs"),
    file!("cmp.rs"),
    file!("convert.rs"),
    file!("default.rs"),
    file!("device.rs"),
    file!("device/atomic.rs"),
    file!("device/constant.rs"),
    file!("device/debug.rs"),
    file!("device/disjoint.rs"),
    file!("device/fence.rs"),
    file!("device/shared.rs"),
    file!("device/thread.rs"),
    file!("device/vector.rs"),
    file!("device/warp.rs"),
    file!("f32.rs"),
    file!("f64.rs"),
    file!("intrinsics.rs"),
    file!("iter.rs"),
    file!("marker.rs"),
    file!("math.rs"),
    file!("mem.rs"),
    file!("num.rs"),
    file!("ops.rs"),
    file!("option.rs"),
    file!("prelude.rs"),
    file!("ptr.rs"),
    file!("result.rs"),
    file!("slice.rs"),
    file!("sync.rs"),
];
