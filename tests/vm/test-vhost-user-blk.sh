#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# qemu-storage-daemon gives our NBD export to a VM as a vhost-user-blk disk:
# the image is mounted, and every file is right.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm
requires qemu-storage-daemon --version

serve_tcp "$data/erofs-fsmerge-zstd"
check_files "$data/erofs-fsmerge-zstd" vm_vhost_user
