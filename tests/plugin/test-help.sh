#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# --help names every parameter of options.def.

source functions.sh

nbdkit erofsflat --help > "$tmp/help"
keys=$(sed -n 's/^OPTION (\([a-z_]*\),.*/\1/p' \
           "$abs_top_srcdir/lib/options.def")
test -n "$keys" || fail "no parameter in options.def"
for key in $keys; do
    grep -q "^$key=" "$tmp/help" || fail "--help does not say $key="
done
