#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same as test-diskless.sh with an initramfs made by dracut and
# contrib/dracut, and with no other parameters than it needs.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm_root

serve_tcp "$vm_root/image"
boot_root_dracut "erofsflat.server=10.0.2.2:$port/root ip=dhcp"
check_root /dev/nbd0
test "$(in_vm cat /sys/block/nbd0/queue/read_ahead_kb)" = 1024 ||
    fail "read_ahead_kb is not what is built in"
