#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Prometheus' own tool reads what stats=FILE writes and has nothing to say
# against it, whatever the name of the image.

source functions.sh
requires promtool --version

for name in plain 'q"b\b {c}' $'two\nlines' $'gr\xc3\xbc\xc3\x9f' $'gr\xfc'; do
    mkdir -p "$tmp/$name"
    cp "$data/erofs-plain/bootstrap" "$tmp/$name/"
    # A reader takes nothing of these names for another label or line.
    nbdkit -f -U - erofsflat bootstrap="$tmp/$name/bootstrap" \
           stats="$tmp/a.prom" --run true
    test "$(grep -vc '^#' "$tmp/a.prom")" -eq 10 ||
        fail "not 10 metrics: $(cat "$tmp/a.prom")"
    timeout $patience promtool check metrics < "$tmp/a.prom" \
            > "$tmp/said" 2>&1 || fail "$(cat "$tmp/said")"
    test ! -s "$tmp/said" || fail "$(cat "$tmp/said")"
done
