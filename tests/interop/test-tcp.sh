#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The same device comes out over TCP, on the loopback address.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

# The port may be in use: then another one.
folder=$data/erofs-fsmerge
serve_folder "$folder" --tcp || serve_folder "$folder" --tcp
check_device "$folder" "TCP" nbd-cat -c 3 -n 9 "$uri"
