#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A Debian system without a disk boots over the network: kernel and initramfs
# by PXE; the initramfs, made with contrib/initramfs-tools, attaches our server
# with nbd-client; and the root is the image with an overlay in memory.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm_root

serve_tcp "$vm_root/image"
boot_root_pxe "erofsflat.server=10.0.2.2:$port/root ip=dhcp \
erofsflat.connections=3 erofsflat.timeout=90 erofsflat.readahead=512"
check_root /dev/nbd0
test "$(count_connections)" -eq 3 ||
    fail "erofsflat.connections=3 made $(count_connections)"
test "$(in_vm cat /sys/block/nbd0/queue/read_ahead_kb)" = 512 ||
    fail "erofsflat.readahead= had no effect"
