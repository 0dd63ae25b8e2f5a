# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Compressed blobs, read in order by one connection, each chunk for the first
# time: of a device much larger than the cache, that is so each time.

make_images
echo
echo "compressed, sequential, cold, 256 KiB, depth 1:"

no_hashes ()
{
    echo 0 0
}

hashes ()
{
    hash-cost $(( BENCH_MIB << 20 ))
}

# cold_cpu NAME HASHES FILE...: one run each of the server NAME, of `file', of
# `zstd -d FILE...' and of HASHES, BENCH_ROUNDS / 3 times; prints the medians of
# their CPU times in microseconds (HASHES has two), and of the factor that zstd
# -d's has to be taken by for the sum of all to be what NAME took.
cold_cpu ()
{
    local name=$1 hashes=$2 i ours raw zstd blake3 crc32c

    shift 2
    load -- "$name" file
    for (( i = 0; i < (BENCH_ROUNDS + 2) / 3; i++ )); do
        load -- "$name" file
        ours=$(loaded "$name" 3)
        raw=$(loaded file 3)
        zstd=$(cpu_of zstd -d -c "$@")
        read -r blake3 crc32c <<< "$($hashes)"
        echo "$ours $raw $zstd $blake3 $crc32c" \
             "$(calc "($ours - $raw - $blake3 - $crc32c) / $zstd")"
    done > "$tmp/cold"
    for i in 1 2 3 4 5 6; do
        awk -v i=$i '{ print $i }' "$tmp/cold" | median
    done | xargs
}

ms ()
{
    calc "$1 / 1000" %.0f
}

# mib_s MICROSECONDS: of the whole device.
mib_s ()
{
    calc "$BENCH_MIB / $1 * 1e6" %.0f
}

# Wall time with 1, 2, 4, ... cores of the server, by turns.
scaling ()
{
    local name=$1 pid cores=() n i all

    pid=$(pid_of "$name")
    all=$(nproc)
    for (( n = 1; n < all; n *= 2 )); do cores+=("$n"); done
    cores+=("$all")
    for (( i = 0; i < (BENCH_ROUNDS + 2) / 3; i++ )); do
        for n in "${cores[@]}"; do
            taskset -a -p -c 0-$(( n - 1 )) "$pid" > /dev/null
            load -- "$name"
            echo "$n $(loaded "$name" 2)"
        done
    done > "$tmp/scaling"
    for n in "${cores[@]}"; do
        awk -v n="$n" '$1 == n { print $2 }' "$tmp/scaling" > "$tmp/walls"
        note "cores: $n: $(mib_s "$(median < "$tmp/walls")") MiB/s," \
             "at best $(mib_s "$(sort -n "$tmp/walls" | head -n 1)")"
        if test "$n" -eq 1; then continue; fi
        row "$name: wall on 1 core / wall on $n" "$(
            awk -v n="$n" '$1 == 1 { one = $2 }
                           $1 == n { print one / $2 }' "$tmp/scaling" |
            median)" ">= $(calc "0.8 * $n" %.1f)"
    done
}

serve file file "$bench/flat"
serve zstd erofsflat "$bench/raw/bootstrap" blobdir="$bench/zstd"
read -r ours raw zstd _ _ factor <<< "$(
    cold_cpu zstd no_hashes "$bench"/zstd/*)"
note "CPU: served $(ms "$ours") ms; zstd -d $(ms "$zstd") ms;" \
     "nbdkit file $(ms "$raw") ms"
row "zstd seekable: (CPU - nbdkit file) / zstd -d" "$factor" '<= 1.15'
scaling zstd
stop zstd

serve rafs erofsflat "$bench/rafs/bootstrap" blobdir="$bench/rafs/blobs"
read -r ours raw zstd blake3 crc32c factor <<< "$(
    cold_cpu rafs hashes "$bench/rafs/frames.zst")"
note "CPU: served $(ms "$ours") ms; zstd -d $(ms "$zstd") ms;" \
     "nbdkit file $(ms "$raw") ms;" \
     "BLAKE3 $(ms "$blake3") ms, CRC-32C $(ms "$crc32c") ms"
row "RAFS zstd: (CPU - nbdkit file - hashes) / zstd -d" "$factor" '<= 1.15'
scaling rafs
stop rafs file
