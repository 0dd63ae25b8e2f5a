# SPDX-License-Identifier: BSD-3-Clause
# Sourced in a VM, by busybox sh, for test-mount.sh.
#
#   die WORD...        end with status 1
#   until_true SCRIPT  wait for it; it may take two minutes
#   list_all           what could be left behind: devices, mounts, processes
#   remember           what is there now
#   nothing_left       is all as it was then?  It may take a moment
#   tool_mount DIR WORD...
#                      sets $dir, $device, $queue (in /sys) and $server
#   tool_umount        undo the last one; all must be gone at once
#   is_running PID
#   sums DIR           md5sum lines of all files there
#   read_until_it_fails DIR NAME
#                      NAME.sums and .err are what md5sum prints, of many
#                      rounds; .time is how long the last took, in 1/100 s
#   centiseconds       since the VM has started

die ()
{
    echo "$*" >&2
    exit 1
}

until_true ()
{
    tries=0
    until eval "$1"; do
        tries=$((tries + 1))
        test $tries -lt 1200 || die "it does not come true: $1"
        sleep 0.1
    done
}

list_all ()
{
    ls -d /sys/block/*
    cat /proc/mounts
    grep -la ^erofsflat /proc/[0-9]*/cmdline 2>/dev/null
    true
}

remember ()
{
    list_all > /tmp/before
}

nothing_left ()
{
    tries=0
    until list_all > /tmp/left && cmp -s /tmp/left /tmp/before; do
        tries=$((tries + 1))
        test $tries -lt 200 || die "left: $(diff /tmp/before /tmp/left)"
        sleep 0.1
    done
}

# One that waits for its parent has no words.
is_running ()
{
    test "$(tr -d '\0' 2>/dev/null < "/proc/$1/cmdline")"
}

tool_mount ()
{
    dir=$1
    shift
    mkdir -p "$dir"
    timeout 60 erofsflat mount -v "$@" "$dir" > /tmp/mount.out ||
        die "mount: status $?"
    device=$(sed -n 's/^\(.*\): served by process .*/\1/p' /tmp/mount.out)
    server=$(sed -n 's/.*: served by process //p' /tmp/mount.out)
    queue=/sys/block/${device#/dev/}/queue
    case $device in
        /dev/nbd*) ;;
        *) die "not by the kernel's client: $(cat /tmp/mount.out)" ;;
    esac
    test -d "$queue" && is_running "$server" || die "$(cat /tmp/mount.out)"
}

tool_umount ()
{
    timeout 60 erofsflat umount "$dir" || die "umount: status $?"
    ! grep " $dir " /proc/mounts >&2 || die "$dir is still mounted"
    ! is_running "$server" || die "process $server is still there"
    ! test -e "$queue" || die "$device is still there"
}

sums ()
{
    (cd "$1" && find . -type f -exec md5sum {} +)
}

centiseconds ()
{
    sed 's/ .*//; s/\.//' /proc/uptime
}

# busybox find keeps silent about errors, so it reads the names in /tmp/list.
read_until_it_fails ()
{
    rm -f "$2".*
    while :; do
        echo 3 > /proc/sys/vm/drop_caches
        start=$(centiseconds)
        (cd "$1" && xargs md5sum < /tmp/list >> "$2.sums" 2> "$2.err") ||
            break
    done
    echo $(($(centiseconds) - start)) > "$2.time"
}
