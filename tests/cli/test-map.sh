#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The ranges of `map' are adjacent, add up to the size of the device, and are
# where an independent model of the image has data and gaps.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires jq --version

check_map ()
{
    read_params "$1"
    erofsflat map --json "${params[@]}" > "$tmp/json"
    jq -e '.size as $size |
           reduce .ranges[] as $r (0; if $r.start == . and $r.length > 0
                                      then . + $r.length else error end)
           | . == $size' "$tmp/json" >/dev/null ||
        fail "$1: the ranges do not add up: $(cat "$tmp/json")"
    test "$(jq .size "$tmp/json")" -eq "$2"

    # The text has the same ranges.
    jq -r '.ranges[] | "\(.start) \(.length)"' "$tmp/json" > "$tmp/want"
    erofsflat map "${params[@]}" | awk 'NR > 1 { print $1, $2 }' > "$tmp/got"
    diff "$tmp/want" "$tmp/got" >&2 || fail "$1: text and JSON differ"
}

# "START LENGTH data|zero" lines, those of one kind joined to one.
join_lines ()
{
    awk '$3 == kind { len += $2; next }
         NR > 1 { print start, len, kind }
         { start = $1; len = $2; kind = $3 }
         END { print start, len, kind }'
}

while read -r folder; do
    check_map "$folder" "$(awk '{print $2}' "$folder/flat.sha256")"
done < <(all_vectors)

for seed in 1 2 3 4 5 6 7 8; do
    image=$tmp/image$seed
    make-image -s $seed -n 9 -m 5 -g 9 "$image"
    check_map "$image" "$(cat "$image/size")"
    join_lines < "$image/map" > "$tmp/want"
    jq -r '.ranges[] | "\(.start) \(.length) \(
             if .what == "hole" or .what == "zero" then "zero" else "data" end
           )"' "$tmp/json" | join_lines > "$tmp/got"
    diff "$tmp/want" "$tmp/got" >&2 || fail "seed $seed: map and model differ"
done
