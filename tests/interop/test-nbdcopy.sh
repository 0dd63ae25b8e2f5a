#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# nbdcopy, which asks for extents over several connections, copies the right
# device.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires nbdcopy --version

for folder in $(all_vectors); do
    serve_folder "$folder"
    timeout $patience nbdcopy "$uri" "$tmp/copy"
    check_device "$folder" nbdcopy cat "$tmp/copy"
    rm "$tmp/copy"
    stop_nbdkit
done
