#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `check --data' reads every chunk of every blob, and reports each that is
# damaged, not only the first, as text and as JSON.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires jq --version
requires script --version

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

# Right images, with a cache of the default size and without.
while read -r folder; do
    read_params "$folder"
    for cache in 64M 0; do
        erofsflat check --data "${params[@]}" cache=$cache > "$tmp/out" \
                  2> "$tmp/err" || fail "$folder: $(cat "$tmp/err")"
        without_valgrind "$tmp/err"
        test ! -s "$tmp/err" || fail "$folder: $(cat "$tmp/err")"
        grep -qF "$folder/bootstrap: ok, " "$tmp/out"
    done
    erofsflat info --json "${params[@]}" > "$tmp/info"
    erofsflat check --data --json "${params[@]}" > "$tmp/json"
    chunks=$(jq '[.devices[].chunks] | add // 0' "$tmp/info")
    jq -e --argjson chunks $chunks \
       '.ok and .faults == [] and .chunks == $chunks' "$tmp/json" >/dev/null ||
        fail "$folder: $(cat "$tmp/json")"
done < <(all_vectors)

# flip FILE OFFSET: one bit.
flip ()
{
    local byte

    byte=$(od -An -tu1 -j $2 -N 1 "$1")
    printf "\\x$(printf %02x $(( byte ^ 4 )))" |
        dd of="$1" bs=1 seek=$2 conv=notrunc status=none
}

# damage FOLDER BLOB OFFSET...: flip a bit at each place of a copy, $tmp/copy.
damage ()
{
    local folder=$1 blob=$2 offset

    shift 2
    copy_data "$folder" "$tmp/copy"
    for offset; do
        flip "$tmp/copy/blobs/$blob" $offset
    done
    read_params "$tmp/copy"
}

# faulty N TEXT: so many are found, as text and as JSON.
faulty ()
{
    local n=$1 text=$2 status=0

    erofsflat check --data "${params[@]}" > "$tmp/out" 2> "$tmp/err" ||
        status=$?
    without_valgrind "$tmp/err"
    test $status -eq 1 || fail "exit status $status, not 1"
    test ! -s "$tmp/out" || fail "prints: $(cat "$tmp/out")"
    test "$(grep -c "^erofsflat: device slot [0-9]*: .*$text" "$tmp/err")" \
         -eq $n || fail "not $n lines '$text' but: $(cat "$tmp/err")"
    test "$(wc -l < "$tmp/err")" -eq $(( n + 1 ))
    grep -q "bootstrap: $n faults* found$" "$tmp/err"

    status=0
    erofsflat check --data --json "${params[@]}" > "$tmp/json" \
              2> "$tmp/err" || status=$?
    without_valgrind "$tmp/err"
    test $status -eq 1 || fail "--json: exit status $status, not 1"
    test ! -s "$tmp/err" || fail "--json: $(cat "$tmp/err")"
    jq -e --argjson n $n --arg text "$text" \
       '.ok == false and (.faults | length) == $n and
        ([.faults[] | select (.error | test ($text))] | length) == $n' \
       "$tmp/json" || fail "$(cat "$tmp/json")"
}

# Three frames of zstd, and what the seek table says where they are: 64 KiB
# of plain data each.
damage erofs-fsmerge-zstd layer0.erofs.zst 20000 90000 150000
faulty 3 'layer0.erofs.zst: chunk [0-9]* .bytes [0-9]* to [0-9]*.: '
jq -e '[.faults[] | .slot == 1 and .length <= 65536 and
                    .offset % 65536 == 0] | all' "$tmp/json"

# Chunks of RAFS that are stored as they are: only digest and checksum tell.
blob=$(cd "$data/rafs-none/blobs" && ls)
damage rafs-none $blob 1000 300000
faulty 2 "chunk [02] .*CRC-32C mismatch"

# Without --data nothing is read.
damage rafs-none $blob 1000
erofsflat check "${params[@]}" > "$tmp/out" || fail "reads the data"

# Verifying and not verifying.
status=0
erofsflat check --data "${params[@]}" verify=off 2> "$tmp/err" || status=$?
test $status -eq 2
grep -q "verify=off" "$tmp/err"

# An image that is refused is refused as before.
status=0
erofsflat check --data --json "$data/rafs-none/bootstrap" > "$tmp/json" ||
    status=$?
test $status -eq 1
jq -e '.ok == false and (.error | test ("device slot 1"))' "$tmp/json"

# The bar on a terminal, and not with -q; the lines of faults stay whole.
bar ()
{
    script -q -e -c "erofsflat check --data $1 \
        '$data/rafs-zstd/bootstrap' 'blobdir=$data/rafs-zstd/blobs'" \
        "$tmp/typescript" < /dev/null > "$tmp/screen"
}
bar ""
tr '\r' '\n' < "$tmp/screen" | grep -q '^100% \[=\{50\}\]$' ||
    fail "$(cat -v "$tmp/screen")"
bar -q
! grep -q % "$tmp/screen" || fail "$(cat -v "$tmp/screen")"
