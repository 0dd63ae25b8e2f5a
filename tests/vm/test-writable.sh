#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A VM may write to its disk where a layer takes the writes: nbdkit's cow
# filter, or a qcow2 file over our URI.  What was written is read back, by the
# same VM, and the image under it is as it was.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm
requires nbdkit -U - --filter=cow null 4096 --run true
requires qemu-img --version

folder=$data/erofs-fsmerge-zstd

# The last 4 KiB of the disk are written; then its bytes are right again, so
# that the files can be compared.
write_and_compare ()
{
    in_vm sh -c '
        set -e
        test "$(cat /sys/block/vda/ro)" = 0
        at=$(( $(cat /sys/block/vda/size) / 8 - 1 ))
        dd if=/dev/vda of=/tmp/old bs=4096 skip=$at 2>/dev/null
        head -c 4096 /dev/urandom > /tmp/new
        dd if=/tmp/new of=/dev/vda bs=4096 seek=$at conv=fsync 2>/dev/null
        echo 3 > /proc/sys/vm/drop_caches
        dd if=/dev/vda of=/tmp/got bs=4096 skip=$at 2>/dev/null
        cmp /tmp/got /tmp/new
        dd if=/tmp/old of=/dev/vda bs=4096 seek=$at conv=fsync 2>/dev/null
    ' || fail "$1: the disk does not keep what is written"
    in_vm sh -c "$sum_files_script" sh /dev/vda /mnt > "$tmp/files.got"
    compare_files "$folder/files.md5" "$tmp/files.got"
    stop_vm
}

serve_tcp "$folder" --filter=cow
boot_vm -drive "file=$uri,format=raw,if=virtio"
write_and_compare "filter cow"
stop_nbdkit

serve_tcp "$folder"
qemu-img create -q -f qcow2 -b "$uri" -F raw "$tmp/overlay.qcow2"
boot_vm -drive "file=$tmp/overlay.qcow2,format=qcow2,if=virtio"
write_and_compare "qcow2"
check_device "$folder" "libnbd, afterwards" nbdcopy "$uri" -
