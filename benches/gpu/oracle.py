#!/usr/bin/env python3
"""Runs the simulator's oracle kernels on a GPU and records what it computes.

    RUSTG_ORACLE_OUT=DIR cargo test -p rustg-lanes --test lanes write_the_oracle
    python3 benches/gpu/oracle.py assemble DIR [--ptxas PATH]   # where the toolkit is: drops refused forms, makes cubins
    python3 benches/gpu/oracle.py run DIR                       # where the GPU is: writes DIR/recorded.bin
    python3 benches/gpu/oracle.py merge DIR                     # into simulator/lanes/tests/lanes/recorded.bin.gz
    cargo test -p rustg-lanes --test lanes

The first step writes what the recording does not have yet; `merge` replaces or adds what was run.

Needs Python 3.8 and, to run, the CUDA driver (libcuda.so.1); nothing else. `assemble` may be left out: the driver then compiles the PTX, and a
module with a refused form is split until the form is found. The format of the files is in simulator/lanes/tests/lanes/oracle.rs.
"""
import argparse
import ctypes
import gzip
import os
import re
import shutil
import subprocess
import sys
import time

CASES = 1024
BLOCK = 128


def cases(directory):
    """Lines of cases.txt: module, kernel, first byte and size of the operands, form, widths of the results in bits."""
    with open(os.path.join(directory, "cases.txt")) as file:
        for line in file:
            module, kernel, start, size, form, *widths = line.split()
            yield module, kernel, int(start), int(size), form, [int(width) for width in widths]


def split(text):
    """The head of a module and its kernels by name."""
    head, *kernels = re.split(r"(?m)^// kernel ", text)
    return head, {kernel.split(None, 1)[0]: "// kernel " + kernel for kernel in kernels}


def join(head, kernels):
    return head + "".join(kernels.values())


def assemble(directory, ptxas):
    refused = open(os.path.join(directory, "refused.txt"), "w")
    modules = sorted({case[0] for case in cases(directory)}, key=lambda name: int(re.sub(r"\D", "", name)))
    forms = {case[1]: case[4] for case in cases(directory)}
    dropped = 0
    for module in modules:
        path = os.path.join(directory, module)
        with open(path) as file:
            head, kernels = split(file.read())
        while True:
            with open(path, "w") as file:
                file.write(join(head, kernels))
            done = subprocess.run([ptxas, "-arch=sm_90", "-o", path.replace(".ptx", ".cubin"), path], capture_output=True, text=True)
            if done.returncode == 0:
                break
            lines = join(head, kernels).split("\n")
            wrong = {}
            for number, message in re.findall(r"line (\d+); \S+\s*: (.*)", done.stderr):
                for above in range(int(number) - 1, -1, -1):
                    if lines[above].startswith("// kernel "):
                        wrong.setdefault(lines[above].split()[2], message)
                        break
            wrong = {name: message for name, message in wrong.items() if name in kernels}
            if not wrong:
                # An error without a line: kernel by kernel.
                for name, kernel in kernels.items():
                    single = os.path.join(directory, "single.ptx")
                    with open(single, "w") as file:
                        file.write(head + kernel)
                    alone = subprocess.run([ptxas, "-arch=sm_90", "-o", os.devnull, single], capture_output=True, text=True)
                    if alone.returncode != 0:
                        wrong[name] = alone.stderr.strip().split("\n")[0]
                if not wrong:
                    sys.exit(f"{module}: {done.stderr}")
            for name, message in wrong.items():
                refused.write(f"{forms[name]}: {message}\n")
                del kernels[name]
                dropped += 1
    print(f"{len(forms) - dropped} forms assembled, {dropped} refused (refused.txt)")


class Driver:
    """The few calls of the CUDA driver that are needed."""

    def __init__(self):
        self.library = ctypes.CDLL("libcuda.so.1")
        self.call("cuInit", 0)
        device, context = ctypes.c_int(), ctypes.c_void_p()
        self.call("cuDeviceGet", ctypes.byref(device), 0)
        name = ctypes.create_string_buffer(128)
        self.call("cuDeviceGetName", name, 128, device)
        self.name = name.value.decode()
        self.call("cuDevicePrimaryCtxRetain", ctypes.byref(context), device)
        self.call("cuCtxSetCurrent", context)

    def call(self, name, *arguments):
        code = getattr(self.library, name)(*arguments)
        if code != 0:
            raise RuntimeError(f"{name} failed with CUDA error {code}")

    def allocate(self, size):
        pointer = ctypes.c_uint64()
        self.call("cuMemAlloc_v2", ctypes.byref(pointer), ctypes.c_size_t(size))
        return pointer

    def load(self, image):
        module = ctypes.c_void_p()
        self.call("cuModuleLoadData", ctypes.byref(module), ctypes.c_char_p(image + b"\0"))
        return module

    def launch(self, module, kernel, inputs, outputs):
        function = ctypes.c_void_p()
        self.call("cuModuleGetFunction", ctypes.byref(function), module, kernel.encode())
        arguments = (ctypes.c_void_p * 2)(ctypes.addressof(inputs), ctypes.addressof(outputs))
        self.call("cuLaunchKernel", function, CASES // BLOCK, 1, 1, BLOCK, 1, 1, 0, None, arguments, None)
        self.call("cuCtxSynchronize")


def load_modules(driver, directory, name):
    """The loaded kernels of a module: {kernel: module}. Kernels that the driver refuses are left out."""
    cubin = os.path.join(directory, name.replace(".ptx", ".cubin"))
    if os.path.exists(cubin):
        with open(cubin, "rb") as file, open(os.path.join(directory, name)) as text:
            module = driver.load(file.read())
            return dict.fromkeys(split(text.read())[1], module)
    with open(os.path.join(directory, name)) as file:
        head, kernels = split(file.read())
    loaded = {}
    waiting = [kernels]
    while waiting:
        some = waiting.pop()
        try:
            loaded.update(dict.fromkeys(some, driver.load(join(head, some).encode())))
        except RuntimeError:
            names = list(some)
            if len(names) > 1:
                half = len(names) // 2
                waiting += [{n: some[n] for n in names[:half]}, {n: some[n] for n in names[half:]}]
    return loaded


def run(directory):
    """A kernel that the GPU refuses to run breaks the context: its form goes to failed.txt, and everything starts again without it."""
    driver = Driver()
    started = time.time()
    failed_path = os.path.join(directory, "failed.txt")
    failed = open(failed_path).read().split() if os.path.exists(failed_path) else []
    with open(os.path.join(directory, "operands.bin"), "rb") as file:
        operands = file.read()
    all_cases = list(cases(directory))
    inputs = driver.allocate(max(case[3] for case in all_cases) + 256)
    outputs = driver.allocate(max(sum(case[5]) for case in all_cases) // 8 * CASES + 256)
    lines, data, missing, current = [], [], [], None
    for module, kernel, start, size, form, widths in all_cases:
        if module != current:
            current, loaded = module, load_modules(driver, directory, module)
        if kernel not in loaded or form in failed:
            missing.append(form)
            continue
        total = sum(widths) // 8 * CASES
        if size:
            driver.call("cuMemcpyHtoD_v2", inputs, operands[start:start + size], ctypes.c_size_t(size))
        driver.call("cuMemsetD8_v2", outputs, ctypes.c_ubyte(0xCD), ctypes.c_size_t(total))
        try:
            driver.launch(loaded[kernel], kernel, inputs, outputs)
        except RuntimeError as error:
            print(f"{form}: {error}", flush=True)
            with open(failed_path, "a") as file:
                file.write(form + "\n")
            os.execv(sys.executable, [sys.executable, *sys.argv])
        host = ctypes.create_string_buffer(total)
        driver.call("cuMemcpyDtoH_v2", host, outputs, ctypes.c_size_t(total))
        lines.append(" ".join([form] + [str(width) for width in widths]))
        data.append(host.raw)
    path = os.path.join(directory, "recorded.bin")
    with open(path, "wb") as file:
        file.write(("\n".join(lines) + "\n\n").encode() + b"".join(data))
    print(f"{driver.name}: {len(lines)} forms in {time.time() - started:.1f} s, {os.path.getsize(path)} bytes; not run: {len(missing)}")
    if missing:
        print("not run:", *missing, sep="\n  ")


def recorded_forms(data):
    """The recording as {form: (line, results)}."""
    end = data.index(b"\n\n")
    at, forms = end + 2, {}
    for line in data[:end].decode().split("\n"):
        form, *widths = line.split()
        size = sum(int(width) for width in widths) // 8 * CASES
        forms[form] = (line, data[at:at + size])
        at += size
    return forms


def merge(directory, path):
    forms = {}
    if os.path.exists(path):
        with gzip.open(path) as file:
            forms = recorded_forms(file.read())
    with open(os.path.join(directory, "recorded.bin"), "rb") as file:
        new = recorded_forms(file.read())
    forms.update(new)
    lines, data = zip(*forms.values())
    whole = ("\n".join(lines) + "\n\n").encode() + b"".join(data)
    with open(path, "wb") as file:
        file.write(gzip.compress(whole, 9, mtime=0))
    print(f"{len(new)} forms merged, {len(forms)} recorded, {os.path.getsize(path)} bytes")


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("step", choices=["assemble", "run", "merge"])
    arguments.add_argument("directory")
    arguments.add_argument("--ptxas", default=shutil.which("ptxas") or "ptxas")
    chosen = arguments.parse_args()
    if chosen.step == "assemble":
        assemble(chosen.directory, chosen.ptxas)
    elif chosen.step == "merge":
        here = os.path.dirname(os.path.abspath(__file__))
        merge(chosen.directory, os.path.join(here, "../../simulator/lanes/tests/lanes/recorded.bin.gz"))
    else:
        run(chosen.directory)


if __name__ == "__main__":
    main()
