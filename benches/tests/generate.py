#!/usr/bin/env python3
"""Writes a project's program of many small GPU tests, for measuring `rustg test`.

    rustg new many && cd many
    python3 generate.py src/main.rs --kernels 100 --tests 5000
    rustg test --device sim

Each test uploads 256 numbers, launches one kernel and compares what it has written with the same computed on the host.
`--broken` adds tests that fail, panic on the device, do not end, and end their process, which must fail alone.
"""

import argparse

HEAD = """use rustg::prelude::*;

fn main() {}
"""

# What kernel number K computes, on the device and on the host; `{K}` is its number.
BODIES = [
    "x * {K} + 1",
    "(x ^ {K}) + (x >> 1)",
    "if x % 2 == 0 {{ x + {K} }} else {{ x * 3 }}",
    "let mut sum = x;\n    for i in 0..{S} {{\n        sum += i * {K};\n    }}\n    sum",
    "[x, {K}, x + {K}].into_iter().max().unwrap_or(0)",
]

KERNEL = """
fn compute_{k}(x: u32) -> u32 {{
    {body}
}}

#[kernel]
pub fn kernel_{k}(x: &[u32], mut y: DisjointSlice<u32>) {{
    let i = thread::index_1d();
    if let Some(out) = y.get_mut(i) {{
        *out = compute_{k}(x[i.get()]);
    }}
}}
"""

TEST = """
    #[gpu_test]
    fn test_{t}(device: &Device) -> rustg::Result<()> {{
        let given: Vec<u32> = ({t}..{t} + 256).collect();
        let (x, mut y) = (device.upload(&given)?, device.zeros::<u32>(256)?);
        kernel_{k}::launch(device, Launch::cover(256), &x, &mut y)?;
        assert!(y.download()?.iter().zip(&given).all(|(y, x)| *y == compute_{k}(*x)));
        Ok(())
    }}
"""

BROKEN = """
#[kernel]
pub fn spins(x: &[u32], mut y: DisjointSlice<u32>) {
    let mut count = 0_u32;
    while x[0] == 0 {
        count = count.wrapping_add(1);
    }
    if let Some(out) = y.get_mut(thread::index_1d()) {
        *out = count;
    }
}

#[kernel]
pub fn reads_behind_the_end(x: &[u32], mut y: DisjointSlice<u32>) {
    let i = thread::index_1d();
    if let Some(out) = y.get_mut(i) {
        *out = unsafe { *x.as_ptr().add(i.get() + (1 << 40)) };
    }
}

#[cfg(test)]
mod broken {
    use super::*;

    #[gpu_test]
    fn fails(device: &Device) {
        assert_eq!(device.zeros::<u32>(1).unwrap().download().unwrap(), [1]);
    }

    #[gpu_test]
    fn panics_on_the_device(device: &Device) -> rustg::Result<()> {
        let (x, mut y) = (device.zeros::<u32>(1)?, device.zeros::<u32>(256)?);
        kernel_0::launch(device, Launch::cover(256), &x, &mut y)
    }

    #[gpu_test]
    fn faults(device: &Device) -> rustg::Result<()> {
        let (x, mut y) = (device.zeros::<u32>(1)?, device.zeros::<u32>(256)?);
        reads_behind_the_end::launch(device, Launch::cover(256), &x, &mut y)
    }

    #[gpu_test]
    fn hangs(device: &Device) -> rustg::Result<()> {
        let (x, mut y) = (device.zeros::<u32>(1)?, device.zeros::<u32>(256)?);
        spins::launch(device, Launch::cover(256), &x, &mut y)
    }

    #[gpu_test]
    fn ends_the_process(_device: &Device) {
        std::process::abort();
    }
}
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out")
    parser.add_argument("--kernels", type=int, default=100)
    parser.add_argument("--tests", type=int, default=5000)
    parser.add_argument("--broken", action="store_true")
    arguments = parser.parse_args()
    text = [HEAD]
    for k in range(arguments.kernels):
        body = BODIES[k % len(BODIES)].format(K=k, S=k % 16 + 1)
        text.append(KERNEL.format(k=k, body=body))
    if arguments.broken:
        text.append(BROKEN)
    text.append("\n#[cfg(test)]\nmod tests {\n    use super::*;\n")
    text.extend(TEST.format(t=t, k=t % arguments.kernels) for t in range(arguments.tests))
    text.append("}\n")
    with open(arguments.out, "w", encoding="utf-8") as file:
        file.write("".join(text))


main()
