#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Reads of any offset and length of images with compressed blobs, over several
# connections, while the cache is far too small or there is none, give the
# bytes of a flat copy.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires_libnbd

seed=${SEED-$RANDOM}
echo "SEED=$seed"
reads=1000
if test -n "$valgrind$sanitizers"; then reads=100; fi

for name in erofs-fsmerge-zstd erofs-tarindex-gz rafs-batch rafs-enc \
            rafs-targz-ref rafs-zstd rafs-zstd-4k; do
    serve_folder "$data/$name"
    nbd-cat -n 4 "$uri" > "$tmp/flat"
    check_device "$data/$name" "flat copy" cat "$tmp/flat"
    stop_nbdkit
    for words in "cache=0" "cache=70k" "cache=1M decodes=1"; do
        echo "$name $words"
        serve_folder "$data/$name" $words
        timeout $patience nbd-random -s $seed -r $reads -c 6 -n 8 \
                "$uri" "$tmp/flat" || fail "$name $words: reads differ"
        stop_nbdkit
    done
done
