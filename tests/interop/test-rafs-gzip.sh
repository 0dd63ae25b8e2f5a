#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# RAFS blobs of gzip chunks, with chunk information of both versions, give the
# data of the image that they were made of, and mount.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

for name in rafs-zstd rafs-zstd-4k; do
    read_params "$data/$name"
    erofsflat export -q -o "$tmp/flat" "${params[@]}"
    for version in 1 2; do
        folder=$tmp/$name-v$version
        option=
        if test $version -eq 1; then option=-1; fi
        rafs-gzip $option "$data/$name/bootstrap" "$data/$name"/blobs/* \
                  "$tmp/flat" "$folder"
        cp "$data/$name"/{params,files.md5} "$folder"
        # All is as it was behind the bootstrap.
        { cat "$folder/bootstrap"
          tail -c +$(( $(stat -c %s "$folder/bootstrap") + 1 )) "$tmp/flat"
        } > "$folder/flat"
        read_params "$folder"
        erofsflat info "${params[@]}" > "$tmp/info"
        grep -q '^ *compressor .*gzip' "$tmp/info" || fail "$(cat "$tmp/info")"
        erofsflat check --data "${params[@]}"
        for cache in $caches; do
            serve_folder "$folder" cache=$cache
            check_device "$folder" libnbd nbd-cat -n 8 "$uri"
            stop_nbdkit
        done
    done
    rm "$tmp/flat"
done

# Last, as this may not be possible here.
requires_mount
for folder in "$tmp"/rafs-*; do
    serve_folder "$folder"
    check_files "$folder" nbdfuse_loop
    stop_nbdkit
done
