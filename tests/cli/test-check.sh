#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `check' exits with 0 and one line for an image that can be served, and with 1
# and the reason for one that can not, as text and as JSON.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires jq --version

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

# refused STATUS TEXT ARG...
refused ()
{
    local want=$1 text=$2 status=0

    shift 2
    erofsflat check "$@" > "$tmp/out" 2> "$tmp/err" || status=$?
    without_valgrind "$tmp/err"
    test $status -eq $want || fail "$*: exit status $status, not $want"
    test ! -s "$tmp/out" || fail "$*: prints on standard output"
    grep -q "^erofsflat: .*$text" "$tmp/err" ||
        fail "$*: not '$text' but: $(cat "$tmp/err")"
    if test $want -eq 1; then
        test "$(wc -l < "$tmp/err")" -eq 1 || fail "more than one line"
    fi
}

while read -r folder; do
    read_params "$folder"
    erofsflat check "${params[@]}" > "$tmp/out" 2> "$tmp/err"
    without_valgrind "$tmp/err"
    test "$(wc -l < "$tmp/out")" -eq 1
    grep -qF "$folder/bootstrap: ok, " "$tmp/out"
    test ! -s "$tmp/err"
    erofsflat check --json "${params[@]}" > "$tmp/json"
    jq -e --argjson size "$(awk '{print $2}' "$folder/flat.sha256")" \
       '.ok and .size == $size and (has ("error") | not)' "$tmp/json"
done < <(all_vectors)

image=$data/erofs-fsmerge
refused 1 "device slot 1 (tag" "$image/bootstrap"
refused 1 "No such file" "$tmp/missing"
refused 1 "not an EROFS image" "$image/files.md5"
refused 1 "blob=" "$image/bootstrap" blob="$image/blobs/layer0.erofs"

# One bit of the checksummed block.
cp "$image/bootstrap" "$tmp/damaged"
printf '\x55' | dd of="$tmp/damaged" bs=1 seek=1200 conv=notrunc status=none
refused 1 "checksum" "$tmp/damaged" blobdir="$image/blobs"

status=0
erofsflat check --json "$tmp/damaged" > "$tmp/json" 2> "$tmp/err" || status=$?
without_valgrind "$tmp/err"
test $status -eq 1
test ! -s "$tmp/err"
jq -e --arg image "$tmp/damaged" \
   '.ok == false and .image == $image and (.error | test ("checksum"))' \
   "$tmp/json" || fail "$(cat "$tmp/json")"

# The reason is the server's.  (With the sanitizers' runtime in it, nbdkit can
# hang while it exits after an error.)
erofsflat check "$image/bootstrap" 2> "$tmp/err" && fail "it is right?"
without_valgrind "$tmp/err"
if test -z "$sanitizers"; then
    start_nbdkit erofsflat "$image/bootstrap" 2>/dev/null && fail "it serves?"
    grep -qF "$(sed 's/^erofsflat: //' "$tmp/err")" "$nbdkit_log" ||
        fail "check: $(cat "$tmp/err"); server: $(cat "$nbdkit_log")"
fi
