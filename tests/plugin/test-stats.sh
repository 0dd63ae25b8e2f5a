#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# stats=FILE: the counts are there when the server starts and right when it has
# ended; they tell misses, hits, evictions, and reads of what is damaged; and
# nobody ever sees a part of the file.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/damage.sh"
requires_libnbd

mkdir "$tmp/stats"
file=$tmp/stats/test.prom

# value METRIC: what the file has of it now.
value ()
{
    sed -n "s/^erofsflat_$1{.*} \([0-9]*\)\$/\1/p" "$file"
}

# expect METRIC TEST NUMBER
expect ()
{
    test "$(value $1)" "$2" "$3" ||
        fail "$1 is $(value $1), not $2 $3: $(grep -v '^#' "$file")"
}

# serve [WORD...]: at the start nothing has been read.
serve ()
{
    rm -f "$file"
    serve_folder "$image" "stats=$file" "$@"
    test -f "$file" || fail "no file right after the start"
    for metric in cache_hits_total cache_misses_total cache_evictions_total \
                  decoded_bytes_total verify_failures_total \
                  read_errors_total cache_bytes; do
        expect $metric -eq 0
    done
    labels="{image=\"$image/bootstrap\",server=\"test\"}"
    grep -qxF "erofsflat_blobs$labels 5" "$file" || fail "$(cat "$file")"
}

# read_all TIMES: then end the server, which writes the file once more.
read_all ()
{
    for (( i = 0; i < $1; i++ )); do
        nbd-cat "$uri" | cmp - "$tmp/flat" || fail "other bytes"
    done
    stop_nbdkit
    test "$(stat -c %a "$file")" = 644 || fail "mode: $(stat "$file")"
    test "$(ls -A "$tmp/stats")" = test.prom || fail "$(ls -A "$tmp/stats")"
    expect read_errors_total -eq $errors
    expect verify_failures_total -eq $errors
}

copy_folder erofs-fsmerge-zstd
read -r blob stored_end device_start < <(list_blobs)
errors=0

# The same byte twice: one chunk is loaded, and found the second time.
serve
nbd-ask "$uri" read $device_start 1 > "$tmp/bytes"
nbd-ask "$uri" read $device_start 1 > "$tmp/bytes"
stop_nbdkit
expect cache_misses_total -eq 1
expect cache_hits_total -eq 1
expect decoded_bytes_total -gt 0
# The chunk, and what its entry takes.
expect cache_bytes -gt $(value decoded_bytes_total)
expect cache_bytes -le $(( $(value decoded_bytes_total) + 1000 ))
expect cache_limit_bytes -eq $(( 64 << 20 ))
expect device_size_bytes -eq $(stat -c %s "$tmp/flat")

# All fits: the second time nothing is decoded.
serve
read_all 1
misses=$(value cache_misses_total)
decoded=$(value decoded_bytes_total)
serve
read_all 2
expect cache_misses_total -eq $misses
expect decoded_bytes_total -eq $decoded
expect cache_evictions_total -eq 0

# A part of it fits: chunks have to make room for others.
serve cache=600k
read_all 2
expect cache_evictions_total -gt 0
expect decoded_bytes_total -gt $decoded
expect cache_bytes -le $(( 600 << 10 ))
expect cache_limit_bytes -eq $(( 600 << 10 ))

serve cache=0
read_all 2
expect cache_bytes -eq 0
expect cache_evictions_total -eq 0
expect decoded_bytes_total -gt $decoded

# Each read of a damaged chunk counts, and no other.  The file is written
# every few seconds: wait for that, too.
serve
flip "$blob" 100
for errors in 1 2 3; do
    status=0
    nbd-ask "$uri" read $device_start 1 > "$tmp/bytes" 2> "$tmp/stderr" ||
        status=$?
    test $status -eq 3 || fail "status $status, EIO (3) expected"
done
_wait_until eval 'test "$(value read_errors_total)" -eq 3' ||
    fail "the file is not written while nbdkit runs"
expect verify_failures_total -eq 3
flip "$blob" 100
read_all 1

# A blob that is cut short is no damaged chunk, but a failed read.
serve
truncate -s 50 "$blob"
nbd-ask "$uri" read $device_start 1 > "$tmp/bytes" 2> "$tmp/stderr" &&
    fail "a truncated blob is read"
stop_nbdkit
expect read_errors_total -eq 1
expect verify_failures_total -eq 0
