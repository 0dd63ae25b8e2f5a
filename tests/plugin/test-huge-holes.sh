#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Holes of 8 GiB and of 2^62 bytes, asked for with the longest request there
# is, are answered at once, clipped to the request; and what lies behind them
# is read.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

longest=4294967295

# check_far DEVICE-START: holes before it, and the device itself.
check_far ()
{
    local far=$1 start length type answer

    test "$(awk '{ print $1 }' "$image/devices" | sort -n | tail -n 1)" \
         = $far || fail "the model did not put a device at $far"
    # The hole begins behind the last but one run of data.
    read -r start length type < <(awk -v far=$far '$1 + $2 == far' "$image/map")
    test "$type" = zero || fail "no hole before $far"
    for offset in $start $(( start + 5 )) $(( far - longest )); do
        answer=$(timeout 10 nbd-ask "$uri" extents $offset $longest)
        test "$answer" = "$offset $longest zero" ||
            fail "extents at $offset: $answer"
    done
    answer=$(timeout 10 nbd-ask "$uri" extents $(( far - 10 )) 20)
    test "$answer" = "$(( far - 10 )) 10 zero
$far 10 data" || test "$answer" = "$(( far - 10 )) 10 zero" ||
        fail "extents at the end of the hole: $answer"
    read -r start length file < <(grep "^$far " "$image/devices")
    timeout 10 nbd-ask "$uri" read $(( far - 4096 )) \
            $(( 4096 + length )) > "$tmp/far"
    (head -c 4096 /dev/zero; head -c $length "$image/blobs/$file") |
        cmp - "$tmp/far" || fail "what lies at $far is wrong"
}

image=$tmp/8G
make-image -s 1 -k 12 -n 3 -f $(( 1 << 21 )) "$image"
serve_folder "$image"
check_far $(( 1 << 33 ))
nbd-ask "$uri" map > "$tmp/map"
diff "$image/map" "$tmp/map" >&2 || fail "extents differ"
stop_nbdkit

image=$tmp/2-62
make-image -s 2 -k 16 -4 -n 3 -f $(( 1 << 46 )) "$image"
serve_folder "$image"
check_far $(( 1 << 62 ))
