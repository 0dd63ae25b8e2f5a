#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The server is killed under load and started again, 8 times, behind qemu:
# a RAFS v6 image.

source functions.sh
source "$abs_top_srcdir/tests/fault/killing-qemu.sh"

kill_behind_qemu rafs-zstd
