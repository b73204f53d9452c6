"""What Nsight Systems' own reports say about one of its SQLite exports, computed independently of rustg.

The queries restate the documented meaning of the reports cuda_gpu_kern_sum, cuda_api_sum, cuda_gpu_mem_time_sum,
cuda_gpu_mem_size_sum, nvtx_sum and nvtx_gpu_proj_sum. Prints one JSON object: report -> list of rows.
"""

import collections
import gzip
import json
import math
import sqlite3
import sys
import tempfile


def connect(path):
    data = open(path, "rb").read()
    if data[:2] == b"\x1f\x8b":
        data = gzip.decompress(data)
    connection = sqlite3.connect(":memory:")
    with tempfile.TemporaryDirectory() as folder:
        copy = f"{folder}/export.sqlite"
        open(copy, "wb").write(data)
        sqlite3.connect(copy).backup(connection)
    return connection


def figures(durations):
    ordered = sorted(durations)
    count = len(ordered)
    mean = sum(ordered) / count
    middle = ordered[(count - 1) // 2] + ordered[count // 2]
    spread = math.sqrt(sum((value - mean) ** 2 for value in ordered) / (count - 1)) if count > 1 else 0.0
    return {
        "count": count,
        "total_ns": sum(ordered),
        "mean_ns": mean,
        "median_x2_ns": middle,
        "min_ns": ordered[0],
        "max_ns": ordered[-1],
        "stddev_ns": spread,
    }


def summed(rows):
    groups = collections.defaultdict(list)
    for name, duration in rows:
        groups[name].append(duration)
    everything = sum(sum(values) for values in groups.values())
    return [
        {"name": name, "percent": 100 * sum(values) / everything if everything else 0.0, **figures(values)}
        for name, values in groups.items()
    ]


def api_name(name):
    return name[:-6] if name[-6:-4] == "_v" else name


def main(path):
    db = connect(path)
    strings = dict(db.execute("SELECT id, value FROM StringIds"))
    tables = {name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}

    kernels = [
        (strings[name], end - start)
        for start, end, name in db.execute("SELECT start, end, demangledName FROM CUPTI_ACTIVITY_KIND_KERNEL")
    ]
    calls = [
        (api_name(strings[name]), end - start)
        for start, end, name in db.execute("SELECT start, end, nameId FROM CUPTI_ACTIVITY_KIND_RUNTIME")
    ]
    directions = {1: "host to device", 2: "device to host", 8: "device to device", 10: "peer to peer"}
    transfers, sizes = [], collections.Counter()
    for start, end, size, kind in db.execute("SELECT start, end, bytes, copyKind FROM CUPTI_ACTIVITY_KIND_MEMCPY"):
        transfers.append((directions[kind], end - start))
        sizes[directions[kind]] += size
    for start, end, size in db.execute("SELECT start, end, bytes FROM CUPTI_ACTIVITY_KIND_MEMSET"):
        transfers.append(("fill", end - start))
        sizes["fill"] += size

    nvtx, projected = [], collections.defaultdict(list)
    busy, work_count = collections.Counter(), collections.Counter()
    if "NVTX_EVENTS" in tables:
        work = collections.defaultdict(list)
        for table in ("KERNEL", "MEMCPY", "MEMSET"):
            query = f"SELECT correlationId, globalPid, start, end FROM CUPTI_ACTIVITY_KIND_{table}"
            for correlation, process, start, end in db.execute(query):
                work[(process >> 24, correlation)].append((start, end))
        launches = collections.defaultdict(list)
        query = "SELECT globalTid, start, end, correlationId FROM CUPTI_ACTIVITY_KIND_RUNTIME"
        for thread, start, end, correlation in db.execute(query):
            for piece in work.get((thread >> 24, correlation), ()):
                launches[thread].append((start, end, piece))
        query = "SELECT start, end, globalTid, text, textId FROM NVTX_EVENTS WHERE eventType IN (59, 60, 70, 71) AND end NOT NULL"
        for start, end, thread, text, text_id in db.execute(query):
            name = text if text is not None else strings[text_id]
            nvtx.append((name, end - start))
            within = [piece for a, b, piece in launches[thread] if a >= start and b <= end]
            if within:
                projected[name].append(max(b for _, b in within) - min(a for a, _ in within))
                busy[name] += sum(b - a for a, b in within)
                work_count[name] += len(within)

    json.dump(
        {
            "kernels": summed(kernels),
            "api": summed(calls),
            "memory": [{**row, "total_bytes": sizes[row["name"]]} for row in summed(transfers)],
            "nvtx": summed(nvtx),
            "nvtx_gpu": [
                {"name": name, "busy_ns": busy[name], "work": work_count[name], **figures(values)}
                for name, values in projected.items()
            ],
        },
        sys.stdout,
    )


main(sys.argv[1])
