#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `erofsflat mount' that is ended by a signal, at whatever moment, has mounted
# nothing, and leaves nothing behind.  When the server is killed, reads fail,
# and `umount' cleans up.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/interop/mounts.sh"
requires_tool_mount

mnt=$tmp/mnt
mkdir "$mnt"
folder=$data/rafs-zstd
read_params "$folder"

# A test that runs in the background of something has SIGINT ignored.
run=(env --default-signal=INT,TERM,HUP)

mounted=0
stopped=0
for signal in TERM INT KILL; do
    for (( i = 0; i < 20; i++ )); do
        "${run[@]}" "$tool" mount -v "${params[@]}" "$mnt" \
                    > "$tmp/mount.out" &
        pid=$!
        sleep $(printf 0.%04d $(( i * 15 )))
        kill -$signal $pid 2>/dev/null || true
        status=0
        wait $pid 2>/dev/null || status=$?
        if mountpoint -q "$mnt"; then
            test $status -eq 0 || test $signal = KILL ||
                fail "mounted, but the status is $status"
            check_mount "$folder" "$mnt"
            timeout $patience "$tool" umount "$mnt"
            mounted=$(( mounted + 1 ))
        else
            test $status -gt 128 || fail "not mounted, the status is $status"
            stopped=$(( stopped + 1 ))
        fi
        nothing_left
    done
done
echo "stopped $stopped times, too late $mounted times"
test $stopped -gt 0 || fail "the signals always came too late"

# The server is killed: what was not read yet fails, and nothing hangs.
mount_folder "$folder" "$mnt"
kill -KILL $server
_wait_until eval "! is_running $server"
echo 3 > /proc/sys/vm/drop_caches || true
if (cd "$mnt" && timeout $patience find . -type f -exec md5sum {} +) \
       > "$tmp/files.got" 2> "$tmp/err"; then
    fail "all could be read without a server"
else
    test $? -ne 124 || fail "reading without a server hangs"
fi
grep -q "Input/output error" "$tmp/err" || fail "$(cat "$tmp/err")"
# What was read is right.
LC_ALL=C sort "$tmp/files.got" |
    LC_ALL=C comm -23 - <(LC_ALL=C sort "$folder/files.md5") > "$tmp/wrong"
test ! -s "$tmp/wrong" || fail "$(cat "$tmp/wrong")"
umount_folder "$mnt"
nothing_left

# The folder is as good as before.
mount_folder "$folder" "$mnt"
check_mount "$folder" "$mnt"
umount_folder "$mnt"
nothing_left
