#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on and far fewer descriptors than blobs, blobs are opened again,
# by symbolic links too, and read right.  One that was replaced cannot be
# opened any more: EIO.  What was open goes on being served.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"
requires_libnbd
requires_sandbox

make-image -s 4 -k 9 -n 400 -m 5 -g 3 -t name "$tmp/image"
blobs=$tmp/image/blobs
mkdir "$blobs/real"
links=0
for file in "$blobs"/*[05].bin; do
    mv "$file" "$blobs/real"
    ln -s "real/${file##*/}" "$file"
    links=$(( links + 1 ))
done
test $links -gt 50 || fail "only $links links"

limit=$(ulimit -S -n)
ulimit -S -n 64
serve_folder "$tmp/image" --threads 16 sandbox=on
ulimit -S -n $limit
timeout $patience nbd-random -b 512 -p 3 -c 4 -n 32 \
        "$uri" "$tmp/image/flat"
nbd-ask "$uri" map > "$tmp/map"
diff "$tmp/image/map" "$tmp/map" >&2 || fail "extents differ"

for file in "$blobs"/*.bin; do
    cp -pL "$file" "$tmp/new"
    mv "$tmp/new" "$file"
done
errors=0
while read -r start length file; do
    status=0
    nbd-ask "$uri" read $start $length > "$tmp/bytes" 2> "$tmp/stderr" ||
        status=$?
    if test $status -eq 3; then
        errors=$(( errors + 1 ))
    else
        test $status -eq 0 || fail "$file: status $status"
        part_of "$tmp/image/flat" $start $length | cmp - "$tmp/bytes" ||
            fail "$file: other bytes"
    fi
done < "$tmp/image/devices"
echo "$errors blobs gave EIO"
test $errors -gt 200 || fail "$errors blobs gave EIO"
grep -q "/blobs/.*: Permission denied" "$nbdkit_log" || fail "no message"
