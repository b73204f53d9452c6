"""The programs that check.sh records, each with a number of launches that is known beforehand. Needs PyTorch; one also Triton.

check.py launches COUNT             launches, no ranges
check.py ranges                     500 launches outside of and 3 × 100 within NVTX ranges "step", 7 after each
check.py spread SECONDS             launches all the time, a line "launched N" a second; the last one is the sum
check.py rate COUNT                 prints what a launch costs
check.py triton RUNTIME DRIVER      launches by the runtime API, then by the driver API alone
check.py children COUNT             a parent and two children, each COUNT launches
"""
import subprocess
import sys
import time

import torch


def launch(count):
    """One kernel, vectorized_elementwise, each time."""
    for _ in range(count):
        data.add_(1)


what, numbers = sys.argv[1], [float(word) for word in sys.argv[2:]]
data = torch.zeros(64, device="cuda")
torch.cuda.synchronize()
if what == "launches":
    launch(int(numbers[0]))
elif what == "ranges":
    launch(500)
    torch.cuda.synchronize()
    for _ in range(3):
        torch.cuda.nvtx.range_push("step")
        launch(100)
        torch.cuda.synchronize()
        torch.cuda.nvtx.range_pop()
        launch(7)
        torch.cuda.synchronize()
elif what == "spread":
    end, said, count = time.time() + numbers[0], time.time() + 1, 0
    while time.time() < end:
        launch(100)
        count += 100
        if time.time() > said:
            torch.cuda.synchronize()
            said += 1
            print("launched", count, flush=True)
    torch.cuda.synchronize()
    print("launched", count, flush=True)
elif what == "rate":
    launch(2000)
    torch.cuda.synchronize()
    begun = time.perf_counter()
    launch(int(numbers[0]))
    torch.cuda.synchronize()
    print("%.3f us/launch" % ((time.perf_counter() - begun) * 1e6 / numbers[0]))
elif what == "triton":
    import triton
    import triton.language as tl

    @triton.jit
    def driver_launched(pointer, SIZE: tl.constexpr):
        at = pointer + tl.arange(0, SIZE)
        tl.store(at, tl.load(at) + 1)

    launch(int(numbers[0]))
    torch.cuda.synchronize()
    # The recorder looks ten times a second: it has noticed by now that no call of the driver's launched anything.
    time.sleep(2)
    for number in range(int(numbers[1])):
        driver_launched[(1,)](data, SIZE=64)
        if number % 100 == 99:
            torch.cuda.synchronize()
            time.sleep(0.2)
elif what == "children":
    children = [subprocess.Popen([sys.executable, __file__, "launches", sys.argv[2]]) for _ in range(2)]
    launch(int(numbers[0]))
    codes = [child.wait() for child in children]
    assert codes == [0, 0], codes
else:
    sys.exit(__doc__)
torch.cuda.synchronize()
