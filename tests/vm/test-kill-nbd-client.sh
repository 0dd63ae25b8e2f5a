#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is killed under load and started again, 24 times under nbd-client
# -nonetlink -persist in a VM: reads may fail, but no byte is ever wrong; reads
# are right again after each; and the device is detached cleanly at the end.
#
# nbd-client 3.24 ends when the server does, whatever -persist says: since the
# kernel reports no error, it does not take it for a lost connection.  So it is
# started again and again here.  It can not attach while something holds the
# device open: a mount that was there has to be unmounted first.
#
# Under qemu-nbd -c with reconnect-delay, a mount stays, and nothing fails.

source functions.sh
source "$abs_top_srcdir/tests/fault/killing.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm

# The numbers of all readers together, in $good, $wrong, $failed.
read_counts ()
{
    local a b c counts

    counts=$(in_vm sh -c 'cat /tmp/reader*.counts')
    good=0 wrong=0 failed=0
    while read -r a b c; do
        good=$(( good + a )) wrong=$(( wrong + b )) failed=$(( failed + c ))
    done <<< "$counts"
}

_good_is_more_than ()
{
    read_counts
    test $good -gt $1
}

# At least so many more right reads.
readers_go_on ()
{
    read_counts
    _wait_until _good_is_more_than $(( good + $1 )) ||
        fail "nothing can be read: $good right, $failed failed"
}

start_readers ()
{
    local i

    for i in 1 2; do
        in_vm sh -c 'rm -f "$3".*; vm-compare "$@" > "$3.err" 2>&1 &' sh \
              "$device" "$1" /tmp/reader$i
    done
    _wait_until in_vm test -s /tmp/reader1.counts -a -s /tmp/reader2.counts
}

# What the readers have said, and the first bytes that were wrong.
show_wrong ()
{
    in_vm sh -c 'cd /tmp; cat reader*.err reader*.log
                 for i in 1 2; do
                     test -e reader$i.got || continue
                     cmp -l reader$i.right reader$i.got | head -n 100
                 done' >&2
}

end_readers ()
{
    in_vm touch /tmp/reader1.stop /tmp/reader2.stop
    _wait_until in_vm test -e /tmp/reader1.end -a -e /tmp/reader2.end ||
        { show_wrong; fail "a reader hangs, or has ended"; }
    read_counts
    echo "$1: $good reads right, $wrong wrong, $failed failed"
    test $wrong -eq 0 || { show_wrong; fail "$wrong reads gave wrong bytes"; }
}

kill_under_load ()
{
    local i

    for (( i = 0; i < kills; i++ )); do
        readers_go_on 3
        kill_server
        # At times the client comes too early.
        sleep $(( i % 2 ))
        start_server "$1"
    done
    readers_go_on 3
}

# Killing takes long.
vm_lifetime=1500

make_images
disks=()
for folder in "${images[@]}"; do
    disks+=(-drive "file=$folder/flat,format=raw,if=virtio,readonly=on")
done
boot_vm "${disks[@]}"
put_vm "$abs_builddir/vm-compare" /bin/vm-compare
in_vm chmod +x /bin/vm-compare
in_vm modprobe nbd nbds_max=4
device=/dev/nbd0

# A port that is free.
serve_tcp "$data/erofs-plain"
stop_nbdkit
_vm_port=$port
server_address=(--ipaddr 127.0.0.1 --port $_vm_port)
client="nbd-client 10.0.2.2 $_vm_port $device -b 512 -R -timeout 60 \
-nonetlink -persist -nofork"

start_client ()
{
    in_vm sh -c "rm -f /tmp/client.*
                 {
                     until test -e /tmp/client.stop; do
                         $client
                         echo ended
                         sleep 0.1
                     done
                     touch /tmp/client.end
                 } > /tmp/client.log 2>&1 &"
    in_vm sh -c "$wait_for_size" sh nbd0 yes
}

# It may be about to attach once more.
_detached ()
{
    in_vm sh -c 'nbd-client -d "$1" 2>&1; test -e /tmp/client.end' \
          sh $device >&2
}

# It is detached, and nothing of it is left.
stop_client ()
{
    in_vm touch /tmp/client.stop
    _wait_until _detached || fail "nbd-client does not end"
    in_vm sh -c "$wait_for_size" sh nbd0 no
    in_vm sh -c '! pidof nbd-client > /dev/null' ||
        fail "nbd-client is still there"
    in_vm sh -c '! test -e /sys/block/nbd0/pid' || fail "it is still attached"
}

disk=a
for folder in "${images[@]}"; do
    start_server "$folder"
    start_client
    start_readers /dev/vd$disk
    kill_under_load "$folder"
    end_readers "nbd-client, ${folder##*/}"
    stop_client
    echo "nbd-client ended $(in_vm grep -c ended /tmp/client.log) times"
    kill_server
    disk=$(tr a-y b-z <<< $disk)
done

# A mount: what is read is right or fails, and it goes on failing, until it is
# unmounted and the device can be attached again.
folder=$tmp/rafs-zstd
start_server "$folder"
start_client
in_vm sh -c 'mkdir -p /mnt && mount -t erofs -o ro "$1" /mnt' sh $device
in_vm sh -c 'cd /mnt && find . -type f > /tmp/list'
kill_server
start_server "$folder"
in_vm sh -c 'cd /mnt && echo 3 > /proc/sys/vm/drop_caches &&
             xargs md5sum < /tmp/list' > "$tmp/files.got" 2> "$tmp/err" &&
    fail "all could be read from a server that was killed"
grep -q ": Input/output error" "$tmp/err" || fail "$(cat "$tmp/err")"
compare_some_files "$folder/files.md5" "$tmp/files.got"
in_vm umount /mnt
_right_again ()
{
    in_vm sh -c "$sum_files_script" sh $device /mnt > "$tmp/files.got" \
          2> "$tmp/err"
}
_wait_until _right_again || fail "it does not mount again: $(cat "$tmp/err")"
compare_files "$folder/files.md5" "$tmp/files.got"
stop_client

# qemu-nbd keeps the kernel's device while it connects again by itself.
in_vm qemu-nbd --fork -r -c $device --image-opts \
      "driver=nbd,server.type=inet,server.host=10.0.2.2,server.port=$_vm_port,reconnect-delay=60" >&2
in_vm sh -c "$wait_for_size" sh nbd0 yes
in_vm mount -t erofs -o ro $device /mnt
start_readers /dev/vdc
kill_under_load "$folder"
in_vm sh -c 'cd /mnt && find . -type f -exec md5sum {} +' > "$tmp/files.got"
compare_files "$folder/files.md5" "$tmp/files.got"
end_readers "qemu-nbd, ${folder##*/}"
test $failed -eq 0 || fail "$failed reads failed under qemu-nbd"
in_vm umount /mnt
in_vm qemu-nbd -d $device >&2
in_vm sh -c "$wait_for_size" sh nbd0 no
kill_server
