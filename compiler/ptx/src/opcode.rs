//! The opcodes: the words of an instruction's name that choose what it does; the rest are modifiers and types.

macro_rules! opcodes {
    ($($name:ident $text:literal;)*) => {
        /// An instruction's name, as PTX ISA chapter 9.7 lists them.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is named as PTX spells it")]
        pub enum Opcode {
            $($name,)*
            /// An instruction this crate does not know. Its text is [`crate::Forms::text`].
            Unknown,
        }

        impl Opcode {
            /// All opcodes but [`Opcode::Unknown`].
            pub const ALL: &[Opcode] = &[$(Opcode::$name),*];

            /// The name, dots included; empty for [`Opcode::Unknown`].
            pub fn text(self) -> &'static str {
                const TEXT: &[&str] = &[$($text,)* ""];
                TEXT[self as usize]
            }
        }
    };
}

opcodes! {
    Add "add";
    Sub "sub";
    Mul "mul";
    Mad "mad";
    Mul24 "mul24";
    Mad24 "mad24";
    Sad "sad";
    Div "div";
    Rem "rem";
    Abs "abs";
    Neg "neg";
    Min "min";
    Max "max";
    Popc "popc";
    Clz "clz";
    Bfind "bfind";
    Fns "fns";
    Brev "brev";
    Bfe "bfe";
    Bfi "bfi";
    Szext "szext";
    Bmsk "bmsk";
    Dp4a "dp4a";
    Dp2a "dp2a";
    Addc "addc";
    Subc "subc";
    Madc "madc";
    Testp "testp";
    Copysign "copysign";
    Fma "fma";
    Rcp "rcp";
    Sqrt "sqrt";
    Rsqrt "rsqrt";
    Sin "sin";
    Cos "cos";
    Lg2 "lg2";
    Ex2 "ex2";
    Tanh "tanh";
    Set "set";
    Setp "setp";
    Selp "selp";
    Slct "slct";
    And "and";
    Or "or";
    Xor "xor";
    Not "not";
    Cnot "cnot";
    Lop3 "lop3";
    Shf "shf";
    Shl "shl";
    Shr "shr";
    Mov "mov";
    Shfl "shfl";
    Prmt "prmt";
    Ld "ld";
    Ldu "ldu";
    St "st";
    StAsync "st.async";
    StBulk "st.bulk";
    MultimemLdReduce "multimem.ld_reduce";
    MultimemSt "multimem.st";
    MultimemRed "multimem.red";
    Prefetch "prefetch";
    Prefetchu "prefetchu";
    Applypriority "applypriority";
    Discard "discard";
    Createpolicy "createpolicy";
    Isspacep "isspacep";
    Cvta "cvta";
    Cvt "cvt";
    CvtPack "cvt.pack";
    Mapa "mapa";
    Getctarank "getctarank";
    CpAsync "cp.async";
    CpAsyncCommitGroup "cp.async.commit_group";
    CpAsyncWaitGroup "cp.async.wait_group";
    CpAsyncWaitAll "cp.async.wait_all";
    CpAsyncMbarrierArrive "cp.async.mbarrier.arrive";
    CpAsyncBulk "cp.async.bulk";
    CpReduceAsyncBulk "cp.reduce.async.bulk";
    CpAsyncBulkPrefetch "cp.async.bulk.prefetch";
    CpAsyncBulkTensor "cp.async.bulk.tensor";
    CpReduceAsyncBulkTensor "cp.reduce.async.bulk.tensor";
    CpAsyncBulkPrefetchTensor "cp.async.bulk.prefetch.tensor";
    CpAsyncBulkCommitGroup "cp.async.bulk.commit_group";
    CpAsyncBulkWaitGroup "cp.async.bulk.wait_group";
    MultimemCpAsyncBulk "multimem.cp.async.bulk";
    MultimemCpReduceAsyncBulk "multimem.cp.reduce.async.bulk";
    TensormapReplace "tensormap.replace";
    TensormapCpFenceproxy "tensormap.cp_fenceproxy";
    Tex "tex";
    Tld4 "tld4";
    Txq "txq";
    Istypep "istypep";
    Suld "suld";
    Sust "sust";
    Sured "sured";
    Suq "suq";
    Bra "bra";
    BrxIdx "brx.idx";
    Call "call";
    Ret "ret";
    Exit "exit";
    Bar "bar";
    Barrier "barrier";
    BarWarp "bar.warp";
    BarrierCluster "barrier.cluster";
    Membar "membar";
    Fence "fence";
    FenceProxy "fence.proxy";
    Atom "atom";
    Red "red";
    RedAsync "red.async";
    Vote "vote";
    Match "match";
    Activemask "activemask";
    Redux "redux";
    Griddepcontrol "griddepcontrol";
    Elect "elect";
    MbarrierInit "mbarrier.init";
    MbarrierInval "mbarrier.inval";
    MbarrierExpectTx "mbarrier.expect_tx";
    MbarrierCompleteTx "mbarrier.complete_tx";
    MbarrierArrive "mbarrier.arrive";
    MbarrierArriveDrop "mbarrier.arrive_drop";
    MbarrierTestWait "mbarrier.test_wait";
    MbarrierTryWait "mbarrier.try_wait";
    MbarrierCheckLayout "mbarrier.check_layout";
    MbarrierPendingCount "mbarrier.pending_count";
    ClusterlaunchcontrolTryCancel "clusterlaunchcontrol.try_cancel";
    ClusterlaunchcontrolQueryCancel "clusterlaunchcontrol.query_cancel";
    WmmaLoad "wmma.load";
    WmmaStore "wmma.store";
    WmmaMma "wmma.mma";
    Mma "mma";
    Ldmatrix "ldmatrix";
    Stmatrix "stmatrix";
    Movmatrix "movmatrix";
    WgmmaMmaAsync "wgmma.mma_async";
    WgmmaFence "wgmma.fence";
    WgmmaCommitGroup "wgmma.commit_group";
    WgmmaWaitGroup "wgmma.wait_group";
    Tcgen05Alloc "tcgen05.alloc";
    Tcgen05Dealloc "tcgen05.dealloc";
    Tcgen05RelinquishAllocPermit "tcgen05.relinquish_alloc_permit";
    Tcgen05Ld "tcgen05.ld";
    Tcgen05St "tcgen05.st";
    Tcgen05WaitLd "tcgen05.wait::ld";
    Tcgen05WaitSt "tcgen05.wait::st";
    Tcgen05Cp "tcgen05.cp";
    Tcgen05Shift "tcgen05.shift";
    Tcgen05Mma "tcgen05.mma";
    Tcgen05FenceBefore "tcgen05.fence::before_thread_sync";
    Tcgen05FenceAfter "tcgen05.fence::after_thread_sync";
    Tcgen05Commit "tcgen05.commit";
    FabricTryGet "fabric.try_get";
    FabricTryPut "fabric.try_put";
    FabricTryRed "fabric.try_red";
    FabricTryAtom "fabric.try_atom";
    FabricTryPullred "fabric.try_pullred";
    FabricSubmit "fabric.submit";
    FabricWait "fabric.wait";
    Stacksave "stacksave";
    Stackrestore "stackrestore";
    Alloca "alloca";
    Vadd "vadd";
    Vsub "vsub";
    Vabsdiff "vabsdiff";
    Vmin "vmin";
    Vmax "vmax";
    Vshl "vshl";
    Vshr "vshr";
    Vmad "vmad";
    Vset "vset";
    Vadd2 "vadd2";
    Vsub2 "vsub2";
    Vavrg2 "vavrg2";
    Vabsdiff2 "vabsdiff2";
    Vmin2 "vmin2";
    Vmax2 "vmax2";
    Vset2 "vset2";
    Vadd4 "vadd4";
    Vsub4 "vsub4";
    Vavrg4 "vavrg4";
    Vabsdiff4 "vabsdiff4";
    Vmin4 "vmin4";
    Vmax4 "vmax4";
    Vset4 "vset4";
    Brkpt "brkpt";
    Nanosleep "nanosleep";
    Pmevent "pmevent";
    Trap "trap";
    Setmaxnreg "setmaxnreg";
}
