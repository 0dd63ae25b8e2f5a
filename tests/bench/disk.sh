# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Raw blobs that are not in the page cache: the servers wait for the disk, with
# one request at a time for each connection, or with many.

make_images
disk=$(mktemp -d "${BENCH_DISK:-$abs_builddir}/disk.XXXXXX")
cleanup_fn rm -rf "$disk"
echo
echo "raw, $BENCH_MIB MiB in 8 blobs on a disk ($(stat -f -c %T "$disk"))," \
     "nothing in the page cache:"

cp -r "$bench/raw" "$disk"
on_disk=("${files[@]/#$bench/$disk}")
sync -- "${on_disk[@]}"

evict ()
{
    local file

    for file in "${on_disk[@]}"; do
        dd if="$file" iflag=nocache count=0 status=none
    done
}

raw=("$disk/raw/bootstrap" blobdir="$disk/raw/blobs")
serve ours erofsflat "${raw[@]}"
serve split split "${on_disk[@]}"
others=(split)
if command -v qemu-nbd > /dev/null; then
    serve_qemu_nbd qemu-nbd "${raw[@]}"
    others+=(qemu-nbd)
fi

# from_disk WORK OPTION...: BENCH_ROUNDS runs of each server, forwards and
# backwards by turns, each with the same requests.
from_disk ()
{
    local work=$1 order=(ours "${others[@]}") i name

    shift
    for (( i = 0; i < BENCH_ROUNDS; i++ )); do
        for name in "${order[@]}"; do
            evict
            load "$@" -- "$name"
            echo "$i $name $(loaded "$name" 3) $(loaded "$name" 2)"
        done
        mapfile -t order < <(printf '%s\n' "${order[@]}" | tac)
    done > "$tmp/from-disk"
    echo "$work"
    for name in "${others[@]}"; do
        _ratio "  / $name: CPU" "$name" 3
        _ratio "  / $name: wall" "$name" 4
    done
}

_ratio ()
{
    row "$1" "$(awk -v other="$2" -v field="$3" '
        $2 == "ours" { ours[$1] = $field }
        $2 == other { others[$1] = $field }
        END { for (i in ours) print ours[i] / others[i] }' \
        "$tmp/from-disk" | median)" '< 1'
}

for depth in 1 4 16; do
    from_disk "random 4 KiB, depth $depth" -r -s 4096 -d $depth \
              -n $(( 8 << 20 ))
done
for depth in 1 4; do
    from_disk "sequential, 256 KiB, depth $depth" -d $depth -n $(( 256 << 20 ))
done
stop ours split
