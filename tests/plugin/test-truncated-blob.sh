#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A blob that is cut short in place while it is served: what is left of it is
# served, and beyond its end a read fails with EIO and is never zeros, and the
# server says why; extents call that data; the other blobs are unharmed.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

# eio OFFSET LENGTH
eio ()
{
    local status=0

    timeout $patience nbd-ask "$uri" read $1 $2 \
            > "$tmp/bytes" 2> "$tmp/stderr" || status=$?
    test $status -eq 3 && grep -qx EIO "$tmp/stderr" ||
        fail "read of $2 bytes at $1: status $status, EIO expected"
}

# right OFFSET LENGTH
right ()
{
    timeout $patience nbd-ask "$uri" read $1 $2 > "$tmp/bytes"
    part_of "$tmp/image/flat" $1 $2 | cmp - "$tmp/bytes" ||
        fail "read of $2 bytes at $1: wrong bytes"
}

make-image -s 11 -n 6 -m 60 -g 10 -t name "$tmp/image"
serve_folder "$tmp/image"
while read -r start length file; do
    if test $length -gt 60000; then break; fi
done < "$tmp/image/devices"

size=$(stat -c %s "$tmp/image/blobs/$file")

# Once before, so that nothing depends on what was read first.
right $start $length
for left in 50000 8192 1; do
    truncate -s $left "$tmp/image/blobs/$file"
    right $start $left
    eio $(( start + left )) 1
    says="$file: the file ends before byte $left: it had $size bytes at start"
    grep -qF "$says and has $left now" "$nbdkit_log" ||
        fail "\"$says...\" is not in the log: $(cat "$nbdkit_log")"
    eio $(( start + left - 1 )) 2
    eio $(( start + length - 512 )) 512
    eio $start $length
    answer=$(nbd-ask "$uri" extents $start $length)
    test "$(grep -cv ' data$' <<< "$answer")" -eq 0 ||
        fail "extents of a blob that was cut: $answer"
    while read -r s l f; do
        test "$f" = "$file" || right $s $l
    done < "$tmp/image/devices"
done
: > "$tmp/image/blobs/$file"
eio $start 1
answer=$(nbd-ask "$uri" extents $start $length)
test "$answer" = "$start $length data" || fail "extents of nothing: $answer"
right 0 1024
