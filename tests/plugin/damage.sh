# SPDX-License-Identifier: BSD-3-Clause
# Sourced by tests that damage stored chunks.
#
#   copy_folder NAME         a copy of tests/data/NAME, in $image, and its flat
#                            device, in $tmp/flat
#   list_blobs               "FILE STORED-END DEVICE-START" of each compressed
#                            blob: its chunks are stored before STORED-END
#   flip FILE OFFSET         change a bit in place

# number FILE OFFSET BYTES: an unsigned little-endian number.
number ()
{
    od -A n -t u$3 -j $2 -N $3 "$1" | tr -d ' '
}

copy_folder ()
{
    image=$tmp/$1
    copy_data "$1" "$image"
    serve_folder "$image"
    nbd-cat "$uri" > "$tmp/flat"
    check_device "$image" "flat copy" cat "$tmp/flat"
    stop_nbdkit
}

# The k-th slot's first byte on the device.
device_start ()
{
    local boot=$image/bootstrap table

    table=$(( $(number "$boot" 1112 2) * 128 ))
    echo $(( $(number "$boot" $(( table + 128 * $1 + 68 )) 4) <<
             $(number "$boot" 1036 1) ))
}

# Layers are in the order of their names.  One is raw, and in two the frames
# have no checksum, so that not all damage can be noticed.  None has checksums
# in its seek table.
list_zstd ()
{
    local i=0 file size

    for file in "$image"/blobs/*; do
        if [[ $file == *.zst ]] && (( $(number "$file" 4 1) & 4 )); then
            size=$(stat -c %s "$file")
            echo "$file" \
                 $(( size - 17 - 8 * $(number "$file" $(( size - 9 )) 4) )) \
                 "$(device_start $i)"
        fi
        i=$(( i + 1 ))
    done
}

# By the blob table, whose entries are in the order of the slots.
list_rafs ()
{
    local boot=$image/bootstrap table entries i at features end

    table=$(number "$boot" 1160 8)
    entries=$(( $(number "$boot" 1168 4) / 256 ))
    for (( i = 0; i < entries; i++ )); do
        at=$(( table + 256 * i ))
        features=$(number "$boot" $(( at + 84 )) 4)
        end=$(number "$boot" $(( at + 112 )) 8)
        if (( features & 0x10000000 )); then end=$(( end - 512 )); fi
        if (( features & 0x10 )); then
            end=$(number "$boot" $(( at + 88 )) 8)
        fi
        echo "$image/blobs/$(part_of "$boot" $at 64 | tr -d '\0')" $end \
             "$(device_start $i)"
    done
}

list_blobs ()
{
    case $image in
        *-zstd) if [[ $image == */erofs-* ]]; then list_zstd; return; fi ;;
    esac
    list_rafs
}

flip ()
{
    local byte

    byte=$(( $(number "$1" $2 1) ^ 16 ))
    printf "\\x$(printf %02x $byte)" |
        dd of="$1" bs=1 seek=$2 conv=notrunc status=none
}
