#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Errors in the input are found while nbdkit is at the terminal still: it says
# why, in one line, does not go to the background, and ends with status 1.

source functions.sh

# refused TEXT ARG...: stderr has the text in its only line.
refused ()
{
    local text=$1 status=0

    shift
    timeout $patience nbdkit --unix "$tmp/sock" --pidfile "$tmp/pid" \
            erofsflat "$@" 2> "$tmp/stderr" || status=$?
    test $status -eq 1 || fail "status $status, not 1: $*"
    test ! -s "$tmp/pid" || fail "nbdkit went to the background: $*"
    grep -F "$text" "$tmp/stderr" || { cat "$tmp/stderr"; fail "no $text"; }
    # Valgrind has something to say of its own.
    test "$(wc -l < "$tmp/stderr")" -eq 1 || test -n "$valgrind" ||
        { cat "$tmp/stderr"; fail "more than one line"; }
}

cd "$tmp"
cp "$data/erofs-fsmerge/bootstrap" .
mkdir blobs
refused "does-not-exist" bootstrap=does-not-exist
refused "slot 1" bootstrap blobdir=blobs
cp "$data"/erofs-fsmerge/blobs/* blobs
chmod u+w blobs/*
truncate -s -4096 blobs/layer3.erofs
refused "layer3.erofs" bootstrap blobdir=blobs
