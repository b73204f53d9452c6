"""A launch-bound training loop: many small kernels, NVTX ranges, backward threads. Prints milliseconds per step.

train-step.py [STEPS] [--kineto FILE]   --kineto: record with PyTorch's own profiler, Python stacks included, into FILE.
"""
import argparse
import statistics
import time

import torch
import torch.nn.functional as F
from torch import nn

parser = argparse.ArgumentParser()
parser.add_argument("steps", nargs="?", type=int, default=60)
parser.add_argument("--kineto")
options = parser.parse_args()


class Layer(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.norm, self.up, self.down = nn.LayerNorm(width), nn.Linear(width, 4 * width), nn.Linear(4 * width, width)
        self.query, self.key, self.value = (nn.Linear(width, width) for _ in range(3))

    def forward(self, x):
        h = self.norm(x)
        x = x + F.scaled_dot_product_attention(self.query(h), self.key(h), self.value(h), is_causal=True)
        return x + self.down(F.gelu(self.up(self.norm(x))))


torch.manual_seed(0)
model = nn.Sequential(nn.Embedding(4096, 128), *(Layer(128) for _ in range(12)), nn.Linear(128, 4096)).cuda()
optimizer = torch.optim.AdamW(model.parameters(), foreach=False)


def step(number):
    torch.cuda.nvtx.range_push(f"step {number}")
    tokens = torch.randint(0, 4096, (4, 65)).pin_memory().cuda(non_blocking=True)
    loss = F.cross_entropy(model(tokens[:, :-1]).flatten(0, 1), tokens[:, 1:].flatten())
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)
    torch.cuda.nvtx.range_pop()


def run(steps):
    times_ms = []
    for number in range(steps):
        torch.cuda.synchronize()
        start = time.perf_counter()
        step(number)
        torch.cuda.synchronize()
        times_ms.append((time.perf_counter() - start) * 1e3)
    return times_ms


run(10)
if options.kineto:
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU, ProfilerActivity.CUDA], with_stack=True) as recorded:
        times_ms = run(options.steps)
    recorded.export_chrome_trace(options.kineto)
else:
    times_ms = run(options.steps)
times_ms.sort()
print(f"{statistics.median(times_ms):.2f} ms/step, min {times_ms[0]:.2f}, p95 {times_ms[int(len(times_ms) * 0.95)]:.2f}")
