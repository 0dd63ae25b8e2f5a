#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A bit that flips in what is stored of a chunk, in place while it is served:
# exactly the reads that touch the chunk fail, with EIO and a message that
# names the blob and the chunk; all others are right; and once the bit is back
# the chunk reads again, without a new start.  With and without a cache.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/damage.sh"
requires_libnbd

# How many bits of each blob, spread over its chunks.
samples=6
if test -n "$valgrind$sanitizers"; then samples=2; fi

# read_status OFFSET LENGTH: 0 if that is right, 3 if it is EIO.
read_status ()
{
    status=0
    timeout $patience nbd-ask "$uri" read $1 $2 \
            > "$tmp/bytes" 2> "$tmp/stderr" || status=$?
    case $status in
        0) part_of "$tmp/flat" $1 $2 | cmp - "$tmp/bytes" ||
               fail "$image: wrong bytes at $1" ;;
        3) ;;
        *) fail "$image: read of $2 bytes at $1: status $status" ;;
    esac
}

eio () { read_status $1 $2; test $status -eq 3 || fail "$1 $2: no EIO"; }
right () { read_status $1 $2; test $status -eq 0 || fail "$1 $2: EIO"; }

# The bytes of the device that the last message is about: $start, $end.
last_message ()
{
    local file=$1 device_start=$2 text
    local pattern=': chunk [0-9]+ \(bytes ([0-9]+) to ([0-9]+)\)'

    text=$(grep 'error: ' "$nbdkit_log" | tail -n 1)
    [[ $text == *"$file: chunk "* ]] || fail "the blob is not named: $text"
    [[ $text =~ $pattern ]] || fail "the chunk is not named: $text"
    start=$(( device_start + BASH_REMATCH[1] ))
    end=$(( device_start + BASH_REMATCH[2] + 1 ))
}

# Walk over the device; sets $failed, how many chunks can not be read.
walk ()
{
    local file=$1 device_start=$2 pos=0 start end

    failed=0
    while true; do
        read_status $pos $(( size - pos ))
        if test $status -eq 0; then return; fi
        last_message "$file" $device_start
        test $start -ge $pos || fail "$file: chunk at $start, read from $pos"
        if test $start -gt $pos; then right $pos $(( start - pos )); fi
        eio $start 1
        eio $(( end - 1 )) 1
        failed=$(( failed + 1 ))
        pos=$end
        if test $pos -ge $size; then return; fi
    done
}

damage_blob ()
{
    local file=$1 stored_end=$2 device_start=$3 i at found=0

    for (( i = 0; i < samples; i++ )); do
        at=$(( stored_end * (2 * i + 1) / (2 * samples) ))
        flip "$file" $at
        walk "$file" $device_start
        if test $failed -gt 0; then found=$(( found + 1 )); fi
        flip "$file" $at
        right 0 $size
    done
    echo "${image##*/}: ${file##*/}: $found of $samples bits were noticed"
    # A .tar.gz has bytes that belong to no chunk: headers and padding.
    test $found -eq $samples ||
        { [[ $image == */rafs-targz-ref ]] && test $found -gt 0; } ||
        fail "$file: a bit that flipped was not noticed"
}

# With a cache, what is not in it is read damaged first, then repaired.
damage_with_cache ()
{
    local file=$1 at=$(( $2 / 2 )) device_start=$3

    flip "$file" $at
    serve_folder "$image"
    walk "$file" $device_start
    flip "$file" $at
    right 0 $size
    stop_nbdkit
}

for name in erofs-fsmerge-zstd rafs-batch rafs-enc rafs-lz4 rafs-merged \
            rafs-none rafs-targz-ref rafs-toc rafs-zstd rafs-zstd-4k; do
    copy_folder $name
    size=$(stat -c %s "$tmp/flat")
    list_blobs > "$tmp/list"
    test -s "$tmp/list" || fail "$name: no blob to damage"
    serve_folder "$image" cache=0
    while read -r file stored_end device_start; do
        damage_blob "$file" $stored_end $device_start
    done < "$tmp/list"
    stop_nbdkit
    while read -r file stored_end device_start; do
        damage_with_cache "$file" $stored_end $device_start
    done < "$tmp/list"
done
