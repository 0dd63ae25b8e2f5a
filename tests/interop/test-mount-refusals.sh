#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `erofsflat mount' and `umount' cannot do they say, and leave nothing
# behind.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/interop/mounts.sh"
requires_tool_mount
requires unshare --version
requires setpriv --version

mnt=$tmp/mnt
mkdir "$mnt" "$tmp/foreign"
touch "$tmp/file"
folder=$data/erofs-fsmerge
read_params "$folder"

# refused STATUS PATTERN COMMAND...
refused ()
{
    local want=$1 pattern=$2 status=0

    shift 2
    timeout $patience "$@" > "$tmp/out" 2> "$tmp/err" || status=$?
    test $status -eq $want || fail "$*: status $status: $(cat "$tmp/err")"
    grep -qE "^erofsflat: $pattern" "$tmp/err" ||
        fail "$*: $(cat "$tmp/err")"
    nothing_left
}

refused 2 "give the folder to mount on" "$tool" mount "${params[@]}"
refused 2 "missing parameter|.*bootstrap" "$tool" mount "$mnt"
refused 2 "give one folder" "$tool" umount
refused 2 "give one folder" "$tool" umount "$mnt" "$mnt"
refused 2 "--attach=x: auto, nbd or fuse" \
        "$tool" mount --attach=x "${params[@]}" "$mnt"
refused 2 "-o rw: not possible" "$tool" mount -o rw "${params[@]}" "$mnt"
refused 1 "-o nonsense: Invalid argument" \
        "$tool" mount -o nosuid,nonsense "${params[@]}" "$mnt"
refused 1 "$tmp/none: No such file" "$tool" mount "${params[@]}" "$tmp/none"
refused 1 "$tmp/file: Not a directory" \
        "$tool" mount "${params[@]}" "$tmp/file"
refused 1 "$tmp/file: .*not an EROFS image" "$tool" mount "$tmp/file" "$mnt"
refused 1 "$folder/bootstrap: .*no file of that name" \
        "$tool" mount "$folder/bootstrap" blobdir="$mnt" "$mnt"
refused 1 "only root may mount" \
        setpriv --reuid=65534 --clear-groups "$tool" mount "$data/x" "$mnt"
refused 1 "$mnt: nothing is mounted there" "$tool" umount "$mnt"
refused 1 "$tmp/none: No such file" "$tool" umount "$tmp/none"

# One that only the kernel refuses: no checksum, and no root folder.
cp "$data/erofs-plain/bootstrap" "$tmp/rootless"
printf '\0' |
    dd of="$tmp/rootless" bs=1 seek=$((1024 + 8)) conv=notrunc status=none
printf '\xff\xff' |
    dd of="$tmp/rootless" bs=1 seek=$((1024 + 14)) conv=notrunc status=none
"$tool" check "$tmp/rootless"
refused 1 "/dev/[a-z0-9]*: mount" "$tool" mount "$tmp/rootless" "$mnt"

# What this machine lacks.  Each in a /dev of its own.
no_nbd=
if ! test -e /sys/module/nbd && ! modinfo nbd >/dev/null 2>&1; then
    refused 1 "this kernel has no NBD" \
            "$tool" mount --attach=nbd "${params[@]}" "$mnt"
    no_nbd=yes
fi
without='
    mount -t tmpfs none /dev
    mknod /dev/null c 1 3
    test "$1" = fuse || mknod /dev/fuse c 10 229
    shift
    exec "$@"
'
unshare -m true || skip "this machine has no mount namespaces"
refused 1 "/dev/fuse: this kernel has no FUSE" \
        unshare -m sh -c "$without" sh fuse \
        "$tool" mount --attach=fuse "${params[@]}" "$mnt"
refused 1 "/dev/loop-control: this kernel has no loop" \
        unshare -m sh -c "$without" sh loop \
        "$tool" mount --attach=fuse "${params[@]}" "$mnt"
if test -n "$no_nbd"; then
    refused 1 "/dev/loop-control: this kernel has no loop.*; this kernel has no NBD" \
            unshare -m sh -c "$without" sh loop \
            "$tool" mount "${params[@]}" "$mnt"
fi

# What is mounted already; what another program mounted.
mount_folder "$folder" "$mnt"
status=0
"$tool" mount "${params[@]}" "$mnt" 2> "$tmp/err" || status=$?
test $status -eq 1
grep -q "$mnt: something is mounted there already" "$tmp/err"
status=0
setpriv --reuid=65534 --clear-groups "$tool" umount "$mnt" 2> "$tmp/err" ||
    status=$?
test $status -eq 1
grep -q "only root may unmount" "$tmp/err"
check_mount "$folder" "$mnt"
umount_folder "$mnt"
mount -t tmpfs none "$tmp/foreign"
status=0
"$tool" umount "$tmp/foreign" 2> "$tmp/err" || status=$?
test $status -eq 1
grep -q "$tmp/foreign: was not mounted by erofsflat" "$tmp/err"
umount "$tmp/foreign"
nothing_left
