#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `qemu-nbd -c' in a VM attaches our device from its URI: the image is mounted,
# every file is right, and the device is detached cleanly.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm

boot_vm

for name in erofs-fsmerge-zstd rafs-merged; do
    serve_tcp "$data/$name"
    check_files "$data/$name" vm_qemu_nbd
    stop_nbdkit
done
