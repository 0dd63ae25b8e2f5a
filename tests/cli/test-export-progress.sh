#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `export' shows a bar on a terminal that ends at 100%; none otherwise, and none
# with -q.

source functions.sh
requires script --version

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

export_to_terminal ()
{
    script -q -e -c "erofsflat export $1 -o '$tmp/flat' \
        '$data/erofs-plain/bootstrap'" "$tmp/typescript" < /dev/null \
        > "$tmp/screen"
    cmp "$tmp/flat" "$data/erofs-plain/bootstrap"
}

export_to_terminal ""
tr '\r' '\n' < "$tmp/screen" | grep -q '^100% \[=\{50\}\]$' ||
    fail "$(cat -v "$tmp/screen")"

for quiet in -q --quiet; do
    export_to_terminal $quiet
    ! grep -q % "$tmp/screen" || fail "$quiet: $(cat -v "$tmp/screen")"
done

erofsflat export -o "$tmp/flat" "$data/erofs-plain/bootstrap" 2> "$tmp/err"
without_valgrind "$tmp/err"
test ! -s "$tmp/err" || fail "$(cat -v "$tmp/err")"
