#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Errors in the input are found before nbdkit leaves the terminal: its exit
# status and message tell of them, and no server is left behind.  A good image
# given by relative paths is served although nbdkit goes to / then.

source functions.sh
source "$abs_srcdir/lib.sh"

mkdir images blobs
data blobs/a 8192 2
image images/good slot=a:2:1
image images/missing slot=b:2:1
image images/damaged damage=2000:00
image images/short slot=a:9:1
image images/overlap slot=a:2:1 slot=a:2:2

# No --foreground, no --run.
detach ()
{
    run nbdkit nbdkit --pidfile "$tmp/pid" --unix "$tmp/sock" erofsflat "$@"
}

for bad in missing damaged short overlap nowhere; do
    detach images/$bad blobdir=blobs
    test $status -eq 1 || fail "exit status $status: $bad"
    [[ $(message nbdkit) =~ ^images/$bad: ]] ||
        fail "$bad: $(cat "$tmp/nbdkit.err")"
    test ! -e "$tmp/pid" || fail "a server is left behind: $bad"
    ! nbd-cat "nbd+unix:///?socket=$tmp/sock" >/dev/null 2>&1 ||
        fail "it is served: $bad"
    rm -f "$tmp/sock"
done

stop ()
{
    kill "$pid"
    _wait_until eval "! kill -0 $pid 2>/dev/null"
}

detach images/good blobdir=blobs
test $status -eq 0 || fail "exit status $status: $(cat "$tmp/nbdkit.err")"
# What is in the background writes it, a moment later.
_wait_until test -s "$tmp/pid" || fail "nbdkit did not start"
pid=$(cat "$tmp/pid")
cleanup_fn stop
test "$(readlink "/proc/$pid/cwd")" = / || fail "nbdkit did not detach"
flat flat 12288 images/good@0 blobs/a@4096
nbd-cat "nbd+unix:///?socket=$tmp/sock" | cmp flat -
