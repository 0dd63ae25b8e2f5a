#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The word bootstrap= may be left out.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

folder=$data/erofs-fsmerge
start_nbdkit erofsflat "$folder/bootstrap" blobdir="$folder/blobs"
check_device "$folder" libnbd nbd-cat "$uri"
