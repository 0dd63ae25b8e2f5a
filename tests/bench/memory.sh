# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# The memory of a server of compressed blobs under load: 16 connections, each
# with 16 requests in flight, of up to 256 KiB, anywhere on the device.

make_images
echo
echo "memory, 16 connections with requests up to 256 KiB, cache=64M:"

# random_load NAME
random_load ()
{
    load -c 16 -d 16 -S $(( 256 << 10 )) -n $(( 2 * BENCH_MIB << 20 )) -- "$1"
}

# What nbdkit itself takes for the same load, with its buffers.
serve null memory "${BENCH_MIB}M"
random_load null
null=$(memory_of "$(pid_of null)" VmHWM)
stop null
decodes=$(( $(nproc) + 2 ))

# memory_row NAME CHUNK-KIB ARG...
memory_row ()
{
    local name=$1 chunk=$2

    shift 2
    serve "$name" erofsflat "$@" cache=64M
    random_load "$name"
    row "$name: KiB resident at most" \
        "$(memory_of "$(pid_of "$name")" VmHWM)" ''
    note "cache 65536 + $decodes decodes x $chunk +" \
         "nbdkit with another plugin $null =" \
         "$(( 65536 + decodes * chunk + null ))"
    stop "$name"
}

memory_row zstd 256 "$bench/raw/bootstrap" blobdir="$bench/zstd"
memory_row rafs 1024 "$bench/rafs/bootstrap" blobdir="$bench/rafs/blobs"
