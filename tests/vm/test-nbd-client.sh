#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# nbd-client in a VM attaches our device over TCP: plainly, with four
# connections, with an export name.  Images of several kinds are mounted, every
# file is right, and the device is detached cleanly.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm

boot_vm

for name in erofs-fsmerge erofs-fsmerge-zstd erofs-tarindex-gz rafs-merged \
            rafs-zstd rafs-tarfs; do
    serve_tcp "$data/$name"
    check_files "$data/$name" vm_nbd_client
    stop_nbdkit
done

serve_tcp "$data/erofs-fsmerge-zstd"
nbd_client_options=(-connections 4)
check_files "$data/erofs-fsmerge-zstd" vm_nbd_client
attach_vm_nbd_client "$uri"
test "$(count_connections)" -eq 4 ||
    fail "-connections 4 made $(count_connections)"
detach_vm_nbd_client
nbd_client_options=()

uri=$uri/layers
check_files "$data/erofs-fsmerge-zstd" vm_nbd_client
