#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What serving costs, against others that do the same.  Prints a table, and
# never fails over a number: a busy machine is no fault.  Run by
#
#   make bench                       everything
#   make bench PARTS='raw start'     parts: raw disk cold cached start
#                                    memory
#
# BENCH_MIB (1024) is how much data is made, BENCH_ROUNDS (21) how often the
# servers take turns.  The files lie in TMPDIR, by default in /dev/shm if
# that is large enough: the same file system for all, and always in memory.

here=${BASH_SOURCE%/*}
: "${BENCH_MIB:=1024}" "${BENCH_ROUNDS:=21}"
shm=$(df --output=avail -m /dev/shm 2>/dev/null | tail -n 1)
if test -z "${TMPDIR-}" && test "${shm:-0}" -gt $(( 4 * BENCH_MIB )); then
    export TMPDIR=/dev/shm
fi

source functions.sh
source "$here/functions-bench.sh"

describe_machine
if test $# -eq 0; then set -- raw disk cold cached start memory; fi
for part in "$@"; do
    # shellcheck source=/dev/null
    source "$here/$part.sh"
done
