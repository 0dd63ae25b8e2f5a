#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `erofsflat mount' by the kernel's NBD client: every file of every image is
# right, and after `umount' nothing is left behind; nor is it when the command
# is ended by a signal at whatever moment.  When the server is killed, reads
# fail, those that are under way too, nothing hangs, and `umount' cleans up.
#
# tests/interop/test-mount*.sh are the same by FUSE, on this machine.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm

# guest SCRIPT [WORD...]: with guest-mounts.sh, and the words as $1...
guest ()
{
    in_vm sh -c ". /tmp/guest-mounts.sh; $1" sh "${@:2}"
}

# The parameters of an image as the VM has it.
guest_params ()
{
    read_params "$1"
    params=("${params[@]/"$data"//images}")
}

tar -C "$data" -c -f "$tmp/images.tar" .
boot_vm -drive "file=$tmp/images.tar,format=raw,if=virtio,readonly=on"
in_vm sh -c 'mkdir /images && tar -C /images -x -f /dev/vda'
put_vm "$abs_top_srcdir/tests/vm/guest-mounts.sh" /tmp/guest-mounts.sh

# The tool loads the module, which makes devices of its own.
in_vm test ! -e /sys/module/nbd || fail "the module is there already"
folder=$data/rafs-zstd
guest_params "$folder"
guest 'tool_mount /mnt "$@"; tool_umount; remember' "${params[@]}"

# The server is killed under load; a read that is under way then fails after a
# minute.  All the rest goes on meanwhile; the end is looked at below.
guest '
    cp /tmp/before /tmp/first
    cut -c 35- /images/rafs-zstd/files.md5 > /tmp/list
    tool_mount /busy "$@"
    read_until_it_fails /busy /tmp/busy &
    busy=$server
    tool_mount /slow "$@"
    kill -STOP $server
    read_until_it_fails /slow /tmp/slow &
    until_true "test -s /tmp/busy.sums"
    until_true "grep -q \"^ *[1-9]\" $queue/../inflight"
    kill -KILL $busy $server
    remember
' "${params[@]}"

# Linux has 48BIT since 6.15; an older one refuses that image.
release=$(in_vm uname -r)
has_48bit=$(printf '%s\n' 6.15 "$release" | sort -V | head -n 1)
for folder in $(all_vectors); do
    guest_params "$folder"
    if [[ $folder == *-48bit && $has_48bit != 6.15 ]]; then
        guest '
            ! erofsflat mount "$@" /mnt 2> /tmp/err || die "it mounts"
            grep "/dev/nbd[0-9]*: mount .*Invalid argument" /tmp/err >&2 ||
                die "$(cat /tmp/err)"
            nothing_left
        ' "${params[@]}"
        continue
    fi
    guest 'tool_mount /mnt "$@"; sums /mnt; tool_umount; nothing_left' \
          "${params[@]}" > "$tmp/files.got" || fail "${folder##*/}"
    compare_files "$folder/files.md5" "$tmp/files.got"
done

# Options, and what is tuned.
folder=$data/rafs-zstd
guest_params "$folder"
guest '
    tool_mount /mnt -o nosuid,noatime --attach=nbd cache=0 "$@"
    grep "^$device /mnt erofs ro,nosuid,noatime" /proc/mounts >&2 ||
        die "$(cat /proc/mounts)"
    test "$(cat $queue/read_ahead_kb)" = 1024 || die "$(cat $queue/read*)"
    test "$(cat $queue/../ro)" = 1 || die "it is writable"
    sums /mnt
    tool_umount
    nothing_left
' "${params[@]}" > "$tmp/files.got"
compare_files "$folder/files.md5" "$tmp/files.got"

# Two at once; while one is in use it stays; --lazy does not wait; umount(8).
guest '
    tool_mount /other "$@"
    tool_mount /mnt "$@"
    sums /other > /tmp/other.got &
    sums /mnt > /tmp/mnt.got
    wait $!
    cmp /tmp/other.got /tmp/mnt.got >&2 || die "they differ"
    exec 9< /mnt
    ! erofsflat umount /mnt 2> /tmp/err || die "unmounted while in use"
    grep -q "^erofsflat: /mnt: is in use" /tmp/err || die "$(cat /tmp/err)"
    erofsflat umount --lazy /mnt
    is_running $server || die "it did not wait for its user"
    exec 9<&-
    sums /other
    umount /other
    nothing_left
' "${params[@]}" > "$tmp/files.got"
compare_files "$folder/files.md5" "$tmp/files.got"

# The command is ended by a signal: from its start until after it is done.
guest '
    start=$(centiseconds)
    tool_mount /mnt "$@"
    took=$(($(centiseconds) - start))
    tool_umount
    stopped=0
    mounted=0
    for signal in TERM HUP KILL; do
        i=0
        while test $i -lt 12; do
            erofsflat mount "$@" /mnt &
            pid=$!
            usleep $((i * (took + 1) * 2500))
            kill -$signal $pid 2>/dev/null
            wait $pid
            status=$?
            if grep -q " /mnt " /proc/mounts; then
                test $status -eq 0 || test $signal = KILL ||
                    die "mounted, but the status is $status"
                erofsflat umount /mnt || die "umount"
                mounted=$((mounted + 1))
            else
                test $status -gt 128 || die "not mounted, status $status"
                stopped=$((stopped + 1))
            fi
            nothing_left
            i=$((i + 1))
        done
    done
    echo "stopped $stopped times, too late $mounted times ($took/100 s)"
    test $stopped -gt 0 || die "the signals always came too late"
' "${params[@]}"

# The server is killed when nobody reads: both ways to unmount.
for way in "tool_umount" "umount /mnt"; do
    guest '
        tool_mount /mnt "$@"
        kill -KILL $server
        until_true "! is_running $server"
        read_until_it_fails /mnt /tmp/mnt
        cat /tmp/mnt.sums
        '"$way"'
        nothing_left
    ' "${params[@]}" > "$tmp/files.got"
    compare_some_files "$folder/files.md5" "$tmp/files.got"
done

# Those that were killed under load.
for name in busy slow; do
    guest '
        until_true "test -s /tmp/$1.time"
        grep -q ": Input/output error" /tmp/$1.err || die "$(cat /tmp/$1.err)"
        echo "$1: a read failed after $(cat /tmp/$1.time)/100 s" >&2
        cat /tmp/$1.sums
        timeout 60 erofsflat umount /$1 || die "umount: status $?"
    ' $name > "$tmp/files.got"
    compare_some_files "$folder/files.md5" "$tmp/files.got"
done
guest '
    test $(cat /tmp/slow.time) -gt 5000 || die "no read was under way"
    cp /tmp/first /tmp/before
    nothing_left
    dmesg > /tmp/dmesg
    ! grep -E "BUG|WARNING|Oops|Call Trace" /tmp/dmesg >&2
'
