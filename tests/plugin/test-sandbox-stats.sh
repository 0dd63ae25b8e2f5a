#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on the file of stats= goes on being written, in place, while
# clients read and when nbdkit ends; whoever may read it finds whole lines and
# right counts.  Nothing else is made in its folder.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"
requires_libnbd
requires_sandbox

mkdir "$tmp/stats"
file=$tmp/stats/a.prom
serve_folder "$data/erofs-fsmerge-zstd" stats="$file" sandbox=on
# Behind the pid file the sandbox comes, and with it the file that stays.
nbd-ask "$uri" read 0 1 > "$tmp/byte"
inode=$(stat -c %i "$file")

decoded ()
{
    sed -n 's/^erofsflat_decoded_bytes_total{.*} \([0-9]*\)$/\1/p' "$file"
}

test "$(decoded)" -eq 0 || fail "$(cat "$file")"
check_device "$data/erofs-fsmerge-zstd" "stats=" nbd-cat "$uri"
_wait_until eval 'test "$(decoded)" -gt 0' ||
    fail "the file is not written while nbdkit runs"
all=$(decoded)
stop_nbdkit
test "$(decoded)" -eq $all || fail "$(cat "$file")"
test "$(grep -vc -e '^#' -e '^$' "$file")" -eq 10 || fail "$(cat "$file")"
! grep -v '^#' "$file" | grep . | grep -vE '^erofsflat_[a-z_]+\{.*\} [0-9]+$' ||
    fail "$(cat "$file")"
test "$(stat -c '%i %a' "$file")" = "$inode 644" || fail "$(stat "$file")"
test "$(ls -A "$tmp/stats")" = a.prom || fail "$(ls -A "$tmp/stats")"
