#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `erofsflat mount' shows every file of every image right, whatever the names,
# and also several images at once; after `umount' nothing is left behind.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/interop/mounts.sh"
requires_tool_mount

mkdir "$tmp/mnt" "$tmp/other"
for folder in $(all_vectors); do
    mount_folder "$folder" "$tmp/mnt"
    check_mount "$folder" "$tmp/mnt"
    umount_folder "$tmp/mnt"
done
nothing_left

# Parameters and options are taken.
folder=$data/rafs-zstd
mount_folder "$folder" "$tmp/mnt" cache=0 -o nosuid,noatime,noacl
check_mount "$folder" "$tmp/mnt"
grep "^$device $tmp/mnt erofs ro,nosuid,noatime,.*noacl" /proc/self/mounts
umount_folder "$tmp/mnt"

# Blanks, backslashes and octal digits in names; a link; relative names.
name='a b\040 c'
cp -r "$data/erofs-fsmerge" "$tmp/$name"
mkdir "$tmp/mnt $name"
ln -s "mnt $name" "$tmp/link"
cd "$tmp"
mount_folder "$name" ./link
check_mount "$name" "mnt $name"
umount_folder link
nothing_left
cd /

# Two images, and one of them twice.  Ended by umount(8): nobody waits, but
# it goes as well.
mkdir "$tmp/third"
mount_folder "$data/erofs-tarindex" "$tmp/mnt"
mount_folder "$data/rafs-lz4" "$tmp/other"
mount_folder "$data/rafs-lz4" "$tmp/third"
check_mount "$data/erofs-tarindex" "$tmp/mnt" &
check_mount_pid=$!
for i in 1 2 3; do
    (cd "$tmp/other" && find . -type f -exec md5sum {} + > /dev/null)
done
wait $check_mount_pid
check_mount "$data/rafs-lz4" "$tmp/third"
umount_folder "$tmp/third"
umount "$tmp/mnt" "$tmp/other"
nothing_left

# The pipe of a caller that reads all of the output ends with the command.
mount_folder "$folder" "$tmp/mnt" | cat
umount "$tmp/mnt"
nothing_left

# A caller may have closed the standard streams.
(exec <&- >&- 2>&-; mount_folder "$folder" "$tmp/mnt")
check_mount "$folder" "$tmp/mnt"
umount "$tmp/mnt"
nothing_left

# While it is in use it stays; --lazy does not wait, and all goes in the end.
mount_folder "$folder" "$tmp/mnt"
exec 9< "$tmp/mnt"
status=0
"$tool" umount "$tmp/mnt" 2> "$tmp/err" || status=$?
test $status -eq 1
grep -q "^erofsflat: $tmp/mnt: is in use" "$tmp/err" || fail "$(cat "$tmp/err")"
check_mount "$folder" "$tmp/mnt"
"$tool" umount --lazy "$tmp/mnt"
is_running $server || fail "it did not wait for its user"
exec 9<&-
nothing_left

# Also seen at another place: the server serves on.
mount_folder "$folder" "$tmp/mnt"
mount --bind "$tmp/mnt" "$tmp/other"
timeout $patience "$tool" umount "$tmp/mnt"
check_mount "$folder" "$tmp/other"
umount_folder "$tmp/other"
nothing_left
