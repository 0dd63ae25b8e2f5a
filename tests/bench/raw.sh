# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Raw blobs, against `nbdkit file' on the flattened copy, `nbdkit split' on the
# same files, and qemu-nbd with a VMDK of them.

make_images
echo
echo "raw, $BENCH_MIB MiB in 8 blobs; the server's time is divided by" \
     "the other's:"

raw=("$bench/raw/bootstrap" blobdir="$bench/raw/blobs")
serve ours erofsflat "${raw[@]}"
serve file file "$bench/flat"
serve split split "${files[@]}"
# `nbdkit split' answers the requests of a connection one after the other, in
# one thread.  Ours does the same with this option, and `nbdkit file', which is
# parallel too, says what it costs not to.
serve one-thread --threads=1 erofsflat "${raw[@]}"
if command -v qemu-nbd > /dev/null; then
    serve_qemu_nbd qemu-nbd "${raw[@]}"
    qemu='qemu-nbd'
else
    qemu=
    note "qemu-nbd is not installed: left out"
fi

# compare WORK LIMIT OURS OTHER OPTION...: runs of a few hundredths of a second.
compare ()
{
    local work=$1 limit=$2 ours=$3 other=$4

    shift 4
    load "$@" -R $(( 5 * BENCH_ROUNDS )) -o 4 -- "$ours" "$other"
    row "$work: CPU" "$(loaded "$other" 5)" "$limit"
    row "$work: wall" "$(loaded "$other" 4)" "$limit"
}

# raw_rows WORK LIMIT OPTION...
raw_rows ()
{
    local work=$1 limit=$2

    shift 2
    echo "$work"
    compare '  / nbdkit file' "$limit" ours file "$@"
    compare '  / nbdkit split' '< 1' ours split "$@"
    compare '  with --threads=1 / nbdkit split' '< 1' one-thread split "$@"
    compare '  nbdkit file / nbdkit split' '' file split "$@"
    if test -n "$qemu"; then
        compare '  / qemu-nbd' '< 1' ours qemu-nbd "$@"
    fi
}

mib=$(( 1 << 20 ))
raw_rows 'sequential, 256 KiB, depth 1' '<= 1.02' -n $(( 64 * mib ))
raw_rows 'sequential, 256 KiB, depth 4' '<= 1.02' -d 4 -n $(( 64 * mib ))
raw_rows 'random 4 KiB, depth 1' '<= 1.03' -r -s 4096 -n $(( 8 * mib ))
raw_rows 'random 4 KiB, depth 16' '<= 1.03' -r -s 4096 -d 16 -n $(( 8 * mib ))
stop ours file split one-thread
