#!/usr/bin/env python3
"""Times `rustg stats` on Chrome/Kineto JSON against Python's json.load of the same file, in one run.

usage: json_speed.py RUSTG TRACE.json[.gz]... [--runs N]

    cargo build --release && benches/json_speed.py target/release/rustg trace.json trace.json.gz

Runs alternate, so that a busy machine slows both. json.load is timed inside a fresh interpreter, without its start; rustg
from start to exit, with its table written to a pipe. Exits with 1 where rustg takes more than 1/8 of Python's time (the
medians), or more memory than three times the unpacked file.
"""

import gzip
import os
import statistics
import subprocess
import sys
import time

RATIO_MIN = 8
MEMORY_MAX = 3

LOAD = """
import gzip, json, sys, time
started = time.perf_counter()
with (gzip.open if sys.argv[1].endswith(".gz") else open)(sys.argv[1]) as file:
    json.load(file)
print(time.perf_counter() - started)
"""


def unpacked_size(path):
    """Also reads the file once, so that it is in the page cache for both."""
    with (gzip.open if path.endswith(".gz") else open)(path, "rb") as file:
        return sum(len(piece) for piece in iter(lambda: file.read(1 << 20), b""))


def time_rustg(rustg, path):
    started = time.perf_counter()
    child = subprocess.Popen([rustg, "stats", path], stdout=subprocess.PIPE)
    child.stdout.read()
    _, status, usage = os.wait4(child.pid, 0)
    seconds = time.perf_counter() - started
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode != 0:
        sys.exit(f"{rustg} stats {path}: exit code {child.returncode}")
    return seconds, usage.ru_maxrss * 1024


def time_python(path):
    run = subprocess.run([sys.executable, "-c", LOAD, path], capture_output=True, text=True, check=True)
    return float(run.stdout)


def spread(values, unit="s"):
    return f"{statistics.median(values):.3f} {unit} [{min(values):.3f}–{max(values):.3f}]"


def measure(rustg, path, runs):
    size = unpacked_size(path)
    ours, theirs, memory = [], [], 0
    for _ in range(runs):
        seconds, peak = time_rustg(rustg, path)
        ours.append(seconds)
        memory = max(memory, peak)
        theirs.append(time_python(path))
    ratio = statistics.median(theirs) / statistics.median(ours)
    print(f"{path}: {size / 1e6:.1f} MB unpacked, {runs} runs, median [spread]")
    print(f"  rustg stats      {spread(ours)}, {size / 1e6 / statistics.median(ours):.0f} MB/s")
    print(f"  python json.load {spread(theirs)}")
    print(f"  ratio            {ratio:.1f} (at least {RATIO_MIN})")
    print(f"  peak memory      {memory / 1e6:.1f} MB = {memory / size:.2f} x the unpacked file (at most {MEMORY_MAX})")
    return ratio >= RATIO_MIN and memory <= MEMORY_MAX * size


def main():
    arguments = sys.argv[1:]
    runs = 5
    if "--runs" in arguments:
        at = arguments.index("--runs")
        runs = int(arguments[at + 1])
        del arguments[at : at + 2]
    if len(arguments) < 2:
        sys.exit(__doc__)
    met = [measure(arguments[0], path, runs) for path in arguments[1:]]
    sys.exit(0 if all(met) else 1)


main()
