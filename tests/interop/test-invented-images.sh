#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Images that no tool makes (block sizes from 512 bytes to 64 KiB, 48 bits,
# any order, gaps, short and long files, unset slots, every kind of tag): the
# device is what a naive model says, its extents are zero exactly where the
# model has gaps, and reads of any offset and length are right.  Shapes are
# random; to see one again, set SEED.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

seed=${SEED-$RANDOM}
echo "SEED=$seed"
RANDOM=$seed

# check_shape OPTION...
check_shape ()
{
    local number=$RANDOM

    rm -rf "$tmp/image"
    echo "make-image -s $number $*"
    make-image -s $number "$@" "$tmp/image"
    serve_folder "$tmp/image"
    check_device "$tmp/image" libnbd nbd-cat -n 8 "$uri"
    nbd-ask "$uri" map > "$tmp/map"
    diff "$tmp/image/map" "$tmp/map" >&2 || fail "extents differ"
    # Asked for piece by piece, the extents are the same.
    nbd-ask "$uri" map $(( 1 + RANDOM * 7 )) > "$tmp/map"
    diff "$tmp/image/map" "$tmp/map" >&2 || fail "extents by pieces differ"
    timeout $patience nbd-random -s $number -r 500 -e "$tmp/image/edges" \
            "$uri" "$tmp/image/flat" || fail "random reads differ"
    stop_nbdkit
}

rounds=2
if test -n "$valgrind$sanitizers"; then rounds=1; fi
for (( i = 0; i < rounds; i++ )); do
    for bits in 9 10 11 12 13 14 15 16; do
        check_shape -k $bits -n $(( 1 + RANDOM % 60 )) -m 9 -g 20
        check_shape -k $bits -n $(( 1 + RANDOM % 60 )) -m 9 -g 20 -u
        check_shape -k $bits -n $(( 1 + RANDOM % 9 )) -m 30 -g 30 -4
        check_shape -k $bits -n $(( 1 + RANDOM % 9 )) -m 3 -4 -u
    done
done
for kind in hex uuid full name hostile; do
    check_shape -n 7 -g 9 -t $kind
done
# No gap at all, and very many devices.
check_shape -n 40 -m 5
check_shape -k 9 -n 1500 -m 3 -g 5
