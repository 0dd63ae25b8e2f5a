#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A relative stats=FILE goes on being written by a server in the background,
# which has changed to /; and the file is whole whenever somebody looks.

source functions.sh

cd "$tmp"
mkdir stats
daemon=
cleanup_fn eval 'test -z "$daemon" || kill "$daemon" 2>/dev/null || true'
nbdkit --unix "$tmp/sock" --pidfile "$tmp/pid" \
       erofsflat "$data/erofs-plain/bootstrap" stats=stats/a.prom
test -s stats/a.prom || fail "no file right after the start"
_wait_until test -s pid || fail "nbdkit did not start"
daemon=$(cat pid)

# Two more writes, each a new file, and none seen half done.
changes=0
inode=$(stat -c %i stats/a.prom)
last='erofsflat_blobs{image='
look ()
{
    local now

    tail -n 1 stats/a.prom | grep -qF "$last" ||
        fail "a part of a file: $(cat stats/a.prom)"
    now=$(stat -c %i stats/a.prom)
    if test $now -ne $inode; then
        inode=$now
        changes=$(( changes + 1 ))
    fi
    test $changes -ge 2
}
_wait_until look || fail "it is not written again: $changes times"

# The folder is the one that was meant, and the end is a write.
mv stats moved
rm moved/a.prom
kill $daemon
_wait_until eval "! kill -0 $daemon 2>/dev/null" || fail "nbdkit does not end"
daemon=
test -s moved/a.prom || fail "not written at the end"
test "$(ls -A moved)" = a.prom || fail "$(ls -A moved)"
