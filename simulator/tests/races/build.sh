#!/bin/sh
# Compiles every .cu of this folder twice, racy and fixed. NVCC names the compiler: CUDA 13, as the first lines of the PTX say.
set -e
cd "$(dirname "$0")"
for source in *.cu; do
    name=${source%.cu}
    for variant in racy fixed; do
        define=; [ $variant = racy ] && define=-DRACY
        "${NVCC:-nvcc}" -ptx -arch=sm_90 -lineinfo -O3 $define "$source" -o "$name.$variant.ptx"
        # Names of files without the folders of the machine they were compiled on, and without times.
        sed -i -E '/\.file/s|^(.*\.file[^"]*")[^"]*/([^/"]*").*|\1\2|' "$name.$variant.ptx"
    done
done
