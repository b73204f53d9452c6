"""Triton kernels for several types, tiles and targets: `kernels.py FOLDER` writes the PTX. Needs Triton, no GPU."""

import itertools
import pathlib
import sys

import triton
import triton.language as tl
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource


@triton.jit
def elementwise(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    inside = at < n
    a = tl.load(x + at, mask=inside).to(tl.float32)
    b = tl.load(y + at, mask=inside).to(tl.float32)
    tl.store(out + at, tl.exp(a) * tl.sin(b) + tl.sqrt(tl.abs(a)) / (1 + tl.log(b)), mask=inside)


@triton.jit
def softmax(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    values = tl.load(x + tl.program_id(0) * n + at, mask=at < n, other=-float("inf")).to(tl.float32)
    powers = tl.exp(values - tl.max(values, axis=0))
    tl.store(out + tl.program_id(0) * n + at, powers / tl.sum(powers, axis=0), mask=at < n)


@triton.jit
def matmul(x, y, out, n, BLOCK: tl.constexpr):
    rows = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    columns = tl.program_id(1) * BLOCK + tl.arange(0, BLOCK)
    depth = tl.arange(0, 32)
    sums = tl.zeros((BLOCK, BLOCK), dtype=tl.float32)
    for k in range(0, n, 32):
        a = tl.load(x + rows[:, None] * n + (k + depth)[None, :])
        b = tl.load(y + (k + depth)[:, None] * n + columns[None, :])
        sums = tl.dot(a, b, sums)
    tl.store(out + rows[:, None] * n + columns[None, :], sums.to(out.dtype.element_ty))


@triton.jit
def described_matmul(x, y, out, n, BLOCK: tl.constexpr):
    a = tl.make_tensor_descriptor(x, [n, n], [n, 1], [BLOCK, 32])
    b = tl.make_tensor_descriptor(y, [n, n], [n, 1], [32, BLOCK])
    c = tl.make_tensor_descriptor(out, [n, n], [n, 1], [BLOCK, BLOCK])
    sums = tl.zeros((BLOCK, BLOCK), dtype=tl.float32)
    for k in range(0, n, 32):
        sums = tl.dot(a.load([tl.program_id(0) * BLOCK, k]), b.load([k, tl.program_id(1) * BLOCK]), sums)
    c.store([tl.program_id(0) * BLOCK, tl.program_id(1) * BLOCK], sums.to(out.dtype.element_ty))


@triton.jit
def scan_sort(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.arange(0, BLOCK)
    values = tl.load(x + at, mask=at < n, other=0).to(tl.float32)
    tl.store(out + at, tl.cumsum(values, axis=0) + tl.sort(values) + tl.argmax(values, axis=0))


@triton.jit
def atomics(x, y, out, n, BLOCK: tl.constexpr):
    at = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    value = tl.load(x + at, mask=at < n, other=0)
    tl.atomic_add(out + at % 7, value, mask=at < n, sem="release", scope="cta")
    tl.atomic_add(out + at % 5, value, mask=at < n)


folder = pathlib.Path(sys.argv[1])
TYPES = ["fp32", "fp16", "bf16", "fp8e4nv", "fp8e5", "fp64", "i32", "i8"]
written = 0
for kernel, kind, architecture, block in itertools.product(
    [elementwise, softmax, matmul, described_matmul, scan_sort, atomics], TYPES, [75, 80, 89, 90, 100, 120], [64, 128]
):
    pointer = f"*{kind}"
    types = {"x": pointer, "y": pointer, "out": "*fp32" if kind.startswith(("fp8", "i")) and "matmul" in kernel.__name__ else pointer, "n": "i32"}
    signature = {name: types.get(name, "constexpr") for name in kernel.arg_names}
    attributes = {(index,): [["tt.divisibility", 16]] for index in range(4)}
    try:
        source = ASTSource(kernel, signature, constexprs={"BLOCK": block}, attrs=attributes)
        made = triton.compile(source, target=GPUTarget("cuda", architecture, 32), options={"num_stages": 3, "num_warps": 4 if block == 64 else 8})
    except Exception as error:  # a type or size that Triton refuses on that target
        print(kernel.__name__, kind, architecture, block, str(error).splitlines()[-1:] or type(error).__name__, file=sys.stderr)
        continue
    (folder / f"{kernel.__name__}.{kind}.{architecture}.{block}.ptx").write_text(made.asm["ptx"])
    written += 1
print(f"{written} kernels")
