//! The family a kernel belongs to, told from its name by a table of patterns.

use super::{demangle, without_template_arguments};

/// What a kernel does, as far as its name tells.
#[repr(u8)]
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum KernelFamily {
    /// Matrix products.
    Gemm,
    /// Fused attention.
    Attention,
    /// Convolutions.
    Convolution,
    /// One output element from the inputs at its place: activations, optimizers, casts.
    Elementwise,
    /// Many elements into fewer, and what is built from that: sums, norms, softmax, scans, sorts.
    Reduction,
    /// Moving and rearranging: copies, fills, gathers, transposes, embeddings.
    Memory,
    /// Between GPUs: NCCL, NVSHMEM.
    Communication,
    /// Not recognised.
    Other,
}

impl KernelFamily {
    /// All families, in the order of their values.
    pub const ALL: [KernelFamily; 8] = [
        KernelFamily::Gemm,
        KernelFamily::Attention,
        KernelFamily::Convolution,
        KernelFamily::Elementwise,
        KernelFamily::Reduction,
        KernelFamily::Memory,
        KernelFamily::Communication,
        KernelFamily::Other,
    ];

    /// Its name as shown to people.
    pub fn name(self) -> &'static str {
        match self {
            KernelFamily::Gemm => "GEMM",
            KernelFamily::Attention => "attention",
            KernelFamily::Convolution => "convolution",
            KernelFamily::Elementwise => "elementwise",
            KernelFamily::Reduction => "reduction",
            KernelFamily::Memory => "memory",
            KernelFamily::Communication => "communication",
            KernelFamily::Other => "other",
        }
    }

    /// The family of a kernel, copy or fill with this name, mangled or not. The kernel's own name decides before its
    /// template arguments do: an elementwise kernel that copies is elementwise.
    pub fn of(name: &str) -> Self {
        let demangled = demangle(name);
        let own = without_template_arguments(&demangled);
        Self::of_text(&own).or_else(|| Self::of_text(&demangled)).unwrap_or(KernelFamily::Other)
    }

    fn of_text(text: &str) -> Option<Self> {
        let text = text.to_ascii_lowercase();
        PATTERNS.iter().find(|(pattern, _)| text.contains(pattern)).map(|&(_, family)| family)
    }
}

use KernelFamily::{Attention, Communication, Convolution, Elementwise, Gemm, Memory, Reduction};

/// Lower-case parts of names and the family they mean; the first that occurs decides, so the specific stand above the
/// general. Libraries: NCCL, cuDNN, cuBLAS(Lt), CUTLASS, CUB, ATen, Triton as Inductor names its kernels
/// (`triton_poi`, `red`, `per`, `mm`, `tem`), FlashAttention, xFormers, vLLM.
const PATTERNS: &[(&str, KernelFamily)] = &[
    ("nccl", Communication),
    ("nvshmem", Communication),
    ("rccl", Communication),
    ("all_reduce", Communication),
    ("allreduce", Communication),
    ("all_gather", Communication),
    ("allgather", Communication),
    ("reduce_scatter", Communication),
    ("all_to_all", Communication),
    ("alltoall", Communication),
    ("cross_device_reduce", Communication),
    ("deep_ep", Communication),
    ("flash", Attention),
    ("fmha", Attention),
    ("sdpa", Attention),
    ("attention", Attention),
    ("attn", Attention),
    ("compute_dot_do_o", Attention),
    ("convert_dq_to_16bits", Attention),
    ("xmma_gemm", Gemm),
    ("memcpy", Memory),
    ("memset", Memory),
    ("triton_poi", Elementwise),
    ("triton_red", Reduction),
    ("triton_per", Reduction),
    ("triton_mm", Gemm),
    ("triton_tem", Gemm),
    ("convert", Elementwise),
    ("fprop", Convolution),
    ("dgrad", Convolution),
    ("wgrad", Convolution),
    ("convolv", Convolution),
    ("convolution", Convolution),
    ("conv1d", Convolution),
    ("conv2d", Convolution),
    ("conv3d", Convolution),
    ("conv_", Convolution),
    ("_conv", Convolution),
    ("winograd", Convolution),
    ("im2col", Convolution),
    ("col2im", Convolution),
    ("gemm", Gemm),
    ("nvjet", Gemm),
    ("gemv", Gemm),
    ("splitkreduce", Gemm),
    ("matmul", Gemm),
    ("cutlass", Gemm),
    ("cublas", Gemm),
    ("marlin", Gemm),
    ("_mma_", Gemm),
    ("wgmma", Gemm),
    ("16816", Gemm),
    ("trsm", Gemm),
    ("syrk", Gemm),
    ("elementwise", Elementwise),
    ("pointwise", Elementwise),
    ("multi_tensor_apply", Elementwise),
    ("softmax", Reduction),
    ("layer_norm", Reduction),
    ("layernorm", Reduction),
    ("rms_norm", Reduction),
    ("rmsnorm", Reduction),
    ("batch_norm", Reduction),
    ("batchnorm", Reduction),
    ("group_norm", Reduction),
    ("gammabeta", Reduction),
    ("reduce", Reduction),
    ("reduction", Reduction),
    ("radix", Reduction),
    ("sort", Reduction),
    ("scan", Reduction),
    ("topk", Reduction),
    ("argmax", Reduction),
    ("argmin", Reduction),
    ("histogram", Reduction),
    ("welford", Reduction),
    ("cumsum", Reduction),
    ("_loss", Reduction),
    ("unique_by_key", Reduction),
    ("copy", Memory),
    ("memory", Memory),
    ("transpose", Memory),
    ("permute", Memory),
    ("gather", Memory),
    ("scatter", Memory),
    ("index", Memory),
    ("embedding", Memory),
    ("fill", Memory),
    ("catarray", Memory),
    ("adam", Elementwise),
    ("sgd", Elementwise),
    ("gelu", Elementwise),
    ("silu", Elementwise),
    ("relu", Elementwise),
    ("swiglu", Elementwise),
    ("act_and_mul", Elementwise),
    ("dropout", Elementwise),
    ("rotary", Elementwise),
    ("rope_", Elementwise),
    ("foreach", Elementwise),
    ("distribution_", Elementwise),
    ("saxpy", Elementwise),
    ("axpy", Elementwise),
    ("_add", Elementwise),
    ("add_", Elementwise),
    ("_mul", Elementwise),
    ("_cast", Elementwise),
];

#[cfg(test)]
mod tests {
    use super::*;
    use KernelFamily::Other;

    #[test]
    fn names_of_the_usual_libraries_fall_into_their_families() {
        let cases = [
            ("nvjet_sm90_tst_128x128_64x6_2x1_v_bz_NNT", Gemm),
            (
                "sm80_xmma_gemm_f32f32_f32f32_f32_nn_n_tilesize128x64x8_stage3_warpsize2x2x1_execute_kernel__5x_cublas",
                Gemm,
            ),
            ("ampere_sgemm_128x64_nn", Gemm),
            (
                "void cutlass::Kernel2<cutlass_80_tensorop_bf16_s16816gemm_relu_bf16_128x128_32x3_tn_align8>(Params)",
                Gemm,
            ),
            ("void cublasLt::splitKreduce_kernel<32, 16, int, float>(cublasLt::cublasSplitKParams<float>, int)", Gemm),
            ("triton_tem_fused_mm_3", Gemm),
            ("triton_poi_fused_add_gelu_0", Elementwise),
            ("triton_red_fused_native_layer_norm_2", Reduction),
            ("triton_per_fused_sum_1", Reduction),
            ("void flash_fwd_splitkv_kernel<Flash_fwd_kernel_traits<128, 64, 128, 4>>(Params)", Attention),
            ("cudnn_generated_fort_native_sdpa_sm90_flash_fprop_wgmma_f16_knob_7_64x128x64_4x1x1_kernel0_0", Attention),
            ("fmha_cutlassF_bf16_aligned_64x128_rf_sm80(PyTorchMemEffAttention::Params)", Attention),
            ("sm80_xmma_fprop_implicit_gemm_indexed_tf32f32_tf32f32_f32_nhwckrsc_nhwc", Convolution),
            ("void cudnn::ops::nchwToNhwcKernel<float, float>(int)", Other),
            (
                "void at::native::vectorized_elementwise_kernel<8, at::native::bfloat16_copy_kernel_cuda(int)::{lambda(float)#1}>(int)",
                Elementwise,
            ),
            (
                "void at::native::reduce_kernel<128, 4, at::native::ReduceOp<float>>(at::native::ReduceOp<float>)",
                Reduction,
            ),
            (
                "void at::native::(anonymous namespace)::vectorized_layer_norm_kernel<float, float, false>(int)",
                Reduction,
            ),
            ("void at::native::(anonymous namespace)::CatArrayBatchedCopy<int>(int*)", Memory),
            ("void at_cuda_detail::cub::detail::radix_sort::DeviceRadixSortOnesweepKernel<long>(int*)", Reduction),
            ("Memcpy HtoD (Pageable -> Device)", Memory),
            ("[CUDA memset]", Memory),
            ("ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgsStorage<4096ul>)", Communication),
            (
                "void multi_tensor_apply_kernel<TensorListMetadata<4>, FusedAdamMathFunctor<float, 4>>(long)",
                Elementwise,
            ),
            ("my_kernel", Other),
            ("", Other),
        ];
        for (name, family) in cases {
            assert_eq!(KernelFamily::of(name), family, "{name}");
        }
    }
}
