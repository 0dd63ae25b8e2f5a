#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The units of contrib/systemd in a VM: the first client starts the server,
# every file is right through erofsflat-nbd@.service, and the server is
# confined.  It stops at once when nobody is attached, and when 100 clients are
# silent, after its stop time-out; nothing is left behind, and it starts again.
# When a server was killed and is there again, so is the mount.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm_root

folder=$data/erofs-fsmerge-zstd
service=erofsflat@vm7.service
socket=erofsflat@vm7.socket
client=erofsflat-nbd@nbd0.service

# What is installed in the VM: this machine's nbdkit with its libraries, as far
# as the VM lacks them, and what was built.
make_disk ()
{
    local disk=$tmp/disk file real_nbdkit plugin plugindir

    real_nbdkit=$(sed -n 's/^NBDKIT = //p' "$abs_top_builddir/Makefile")
    plugindir=$("$real_nbdkit" --dump-config | sed -n 's/^plugindir=//p')
    plugin=$abs_top_builddir/plugin/.libs/nbdkit-erofsflat-plugin.so
    mkdir -p "$disk"/usr/{bin,sbin} "$disk/$plugindir" "$disk/srv" \
             "$disk"/etc/{erofsflat,erofsflat-nbd} \
             "$disk"/etc/systemd/{"system/$socket.d",system.conf.d}
    for file in $({ ldd "$real_nbdkit" && ldd "$plugin"; } |
                      grep -o '/[^ ]*' | sort -u); do
        mkdir -p "$disk/${file%/*}"
        cp -L "$file" "$disk/$file"
    done
    cp "$real_nbdkit" "$disk/usr/sbin/nbdkit"
    cp "$plugin" "$disk/$plugindir"
    cp -r "$folder" "$disk/srv/image"
    cp "$abs_top_srcdir/contrib/systemd"/*@.s* "$disk/etc/systemd/system"
    printf '%s\n' '[Socket]' 'ListenStream=127.0.0.1:10809' \
           > "$disk/etc/systemd/system/$socket.d/tcp.conf"
    # Five starts in ten seconds would be the last ones by default; here they
    # take longer.
    printf '%s\n' '[Manager]' DefaultStartLimitIntervalSec=600 \
           > "$disk/etc/systemd/system.conf.d/slow.conf"
    read_params "$folder"
    {
        echo BOOTSTRAP=/srv/image/bootstrap
        echo PARAMETERS=${params[@]:1} | sed "s,$folder,/srv/image,g"
    } > "$disk/etc/erofsflat/vm7.conf"
    echo SERVER=127.0.0.1 10809 > "$disk/etc/erofsflat-nbd/nbd0.conf"
    chmod -R go+rX "$disk"
    # Files only: some folders of the VM are links.
    (cd "$disk" && find . -type f | tar -c -f "$tmp/disk.tar" -T -)
}

# check_state UNIT STATE RESULT
check_state ()
{
    local got

    got=$(in_vm systemctl show --property=ActiveState,Result --value "$1" |
              sort | tr '\n' ' ')
    test "$got" = "$(printf '%s\n' $2 $3 | sort | tr '\n' ' ')" ||
        fail "$1: $got: $(in_vm journalctl --no-pager -n 30 -u "$1")"
}

# Nothing but the image is there still.
nothing_left ()
{
    in_vm sh -c '
        ! pidof nbdkit nbd-client || exit 1
        ! ls -d /run/erofsflat/vm7* 2> /dev/null || exit 1
        ! grep :2A39 /proc/net/tcp /proc/net/tcp6 | grep " 0A " || exit 1
        ! grep /mnt /proc/mounts || exit 1
        test "$(cat /sys/block/nbd0/size)" = 0
    ' >&2 || fail "left behind"
}

check_mounted ()
{
    in_vm sh -c 'cd /mnt && find . -type f -exec md5sum {} +' \
        > "$tmp/files.got" || fail "$(in_vm journalctl --no-pager -n 40)"
    compare_files "$folder/files.md5" "$tmp/files.got"
}

make_disk
serve_tcp "$vm_root/image"
boot_root "erofsflat.device=/dev/vda" \
          -drive "file=$uri,format=raw,if=virtio,readonly=on" \
          -drive "file=$tmp/disk.tar,format=raw,if=virtio,readonly=on"
in_vm tar -C / -x --skip-old-files -f /dev/vdb
in_vm nbdkit erofsflat --dump-plugin > /dev/null ||
    skip "the VM's Debian does not run what was built here"
in_vm sh -c 'echo "$1" >> /etc/fstab' sh "/dev/nbd0 /mnt erofs \
ro,_netdev,x-systemd.requires=$client,x-systemd.wanted-by=$client 0 0"
in_vm systemctl daemon-reload

# The first client starts it.
in_vm systemctl start $socket
check_state $socket active success
check_state $service inactive success
in_vm systemctl start mnt.mount || fail "$(in_vm journalctl --no-pager -n 40)"
check_state $service active success
check_state $client active success
check_mounted
in_vm sh -c '
    cd /sys/block/nbd0
    test $(cat ro queue/read_ahead_kb queue/logical_block_size |
               tr "\n" -) = 1-1024-512-
' || fail "it is not tuned"

# A device that somebody attached by hand is left alone.
in_vm sh -e -c '
    cp /etc/erofsflat-nbd/nbd0.conf /etc/erofsflat-nbd/nbd1.conf
    nbd-client -nonetlink -readonly 127.0.0.1 10809 /dev/nbd1 > /dev/null
    pid=$(cat /sys/block/nbd1/pid)
    ! systemctl start erofsflat-nbd@nbd1 2> /dev/null || exit 1
    systemctl stop erofsflat-nbd@nbd1
    test $(cat /sys/block/nbd1/pid) = $pid
    journalctl -u erofsflat-nbd@nbd1 |
        grep "/dev/nbd1 is attached already, or in use since it was$"
    head -c 4096 /dev/nbd1 | cmp - /srv/image/bootstrap -n 4096
    nbd-client -d /dev/nbd1
' >&2 || fail "it takes what is another one's: $(
    in_vm journalctl --no-pager -n 30 -u erofsflat-nbd@nbd1)"

# It is confined.
in_vm sh -e -c '
    pid=$(systemctl show --property=MainPID --value "$1")
    status ()
    {
        got=$(sed -n "s/^$1:[[:space:]]*//p" /proc/$pid/status)
        test "$got" = "$2" || { echo "$1: $got" >&2; exit 1; }
    }
    for set in CapInh CapPrm CapEff CapBnd CapAmb; do
        status $set 0000000000000000
    done
    status NoNewPrivs 1
    status Seccomp 2
    test $(stat -c %u /proc/$pid) -ge 61184 || exit 1
    # Root may not write there either, so it is not a matter of modes.
    for dir in / /etc /srv/image /usr /var /run /run/erofsflat /dev \
               /dev/shm; do
        if nsenter -t $pid -m touch $dir/x 2> /tmp/err; then
            echo "$dir can be written to" >&2
            exit 1
        fi
        grep -q "Read-only file system" /tmp/err ||
            { cat /tmp/err >&2; exit 1; }
    done
    nsenter -t $pid -m touch /run/erofsflat/vm7/x
    rm /run/erofsflat/vm7/x
    # The server says that it has confined itself, too.
    journalctl -u "$1" | grep "sandbox=on: active: landlock-[1-9].*,seccomp" ||
        { journalctl --no-pager -n 40 -u "$1" >&2; exit 1; }
    ! nsenter -t $pid -m ls /dev/vda 2> /tmp/err || exit 1
    grep "No such file" /tmp/err
    nsenter -t $pid -n grep : /proc/self/net/dev > /tmp/links
    test "$(cut -d: -f1 /tmp/links | tr -d " ")" = lo
    grep "^erofsflat_read_errors_total{.*} 0" /run/erofsflat/vm7/vm7.prom
' sh $service >&2 || fail "it is not confined"

# The server is killed, and comes back later: it is mounted again.
in_vm systemctl stop $socket
in_vm systemctl kill -s KILL $service
_wait_until in_vm sh -c '! grep -q /mnt /proc/mounts' ||
    fail "it is mounted still"
sleep 3
in_vm systemctl start $socket
_wait_until in_vm grep -q /mnt /proc/mounts ||
    fail "$(in_vm journalctl --no-pager -n 40)"
check_mounted

# Nobody is attached.
in_vm systemctl stop mnt.mount $client
in_vm sh -c "$wait_for_size" sh nbd0 no
in_vm systemctl stop $socket $service
check_state $client inactive success
check_state $service inactive success
nothing_left

# However often the server ends and cannot start, the socket goes on listening,
# and who waits is served in the end.
in_vm systemctl start $socket
in_vm bash -e -c '
    connect ()
    {
        exec {fd}<> /dev/tcp/127.0.0.1/10809
        test "$(head -c 8 <&$fd)" = NBDMAGIC
        exec {fd}>&-
    }
    failures ()
    {
        journalctl -u "$1" | grep -c "Failed with result .exit-code"
    }
    connect
    systemctl kill -s KILL "$1"
    while systemctl -q is-active "$1"; do sleep 0.1; done
    mv /srv/image/bootstrap /srv/image/away
    { connect; echo served > /tmp/served; } &
    for i in {1..300}; do
        test "$(failures "$1")" -lt 6 || break
        sleep 0.1
    done
    test "$(failures "$1")" -ge 6
    mv /srv/image/away /srv/image/bootstrap
    wait
    test "$(cat /tmp/served)" = served
' bash $service >&2 || fail "$(
    in_vm journalctl --no-pager -n 60 -u $service -u $socket)"
in_vm systemctl stop $socket $service
in_vm sh -c "pidof nbdkit" && fail "it is running still"

# 90 clients that are silent from the start, 10 after the handshake.
in_vm systemctl start $socket
in_vm bash -c '
    {
        for i in {1..90}; do
            exec {fd}<> /dev/tcp/127.0.0.1/10809
        done
        for i in {1..10}; do
            exec {fd}<> /dev/tcp/127.0.0.1/10809
            head -c 18 <&$fd > /dev/null
            printf "\0\0\0\3IHAVEOPT\0\0\0\1\0\0\0\0" >&$fd
            test $(head -c 10 <&$fd | wc -c) -eq 10 && echo ready
        done
        sleep 600
    } > /tmp/silent 2>&1 &
'
_are_all_in ()
{
    in_vm sh -c '
        test $(grep -c ready /tmp/silent) -eq 10 &&
            test $(ls -l /proc/$(pidof nbdkit)/fd | grep -c socket) -gt 100
    '
}
_wait_until _are_all_in || fail "the clients do not come in"
start=$(in_vm cut -d. -f1 /proc/uptime)
in_vm systemctl stop $socket $service
took=$(( $(in_vm cut -d. -f1 /proc/uptime) - start ))
echo "with 100 silent clients it stopped after $took s"
test $took -ge 9 && test $took -le 30 || fail "it took $took s"
check_state $service failed timeout
check_state $socket inactive success
nothing_left

# It can be started again; now by a group that alone may read the image, and
# for a client by the Unix socket.
in_vm sh -c '
    echo SERVER=-unix /run/erofsflat/vm7.sock > /etc/erofsflat-nbd/nbd0.conf
    chgrp -R games /srv/image
    chmod -R o-rwx /srv/image
    mkdir "/etc/systemd/system/$1.d"
    printf "%s\n" "[Service]" SupplementaryGroups=games \
           > "/etc/systemd/system/$1.d/group.conf"
    systemctl daemon-reload
' sh $service
in_vm systemctl start $socket
in_vm systemctl start mnt.mount
check_mounted
in_vm systemctl stop mnt.mount $client
in_vm systemctl stop $socket $service
check_state $service inactive success
nothing_left
