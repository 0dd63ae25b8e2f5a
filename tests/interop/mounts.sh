# SPDX-License-Identifier: BSD-3-Clause
# Mounting by the tool; sourced after harness.sh by the tests of
# `erofsflat mount'.
#
#   requires_tool_mount       skip unless it can mount here; sets $tool
#   mount_folder FOLDER DIR [WORD...]
#                             `erofsflat mount' the image of the folder; sets
#                             $device and $server (a process)
#   check_mount FOLDER DIR    compare all files there with the folder's
#   umount_folder DIR         `erofsflat umount', and nothing may be left
#   nothing_left              fail unless all is gone that this test made; it
#                             may take a moment

requires_tool_mount ()
{
    # The program itself: a signal to a wrapper is not one to it.
    tool=$abs_top_builddir/cli/erofsflat
    test -z "$valgrind" || skip "not under valgrind: it knows no fsopen"
    requires_mount
    cleanup_fn umount_all
}

mount_folder ()
{
    local folder=$1 dir=$2

    shift 2
    read_params "$folder"
    timeout $patience "$tool" mount -v "${params[@]}" "$@" "$dir" \
            > "$tmp/mount.out" || fail "${folder##*/}: mount failed"
    read_mount
}

# What `mount -v' said.
read_mount ()
{
    device=$(sed -n 's/^\(.*\): served by process .*/\1/p' "$tmp/mount.out")
    server=$(sed -n 's/.*: served by process //p' "$tmp/mount.out")
    test -b "$device" || fail "no device in: $(cat "$tmp/mount.out")"
    is_running $server || fail "no process in: $(cat "$tmp/mount.out")"
}

check_mount ()
{
    (cd "$2" && find . -type f -exec md5sum {} +) > "$tmp/files.got"
    compare_files "$1/files.md5" "$tmp/files.got"
}

# The mounts and processes of this test that are there, one a line: a line of
# the mount table and the words of a process have the name of $tmp in them.
list_left ()
{
    grep -F "$tmp" /proc/self/mountinfo || true
    grep -laF -f - /proc/[0-9]*/cmdline <<< "$tmp" 2>/dev/null || true
}

is_nothing_left ()
{
    list_left > "$tmp/left"
    test ! -s "$tmp/left"
}

nothing_left ()
{
    _wait_until is_nothing_left || fail "left behind: $(cat "$tmp/left")"
}

# A loop device that has no file any more, or another one.
is_detached ()
{
    local file=/sys/block/${1#/dev/}/loop/backing_file

    test ! -e "$file" || test "$(cat "$file" 2>/dev/null)" != /
}

# A process that has ended may wait for init to take note: it has no words.
is_running ()
{
    test "$(tr -d '\0' 2>/dev/null < "/proc/$1/cmdline")"
}

umount_folder ()
{
    timeout $patience "$tool" umount "$1" || fail "umount $1 failed"
    # At once, without waiting.
    ! grep -F " $1 " /proc/self/mountinfo || fail "$1 is still mounted"
    ! is_running $server || fail "process $server is still there"
    is_detached "$device" || fail "$device is still attached"
}

# Only after a test that failed half way there are any.
umount_all ()
{
    local dir

    while read -r _ _ _ _ dir _; do
        case $dir in "$tmp"/*) umount -l "$(printf %b "$dir")" ;; esac
    done < <(tac /proc/self/mountinfo)
}
