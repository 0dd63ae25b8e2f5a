#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Where there are more blobs than descriptors, a blob that has to be opened
# again and is another file by then gives EIO: it was replaced by one of the
# same name, size and even contents; or written to; or removed.  What nobody
# touched is served.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

# serve_limited DESCRIPTORS BLOBS
serve_limited ()
{
    local limit

    rm -rf "$tmp/image"
    make-image -s 13 -k 9 -n $2 -m 2 -g 2 -t name "$tmp/image"
    limit=$(ulimit -S -n)
    ulimit -S -n $1
    serve_folder "$tmp/image"
    ulimit -S -n $limit
}

replace_by_copy ()
{
    cp -p "$1" "$tmp/new"
    mv "$tmp/new" "$1"
}

write_to ()
{
    printf '\377' | dd of="$1" bs=1 conv=notrunc status=none
}

# Read all blobs that were changed, every STEPth: right while open, else EIO.
check_changed ()
{
    local name=$1 step=$2 start length file status n=0 errors=0 good=0

    while read -r start length file; do
        if (( n++ % step )); then continue; fi
        status=0
        nbd-ask "$uri" read $start $length > "$tmp/bytes" \
                2> "$tmp/stderr" || status=$?
        if test $status -eq 3; then
            errors=$(( errors + 1 ))
        else
            test $status -eq 0 || fail "$name $file: status $status"
            test "$name" = write_to ||
                part_of "$tmp/image/flat" $start $length |
                    cmp - "$tmp/bytes" || fail "$name $file: other bytes"
            good=$(( good + 1 ))
        fi
    done < "$tmp/image/devices"
    echo "$name: $errors blobs gave EIO, $good were open still"
    # Most cannot have been open.
    test $errors -gt $good || fail "$name: $errors EIO and $good good"
    nbd-ask "$uri" read 0 1024 > "$tmp/bytes"
    cmp -n 1024 "$tmp/bytes" "$tmp/image/bootstrap" ||
        fail "$name: the bootstrap"
}

for how in replace_by_copy write_to "rm -f"; do
    serve_limited 64 150
    check_device "$tmp/image" "before" nbd-cat "$uri"
    for blob in "$tmp/image/blobs"/*; do
        $how "$blob"
    done
    check_changed "$how" 1
    stop_nbdkit
done

# The usual limit, and one changed blob in five.
serve_limited 1024 2500
for blob in "$tmp/image/blobs"/*[05].bin; do
    replace_by_copy "$blob"
done
grep '[05]\.bin$' "$tmp/image/devices" > "$tmp/changed"
grep -v '[05]\.bin$' "$tmp/image/devices" > "$tmp/image/untouched"
mv "$tmp/changed" "$tmp/image/devices"
check_changed replace_by_copy 9
while read -r start length file; do
    if (( start % 7 )); then continue; fi
    nbd-ask "$uri" read $start $length > "$tmp/bytes" || fail "$file"
    part_of "$tmp/image/flat" $start $length | cmp - "$tmp/bytes" ||
        fail "$file: other bytes"
done < "$tmp/image/untouched"
