#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `info' describes an image that can not be served, says why of the image and
# of each slot, and exits with 0; with 1 if the bootstrap is no image.

source functions.sh
requires jq --version

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

mkdir "$tmp/blobs"
cp "$data/erofs-fsmerge/bootstrap" "$tmp/bootstrap"
cp "$data/erofs-fsmerge/blobs"/layer[0124].erofs "$tmp/blobs"

erofsflat info "$tmp/bootstrap" blobdir="$tmp/blobs" > "$tmp/text"
grep -q '^problem .*device slot 4' "$tmp/text"
test "$(grep -c '^  problem ' "$tmp/text")" -eq 1
test "$(grep -c '^  file ' "$tmp/text")" -eq 4

erofsflat info --json "$tmp/bootstrap" blobdir="$tmp/blobs" > "$tmp/json"
jq -e '.flat_size == null and (.problem | test ("device slot 4")) and
       [.devices[] | select (.problem != null).slot] == [4] and
       .devices[3].file == null and .devices[3].found_by == "none" and
       .devices[4].found_by == "uuid"' "$tmp/json" || fail "$(cat "$tmp/json")"

# A blob that is there, but too short.
head -c 4096 "$data/erofs-fsmerge/blobs/layer3.erofs" \
     > "$tmp/blobs/layer3.erofs"
erofsflat info --json "$tmp/bootstrap" blobdir="$tmp/blobs" > "$tmp/json"
jq -e '(.devices[3].problem | test ("4096")) and .devices[3].file != null' \
   "$tmp/json" || fail "$(cat "$tmp/json")"

status=0
erofsflat info "$tmp/blobs/../no-such-file" > "$tmp/text" 2> "$tmp/err" ||
    status=$?
test $status -eq 1 || fail "exit status $status, not 1"
test ! -s "$tmp/text"
without_valgrind "$tmp/err"
test "$(wc -l < "$tmp/err")" -eq 1
status=0
erofsflat info --json "$data/erofs-plain/files.md5" > "$tmp/text" \
    2> "$tmp/err" || status=$?
test $status -eq 1 || fail "exit status $status, not 1"
grep -q "^erofsflat: .*not an EROFS image" "$tmp/err"
