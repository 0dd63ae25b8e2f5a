#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Tags and names with control characters or without UTF-8 reach the terminal
# as \xNN, and JSON as valid strings with the same bytes.

source functions.sh
requires jq --version
requires iconv --version

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

name=$tmp/$'n\x1b[31m"\\\n\xc3\xa4\xff.img'
cp "$data/erofs-fsmerge/bootstrap" "$name"
# Not checksummed any more; the first tag, at the start of the device table.
printf '\x02' | dd of="$name" bs=1 seek=1032 conv=notrunc status=none
slot=$(od -An -tu2 -j$(( 1024 + 88 )) -N2 "$name")
printf 't\x1b]0;\xc2\x9b\xed\xa0\x80\xf0\x9f\x90\xa7\t"\\\x7f' |
    dd of="$name" bs=1 seek=$(( slot * 128 )) conv=notrunc status=none
tag='t\x1b]0;\xc2\x9b\xed\xa0\x80'$'\xf0\x9f\x90\xa7''\x09"\x5c\x7f'

erofsflat info "$name" > "$tmp/text"
grep -qF "$tag" "$tmp/text" || { cat -v "$tmp/text" >&2; fail "tag"; }
grep -qF 'n\x1b[31m"\x5c\x0a'$'\xc3\xa4''\xff.img' "$tmp/text" ||
    { cat -v "$tmp/text" >&2; fail "name"; }
! LC_ALL=C grep -q $'[\x01-\x09\x0b-\x1f\x7f]' "$tmp/text" ||
    fail "control characters are printed"
iconv -f UTF-8 -t UTF-8 "$tmp/text" >/dev/null || fail "text is not UTF-8"

# U+FFFF is no surrogate and no control, but jq replaces it: none is here.
erofsflat info --json "$name" > "$tmp/json"
iconv -f UTF-8 -t UTF-8 "$tmp/json" >/dev/null || fail "JSON is not UTF-8"
jq -e '.devices[0].tag | startswith ("t\u001b]0;\u009b\u00ed\u00a0\u0080") and
       contains ("\ud83d\udc27\t\"\\\u007f")' "$tmp/json" ||
    fail "$(cat -v "$tmp/json")"
jq -e '.image | endswith ("n\u001b[31m\"\\\n\u00e4\u00ff.img")' "$tmp/json" ||
    fail "$(cat -v "$tmp/json")"

# So do error messages, but for bytes that are no control characters.
! erofsflat check "$name" 2> "$tmp/err" || fail "it is right?"
without_valgrind "$tmp/err"
test "$(wc -l < "$tmp/err")" -eq 1 || fail "$(cat -v "$tmp/err")"
