# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# What starting costs: the time for 1,000 blobs in the page cache, over
# nbdkit's own start, and the memory of 65,535 devices.

echo
echo "start ($(ulimit -S -n) descriptors):"

# time_of COMMAND...: microseconds until it has ended.
time_of ()
{
    local start end

    start=$(date +%s%N)
    "$@" --run true
    end=$(date +%s%N)
    echo $(( (end - start) / 1000 ))
}

# start_row KIND: of the tags.
start_row ()
{
    local dir=$tmp/$1 i null ours

    make-image -s 1 -n 1000 -m 2 -t "$1" "$dir"
    cat "$dir"/blobs/* > /dev/null
    for (( i = 0; i < BENCH_ROUNDS; i++ )); do
        null=$(time_of nbdkit --unix - null)
        ours=$(time_of nbdkit --unix - erofsflat "$dir/bootstrap" \
                       blobdir="$dir/blobs")
        echo $(( ours - null ))
    done > "$tmp/starts"
    row "1,000 blobs by $1: ms over nbdkit null" \
        "$(calc "$(median < "$tmp/starts") / 1000" %.1f)" '< 10'
}

start_row name
start_row uuid

# memory_row WHAT FIELD: of the server's status.
aim=$(( 16 * 1024 + 200 * 65535 / 1024 ))
memory_row ()
{
    row "    KiB $1" "$(memory_of "$nbdkit_pid" "$2")" "< $aim"
}

# Tags of some characters, and those of RAFS, of 64.
for kind in name hex; do
    make-image -s 2 -k 9 -n 65535 -m 1 -t $kind "$tmp/many"
    limit=$(ulimit -S -n)
    ulimit -S -n 1024
    start_nbdkit erofsflat "$tmp/many/bootstrap" blobdir="$tmp/many/blobs"
    ulimit -S -n "$limit"
    echo "65,535 devices, tags: ${kind/hex/64 characters}:"
    memory_row "resident" VmRSS
    memory_row "at most until then" VmHWM
    nbdcopy --connections=1 "$uri" null:
    memory_row "resident when all was read" VmRSS
    stop_nbdkit
    rm -rf "$tmp/many"
done
