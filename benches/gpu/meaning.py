"""Runs the kit of `cargo test -p rustg-driver --test meaning the_kit` on a GPU: every result and every panic record must be the simulator's.

meaning.py DIR [WORKERS]      0: all equal; 1: differences, which are printed. Needs the driver's library and Python alone.
"""
import ctypes
import multiprocessing
import os
import sys
import time

driver = None


def check(code, what):
    if code:
        name = ctypes.c_char_p()
        driver.cuGetErrorName(code, ctypes.byref(name))
        raise RuntimeError("%s: %s" % (what, name.value))


def start():
    """A context for this process."""
    global driver
    driver = ctypes.CDLL("libcuda.so.1")
    check(driver.cuInit(0), "cuInit")
    context = ctypes.c_void_p()
    check(driver.cuDevicePrimaryCtxRetain(ctypes.byref(context), 0), "cuDevicePrimaryCtxRetain")
    check(driver.cuCtxSetCurrent(context), "cuCtxSetCurrent")
    # Recursion: how deep is not known beforehand (CU_LIMIT_STACK_SIZE, in bytes a thread).
    check(driver.cuCtxSetLimit(0, ctypes.c_size_t(32768)), "cuCtxSetLimit")


def allocate(size):
    address = ctypes.c_uint64()
    check(driver.cuMemAlloc_v2(ctypes.byref(address), ctypes.c_size_t(size)), "cuMemAlloc")
    return address


def launch(function, inputs, record_size):
    """Results and record of a kernel on some inputs."""
    count, size = len(inputs), 8 * len(inputs)
    source, target, record = allocate(size), allocate(size), allocate(record_size)
    words = (ctypes.c_uint64 * count)(*inputs)
    check(driver.cuMemcpyHtoD_v2(source, words, ctypes.c_size_t(size)), "cuMemcpyHtoD")
    check(driver.cuMemsetD8_v2(record, 0, ctypes.c_size_t(record_size)), "cuMemsetD8")
    length = ctypes.c_uint64(count)
    values = [source, length, target, length, record]
    parameters = (ctypes.c_void_p * 5)(*[ctypes.cast(ctypes.byref(value), ctypes.c_void_p) for value in values])
    blocks = (count + 31) // 32
    check(driver.cuLaunchKernel(function, blocks, 1, 1, 32, 1, 1, 0, None, parameters, None), "cuLaunchKernel")
    check(driver.cuCtxSynchronize(), "cuCtxSynchronize")
    results, bytes_of_record = (ctypes.c_uint64 * count)(), (ctypes.c_ubyte * record_size)()
    check(driver.cuMemcpyDtoH_v2(results, target, ctypes.c_size_t(size)), "cuMemcpyDtoH")
    check(driver.cuMemcpyDtoH_v2(bytes_of_record, record, ctypes.c_size_t(record_size)), "cuMemcpyDtoH")
    for address in (source, target, record):
        driver.cuMemFree_v2(address)
    return list(results), bytes(bytes_of_record)


def run_file(job):
    """Runs the lines of one file: how many kernels and calls were compared, and the differences. A fault ends the file: the process is lost."""
    at = []
    try:
        return compare_file(job, at)
    except RuntimeError as error:
        return 0, 0, ["%s: %s" % (" ".join(at), error)]


def compare_file(job, at):
    folder, file, lines = job
    at[:] = [file]
    module = ctypes.c_void_p()
    with open(os.path.join(folder, file), "rb") as text:
        check(driver.cuModuleLoadData(ctypes.byref(module), text.read() + b"\0"), "cuModuleLoadData of " + file)
    wrong, compared = [], 0
    for kind, kernel, inputs, expected in lines:
        at[:] = [file, kernel, inputs]
        function = ctypes.c_void_p()
        check(driver.cuModuleGetFunction(ctypes.byref(function), module, kernel.encode()), "cuModuleGetFunction")
        inputs = [int(word) for word in inputs.split(",")]
        if kind == "kernel":
            results, record = launch(function, inputs, 64)
            expected = [int(word) for word in expected.split(",")]
            if any(record):
                wrong.append("%s %s: panics, record %s" % (file, kernel, record.hex()))
            for value, here, there in zip(inputs, results, expected):
                if here != there:
                    wrong.append("%s %s(%#x): %#x here, %#x in the simulator" % (file, kernel, value, here, there))
            compared += len(inputs)
        else:
            record = launch(function, inputs, len(expected) // 2)[1]
            if record.hex() != expected:
                wrong.append("%s %s(%#x): record\n  %s here,\n  %s in the simulator" % (file, kernel, inputs[0], record.hex(), expected))
            compared += 1
    driver.cuModuleUnload(module)
    return len({line[1] for line in lines}), compared, wrong


if __name__ == "__main__":
    folder = sys.argv[1]
    workers = int(sys.argv[2]) if len(sys.argv) > 2 else 8
    jobs = {}
    with open(os.path.join(folder, "index")) as index:
        for line in index:
            kind, file, kernel, inputs, expected = line.split()
            jobs.setdefault(file, []).append((kind, kernel, inputs, expected))
    begun = time.time()
    with multiprocessing.get_context("spawn").Pool(workers, start, maxtasksperchild=1) as pool:
        done = pool.imap_unordered(run_file, [(folder, file, lines) for file, lines in jobs.items()])
        kernels, compared, wrong = 0, 0, []
        for some, count, differences in done:
            kernels, compared = kernels + some, compared + count
            wrong += differences
    print("\n".join(wrong[:50]))
    print("%d files, %d kernels, %d calls compared, %d differ, %.1f s" % (len(jobs), kernels, compared, len(wrong), time.time() - begun))
    sys.exit(1 if wrong else 0)
