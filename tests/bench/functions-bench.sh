# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Sourced by bench.sh: what the parts share.

# Tests make malloc look for misuse; here it would be measured.
unset MALLOC_PERTURB_ MALLOC_CHECK_ GLIBC_TUNABLES

PATH=$abs_builddir:$PATH

describe_machine ()
{
    sed -n 's/^model name[^:]*: /CPU: /p' /proc/cpuinfo | sort | uniq -c
    echo "cores: $(nproc); kernel: $(uname -r); $(nbdkit --version)"
    echo "files: in $tmp ($(stat -f -c %T "$tmp"))," \
         "read once before anything is measured"
    echo "load average now: $(cut -d ' ' -f 1-3 /proc/loadavg)"
    echo
    printf '%-51s %-10s %-10s %s\n' work measured 'to reach' ''
}

# row WORK MEASURED LIMIT: one line.  LIMIT is "<= N", "< N" or ">= N"; if it
# is empty, nothing is aimed at.
row ()
{
    awk -v work="$1" -v is="$2" -v limit="$3" 'BEGIN {
        split (limit, l, " ")
        ok = l[1] == ">=" ? is >= l[2] : l[1] == "<=" ? is <= l[2] : is < l[2]
        verdict = limit == "" ? "" : ok ? "reached" : "not reached"
        printf "%-51s %-10s %-10s %s\n", work, is, limit, verdict
    }'
}

note ()
{
    printf '    %s\n' "$*"
}

# The images, made once: $tmp/bench/raw, rafs, zstd, and flat, the raw one's
# flattened copy; its files in their order are in `files'.
bench=$tmp/bench
make_images ()
{
    local blob

    if test -d "$bench"; then return; fi
    mkdir "$bench"
    bench-image "$BENCH_MIB" "$bench"
    mapfile -t files < "$bench/raw/files"
    files=("$bench/raw/bootstrap" "${files[@]/#/$bench/raw/blobs/}")
    mkdir -p "$bench/zstd"
    for blob in "$bench"/raw/blobs/*; do
        erofsflat pack -q -o "$bench/zstd/${blob##*/}" "$blob"
    done
    find "$bench" -type f -exec cat {} + > /dev/null
}

# serve NAME ARG...: start `nbdkit ARG...'; later `of NAME' are the words of
# it for nbd-load.
declare -A _served
serve ()
{
    local name=$1

    shift
    start_nbdkit "$@"
    _served[$name]="$name $nbdkit_pid $uri"
}

pid_of ()
{
    local words

    read -ra words <<< "${_served[$1]}"
    echo "${words[1]}"
}

# serve_qemu_nbd NAME PARAMETER...: the same for a qemu-nbd with a VMDK of the
# image, which is killed by its id at the end.
serve_qemu_nbd ()
{
    local name=$1 dir pid

    shift
    dir=$(mktemp -d "$tmp/qemu.XXXXXX")
    erofsflat table --format=vmdk "$@" > "$dir/vmdk"
    qemu-nbd --read-only --persistent --shared=16 --socket="$dir/sock" \
             --format=vmdk "$dir/vmdk" &
    pid=$!
    cleanup_fn kill $pid
    _wait_until test -S "$dir/sock" || fail "qemu-nbd did not start"
    _served[$name]="$name $pid nbd+unix:///?socket=$dir/sock"
}

# stop NAME...
stop ()
{
    local name

    for name in "$@"; do
        stop_nbdkit "$(pid_of "$name")"
    done
}

# load OPTION... -- NAME...: what nbd-load prints, in $tmp/load.
load ()
{
    local options=()

    while test "$1" != --; do
        options+=("$1")
        shift
    done
    shift
    # shellcheck disable=SC2046
    nbd-load "${options[@]}" $(for s in "$@"; do echo "${_served[$s]}"; done) \
             > "$tmp/load"
}

# Field of a server's line: 2 wall, 3 CPU (us), 4 and 5 their ratios.
loaded ()
{
    awk -v name="$1" -v field="$2" '$1 == name { print $field }' "$tmp/load"
}

# calc EXPRESSION [FORMAT]
calc ()
{
    awk "BEGIN { printf \"${2-%.3f}\", $1 }"
}

# The median of the numbers in stdin.
median ()
{
    sort -n | awk '{ v[NR] = $1 }
        END {
            sum = v[int ((NR + 1) / 2)] + v[int (NR / 2) + 1]
            printf "%.3f\n", sum / 2
        }'
}

# The CPU time of a command, in microseconds, user and system.
cpu_of ()
{
    local TIMEFORMAT='%3U %3S'

    { time "$@" > /dev/null 2>&1; } 2>&1 | awk '{ print ($1 + $2) * 1e6 }'
}
