#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A qemu-nbd that serves our device once more serves the right bytes.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires qemu-nbd --version
requires_libnbd

for folder in $(all_vectors); do
    serve_folder "$folder"
    reexport_by_qemu_nbd "$uri"
    check_device "$folder" qemu-nbd nbd-cat -s 65536 -n 8 -c 2 "$reexport"
    stop_qemu_nbd
    stop_nbdkit
done
