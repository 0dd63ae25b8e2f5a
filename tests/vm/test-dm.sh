#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The device mapper takes what `table --format=dm' prints, each file being a
# disk of the VM, and the kernel mounts what it makes of them: every file is
# right.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm
requires dmsetup

# A way for check_files without a server: FOLDER is in place of a URI.
attach_vm_dm ()
{
    local table file disk disks=() letters=({a..z})

    read_params "$1"
    table=$(erofsflat table --format=dm "${params[@]}")
    while read -r file; do
        disk=/dev/vd${letters[${#disks[@]} / 2]}
        table=${table//" $file "/" $disk "}
        disks+=(-drive "file=$file,format=raw,if=virtio,readonly=on")
    done < <(awk '$3 == "linear" { print $4 }' <<< "$table" | sort -u)
    boot_vm "${disks[@]}"
    in_vm modprobe -a dm-mod dm-zero
    in_vm sh -c 'echo "$1" | dmsetup create --readonly image' sh "$table"
    device=/dev/dm-0            # no udev gives it a name
}

in_vm_dm ()
{
    in_vm "$@"
}

detach_vm_dm ()
{
    in_vm dmsetup remove image
    stop_vm
}

for name in erofs-fsmerge erofs-blobdev; do
    uri=$data/$name
    check_files "$data/$name" vm_dm
done
