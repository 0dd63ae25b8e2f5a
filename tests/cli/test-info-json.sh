#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `info --json' is JSON and agrees with what the image's makers wrote into it.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"
requires jq --version

# is FILTER WANT: the filter gives that of the last JSON.
is ()
{
    local got

    got=$(jq -r "$1" "$tmp/json")
    test "$got" = "$2" || fail "$1 is '$got', not '$2'"
}

while read -r folder; do
    read_params "$folder"
    erofsflat info --json "${params[@]}" > "$tmp/json"
    is .flat_size "$(awk '{print $2}' "$folder/flat.sha256")"
    # In rafs-inline it is a part of the file.
    case ${folder##*/} in
        rafs-inline*) ;;
        *) is .file_size "$(stat -c %s "$folder/bootstrap")" ;;
    esac
    is .problem null
    is '[.devices[] | select (.problem != null)] | length' 0
done < <(all_vectors)

read_params "$data/erofs-fsmerge"
erofsflat info --json "${params[@]}" > "$tmp/json"
is .image "$data/erofs-fsmerge/bootstrap"
is .superblock.block_size 4096
is .superblock.uuid b0000000-0000-4000-8000-000000000000
is .superblock.build_time 1700000000
is '.superblock.feature_compat | join (" ")' "sb_chksum mtime"
is '.superblock.feature_incompat | join (" ")' device_table/compr_head2
is '.devices | length' 5
is '[.devices[].slot] | join (" ")' "1 2 3 4 5"
is .devices[2].tag a0000000000040008000000000000002
is .devices[2].file "$data/erofs-fsmerge/blobs/layer2.erofs"
is .devices[2].found_by uuid
is .devices[2].patched false
is '.devices[2] | .uniaddr * 4096 == .address' true
is '.devices[2] | .blocks * 4096 == .length' true

read_params "$data/erofs-blobdev-unset"
erofsflat info --json "${params[@]}" > "$tmp/json"
is .devices[0].patched true
is .devices[0].found_by size
is .devices[0].tag ""

read_params "$data/erofs-tarindex-merged-joined"
erofsflat info --json "${params[@]}" > "$tmp/json"
is .devices[1].offset 4096

read_params "$data/erofs-tarindex-joined"
erofsflat info --json "${params[@]}" > "$tmp/json"
is .devices[0].found_by bootstrap
