#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `pack' does not write over its input or over what is no regular file, takes no
# wrong settings, and on any failure leaves the folder as it was.

source functions.sh

mkdir "$tmp/out"
cp "$data/erofs-fsmerge/blobs/layer0.erofs" "$tmp/blob"
chmod u+w "$tmp/blob"
sha256sum "$tmp/blob" > "$tmp/sum"

# refused STATUS TEXT ARG...
refused ()
{
    local want=$1 text=$2 status=0

    shift 2
    ls -A "$tmp/out" > "$tmp/before"
    erofsflat pack "$@" > "$tmp/log" 2> "$tmp/err" || status=$?
    test $status -eq $want || fail "$*: exit status $status, not $want"
    test ! -s "$tmp/log" || fail "$*: prints on standard output"
    grep -q "^erofsflat: .*$text" "$tmp/err" ||
        fail "$*: not '$text' but: $(cat "$tmp/err")"
    sha256sum --quiet -c "$tmp/sum" || fail "$*: the input is damaged"
    ls -A "$tmp/out" | diff "$tmp/before" - || fail "$*: something is left"
}

refused 1 "is the file to pack itself" "$tmp/blob" -o "$tmp/blob"
ln -s ../blob "$tmp/out/symlink"
refused 1 "is the file to pack itself" "$tmp/blob" -o "$tmp/out/symlink"
ln "$tmp/blob" "$tmp/out/hardlink"
refused 1 "is the file to pack itself" "$tmp/blob" -o "$tmp/out/hardlink"
cd "$tmp/out"
refused 1 "cannot write to standard output: give a file's name" "$tmp/blob" -o -
cd "$tmp"
refused 1 "no regular file" "$tmp/blob" -o /dev/null
test -c /dev/null
refused 1 "no regular file" "$tmp/blob" -o "$tmp/out"
refused 1 "No such file" "$tmp/blob" -o "$tmp/missing/packed"
refused 1 "No such file" "$tmp/missing" -o "$tmp/out/packed"
: > "$tmp/empty"
refused 1 "is empty" "$tmp/empty" -o "$tmp/out/packed"
refused 1 "$tmp" "$tmp" -o "$tmp/out/packed"

for size in 0 5000 65M 4097 K 4KK -4096 "" 99999999999999999999 4096M; do
    refused 2 "frame-size=$size: " "$tmp/blob" -o "$tmp/out/packed" \
            --frame-size="$size"
done
for n in 0 -1 x 2x 1K 1025 ""; do
    refused 2 "threads=$n: " "$tmp/blob" -o "$tmp/out/packed" --threads="$n"
done
for n in 23 x 99999999999999999999 ""; do
    refused 2 "level=$n: " "$tmp/blob" -o "$tmp/out/packed" --level="$n"
done

# A limit, by any number of threads: the old file stays.
echo old > "$tmp/out/packed"
(
    ulimit -f 20
    for n in 1 4; do
        refused 1 "File too large" "$tmp/blob" -o "$tmp/out/packed" \
                --threads=$n --frame-size=16K
    done
)
test "$(cat "$tmp/out/packed")" = old

# More frames than the format has.
truncate -s 2T "$tmp/sparse"
refused 1 "frames: use larger ones" "$tmp/sparse" -o "$tmp/out/packed" \
        --frame-size=4K

# Stopped by a signal while all threads are busy.
truncate -s 100G "$tmp/sparse"
erofsflat pack -q "$tmp/sparse" -o "$tmp/out/packed" 2> "$tmp/err" &
pid=$!
_wait_until compgen -G "$tmp/out/.erofsflat-*" >/dev/null ||
    fail "it does not begin"
kill -TERM $pid
status=0
wait $pid || status=$?
test $status -eq 143 || fail "exit status $status, not 143"
test "$(cat "$tmp/out/packed")" = old
! compgen -G "$tmp/out/.erofsflat-*" || fail "a temporary file is left"
