#!/usr/bin/env bash
# Compiles the CUDA source beside this script to PTX. `NVCC` names the compiler.
set -euo pipefail
cd "$(dirname "$0")"
"${NVCC:-nvcc}" -arch=sm_90 -ptx -o sgemm.ptx sgemm.cu
