#!/usr/bin/env python3
"""The kernels of kernels/library on a GPU beside their CUDA C++ twins, and a library's answer to the same question beside both.

    rustg build kernels/library/src/lib.rs --gpu-arch sm_90 -o library.ptx
    python3 benches/gpu/kernels.py library.ptx [NAME=OTHER.ptx …] [--rounds 25] [--only WORD] [--sass DIR]

Needs a GPU, the CUDA toolkit (nvcc, ptxas) and PyTorch. The twins (kernels/library/twins/library.cu) are built by `nvcc -O3`, once without
contraction of products and sums, as Rust's arithmetic is, and once with it. Everything that is compared is launched in turns, on the same memory;
printed are medians, the spread (least to greatest), and the twin's median over ours: above 1 we are faster. Results must agree to the bit with the
twin without contraction. The library peers are PyTorch's: `addcmul` and the like for streams, CUB for sums, scans and histograms, cuBLAS for SGEMM
(fp32, no tf32). They do what their name says for the whole array, not for blocks of it. Exit code 1 where results differ or a kernel panicked.
"""
import argparse
import ctypes
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

import torch

HERE = os.path.dirname(os.path.abspath(__file__))
TWINS = os.path.join(HERE, "..", "..", "kernels", "library", "twins", "library.cu")
u32, u64, f32 = ctypes.c_uint32, ctypes.c_uint64, ctypes.c_float
driver = ctypes.CDLL("libcuda.so.1")


def check(code, what):
    if code:
        text = ctypes.c_char_p()
        driver.cuGetErrorString(code, ctypes.byref(text))
        sys.exit(f"{what}: {(text.value or b'?').decode()}")


def tool(name):
    return shutil.which(name) or os.path.join("/usr/local/cuda/bin", name)


class Module:
    """A cubin, with its functions by name."""

    def __init__(self, path):
        self.path, self.handle = path, ctypes.c_void_p()
        check(driver.cuModuleLoad(ctypes.byref(self.handle), path.encode()), path)

    def function(self, name):
        function = ctypes.c_void_p()
        found = driver.cuModuleGetFunction(ctypes.byref(function), self.handle, name.encode()) == 0
        return function if found else None

    def figures(self, name):
        """Registers and bytes of local memory."""
        values = []
        for attribute in (4, 3):
            value = ctypes.c_int()
            check(driver.cuFuncGetAttribute(ctypes.byref(value), attribute, self.function(name)), name)
            values.append(value.value)
        return values


def built(source, arch, folder, name, *flags):
    output = os.path.join(folder, name + ".cubin")
    command = [tool("nvcc" if source.endswith(".cu") else "ptxas"), "-O3", f"-arch={arch}", *flags, "-o", output, source]
    if source.endswith(".cu"):
        command.insert(1, "-cubin")
    ran = subprocess.run(command, capture_output=True, text=True)
    if ran.returncode:
        sys.exit(f"{' '.join(command)}\n{ran.stdout}{ran.stderr}")
    return Module(output)


class Slice:
    """A slice: to us a pointer and its length, to a twin the pointer."""

    def __init__(self, tensor, length=None):
        self.tensor, self.length = tensor, tensor.numel() if length is None else length


class Case:
    """One kernel. `twin` says where the twin takes which length: a list of argument numbers and ("n", value)."""

    def __init__(self, name, grid, block, arguments, twin, outputs, traffic, peer=None, peer_name=""):
        self.name, self.grid, self.block, self.arguments, self.twin = name, grid, block, arguments, twin
        self.outputs, self.traffic, self.peer, self.peer_name = outputs, traffic, peer, peer_name


def packed(values):
    pointers = (ctypes.c_void_p * len(values))()
    for at, value in enumerate(values):
        pointers[at] = ctypes.cast(ctypes.pointer(value), ctypes.c_void_p)
    return pointers, values


def launcher(function, case, values):
    pointers, kept = packed(values)
    stream = ctypes.c_void_p(torch.cuda.current_stream().cuda_stream)
    grid, block = case.grid, case.block

    def launch(_kept=kept):
        check(driver.cuLaunchKernel(function, *grid, *block, 0, stream, pointers, None), case.name)

    return launch


def ours(module, case, record):
    values = []
    for argument in case.arguments:
        if isinstance(argument, Slice):
            values += [u64(argument.tensor.data_ptr()), u64(argument.length)]
        else:
            values.append(argument)
    return launcher(module.function(case.name), case, values + [u64(record.data_ptr())])


def twins(module, case):
    values = []
    for item in case.twin:
        argument = case.arguments[item] if isinstance(item, int) else item[1]
        values.append(u64(argument.tensor.data_ptr()) if isinstance(argument, Slice) else argument)
    return launcher(module.function(case.name), case, values)


def cases(scale):
    """Every case: made one after another, since each fills much of the memory."""
    device = "cuda"
    n = 1 << (28 - scale)
    linear = lambda count, threads=256: ((-(-count // threads), 1, 1), (threads, 1, 1))
    floats = lambda count: torch.rand(count, device=device, dtype=torch.float32)
    words = lambda count, below=1 << 30: torch.randint(0, below, (count,), device=device, dtype=torch.int32)

    def triad():
        b, c, a = floats(n), floats(n), torch.zeros(n, device=device)
        return Case("triad", *linear(n), [f32(0.3), Slice(b), Slice(c), Slice(a)], [0, 1, 2, 3, ("n", u64(n))], [a], 12 * n,
                    lambda: torch.add(b, c, alpha=0.3, out=a), "torch.add")

    def saxpy():
        x, y = floats(n), floats(n)
        return Case("saxpy", *linear(n), [f32(1.7), Slice(x), Slice(y)], [0, 1, 2, ("n", u64(n))], [y], 12 * n,
                    lambda: torch.add(y, x, alpha=1.7, out=y), "torch.add")

    def stencil():
        x, y = floats(n), torch.zeros(n, device=device)
        return Case("stencil", *linear(n), [Slice(x), Slice(y)], [0, 1, ("n", u64(n))], [y], 8 * n)

    def block_sums():
        blocks = 132 * 8
        x, sums = words(n), torch.zeros(blocks, device=device, dtype=torch.int32)
        return Case("block_sums", (blocks, 1, 1), (256, 1, 1), [Slice(x), Slice(sums)], [0, ("n", u64(n)), 1], [sums], 4 * n,
                    lambda: torch.sum(x, dtype=torch.int32), "torch.sum")

    def scan_blocks():
        x, y = words(n), torch.zeros(n, device=device, dtype=torch.int32)
        return Case("scan_blocks", *linear(n), [Slice(x), Slice(y)], [0, 1, ("n", u64(n))], [y], 8 * n,
                    lambda: torch.cumsum(x, 0, dtype=torch.int32, out=y), "torch.cumsum (CUB, whole array)")

    def sgemm():
        side = 1 << (12 - scale // 2)
        a, b, c = (floats(side * side) - 0.5 for _ in range(3))
        square = lambda t: t.view(side, side)
        return Case("sgemm", (side // 16, side // 16, 1), (16, 16, 1), [u32(side), Slice(a), Slice(b), Slice(c)], [0, 1, 2, 3], [c],
                    2 * side**3, lambda: torch.matmul(square(a), square(b), out=square(c)), "cuBLAS (torch.matmul, fp32)")

    def tally():
        voters, count = 33, 1 << (22 - scale)
        votes = words(voters * count, 3)
        votes[::7] = -1
        decisions = torch.zeros(count, device=device, dtype=torch.int32)
        return Case("tally", *linear(count), [u32(voters), Slice(votes), Slice(decisions)], [0, 1, 2, ("n", u64(count))], [decisions],
                    4 * voters * count)

    def sha256():
        count = 1 << (23 - scale)
        messages, digests = words(14 * count), torch.zeros(8 * count, device=device, dtype=torch.int32)
        return Case("sha256", *linear(count), [u32(50), Slice(messages), Slice(digests, count)], [0, 1, 2, ("n", u64(count))], [digests],
                    88 * count)

    def histogram():
        x, bins = words(n, 256), torch.zeros(256, device=device, dtype=torch.int32)
        return Case("histogram", (132 * 8, 1, 1), (256, 1, 1), [Slice(x), Slice(bins)], [0, ("n", u64(n)), 1], [bins], 4 * n,
                    lambda: torch.bincount(x, minlength=256), "torch.bincount")

    return [triad, saxpy, stencil, block_sums, scan_blocks, sgemm, tally, sha256, histogram]


def measure(launches, rounds):
    """Times in milliseconds by name, launched in turns; the turn's order alternates."""
    times = {name: [] for name, _ in launches}
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    for turn in range(rounds + 3):
        for name, launch in launches if turn % 2 else launches[::-1]:
            start.record()
            launch()
            end.record()
            end.synchronize()
            if turn >= 3:
                times[name].append(start.elapsed_time(end))
    return times


def results(case, before, launch):
    """What a launch leaves in the outputs, which begin as `before`."""
    for output, old in zip(case.outputs, before):
        output.copy_(old)
    launch()
    torch.cuda.synchronize()
    return [output.view(torch.int32).clone() for output in case.outputs]


def run(case, libraries, exact, contracted, record, rounds):
    if exact.function(case.name) is None:
        print(f"{case.name:12} skipped: the twins have no such kernel")
        return True
    present = {name: module for name, module in libraries.items() if module.function(case.name) is not None}
    if not present:
        print(f"{case.name:12} skipped: not in the PTX that was given")
        return True
    launches = [(name, ours(module, case, record)) for name, module in present.items()]
    twin = twins(exact, case)
    before = [output.clone() for output in case.outputs]
    wanted = results(case, before, twin)
    good = not all(torch.equal(want, old.view(torch.int32)) for want, old in zip(wanted, before))
    if not good:
        print(f"{case.name:12} THE TWIN WROTE NOTHING")
    for name, launch in launches:
        if not all(torch.equal(want, found) for want, found in zip(wanted, results(case, before, launch))):
            print(f"{case.name:12} {name}: THE RESULTS DIFFER")
            good = False
    del before, wanted
    launches += [("twin", twin), ("twin fmad", twins(contracted, case))]
    if case.peer:
        launches.append((case.peer_name, case.peer))
    times = measure(launches, rounds)
    reference = statistics.median(times["twin"])
    for name, values in times.items():
        median = statistics.median(values)
        module = present.get(name) or {"twin": exact, "twin fmad": contracted}.get(name)
        figures = "registers {:3}, local {:3} B".format(*module.figures(case.name)) if module else ""
        rate = case.traffic / median / 1e6
        print(f"{case.name:12} {name:32} {median:8.4f} ms  {min(values):8.4f}–{max(values):8.4f}  "
              f"{rate:8.1f} G/s  twin/this {reference / median:6.3f}  {figures}")
    if record[0] != 0:
        print(f"{case.name:12} PANICKED at site {record[1]}: block {record[2:5].tolist()}, thread {record[5:8].tolist()}")
        record.zero_()
        good = False
    return good


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("ptx", nargs="+", help="what rustg built: PATH or NAME=PATH")
    parser.add_argument("--rounds", type=int, default=25)
    parser.add_argument("--scale", type=int, default=0, help="problems 2^SCALE smaller")
    parser.add_argument("--only", default="", help="kernels whose name contains this")
    parser.add_argument("--sass", help="keep the cubins there")
    options = parser.parse_args()
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.zeros(1, device="cuda")
    major, minor = torch.cuda.get_device_capability()
    arch = f"sm_{major}{minor}"
    folder = options.sass or tempfile.mkdtemp()
    os.makedirs(folder, exist_ok=True)
    named = [("rustg", word) if "=" not in word else tuple(word.split("=", 1)) for word in options.ptx]
    libraries = {name: built(path, arch, folder, name) for name, path in named}
    exact = built(TWINS, arch, folder, "twins", "-fmad=false")
    contracted = built(TWINS, arch, folder, "twins-fmad")
    print(f"{torch.cuda.get_device_name()}, {arch}, torch {torch.__version__}, {options.rounds} rounds; G/s are GB/s, for sgemm GFLOP/s")
    record = torch.zeros(16, dtype=torch.int32).pin_memory()
    good = True
    for make in cases(options.scale):
        if options.only in make.__name__:
            good &= run(make(), libraries, exact, contracted, record, options.rounds)
            torch.cuda.empty_cache()
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
