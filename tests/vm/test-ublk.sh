#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# nbdublk in a VM attaches our device from its URI: images of several kinds are
# mounted, every file is right, and the device is detached cleanly.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires nbdublk --version
requires_vm

boot_vm

for name in erofs-fsmerge-zstd erofs-tarindex-gz rafs-merged; do
    serve_tcp "$data/$name"
    check_files "$data/$name" vm_ublk
    stop_nbdkit
done
