#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A Debian system boots from a virtio disk that is our export, of an image of
# five blobs of which one is compressed: up to systemd's multi-user target,
# with an overlay for writes.  Every file of the image is right.  Booted once
# more, it has a RAFS image as its second disk, whose files are right, too.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm_root

serve_tcp "$vm_root/image"
root_disk="file=$uri,format=raw,if=virtio,readonly=on"
boot_root "erofsflat.device=/dev/vda" -drive "$root_disk"
check_root /dev/vda
stop_vm

serve_tcp "$data/rafs-zstd"
boot_root "erofsflat.device=/dev/vda" -drive "$root_disk" \
          -drive "file=$uri,format=raw,if=virtio,readonly=on"
in_vm sh -c "$sum_files_script" sh /dev/vdb /mnt > "$tmp/files.got"
compare_files "$data/rafs-zstd/files.md5" "$tmp/files.got"
