# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Compressed blobs whose chunks are all in the cache.

make_images
echo
echo "compressed, all chunks in the cache; the server's time is divided by" \
     "nbdkit file's:"

within=$(( (BENCH_MIB << 20) / 4 ))
serve file file "$bench/flat"
serve zstd erofsflat "$bench/raw/bootstrap" blobdir="$bench/zstd" cache=1G
serve rafs erofsflat "$bench/rafs/bootstrap" blobdir="$bench/rafs/blobs" \
      cache=1G
for name in zstd rafs; do
    load -w $within -- $name
    for depth in 1 16; do
        load -w $within -r -s 4096 -d $depth -n $(( 8 << 20 )) \
             -R $(( 5 * BENCH_ROUNDS )) -o 4 -- $name file
        row "$name: random 4 KiB, depth $depth: CPU" "$(loaded file 5)" \
            '<= 1.05'
        row "$name: random 4 KiB, depth $depth: wall" "$(loaded file 4)" \
            '<= 1.05'
    done
done
stop zstd rafs file
