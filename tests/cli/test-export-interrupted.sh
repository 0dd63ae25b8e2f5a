#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# An `export' that is interrupted, or whose blob is cut off meanwhile, leaves
# neither a temporary file nor another OUT than there was.

source functions.sh

mkdir "$tmp/out"
bootstrap=$data/erofs-blobdev-unset/bootstrap

# Start an export and stop it as soon as its temporary file is there.  It can
# be too fast for us: then again.
start_export ()
{
    local i

    for (( i = 0; i < 20; i++ )); do
        head -c 300M /dev/zero > "$tmp/blob"
        echo before > "$tmp/out/flat"
        "${run[@]}" "$tool" export -o "$tmp/out/flat" "$bootstrap" blob="$tmp/blob" \
                2> "$tmp/err" &
        pid=$!
        while kill -0 $pid 2>/dev/null; do
            if compgen -G "$tmp/out/.erofsflat-*" >/dev/null; then break; fi
        done
        kill -STOP $pid 2>/dev/null || true
        # The signal takes a moment, in which the export may end.
        while grep -q '^State:[[:space:]]*[RSD]' /proc/$pid/status \
                   2>/dev/null; do
            sleep 0.01
        done
        if compgen -G "$tmp/out/.erofsflat-*" >/dev/null; then return; fi
        wait $pid || true
    done
    skip "the export was always faster than this test"
}

# end_export STATUS: let it go on.
end_export ()
{
    local status=0

    kill -CONT $pid
    wait $pid || status=$?
    test $status -eq $1 || fail "exit status $status, not $1"
    test "$(ls -A "$tmp/out")" = flat || fail "$(ls -lA "$tmp/out")"
    test "$(cat "$tmp/out/flat")" = before || fail "OUT was replaced"
}

# The program itself: a signal to a wrapper is not one to it.
tool=$abs_top_builddir/cli/erofsflat
test -x "$tool" || skip "$tool is not built"

# A test that runs in the background of something has SIGINT ignored.
run=(env --default-signal=INT,TERM,HUP)
for signal in INT:130 TERM:143 HUP:129; do
    start_export
    kill -${signal%:*} $pid
    end_export ${signal#*:}
done
run=()

start_export
truncate -s 1000 "$tmp/blob"
end_export 1
grep -q "^erofsflat: .*blob: the file ends before" "$tmp/err" ||
    fail "$(cat "$tmp/err")"

# What is ignored (nohup) stays so: the export is made.
trap '' HUP
start_export
kill -HUP $pid
kill -CONT $pid
wait $pid || fail "SIGHUP was not ignored"
test "$(ls -A "$tmp/out")" = flat
test "$(stat -c %s "$tmp/out/flat")" -gt 300000000
