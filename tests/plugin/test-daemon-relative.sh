#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# In the background nbdkit changes to /: files that were given by relative
# paths are served all the same, though they have to be opened again, and
# though their blobdir has got another name meanwhile.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

stop_daemon ()
{
    kill "$daemon" 2>/dev/null || return 0
    _wait_until eval "! kill -0 $daemon 2>/dev/null" ||
        { kill -9 "$daemon"; return 1; }
}

# serve_in_background ARG...: in $tmp, with few descriptors.
serve_in_background ()
{
    uri="nbd+unix:///?socket=$tmp/sock"
    rm -f "$tmp/sock" "$tmp/pid"
    (cd "$tmp" && ulimit -S -n 64 &&
         nbdkit --unix sock --pidfile pid erofsflat "$@")
    # What is in the background writes it, a moment later.
    _wait_until test -s "$tmp/pid" || fail "nbdkit did not start"
    daemon=$(cat "$tmp/pid")
    test "$(readlink "/proc/$daemon/cwd")" = / || fail "nbdkit is not in /"
}
daemon=
cleanup_fn eval 'test -z "$daemon" || stop_daemon'

make-image -s 14 -k 9 -n 200 -m 3 -g 3 -t name "$tmp/image"

serve_in_background bootstrap=image/bootstrap blobdir=image/blobs
check_device "$tmp/image" "relative blobdir" nbd-cat -n 8 "$uri"
mv "$tmp/image/blobs" "$tmp/image/moved"
check_device "$tmp/image" "renamed blobdir" nbd-cat -n 8 "$uri"

# The bootstrap was given by a path through the folder that is renamed now.
mv "$tmp/image" "$tmp/other"
check_device "$tmp/other" "renamed parent" nbd-cat -n 8 "$uri"
stop_daemon

mv "$tmp/other/moved" "$tmp/other/blobs"
mapfile -t blobs < <(sed 's,.* ,blob=other/blobs/,' "$tmp/other/devices")
serve_in_background other/bootstrap "${blobs[@]}"
check_device "$tmp/other" "relative blob=" nbd-cat -n 8 "$uri"
mv "$tmp/other/blobs" "$tmp/other/elsewhere"
check_device "$tmp/other" "renamed folder of blob=" nbd-cat -n 8 "$uri"
stop_daemon
daemon=
