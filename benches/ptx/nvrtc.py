"""Compiles a source by NVRTC: `nvrtc.py SOURCE OUTPUT INCLUDE OPTION…`. Needs the cuda-python package, no GPU."""

import pathlib
import sys

from cuda.bindings import nvrtc

source, output, include, *options = sys.argv[1:]
text = pathlib.Path(source).read_text()
made, program = nvrtc.nvrtcCreateProgram(text.encode(), pathlib.Path(source).name.encode(), 0, [], [])
options += [f"-I{include}", f"-I{include}/cccl", "-std=c++20", "-default-device", "-w"]
(result,) = nvrtc.nvrtcCompileProgram(program, len(options), [option.encode() for option in options])
if result != nvrtc.nvrtcResult.NVRTC_SUCCESS:
    _, size = nvrtc.nvrtcGetProgramLogSize(program)
    log = b" " * size
    nvrtc.nvrtcGetProgramLog(program, log)
    sys.exit(log.decode(errors="replace")[:400])
_, size = nvrtc.nvrtcGetPTXSize(program)
ptx = b" " * size
nvrtc.nvrtcGetPTX(program, ptx)
pathlib.Path(output).write_bytes(ptx.rstrip(b"\0"))
