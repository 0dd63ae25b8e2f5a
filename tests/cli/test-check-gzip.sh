#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Of a gzip file with several checkpoints, `check --data' finds what gives wrong
# bytes and the server can not see: a turned bit in the file itself, and a wrong
# window in its zinfo.

source functions.sh
requires jq --version

copy_data erofs-tarindex-gz "$tmp/copy"
gzip=$tmp/copy/blobs/layer.tar.gz
zinfo=$gzip.zinfo
params=("$tmp/copy/bootstrap" "blobdir=$tmp/copy/blobs")
gzip-zinfo "$gzip" 100000 "$zinfo"

# The image is right, in several chunks.
erofsflat info --json "${params[@]}" > "$tmp/info"
jq -e '.devices[0] | .format == "gzip" and .chunks >= 2 and
                     .digest == "none"' "$tmp/info" || fail "$(cat "$tmp/info")"
erofsflat check --data "${params[@]}"
erofsflat export -q "${params[@]}" -o "$tmp/right"

# flip FILE OFFSET: one bit; once more turns it back.
flip ()
{
    local byte

    byte=$(od -An -tu1 -j $2 -N 1 "$1")
    printf "\\x$(printf %02x $(( byte ^ 4 )))" |
        dd of="$1" bs=1 seek=$2 conv=notrunc status=none
}

# faulty: is anything found?  $tmp/json has it.
faulty ()
{
    local status=0

    erofsflat check --data --json "${params[@]}" > "$tmp/json" || status=$?
    test $status -le 1 || fail "exit status $status"
    test $status -eq 1
}

# expect_only TEXT: this is all that is found, and the server does not see it,
# but serves other bytes than before.
expect_only ()
{
    local status=0

    jq -e --arg text "$1" '.ok == false and (.faults | length) == 1 and
                           .faults[0].slot == 1 and
                           (.faults[0].error | test ($text))' "$tmp/json" ||
        fail "$(cat "$tmp/json")"
    erofsflat check --data "${params[@]}" > "$tmp/out" 2> "$tmp/err" ||
        status=$?
    test $status -eq 1 || fail "exit status $status, not 1"
    test ! -s "$tmp/out" || fail "prints: $(cat "$tmp/out")"
    grep -qE "^erofsflat: device slot 1: .*$1" "$tmp/err" ||
        fail "$(cat "$tmp/err")"
    erofsflat export -q "${params[@]}" -o "$tmp/wrong" ||
        fail "the server sees it"
    ! cmp -s "$tmp/right" "$tmp/wrong" || fail "what is served is right"
    rm "$tmp/wrong"
}

# Does only the checksum of the member tell?
only_member ()
{
    jq -e '(.faults | length) == 1 and
           (.faults[0].error | test ("member at"))' "$tmp/json" > "$tmp/is"
}

# Bits of the file: each is found, some only by the member's checksum.
n=0
for (( offset = 20000; n < 2 && offset < 22000; offset += 23 )); do
    flip "$gzip" $offset
    faulty || fail "a bit at $offset is not found"
    if only_member; then
        expect_only "layer.tar.gz: member at 0 [(]188420 bytes of the file[)]:\
 gzip: CRC-32 mismatch: found 0x[0-9a-f]{8}, expected 0x[0-9a-f]{8}"
        jq -e '.faults[0] | .offset == 0 and .length == 489984' "$tmp/json"
        n=$(( n + 1 ))
    fi
    flip "$gzip" $offset
done
test $n -eq 2 || fail "no bit makes other bytes of the same length"
! faulty || fail "it is not as before"

# The window of the second checkpoint, to which its chunk refers.
dd if=/dev/zero of="$zinfo" bs=1 seek=$(( 12 + 32785 + 17 )) count=32768 \
   conv=notrunc status=none
faulty || fail "the window is not found"
expect_only "layer.tar.gz: chunk 1 [(]bytes [0-9]+ to 489983[)]: gzip: decodes\
 to other bytes from its checkpoint than from the start of the file"
