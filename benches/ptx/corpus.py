#!/usr/bin/env python3
"""Builds the corpus that the PTX reader is held to: hundreds of texts of every compiler that emits PTX.

    corpus.py OUT [PART…]      OUT/PART/*.ptx; parts that a machine has no tool for are skipped by name

Parts, and where their tools are looked for:
    nvcc     sources/*.cu, CUB and Thrust, for many types and targets     $NVCC or nvcc in PATH (NVIDIA's wheel or toolkit, 13)
    nvrtc    the same kernels without their headers' host part             the cuda-python package
    clang    sources/kernels.cl and kernels.c.cu                           clang-19 or clang in PATH
    llvm     LLVM's own tests of its NVPTX back end (Debian's llvm-toolchain-19 source), by llc     $LLVM_SOURCE, llc-19 in PATH
    rustc    sources/kernels.rs, and core for nvptx64                      $RUSTC_NVPTX, $RUST_SOURCE (Debian: rustc-web, rust-web-src)
    triton   sources/kernels.py                                           $TRITON_PYTHON, a Python that has Triton
    cutlass  instances of CUTLASS's GEMMs                                  $CUTLASS, the folder with include/
    wheels   PTX inside the libraries of $WHEELS (unpacked PyTorch, CuPy, …), read by our own container reader

Run `RUSTG_PTX_CORPUS=OUT cargo test -p rustg-ptx --test corpus` and `cargo bench -p rustg-ptx` on it. Nothing of it is committed.
"""

import concurrent.futures
import glob
import itertools
import os
import pathlib
import random
import re
import shutil
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
SOURCES = HERE / "sources"
TARGETS = ["75", "80", "86", "89", "90", "90a", "100", "100a", "103a", "110", "120", "120a", "121"]
# Figures of one machine are for two jobs; more cores take more.
JOBS = int(os.environ.get("JOBS", "2"))


def run(jobs):
    """Runs commands, each with the file it writes; what exists is kept. Says how many failed and why the first did."""

    random.Random(5).shuffle(jobs)  # a run that is cut short still has of everything

    def one(job):
        command, output, captured = job
        if output.exists():
            return None
        done = subprocess.run([str(word) for word in command], capture_output=True, text=captured, stdin=subprocess.DEVNULL)
        if done.returncode != 0 or not (captured or output.exists()):
            message = done.stderr if isinstance(done.stderr, str) else done.stderr.decode(errors="replace")
            return f"{output.name}: {message.strip()[:400]}"
        if captured:
            output.write_text(done.stdout)
        return None

    with concurrent.futures.ThreadPoolExecutor(JOBS) as pool:
        failed = [message for message in pool.map(one, jobs) if message]
    print(f"  {len(jobs) - len(failed)} of {len(jobs)} commands made a text" + "".join(f"\n  {m}" for m in failed[:3]), flush=True)


def tool(variable, *names):
    found = os.environ.get(variable) or next(filter(None, map(shutil.which, names)), None)
    if not found:
        print(f"  skipped: none of {', '.join(names) or variable} found (set {variable})")
    return found


def nvcc(out):
    if not (compiler := tool("NVCC", "nvcc")):
        return
    base = [compiler, "-ptx", "-std=c++20", "--extended-lambda", "--expt-relaxed-constexpr", "-w"]
    jobs = []
    for source, target in itertools.product(["math", "matrix", "threads", "language"], TARGETS):
        for name, options in [("", []), (".G", ["-G"]), (".lineinfo", ["-lineinfo"]), (".rdc", ["-rdc=true"]), (".fast", ["-use_fast_math"])]:
            if name and target not in ("80", "100"):
                continue
            output = out / f"{source}.{target}{name}.ptx"
            jobs.append(([*base, *options, f"-arch=compute_{target}", SOURCES / f"{source}.cu", "-o", output], output, False))
    types = ["int", "float", "double", "long long", "unsigned char", "short", "__int128", "Pair"]
    targets = itertools.cycle(["75", "80", "90", "100", "120"])
    for algorithm, kind in itertools.product(range(13), types):
        if kind == "Pair" and algorithm not in (0, 1, 3):
            continue
        target = next(targets)
        options = [[], ["-lineinfo"], [], []][(algorithm + types.index(kind)) % 4]
        output = out / f"cub.{algorithm}.{kind.replace(' ', '_')}.{target}.ptx"
        jobs.append(([*base, *options, f"-DALGORITHM={algorithm}", f"-DTYPE={kind}", f"-arch=compute_{target}", SOURCES / "algorithms.cu", "-o", output], output, False))
    for kind, target in zip(["int", "float", "double", "unsigned char"], ["75", "90", "100", "120"]):
        output = out / f"thrust.{kind.replace(' ', '_')}.{target}.ptx"
        jobs.append(([*base, f"-DTYPE={kind}", f"-arch=compute_{target}", SOURCES / "thrust.cu", "-o", output], output, False))
    run(jobs)


def nvrtc(out):
    python = os.environ.get("NVRTC_PYTHON", sys.executable)
    include = os.environ.get("CUDA_INCLUDE", "/usr/local/cuda/include")
    jobs = []
    for source, target in itertools.product(["math", "matrix", "threads"], TARGETS):
        for name, options in [("", []), (".G", ["-G"]), (".lineinfo", ["-lineinfo"])]:
            if name and target not in ("80", "100"):
                continue
            output = out / f"{source}.{target}{name}.ptx"
            jobs.append(([python, HERE / "nvrtc.py", SOURCES / f"{source}.cu", output, include, f"--gpu-architecture=compute_{target}", *options], output, False))
    run(jobs)


def clang(out):
    if not (compiler := tool("CLANG", "clang-19", "clang")):
        return
    jobs = []
    for target, level in itertools.product(["50", "60", "70", "75", "80", "86", "89", "90", "90a"], ["-O0", "-O1", "-O3", "-g", "-gline-tables-only"]):
        name = f"{target}.{level.strip('-')}"
        cl = [compiler, "-x", "cl", "-cl-std=CL3.0", "-Xclang", "-finclude-default-header", "-target", "nvptx64-nvidia-cuda", f"-march=sm_{target}", "-nogpulib", level, "-S", "-w"]
        jobs.append(([*cl, SOURCES / "kernels.cl", "-o", out / f"cl.{name}.ptx"], out / f"cl.{name}.ptx", False))
        cuda = [compiler, "-x", "cuda", "--cuda-device-only", f"--cuda-gpu-arch=sm_{target}", "-nocudainc", "-nocudalib", "--no-cuda-version-check", "-Xclang", "-target-feature", "-Xclang", "+ptx78", level, "-S", "-w"]
        jobs.append(([*cuda, SOURCES / "kernels.c.cu", "-o", out / f"cuda.{name}.ptx"], out / f"cuda.{name}.ptx", False))
    run(jobs)


def llvm(out):
    source, llc = os.environ.get("LLVM_SOURCE"), tool("LLC", "llc-19", "llc")
    if not (source and llc):
        print("  skipped: set LLVM_SOURCE to LLVM's source")
        return
    jobs = []
    for test in sorted(glob.glob(f"{source}/**/CodeGen/NVPTX/*.ll", recursive=True)):
        text = pathlib.Path(test).read_text(errors="replace")
        lines = re.findall(r"RUN:\s*(?:not\s+)?llc\s+([^|\n]*)", text)
        for index, line in enumerate(dict.fromkeys(lines)):
            options = [word for word in line.replace("%s", "").replace("<", "").split() if word.startswith("-") and not word.startswith(("-o", "-filetype", "-stop", "-verify", "-debug"))]
            output = out / f"{pathlib.Path(test).stem}.{index}.ptx"
            jobs.append(([llc, *options, test, "-o", output], output, False))
    run(jobs)


def rustc(out):
    compiler = os.environ.get("RUSTC_NVPTX")
    source = os.environ.get("RUST_SOURCE")
    if not (compiler and source):
        print("  skipped: set RUSTC_NVPTX and RUST_SOURCE")
        return
    os.environ["RUSTC_BOOTSTRAP"] = "1"
    core = pathlib.Path(source) / "library/core/src/lib.rs"
    jobs = []
    for cpu, level in itertools.product(["sm_60", "sm_90"], ["0", "1", "3"]):
        home = out / f"core.{cpu}.{level}"
        home.mkdir(exist_ok=True)  # rustc needs a core of its own for each target and level
        flags = ["--target", "nvptx64-nvidia-cuda", "-C", f"target-cpu={cpu}", "-C", f"opt-level={level}", "-C", "panic=abort", "-A", "warnings"]
        rlib = home / "libcore.rlib"
        if not rlib.exists():
            subprocess.run([compiler, *flags, "--crate-name", "core", "--crate-type", "rlib", "--edition", "2021", core, "-o", rlib], check=False, capture_output=True)
            builtins = home / "builtins.rs"
            builtins.write_text("#![no_std]\n#![feature(compiler_builtins)]\n#![allow(internal_features)]\n#![compiler_builtins]\n")
            subprocess.run([compiler, *flags, "--crate-name", "compiler_builtins", "--crate-type", "rlib", "--extern", f"core={rlib}", builtins, "-o", home / "libcompiler_builtins.rlib"], check=False, capture_output=True)
        output = out / f"kernels.{cpu}.{level}.ptx"
        jobs.append(([compiler, *flags, "--crate-type", "lib", "--edition", "2021", "--emit", "asm", "--extern", f"core={rlib}", "-L", home, SOURCES / "kernels.rs", "-o", output], output, False))
        debug = out / f"kernels.{cpu}.{level}.g.ptx"
        jobs.append(([compiler, *flags, "-g", "--crate-type", "lib", "--edition", "2021", "--emit", "asm", "--extern", f"core={rlib}", "-L", home, SOURCES / "kernels.rs", "-o", debug], debug, False))
    run(jobs)


def triton(out):
    python = os.environ.get("TRITON_PYTHON")
    if not python:
        print("  skipped: set TRITON_PYTHON")
        return
    done = subprocess.run([python, SOURCES / "kernels.py", out], capture_output=True, text=True)
    print(" ", (done.stdout.splitlines() or ["no kernel"])[-1], "of Triton")


def cutlass(out):
    compiler, folder = tool("NVCC", "nvcc"), os.environ.get("CUTLASS")
    if not (compiler and folder):
        print("  skipped: set CUTLASS to the folder that has include/")
        return
    jobs = []
    base = [compiler, "-ptx", "-std=c++17", "--expt-relaxed-constexpr", "-w", "-I", f"{folder}/include", "-I", f"{folder}/tools/util/include", "-I", f"{folder}/examples/common"]
    wanted = os.environ.get("CUTLASS_EXAMPLES", "00_basic_gemm 05_batched_gemm 07_volta_tensorop_gemm 08_turing_tensorop_gemm 14_ampere_tf32_tensorop_gemm 15_ampere_sparse_tensorop_gemm "
        "16_ampere_tensorop_conv2dfprop 26_ampere_wgrad_mainloop_fusion 36_gather_scatter_fusion 47_ampere_gemm_universal_streamk 48_hopper_warp_specialized_gemm 54_hopper_fp8_warp_specialized_gemm "
        "62_hopper_sparse_gemm 67_hopper_fp8_warp_specialized_gemm_with_blockwise_scaling 70_blackwell_gemm 72_blackwell_narrow_precision_gemm 75_blackwell_grouped_gemm 79_blackwell_geforce_gemm").split()
    for name in wanted:
        target = next((t for word, t in [("blackwell_geforce", "120a"), ("blackwell", "100a"), ("hopper", "90a"), ("ampere", "80"), ("turing", "75"), ("volta", "75")] if word in name), "80")
        for source in sorted(glob.glob(f"{folder}/examples/{name}/*.cu"))[:3]:
            output = out / f"{pathlib.Path(source).stem}.{target}.ptx"
            jobs.append(([*base, f"-arch=compute_{target}", source, "-o", output], output, False))
    run(jobs)


def wheels(out):
    folder = os.environ.get("WHEELS")
    if not folder:
        print("  skipped: set WHEELS to a folder of unpacked wheels")
        return
    libraries = [path for path in glob.glob(f"{folder}/**/*", recursive=True) if os.path.isfile(path) and re.search(r"\.(so|fatbin|cubin)(\.[0-9.]+)?$", path)]
    subprocess.run(["cargo", "run", "-q", "--release", "-p", "rustg-ptx", "--example", "extract", "--", out, *libraries], cwd=HERE, check=True)


PARTS = {part.__name__: part for part in [triton, clang, llvm, rustc, wheels, nvrtc, nvcc, cutlass]}


def main():
    if len(sys.argv) < 2 or any(part not in PARTS for part in sys.argv[2:]):
        sys.exit(__doc__)
    out = pathlib.Path(sys.argv[1]).resolve()
    for name in sys.argv[2:] or PARTS:
        print(name, flush=True)
        (out / name).mkdir(parents=True, exist_ok=True)
        PARTS[name](out / name)
    for name in PARTS:
        texts = list((out / name).glob("*.ptx"))
        if texts:
            print(f"{name:<8} {len(texts):>5} texts {sum(text.stat().st_size for text in texts) / 1e6:>8.1f} MB")


main()
