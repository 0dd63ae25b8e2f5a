#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Output that can not be written is a failure.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"

test -c /dev/full || skip "there is no /dev/full"
read_params "$data/erofs-fsmerge"
for command in info "info --json" map "map --json" check "check --json" \
               "table --format=vmdk" "table --format=dm" "info --help"; do
    status=0
    erofsflat $command "${params[@]}" > /dev/full 2> "$tmp/err" || status=$?
    test $status -eq 1 || fail "$command: exit status $status, not 1"
    grep -q "^erofsflat: standard output: No space left" "$tmp/err" ||
        fail "$command: $(cat "$tmp/err")"
done
for option in --help --version; do
    ! erofsflat $option > /dev/full 2>/dev/null || fail "$option"
done
