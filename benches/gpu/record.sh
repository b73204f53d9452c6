#!/usr/bin/env bash
# What recording costs on a GPU, beside Nsight Systems and PyTorch's profiler, in one run, interleaved; and that nothing is lost.
#   record.sh RUSTG OUT [LIBS]
# RUSTG: the built binary. OUT: a folder for the results. LIBS: a folder with libdw.so.1 and what it needs, where Nsight Systems' importer lacks it.
# PARTS: which parts to run (costs million duration kill streams), all by default. ROUNDS, LAUNCHES: of the costs.
# Needs nvcc; PyTorch and Nsight Systems where present (it also lies inside Nsight Compute). Prints one line a measurement; ratios at the end.
set -uo pipefail
rustg=$(realpath "$1") out=$(realpath -m "$2") libs=${3:-}
here=$(cd "$(dirname "$0")" && pwd)
parts=" ${PARTS:-costs million duration kill streams} "
wanted() { [[ $parts == *" $1 "* ]]; }
rounds=${ROUNDS:-3} launches=${LAUNCHES:-400000}
mkdir -p "$out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
nsys=$(command -v nsys || find /opt /usr/local -path '*/host/target-linux-x64/nsys' 2>/dev/null | head -1)
importer=$(find /opt /usr/local -name QdstrmImporter 2>/dev/null | head -1)
nvtx=$(dirname "$(find / -path '*nvtx3/nvToolsExt.h' -not -path '/proc/*' 2>/dev/null | head -1)")/..
nvcc -O2 -arch=native "$here/launch-loop.cu" -o "$work/loop" && nvcc -O2 -arch=native -I"$nvtx" "$here/streams.cu" -o "$work/streams" || exit 3
torch=$(python3 -c 'import torch; print(torch.__version__)' 2>/dev/null)
table="$out/costs.tsv"
: >"$table"

# note WORK RECORDER COMMAND...: runs it, keeps the first number of its line as the cost, and the best step where one is printed.
note() {
    local what=$1 recorder=$2 line cost best
    shift 2
    line=$("$@" 2>"$work/stderr" | grep -E 'us/launch|ms/step' | head -1)
    printf '%-6s %-14s %s\n' "$what" "$recorder" "$line"
    cost=$(grep -oE '[0-9]+\.[0-9]+' <<<"$line" | head -1)
    best=$(grep -oE 'min [0-9]+\.[0-9]+' <<<"$line" | cut -d' ' -f2)
    printf '%s\t%s\t%s\n' "$what" "$recorder" "$cost" >>"$table"
    [ -z "$best" ] || printf '%s\t%s\t%s\n' "$what best step" "$recorder" "$best" >>"$table"
}
with_nsys() { "$nsys" profile -s none --cpuctxsw=none --force-overwrite true -t "$1" -o "$2" "${@:3}"; }
with_rustg() { "$rustg" record -o "$1" --stack "$2" --no-telemetry -- "${@:3}"; }

for round in $(wanted costs && seq "$rounds"); do
    note loop plain "$work/loop" "$launches"
    [ -n "$nsys" ] && note loop nsys with_nsys cuda "$work/loop-$round" "$work/loop" "$launches"
    note loop rustg with_rustg "$work/loop-$round.rgt" none "$work/loop" "$launches"
    note loop rustg+stacks with_rustg "$work/loop-stacks-$round.rgt" all "$work/loop" "$launches"
    [ -n "$torch" ] || continue
    note train plain python3 "$here/train-step.py"
    [ -n "$nsys" ] && note train nsys with_nsys cuda,nvtx "$work/train-$round" python3 "$here/train-step.py"
    note train rustg with_rustg "$work/train-$round.rgt" none python3 "$here/train-step.py"
    note train rustg+stacks with_rustg "$work/train-stacks-$round.rgt" all python3 "$here/train-step.py"
    [ "$round" = 1 ] && note train kineto python3 "$here/train-step.py" --kineto "$work/train.json"
done

if wanted million; then
echo "== 1,000,000 launches: none lost, bytes a launch"
"$rustg" record -o "$work/million.rgt" --stack none -- "$work/loop" 998000
"$rustg" stats "$work/million.rgt" --tables kernels --json | head -c 600
echo
du -sb "$work/million.rgt" | awk '{printf "%.2f bytes on disk a launch with its API call\n", $1 / 1e6}'
[ -e "$work/loop-1.qdstrm" ] && stat -c '%s' "$work/loop-1.qdstrm" | awk -v n="$launches" '{printf "nsys: %.2f bytes a launch\n", $1 / (n + 2000)}'
fi

if wanted duration; then
echo "== after --duration ends: each window's cost, plain and recorded for 1 s"
"$work/loop" 2000000 8 | tr '\n' ' '
echo
"$rustg" record -o "$work/duration.rgt" --stack none --duration 1s -- "$work/loop" 2000000 8 | tr '\n' ' '
echo
fi

if wanted kill; then
echo "== kill -9 of the program, then of the collector: what is left is readable"
"$rustg" record -o "$work/killed.rgt" --stack none -- "$work/loop" 100000000 &
sleep 4
pkill -9 -x loop
wait "$!"
echo "record exited with $?"
"$rustg" stats "$work/killed.rgt" --tables kernels --top 1
"$rustg" record -o "$work/orphan.rgt" --stack none -- "$work/loop" 3000000 &
collector=$!
sleep 3
kill -9 "$collector"
wait "$collector"
sleep 8
"$rustg" stats "$work/orphan.rgt" --tables kernels --top 1
fi

if wanted streams; then
echo "== four streams, a graph, NVTX"
"$rustg" record -o "$out/streams.rgt" --stack all -- "$work/streams" 20
"$rustg" stats "$out/streams.rgt"
if [ -n "$nsys" ]; then
    with_nsys cuda,nvtx "$work/streams" "$work/streams" 20 >/dev/null 2>&1
    LD_LIBRARY_PATH=$libs "$importer" --input-file "$work/streams.qdstrm" --output-file "$work/streams.nsys-rep" >/dev/null 2>&1
    LD_LIBRARY_PATH=$libs "$nsys" export --type sqlite --force-overwrite true -o "$out/streams.sqlite" "$work/streams.nsys-rep" >/dev/null 2>&1
    for report in cuda_gpu_kern_sum cuda_api_sum cuda_gpu_mem_time_sum nvtx_gpu_proj_sum; do
        "$nsys" stats --report $report --format csv "$out/streams.sqlite" >"$out/nsys-$report.csv" 2>/dev/null
    done
fi
[ -e "$work/train-stacks-1.rgt" ] && cp -r "$work/train-stacks-1.rgt" "$out/train.rgt"
fi

echo "== medians, and what recording adds relative to what nsys adds"
awk -F'\t' '
    { values[$1 FS $2] = values[$1 FS $2] " " $3 }
    function median(list,   n, v, i, j, t) {
        n = split(list, v, " ")
        for (i = 1; i <= n; i++) for (j = i + 1; j <= n; j++) if (v[j] + 0 < v[i] + 0) { t = v[i]; v[i] = v[j]; v[j] = t }
        return n == 0 ? 0 : (n % 2 ? v[(n + 1) / 2] : (v[n / 2] + v[n / 2 + 1]) / 2)
    }
    END {
        for (key in values) {
            split(key, part, FS)
            plain = median(values[part[1] FS "plain"]); nsys = median(values[part[1] FS "nsys"]) - plain; cost = median(values[key])
            printf "%-16s %-14s %8.3f  x%.3f  added %.3f", part[1], part[2], cost, cost / plain, cost - plain
            if (nsys > 0) printf "  = %.2f of what nsys adds", (cost - plain) / nsys
            printf "   (runs:%s)\n", values[key]
        }
    }' "$table" | sort | tee "$out/summary.txt"
