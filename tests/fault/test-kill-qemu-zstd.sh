#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is killed under load and started again, 8 times, behind qemu:
# zstd seekable blobs.

source functions.sh
source "$abs_top_srcdir/tests/fault/killing-qemu.sh"

kill_behind_qemu erofs-fsmerge-zstd
