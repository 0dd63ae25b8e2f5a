#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What starting costs: the time for 1,000 blobs in the page cache, against
# nbdkit's own start, and the memory of 65,535 devices.  It prints, and never
# fails over a number: a busy machine is no fault.  Run by `make bench'.

source functions.sh

# Print the median of 21 runs, in microseconds.
time_of ()
{
    local i start end

    for (( i = 0; i < 21; i++ )); do
        start=$(date +%s%N)
        "$@" --run true
        end=$(date +%s%N)
        echo $(( (end - start) / 1000 ))
    done | sort -n | sed -n 11p
}

limits="$(ulimit -S -n) descriptors"
make-image -s 1 -n 1000 -m 2 -t name "$tmp/named"
cat "$tmp"/named/blobs/* > /dev/null
null=$(time_of nbdkit --unix - null)
ours=$(time_of nbdkit --unix - erofsflat "$tmp/named/bootstrap" \
               blobdir="$tmp/named/blobs")
echo "start: nbdkit null $null us; 1,000 blobs by name $ours us ($limits)"
echo "start: 1,000 blobs add $(( ours - null )) us (the aim: under 10000)"

make-image -s 2 -k 9 -n 65535 -m 1 -t name "$tmp/many"
ulimit -S -n 1024
start_nbdkit erofsflat "$tmp/many/bootstrap" blobdir="$tmp/many/blobs"
rss=$(memory_of $nbdkit_pid VmRSS)
hwm=$(memory_of $nbdkit_pid VmHWM)
echo "memory: 65,535 devices: $rss KiB resident, $hwm KiB at most" \
     "(the aim: under $(( 16 * 1024 + 200 * 65535 / 1024 )))"
