//! Special registers as rows that a warp fills when it starts.

use rustg_ptx::SpecialRegister;

/// A special register whose value does not change while a warp runs, and its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SpecialRow {
    /// The register.
    pub register: SpecialRegister,
    /// Its row in the warp's special rows.
    pub row: u32,
}

/// Rows of a special register that is fixed for a warp; nothing for clocks, counters and vectors.
pub fn rows_of(register: SpecialRegister) -> Option<u32> {
    use SpecialRegister::*;
    let fixed = matches!(
        register,
        TidX | TidY
            | TidZ
            | TidW
            | NtidX
            | NtidY
            | NtidZ
            | NtidW
            | CtaidX
            | CtaidY
            | CtaidZ
            | CtaidW
            | NctaidX
            | NctaidY
            | NctaidZ
            | NctaidW
            | ClusteridX
            | ClusteridY
            | ClusteridZ
            | ClusteridW
            | NclusteridX
            | NclusteridY
            | NclusteridZ
            | NclusteridW
            | ClusterCtaidX
            | ClusterCtaidY
            | ClusterCtaidZ
            | ClusterCtaidW
            | ClusterNctaidX
            | ClusterNctaidY
            | ClusterNctaidZ
            | ClusterNctaidW
            | ClusterCtarank
            | ClusterNctarank
            | Laneid
            | Warpid
            | Nwarpid
            | Smid
            | Nsmid
            | LanemaskEq
            | LanemaskLe
            | LanemaskLt
            | LanemaskGe
            | LanemaskGt
            | Envreg0
            | Envreg1
            | Envreg2
            | Envreg3
            | TotalSmemSize
            | AggrSmemSize
            | DynamicSmemSize
    );
    if register == Gridid { Some(2) } else { fixed.then_some(1) }
}
