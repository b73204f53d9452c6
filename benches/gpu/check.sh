#!/usr/bin/env bash
# What only a GPU shows of rustg's recorder, checked: one line each, `ok WHAT`, `FAILED WHAT: why` or `SKIPPED WHAT: why`.
#   check.sh RUSTG OUT
# RUSTG: the built binary. OUT: a folder for summary.txt (the lines), costs.txt and log.txt. Needs Python with PyTorch; nvcc and Nsight Systems are
# used where present. Ends within eight minutes (LIMIT_S), whatever hangs: every step has a limit of its own, and no step waits for all children.
# Exits with 0 if nothing failed, 1 if something did, 3 if there is no GPU.
set -uo pipefail
rustg=$(realpath "$1") out=$(realpath -m "$2")
here=$(cd "$(dirname "$0")" && pwd)
limit_s=${LIMIT_S:-480} python=${PYTHON:-python3}
mkdir -p "$out"
work=$(mktemp -d)
summary="$out/summary.txt" log="$out/log.txt"
: >"$summary"
: >"$log"
trap 'rm -rf "$work"' EXIT

say() { printf '%s\n' "$*" | tee -a "$summary"; }
ok() { say "ok $*"; }
failed() { say "FAILED $*"; }
skipped() { say "SKIPPED $*"; }
left_s() { echo $((limit_s - SECONDS)); }
# room WHAT SECONDS: whether there is time for it; says so where not.
room() { [ "$(left_s)" -ge "$2" ] || { skipped "$1: no time left"; return 1; }; }
# check WHAT CONDITION...: a test of the shell, with what was found in the words.
check() { local what=$1; shift; if [ "$@" ]; then ok "$what ($*)"; else failed "$what: not [ $* ]"; fi; }
# record NAME SECONDS OPTIONS... -- PROGRAM...: stdout to NAME.out, stderr to NAME.err, the code to $code.
record() {
    local name=$1 seconds=$2
    shift 2
    timeout -k 5 "$seconds" "$rustg" record -o "$work/$name.rgt" "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null
    code=$?
    { echo "== record $name $*: $code"; tail -n 20 "$work/$name.out" "$work/$name.err"; } >>"$log" 2>&1
}
# figure NAME EXPRESSION: of what `stats --json` says of the recording, as `t`; helpers: count(TABLE, PART of name).
figure() {
    timeout 60 "$rustg" stats "$work/$1.rgt" --top 0 --json >"$work/stats.json" 2>>"$log" </dev/null || { echo -1; return; }
    timeout 20 "$python" - "$2" "$work/stats.json" 2>>"$log" <<'PYTHON' || echo -1
import json, sys
t = json.load(open(sys.argv[2]))
def count(table, part): return sum(row["count"] for row in t.get(table, []) if part in row["name"])
def total(table, part): return sum(row["total_ns"] for row in t.get(table, []) if part in row["name"])
print(eval(sys.argv[1]))
PYTHON
}
# until SECONDS COMMAND...: waits until the command succeeds.
until_holds() {
    local end=$((SECONDS + $1))
    shift
    while ! "$@" >/dev/null 2>&1; do
        [ $SECONDS -lt $end ] || return 1
        sleep 0.2
    done
}
gone() { ! kill -0 "$1" 2>/dev/null; }

if ! timeout 120 "$python" -c 'import torch; torch.zeros(1).cuda()' >>"$log" 2>&1; then
    skipped "everything: no Python with PyTorch that reaches a GPU"
    exit 3
fi
"$python" -c 'import torch; print("PyTorch", torch.__version__, "CUDA", torch.version.cuda, torch.cuda.get_device_name())' | tee -a "$log"
program() { echo "$python" "$here/check.py" "$@"; }

# shellcheck disable=SC2046 # the program's words are wanted apart
if room "everything recorded" 60; then
    record whole 60 --stack all -- $(program launches 5000)
    check "the program's code is passed on" "$code" = 0
    check "every launch has its kernel" "$(figure whole 'count("kernels", "elementwise")')" -ge 5000
    check "nothing is lost" "$(figure whole 't["summary"][0]["lost"]')" = 0
    check "every launch has its call" "$(figure whole 'count("api", "cudaLaunchKernel")')" -ge 5000
    folded=$(timeout 30 "$rustg" flame "$work/whole.rgt" --format folded 2>>"$log" | grep -c 'launch (check.py)')
    check "Python frames are in the flame graph" "$folded" -ge 1
    check "telemetry is beside it" "$(figure whole 'len(t.get("telemetry", []))')" -ge 1
fi

if room "--range" 60; then
    record range 60 --stack none --range nvtx:step -- $(program ranges)
    check "--range nvtx:step keeps the launches within" "$(figure range 'count("kernels", "elementwise")')" = 300
    check "--range keeps their calls" "$(figure range 'count("api", "cudaLaunchKernel")')" = 300
fi

if room "--delay and --duration" 60; then
    record window 60 --stack none --delay 3s --duration 2s -- $(program spread 10)
    sum=$(tail -1 "$work/window.out" | grep -oE '[0-9]+$')
    kernels=$(figure window 'count("kernels", "elementwise")')
    check "the program's code is passed on, also after the recording ended before it" "$code" = 0
    check "--delay 3s --duration 2s records a part" "$kernels" -gt 0
    check "--delay 3s --duration 2s records no more than half of ${sum:-nothing}" "$kernels" -lt $((${sum:-0} / 2))
    check "--delay keeps the calls of what it records" "$(figure window 'abs(count("api", "cudaLaunchKernel") - count("kernels", "elementwise")) <= 200')" = True
    # Launches a second before and after: the program's own lines.
    awk '/^launched/ { rate[NR] = $2 - last; last = $2 } END { printf "launches a second:"; for (i = 1; i <= NR; i++) printf " %d", rate[i]; print "" }' "$work/window.out" | tee -a "$log"
fi

# What stops a recording must not harm the program that goes on: sixteen at once, as a race shows only now and then.
if command -v nvcc >/dev/null && room "recordings that end before the program" 60; then
    nvcc -O2 -arch=native "$here/launch-loop.cu" -o "$work/loop" 2>>"$log"
    pids=()
    for number in $(seq 16); do
        stacks=none
        [ $((number % 2)) = 0 ] && stacks=all
        record "stop-$number" 50 --stack $stacks --duration 3s -- "$work/loop" 600000 && echo "$code" >"$work/stop-$number.code" &
        pids+=($!)
    done
    for pid in "${pids[@]}"; do wait "$pid"; done
    check "no program is harmed where its recording ends before it" "$(cat "$work"/stop-*.code | sort | uniq -c | xargs)" = "16 0"
fi

if room "--max-size" 60; then
    record size 60 --stack none --max-size 1M -- $(program spread 8)
    check "--max-size stops the recording and not the program" "$code" = 0
    check "--max-size is said" "$(grep -c 'size limit was reached' "$work/size.err")" = 1
    size=$(du -sb "$work/size.rgt" | cut -f1)
    check "--max-size 1M is about kept" "$size" -lt 4000000
fi

if room "driver launches" 90; then
    if "$python" -c 'import triton' 2>>"$log"; then
        record driver 90 --stack all -- $(program triton 1500 1000)
        check "Triton's kernels are there" "$(figure driver 'count("kernels", "driver_launched")')" = 1000
        calls=$(figure driver 'count("api", "cuLaunchKernel")')
        # It takes two looks until the driver's launches are recorded again.
        check "their calls are recorded again after they were switched off" "$calls" -ge 500
    else
        skipped "driver launches: no Triton"
    fi
fi

if room "processes" 90; then
    record family 90 --stack none -- $(program children 2000)
    check "parent and children are recorded" "$(figure family 'count("kernels", "elementwise")')" -ge 6000
    check "three processes are counted" "$(grep -c ', 3 processes' "$work/family.err")" = 1
fi

if room "kill -9 of the program" 60; then
    "$rustg" record -o "$work/killed.rgt" --stack none -- $(program spread 40) >"$work/killed.out" 2>"$work/killed.err" </dev/null &
    recorder=$!
    until_holds 30 grep -q 'launched' "$work/killed.out"
    sleep 2
    told=$(tail -1 "$work/killed.out" | grep -oE '[0-9]+$')
    victim=$(find "$work/killed.rgt/wire" -name '*.ring' -printf '%f\n' | cut -d- -f1 | head -1)
    [ -n "$victim" ] && kill -9 "$victim"
    until_holds 20 gone "$recorder" || kill -9 "$recorder"
    wait "$recorder"
    check "the recorder of a killed program exits with its code" $? = 137
    # A batch of launches is one line a second: what was told is older than 250 ms, or the line was just printed.
    check "a killed program's recording has what it told of" "$(figure killed 'count("kernels", "elementwise")')" -ge $((${told:-1000000000} * 9 / 10))
fi

if room "kill -9 of the recorder" 60; then
    "$rustg" record -o "$work/orphan.rgt" --stack none -- $(program spread 12) >"$work/orphan.out" 2>"$work/orphan.err" </dev/null &
    recorder=$!
    until_holds 30 grep -q 'launched' "$work/orphan.out"
    sleep 2
    victim=$(find "$work/orphan.rgt/wire" -name '*.ring' -printf '%f\n' | cut -d- -f1 | head -1)
    told=$(tail -1 "$work/orphan.out" | grep -oE '[0-9]+$')
    kill -9 "$recorder"
    wait "$recorder" 2>/dev/null
    [ -n "$victim" ] && until_holds 30 gone "$victim"
    kernels=$(figure orphan 'count("kernels", "elementwise")')
    check "a killed recorder's recording has what was told before" "$kernels" -ge "${told:-1000000000}"
    check "its rings are put away" ! -e "$work/orphan.rgt/wire"
    check "it says what happened" "$(figure orphan '"The recorder was killed" in json.dumps(t)')" = True
    sum=$(tail -1 "$work/orphan.out" | grep -oE '[0-9]+$')
    echo "killed recorder: $told told at the kill, $kernels recorded, $sum launched in all" | tee -a "$log"
fi

if room "rustg top" 20; then
    timeout 20 "$rustg" top --json >"$work/top.json" 2>>"$log" </dev/null
    echo "rustg top --json: code $?, $(stat -c %s "$work/top.json") bytes" >>"$log"
    top=$("$python" -c 'import json, sys; print(json.load(open(sys.argv[1]))["gpus"][0]["memory_used_bytes"] >= 0)' "$work/top.json" 2>>"$log")
    check "rustg top --json answers" "$top" = True
fi

# Costs: what is left of the time. What each kind of record costs a launch, interleaved; then record.sh's figures, where there is nvcc.
# launches_us NAME COMMAND...: microseconds a launch of check.py's own loop.
launches_us() { printf '%-34s %s\n' "$1" "$(timeout 60 "${@:2}" 2>>"$log" </dev/null | grep -oE '[0-9.]+ us/launch')"; }
if room "costs" 60; then
    for round in 1 2 3; do
        [ "$(left_s)" -ge 45 ] || break
        launches_us "plain" $(program rate 300000)
        launches_us "rustg, trace only" "$rustg" record -o "$work/rate-$round.rgt" --no-telemetry --stack none -- $(program rate 300000)
        launches_us "rustg, without overhead and nvtx" "$rustg" record -o "$work/bare-$round.rgt" --no-telemetry --stack none --without overhead,nvtx -- $(program rate 300000)
        launches_us "rustg, stacks" "$rustg" record -o "$work/stacks-$round.rgt" --no-telemetry --stack all -- $(program rate 300000)
    done | tee "$out/costs.txt"
    check "costs were measured" "$(grep -c 'us/launch' "$out/costs.txt")" -ge 4
fi
if command -v nvcc >/dev/null && room "costs beside nsys" 120; then
    PARTS=costs ROUNDS=${ROUNDS:-2} LAUNCHES=200000 timeout -k 5 "$(left_s)" "$here/record.sh" "$rustg" "$work/costs" 2>>"$log" </dev/null | tee -a "$out/costs.txt"
fi

say "-- $(grep -c '^ok' "$summary") ok, $(grep -c '^FAILED' "$summary") failed, $(grep -c '^SKIPPED' "$summary") skipped, in $SECONDS s"
! grep -q '^FAILED' "$summary"
