#!/usr/bin/env python3
"""Checks `rustg stats --json` against sums computed here, independently and exactly.

usage: exact_sums.py RUSTG TRACE...

Reads Chrome/Kineto JSON (plain or .gz) with the json module and decimal arithmetic, and Nsight Systems SQLite exports
(plain or .gz) with the sqlite3 module. Compared per name: count, total, min, median, 95th percentile and max in integer
nanoseconds, of kernels, of memory operations (count, total and bytes), of API calls and of NVTX ranges; and the trace's
extent. Exits with 1 and a list of what differs.
"""

import gzip
import json
import re
import sqlite3
import subprocess
import sys
import tempfile
from collections import defaultdict
from decimal import ROUND_HALF_EVEN, Decimal

DECIMAL_NS = Decimal(1)


def to_ns(microseconds):
    """Exact nanoseconds of a number of microseconds, ties to even."""
    return int((Decimal(microseconds) * 1000).quantize(DECIMAL_NS, rounding=ROUND_HALF_EVEN))


def summary(durations):
    durations = sorted(durations)
    count = len(durations)
    lower, upper = durations[(count - 1) // 2], durations[count // 2]
    return {
        "count": count,
        "total_ns": sum(durations),
        "min_ns": durations[0],
        "median_ns": (lower + upper) // 2,
        "p95_ns": durations[-(-count * 95 // 100) - 1],
        "max_ns": durations[-1],
    }


def read_bytes(path):
    with open(path, "rb") as file:
        data = file.read()
    return gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


def expect_json(data):
    document = json.loads(data, parse_float=Decimal)
    events = document["traceEvents"] if isinstance(document, dict) else document
    groups = {"kernels": defaultdict(list), "memory_kinds": defaultdict(list), "api": defaultdict(list)}
    groups["nvtx"] = defaultdict(list)
    size_bytes = defaultdict(int)
    table = {"kernel": "kernels", "gpu_memcpy": "memory_kinds", "gpu_memset": "memory_kinds"}
    table.update({"cuda_runtime": "api", "cuda_driver": "api", "user_annotation": "nvtx"})
    table.update({"Kernel": "kernels", "Memcpy": "memory_kinds", "Memset": "memory_kinds", "Runtime": "api"})
    first, last = None, None
    for event in events:
        if event["ph"] == "M":
            continue
        start = to_ns(event["ts"])
        duration = to_ns(event.get("dur", 0)) if event["ph"] == "X" else 0
        first = start if first is None else min(first, start)
        last = start + duration if last is None else max(last, start + duration)
        if event["ph"] == "X" and event.get("cat") in table:
            name = table[event["cat"]]
            groups[name][event["name"]].append(duration)
            if name == "memory_kinds":
                size_bytes[event["name"]] += event.get("args", {}).get("bytes", 0)
    return groups, size_bytes, (last or 0) - (first or 0)


def expect_sqlite(data):
    with tempfile.NamedTemporaryFile(suffix=".sqlite") as file:
        file.write(data)
        file.flush()
        database = sqlite3.connect(file.name)
        tables = {row[0] for row in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        groups, size_bytes, times = defaultdict(lambda: defaultdict(list)), defaultdict(int), []

        def each(table, query):
            return database.execute(query) if table in tables else []

        query = "SELECT s.value, k.start, k.end FROM {} k JOIN StringIds s ON s.id = k.{}"
        kernels = "CUPTI_ACTIVITY_KIND_KERNEL"
        for name, start, end in each(kernels, query.format(kernels, "demangledName")):
            groups["kernels"][name].append(end - start)
            times += [start, end]
        runtime = "CUPTI_ACTIVITY_KIND_RUNTIME"
        for name, start, end in each(runtime, query.format(runtime, "nameId")):
            groups["api"][re.sub(r"_v\d{4}$", "", name)].append(end - start)
            times += [start, end]
        copies = "SELECT e.label, m.start, m.end, m.bytes FROM CUPTI_ACTIVITY_KIND_MEMCPY m JOIN ENUM_CUDA_MEMCPY_OPER e ON e.id = m.copyKind"
        for label, start, end, size in each("CUPTI_ACTIVITY_KIND_MEMCPY", copies):
            groups["memory_kinds"][f"[CUDA memcpy {label}]"].append(end - start)
            size_bytes[f"[CUDA memcpy {label}]"] += size
            times += [start, end]
        fills = "SELECT start, end, bytes FROM CUPTI_ACTIVITY_KIND_MEMSET"
        for start, end, size in each("CUPTI_ACTIVITY_KIND_MEMSET", fills):
            groups["memory_kinds"]["[CUDA memset]"].append(end - start)
            size_bytes["[CUDA memset]"] += size
            times += [start, end]
        ranges = "SELECT coalesce(s.value, n.text), n.start, n.end FROM NVTX_EVENTS n LEFT JOIN StringIds s ON s.id = n.textId WHERE n.eventType IN (59, 60) AND n.end NOT NULL"
        for name, start, end in each("NVTX_EVENTS", ranges):
            groups["nvtx"][name].append(end - start)
            times += [start, end]
        for table in ["PROFILER_OVERHEAD", "CUPTI_ACTIVITY_KIND_SYNCHRONIZATION", "OSRT_API"]:
            for start, end in each(table, f"SELECT start, end FROM {table}"):
                times += [start, end]
        return groups, size_bytes, max(times) - min(times)


def check(rustg, path):
    data = read_bytes(path)
    groups, size_bytes, wall_ns = (expect_sqlite if data[:6] == b"SQLite" else expect_json)(data)
    run = subprocess.run([rustg, "stats", path, "--json", "--top", "0"], capture_output=True, text=True)
    if run.returncode != 0:
        return [f"exit code {run.returncode}: {run.stderr.strip()}"]
    found = json.loads(run.stdout)
    wrong = []
    if found["summary"][0]["wall_ns"] != wall_ns:
        wrong.append(f"wall_ns: {found['summary'][0]['wall_ns']} instead of {wall_ns}")
    for table, expected in groups.items():
        rows = {row["name"]: row for row in found.get(table, [])}
        if len(rows) != len(found.get(table, [])):
            wrong.append(f"{table}: a name stands twice")
        for name in sorted(rows.keys() ^ expected.keys()):
            wrong.append(f"{table}: {name!r} is {'missing' if name in expected else 'too much'}")
        for name in rows.keys() & expected.keys():
            want = summary(expected[name])
            if table == "memory_kinds":
                want["total_bytes"] = size_bytes[name]
            for key, value in want.items():
                if rows[name].get(key) != value:
                    wrong.append(f"{table}: {name!r}: {key} is {rows[name].get(key)} instead of {value}")
    compared = ", ".join(f"{sum(map(len, rows.values()))} {table}" for table, rows in groups.items())
    print(f"{path}: {compared}: {'equal' if not wrong else 'DIFFERENT'}")
    return wrong


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    wrong = [f"{path}: {line}" for path in sys.argv[2:] for line in check(sys.argv[1], path)]
    print("\n".join(wrong))
    sys.exit(1 if wrong else 0)


main()
