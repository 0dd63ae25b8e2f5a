#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `export' does not write over a part of the image or over what is no regular
# file, and on any failure leaves the folder as it was.

source functions.sh

mkdir "$tmp/blobs" "$tmp/out"
cp "$data/erofs-fsmerge/bootstrap" "$tmp/bootstrap"
cp "$data/erofs-fsmerge/blobs"/* "$tmp/blobs"
(cd "$tmp" && sha256sum bootstrap blobs/*) > "$tmp/sums"

# refused STATUS TEXT ARG...
refused ()
{
    local want=$1 text=$2 status=0

    shift 2
    erofsflat export "$@" "$tmp/bootstrap" blobdir="$tmp/blobs" \
              2> "$tmp/err" || status=$?
    test $status -eq $want || fail "$*: exit status $status, not $want"
    grep -q "^erofsflat: .*$text" "$tmp/err" ||
        fail "$*: not '$text' but: $(cat "$tmp/err")"
    (cd "$tmp" && sha256sum --quiet -c sums) || fail "$*: the image is damaged"
}

refused 2 "use -o"
cd "$tmp/out"
refused 1 "cannot write to standard output: give a file's name" -o -
cd "$tmp"
refused 1 "part of the image" -o "$tmp/bootstrap"
refused 1 "part of the image" -o "$tmp/blobs/layer3.erofs"
ln -s ../blobs/layer3.erofs "$tmp/out/symlink"
refused 1 "part of the image" -o "$tmp/out/symlink"
ln "$tmp/blobs/layer2.erofs" "$tmp/out/hardlink"
refused 1 "part of the image" -o "$tmp/out/hardlink"
mkfifo "$tmp/out/fifo"
refused 1 "no regular file" -o "$tmp/out/fifo"
refused 1 "no regular file" -o "$tmp/out"
refused 1 "no regular file" -o /dev/null
test -c /dev/null
echo text > "$tmp/out/text"
ln -s text "$tmp/out/link"
refused 1 "no regular file" -o "$tmp/out/link"
refused 1 "No such file" -o "$tmp/missing/flat"

# A file system that is full, or a limit: the old file stays.
ls -A "$tmp/out" > "$tmp/before"
echo old > "$tmp/out/flat"
(
    ulimit -f 100
    refused 1 "File too large" -o "$tmp/out/flat"
)
test "$(cat "$tmp/out/flat")" = old
rm "$tmp/out/flat"

# An image that is refused.
rm "$tmp/blobs/layer1.erofs"
status=0
erofsflat export -o "$tmp/out/flat" "$tmp/bootstrap" \
          blobdir="$tmp/blobs" 2>/dev/null || status=$?
test $status -eq 1
ls -A "$tmp/out" | diff "$tmp/before" - || fail "something is left behind"
