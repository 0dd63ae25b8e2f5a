#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A VM that has our export as its virtio disk mounts it, and every file is
# right.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm

for name in erofs-fsmerge-zstd rafs-merged; do
    serve_tcp "$data/$name"
    check_files "$data/$name" vm_virtio
    stop_nbdkit
done
