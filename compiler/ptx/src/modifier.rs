//! The dotted words of instructions that are not types.

macro_rules! modifiers {
    ($($name:ident $text:literal;)*) => {
        /// A dotted word of an instruction that is not a type: `.rn`, `.shared::cta`, `.m16n8k16` (see [`Modifier::Shape`]).
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u16)]
        #[allow(missing_docs, reason = "each is named as PTX spells it")]
        pub enum Modifier {
            $($name,)*
            /// A matrix shape; its numbers are [`crate::Form::shape`].
            Shape,
            /// A word this crate does not know.
            Unknown,
        }

        impl Modifier {
            /// All modifiers that have one spelling.
            pub const ALL: &[Modifier] = &[$(Modifier::$name),*];

            /// The spelling without the dot; empty for shapes and unknown words.
            pub fn text(self) -> &'static str {
                const TEXT: &[&str] = &[$($text,)* "", ""];
                TEXT[self as usize]
            }
        }
    };
}

modifiers! {
    // Rounding.
    Rn "rn";
    Rz "rz";
    Rm "rm";
    Rp "rp";
    Rni "rni";
    Rzi "rzi";
    Rmi "rmi";
    Rpi "rpi";
    Rna "rna";
    Rs "rs";
    Rnx "rnx";
    // Saturation.
    Sat "sat";
    Satfinite "satfinite";
    Relu "relu";
    Xorsign "xorsign";
    // Float.
    Ftz "ftz";
    Noftz "noftz";
    Approx "approx";
    Full "full";
    NanResult "NaN";
    Abs "abs";
    Oob "oob";
    // Comparison.
    Eq "eq";
    Ne "ne";
    Lt "lt";
    Le "le";
    Gt "gt";
    Ge "ge";
    Lo "lo";
    Ls "ls";
    Hi "hi";
    Hs "hs";
    Equ "equ";
    Neu "neu";
    Ltu "ltu";
    Leu "leu";
    Gtu "gtu";
    Geu "geu";
    Num "num";
    Nan "nan";
    // Testp.
    Finite "finite";
    Infinite "infinite";
    Number "number";
    Notanumber "notanumber";
    Normal "normal";
    Subnormal "subnormal";
    // Boolean and operation.
    And "and";
    Or "or";
    Xor "xor";
    Not "not";
    Popc "popc";
    Add "add";
    Inc "inc";
    Dec "dec";
    Min "min";
    Max "max";
    Exch "exch";
    Cas "cas";
    Sub "sub";
    Mul "mul";
    Mad "mad";
    // Carry, widths.
    Cc "cc";
    Wide "wide";
    // Spaces.
    Reg "reg";
    Sreg "sreg";
    Const "const";
    Global "global";
    Local "local";
    Param "param";
    Shared "shared";
    SharedCta "shared::cta";
    SharedCluster "shared::cluster";
    ParamEntry "param::entry";
    ParamFunc "param::func";
    ToGeneric "to_generic";
    Tex "tex";
    Generic "generic";
    // Vectors.
    V2 "v2";
    V3 "v3";
    V4 "v4";
    V8 "v8";
    // Semantics.
    Weak "weak";
    Volatile "volatile";
    Relaxed "relaxed";
    Acquire "acquire";
    Release "release";
    AcqRel "acq_rel";
    Sc "sc";
    Mmio "mmio";
    // Scopes.
    Cta "cta";
    Cluster "cluster";
    Gpu "gpu";
    Sys "sys";
    Gl "gl";
    // Cache.
    Ca "ca";
    Cg "cg";
    Cs "cs";
    Lu "lu";
    Cv "cv";
    Wb "wb";
    Wt "wt";
    Nc "nc";
    L1 "L1";
    L2 "L2";
    L1EvictNormal "L1::evict_normal";
    L1EvictUnchanged "L1::evict_unchanged";
    L1EvictFirst "L1::evict_first";
    L1EvictLast "L1::evict_last";
    L1NoAllocate "L1::no_allocate";
    L2EvictNormal "L2::evict_normal";
    L2EvictFirst "L2::evict_first";
    L2EvictLast "L2::evict_last";
    L2EvictUnchanged "L2::evict_unchanged";
    L2CacheHint "L2::cache_hint";
    L264B "L2::64B";
    L2128B "L2::128B";
    L2256B "L2::256B";
    Fractional "fractional";
    Range "range";
    LevelEvictionPriority "level::eviction_priority";
    EvictNormal "evict_normal";
    EvictFirst "evict_first";
    EvictLast "evict_last";
    Unified "unified";
    // Synchronisation.
    Sync "sync";
    Aligned "aligned";
    Arrive "arrive";
    Red "red";
    Wait "wait";
    Read "read";
    ExpectTx "expect_tx";
    Noinc "noinc";
    NoComplete "noComplete";
    Parity "parity";
    Warp "warp";
    Proxy "proxy";
    Alias "alias";
    Async "async";
    AsyncGeneric "async::generic";
    From "from";
    To "to";
    ProxyTensormap "proxy::tensormap";
    TensormapGeneric "tensormap::generic";
    MbarrierInit "mbarrier_init";
    SyncRestrictSharedCta "sync_restrict::shared::cta";
    SyncRestrictSharedCluster "sync_restrict::shared::cluster";
    BulkGroup "bulk_group";
    CommitGroup "commit_group";
    WaitGroup "wait_group";
    WaitAll "wait_all";
    All "all";
    Any "any";
    Uni "uni";
    Ballot "ballot";
    LaunchDependents "launch_dependents";
    Up "up";
    Down "down";
    Bfly "bfly";
    Idx "idx";
    Left "l";
    Right "r";
    Clamp "clamp";
    Wrap "wrap";
    Zero "zero";
    Shiftamt "shiftamt";
    // Mbarrier.
    MbarrierCompleteTxBytes "mbarrier::complete_tx::bytes";
    MbarrierCompleteTx "mbarrier::complete_tx";
    MbarrierArriveOne "mbarrier::arrive::one";
    Mbarrier "mbarrier";
    Bytes "bytes";
    TryCancel "try_cancel";
    QueryCancel "query_cancel";
    MulticastClusterAll "multicast::cluster::all";
    IsCanceled "is_canceled";
    GetFirstCtaid "get_first_ctaid";
    GetFirstCtaidX "get_first_ctaid::x";
    GetFirstCtaidY "get_first_ctaid::y";
    GetFirstCtaidZ "get_first_ctaid::z";
    MulticastCluster "multicast::cluster";
    IgnoreOob "ignore_oob";
    // Matrix.
    Row "row";
    Col "col";
    Repeat1 "x1";
    Repeat2 "x2";
    Repeat4 "x4";
    Repeat8 "x8";
    Repeat16 "x16";
    Repeat32 "x32";
    Repeat64 "x64";
    Repeat128 "x128";
    Trans "trans";
    Sp "sp";
    SpOrderedMetadata "sp::ordered_metadata";
    BlockScale "block_scale";
    ScaleVec1X "scale_vec::1X";
    ScaleVec2X "scale_vec::2X";
    ScaleVec4X "scale_vec::4X";
    Block16 "block16";
    Block32 "block32";
    KindF16 "kind::f16";
    KindTf32 "kind::tf32";
    KindF8f6f4 "kind::f8f6f4";
    KindI8 "kind::i8";
    KindMxf8f6f4 "kind::mxf8f6f4";
    KindMxf4 "kind::mxf4";
    KindMxf4nvf4 "kind::mxf4nvf4";
    M8n8 "m8n8";
    M16n8 "m16n8";
    M16n16 "m16n16";
    FragmentA "a";
    FragmentB "b";
    FragmentC "c";
    FragmentD "d";
    Load "load";
    Store "store";
    Mma "mma";
    // Tensor copies.
    Tile "tile";
    Im2col "im2col";
    Im2colNoOffs "im2col_no_offs";
    TileGather4 "tile::gather4";
    TileScatter4 "tile::scatter4";
    Im2colW "im2col::w";
    Im2colW128 "im2col::w::128";
    OneD "1d";
    TwoD "2d";
    ThreeD "3d";
    FourD "4d";
    FiveD "5d";
    CtaGroup1 "cta_group::1";
    CtaGroup2 "cta_group::2";
    GlobalAddress "global_address";
    Rank "rank";
    BoxDim "box_dim";
    GlobalDim "global_dim";
    GlobalStride "global_stride";
    ElementStride "element_stride";
    Elemtype "elemtype";
    InterleaveLayout "interleave_layout";
    SwizzleMode "swizzle_mode";
    SwizzleAtomicity "swizzle_atomicity";
    FillMode "fill_mode";
    Bulk "bulk";
    // Fifth generation tensor core.
    X32x32b "32x32b";
    X16x64b "16x64b";
    X16x128b "16x128b";
    X16x256b "16x256b";
    X16x32bx2 "16x32bx2";
    X128x256b "128x256b";
    X4x256b "4x256b";
    X128x128b "128x128b";
    X64x128b "64x128b";
    X32x128b "32x128b";
    Warpx20213 "warpx2::02_13";
    Warpx20123 "warpx2::01_23";
    Warpx4 "warpx4";
    Ws "ws";
    Ld "ld";
    St "st";
    BeforeThreadSync "before_thread_sync";
    AfterThreadSync "after_thread_sync";
    Pack16b "pack::16b";
    Unpack16b "unpack::16b";
    CollectorAFill "collector::a::fill";
    CollectorAUse "collector::a::use";
    CollectorALastuse "collector::a::lastuse";
    CollectorADiscard "collector::a::discard";
    CollectorB0Fill "collector::b0::fill";
    CollectorB0Use "collector::b0::use";
    CollectorB0Lastuse "collector::b0::lastuse";
    CollectorB0Discard "collector::b0::discard";
    CollectorB1Fill "collector::b1::fill";
    CollectorB1Use "collector::b1::use";
    CollectorB1Lastuse "collector::b1::lastuse";
    CollectorB1Discard "collector::b1::discard";
    CollectorB2Fill "collector::b2::fill";
    CollectorB2Use "collector::b2::use";
    CollectorB2Lastuse "collector::b2::lastuse";
    CollectorB2Discard "collector::b2::discard";
    CollectorB3Fill "collector::b3::fill";
    CollectorB3Use "collector::b3::use";
    CollectorB3Lastuse "collector::b3::lastuse";
    CollectorB3Discard "collector::b3::discard";
    Ashift "ashift";
    // Textures and surfaces.
    ArrayOneD "a1d";
    ArrayTwoD "a2d";
    Cube "cube";
    ArrayCube "acube";
    TwoDMultisample "2dms";
    ArrayTwoDMultisample "a2dms";
    Base "base";
    Level "level";
    Grad "grad";
    Width "width";
    Height "height";
    Depth "depth";
    ChannelDataType "channel_data_type";
    ChannelOrder "channel_order";
    NormalizedCoords "normalized_coords";
    ForceUnnormalizedFiltering "force_unnormalized_filtering";
    FilterMode "filter_mode";
    AddrMode0 "addr_mode_0";
    AddrMode1 "addr_mode_1";
    AddrMode2 "addr_mode_2";
    ArraySize "array_size";
    NumMipmapLevels "num_mipmap_levels";
    NumSamples "num_samples";
    MemoryLayout "memory_layout";
    Formatted "p";
    Trap "trap";
    // Fabric and mbarrier reports.
    PhaseTypePrimary "phase_type::primary";
    PhaseTypeConditional "phase_type::conditional";
    Exclusive "exclusive";
    LayoutV0 "layout::v0";
    LayoutV1 "layout::v1";
    SyncRestrictSharedClusterRead "sync_restrict::shared::cluster::read";
    SyncRestrictProxyAsync "sync_restrict::proxy::async";
    SyncRestrictRead "sync_restrict::read";
    SyncRestrictReads "sync_restrict::reads";
    OpRestrictFetching "op_restrict::fetching";
    GenericFabric "generic::fabric";
    FabricGeneric "fabric::generic";
    FabricFabric "fabric::fabric";
    L132B "L1::32B";
    ValidAddr "valid_addr";
    MbarrierCompleteTx16b "mbarrier::complete_tx::16B";
    MbarrierReportFabric "mbarrier::report::fabric";
    CountedBytes "counted::bytes";
    Multimem "multimem";
    Tensor "tensor";
    Spcompress "spcompress";
    SpTwoOfFour "sp::2:4";
    OverrideGlobalDim "override::global_dim";
    OverrideGlobalDimStride "override::global_dim_stride";
    SyncRestrictSharedReadMmaA "sync_restrict::shared::read::mma::a";
    MulticastCluster32b "multicast::cluster::32b";
    OverrideGlobalAddress "override::global_address";
    MbarrierReportDisabled "mbarrier::report::disabled";
    MbarrierReportPerElementFf "mbarrier::report::validity::per_element::ff";
    MbarrierReportPer16bytes8 "mbarrier::report::validity::per_16bytes::8";
    MbarrierReportPer16bytes80 "mbarrier::report::validity::per_16bytes::80";
    MbarrierReportPer16bytes8000 "mbarrier::report::validity::per_16bytes::8000";
    MbarrierReportPer16bytes80000000 "mbarrier::report::validity::per_16bytes::80000000";
    // Accumulation, video and others.
    Green "g";
    Tensormap "tensormap";
    Mask "mask";
    AccF32 "acc::f32";
    AccF16 "acc::f16";
    Shr7 "shr7";
    Shr15 "shr15";
    PlusOne "po";
    Cvt "cvt";
    CpMask "cp_mask";
    // Permutation.
    F4e "f4e";
    B4e "b4e";
    Rc8 "rc8";
    Ecl "ecl";
    Ecr "ecr";
    Rc16 "rc16";
    // Conversion.
    ScaledN2Ue8m0 "scaled::n2::ue8m0";
    Pack "pack";
}

impl Modifier {
    /// The modifier spelt `text`, without its dot. Shapes are not found here.
    pub fn find(text: &[u8]) -> Option<Modifier> {
        Modifier::ALL.iter().copied().find(|modifier| modifier.text().as_bytes() == text)
    }
}
