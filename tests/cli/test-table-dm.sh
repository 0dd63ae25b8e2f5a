#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The lines of `table --format=dm' put together are the flat device, and a note
# about block devices goes to standard error only.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

# Do what the device mapper does with the table on stdin.
assemble ()
{
    local start length kind path offset next=0

    while read -r start length kind path offset; do
        test $start -eq $next || fail "line at sector $start, not $next"
        next=$(( start + length ))
        case $kind in
            linear)
                test "${path:0:1}" = / || fail "not absolute: $path"
                dd if="$path" bs=512 skip=$offset count=$length status=none ;;
            zero)
                test -z "$path$offset" || fail "zero has arguments"
                dd if=/dev/zero bs=512 count=$length status=none ;;
            *)
                fail "unknown target $kind" ;;
        esac
    done
}

while read -r folder; do
    test "${folder##*/}" != erofs-blobdev-unset || continue
    read_params "$folder"
    erofsflat table --format=dm "${params[@]}" > "$tmp/table" 2> "$tmp/note"
    without_valgrind "$tmp/note"
    grep -q '^erofsflat: note: .*block device' "$tmp/note"
    test "$(wc -l < "$tmp/note")" -eq 1
    assemble < "$tmp/table" > "$tmp/flat"
    check_device "$folder" "dm table" cat "$tmp/flat"
done < <(raw_only_vectors)
