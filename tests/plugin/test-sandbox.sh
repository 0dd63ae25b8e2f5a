#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on the server cannot do any of the things that the filter
# sandbox-probe tries inside it, in a thread that serves a client; with
# sandbox=off, and without the word, it can do all of them.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"
requires_libnbd
requires_sandbox

filter=$abs_top_builddir/tests/.libs/sandbox-probe.so
image=$data/erofs-fsmerge-zstd

# Others that can be connected to.
serve_folder "$image" --tcp || serve_folder "$image" --tcp
port=${uri##*:}
serve_folder "$image"
other=$sock

# probe [WORD]: what the filter reports is in $tmp/report.
probe ()
{
    rm -rf "$tmp/place"
    mkdir "$tmp/place"
    touch "$tmp/place/one" "$tmp/place/two" "$tmp/place/three"
    ln -s "$other" "$tmp/place/socket"
    serve_folder "$image" -v --filter="$filter" probe-folder="$tmp/place" \
                 probe-port=$port stats="$tmp/stats.prom" "$@"
    nbd-ask "$uri" read 0 4096 | grep . > "$tmp/report"
}

for words in "" sandbox=off; do
    probe $words
    # Containers often forbid this one.
    unable=$(grep -v -e ' done$' -e '^io-uring ' "$tmp/report") || true
    test -z "$unable" || fail "\"$words\": $unable"
    test "$(wc -l < "$tmp/report")" -ge 31 || fail "$(cat "$tmp/report")"
    ! grep -q "sandbox=on" "$nbdkit_log" || fail "\"$words\": it says so"
    grep -qx "Seccomp:[[:space:]]*0" /proc/$nbdkit_pid/status ||
        echo "this process is filtered already"
    stop_nbdkit
done
cut -d' ' -f1 "$tmp/report" > "$tmp/names"

probe sandbox=on
cat "$tmp/report"
able=$(grep -v ' refused: ' "$tmp/report") || true
# Landlock knows signals since Linux 6.12.
if [[ $(sandbox_of_dump) == landlock-[1-5],* ]]; then
    able=$(grep -v '^signal-parent ' <<< "$able") || true
fi
test -z "$able" || fail "sandbox=on: $able"
cut -d' ' -f1 "$tmp/report" | diff "$tmp/names" - >&2 || fail "other attempts"
grep -qF "sandbox=on: active: $(sandbox_of_dump)" "$nbdkit_log" ||
    fail "the log does not say what is active"
check_threads 3                 # the main one, the client's, the stats'
test "$(ls -x "$tmp/place")" = "one  socket  three  two" ||
    fail "$(ls "$tmp/place")"
stop_nbdkit
