"""Data-parallel steps over every GPU of the host with NCCL; one process a GPU. Prints nothing but the final sum.

all-reduce.py [STEPS] [--kineto FILE_%d]   %d becomes the rank.
"""
import argparse
import os

import torch
import torch.distributed as dist
import torch.multiprocessing as mp

parser = argparse.ArgumentParser()
parser.add_argument("steps", nargs="?", type=int, default=10)
parser.add_argument("--kineto")
options = parser.parse_args()


def worker(rank, world):
    os.environ.update(MASTER_ADDR="127.0.0.1", MASTER_PORT="29511")
    torch.cuda.set_device(rank)
    dist.init_process_group("nccl", rank=rank, world_size=world)
    weight = torch.randn(2048, 2048, device="cuda", dtype=torch.bfloat16)
    data = torch.randn(2048, 2048, device="cuda", dtype=torch.bfloat16)

    def steps():
        for number in range(options.steps):
            torch.cuda.nvtx.range_push(f"step {number}")
            product = data @ weight
            pending = dist.all_reduce(product, async_op=True)
            other = (data @ weight).relu()
            pending.wait()
            (product + other).sum().item()
            torch.cuda.nvtx.range_pop()

    steps()
    if options.kineto:
        from torch.profiler import ProfilerActivity, profile

        with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA]) as recorded:
            steps()
        recorded.export_chrome_trace(options.kineto % rank)
    else:
        steps()
    dist.destroy_process_group()


if __name__ == "__main__":
    count = torch.cuda.device_count()
    mp.spawn(worker, args=(count,), nprocs=count)
    print(f"{count} ranks")
