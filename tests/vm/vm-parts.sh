#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bash vm-parts.sh FOLDER TOOL
#
# Make in the folder what a virtual machine needs:
#
#   vmlinuz    the kernel of Debian's package, which is not installed
#   config     how it was configured
#   modules/   its modules (lib/modules/VERSION), decompressed, with modules.dep
#   initrd     busybox, nbd-client, qemu-nbd, the modules, guest-init, and the
#              program TOOL, which is the erofsflat of this build; also dmsetup
#              and nbdublk, where they are installed
#
# Where that cannot be done, FOLDER/lacking says why, and the exit status is 0:
# it is the tests that are skipped then.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
tool=$2
mkdir -p "$1"
out=$(cd "$1" && pwd)
rm -f "$out/lacking"
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

lacking ()
{
    echo "$*" | tee "$out/lacking"
    exit 0
}

# The kernels that will do, the preferred one first: small ones for virtual
# machines.  EROFS mounts a flat device of several blobs since Linux 6.4.
kernel_metapackages="linux-image-6.12-cloud-amd64 linux-image-cloud-amd64"

# The package that the metapackage of the kernel depends on.
find_kernel_package ()
{
    local meta package version

    for meta in $kernel_metapackages; do
        package=$(apt-cache depends "$meta" 2>/dev/null |
                      sed -n 's/^ *Depends: \(linux-image-[0-9].*\)/\1/p')
        version=${package#linux-image-}
        if test -n "$package" &&
           test "$(printf '%s\n' 6.4 "$version" | sort -V | head -n 1)" = 6.4
        then
            echo "$package"
            return
        fi
    done
    return 1
}

download_kernel ()
{
    local package

    package=$(find_kernel_package) &&
        (cd "$out/package" && timeout 300 apt-get -q download "$package")
}

unpack_kernel ()
{
    dpkg-deb -x "$out/package/"*.deb "$out/package"
    mv "$out/package/boot/"vmlinuz-* "$out/vmlinuz"
    mv "$out/package/boot/"config-* "$out/config"
    rm -rf "$out/modules"
    mkdir -p "$out/modules/lib"
    if test -d "$out/package/usr/lib/modules"; then
        mv "$out/package/usr/lib/modules" "$out/modules/lib"
    else
        mv "$out/package/lib/modules" "$out/modules/lib"
    fi
    find "$out/modules" -name '*.ko.xz' -exec xz -d {} +
    find "$out/modules" -name '*.ko.zst' -exec zstd -q -d --rm {} +
    rm -rf "$out/package"
    busybox depmod -b "$out/modules" "$(ls "$out/modules/lib/modules")"
}

# What guest-init, and the tests, load.
wanted_modules="crc32c_generic crc32c-intel dm-mod dm-zero erofs nbd ublk_drv"
wanted_modules+=" virtio_blk virtio_net"

copy_modules ()
{
    local dir=lib/modules/$(ls "$out/modules/lib/modules") name line file

    mkdir -p "$root/$dir"
    cp "$out/modules/$dir"/modules.* "$root/$dir"
    for name in $wanted_modules; do
        line=$(grep "/$name\.ko:" "$out/modules/$dir/modules.dep") || continue
        for file in ${line/:/}; do
            mkdir -p "$root/$dir/${file%/*}"
            cp -n "$out/modules/$dir/$file" "$root/$dir/$file"
        done
    done
}

# A program of this machine with its libraries.
copy_program ()
{
    local program=$1 file

    # A static one has none.
    { ldd "$program" 2>/dev/null || true; } | { grep -o '/[^ ]*' || true; } |
    while read -r file; do
        mkdir -p "$root/${file%/*}"
        cp -L -n "$file" "$root/$file"
    done
    cp -L "$program" "$root/bin"
}

make_initrd ()
{
    local program

    root=$out/initrd.d
    rm -rf "$root"
    mkdir -p "$root"/{bin,dev,etc,mnt,proc,root,run,sys,tmp}
    for program in $programs; do
        copy_program "$(command -v "$program")"
    done
    # No Debian package has nbdublk.
    for program in dmsetup nbdublk; do
        if command -v $program >/dev/null; then
            copy_program "$(command -v $program)"
        fi
    done
    copy_program "$tool"
    copy_modules
    install -m 755 "$here/guest-init" "$root/init"
    install -m 755 "$here/guest-agent" "$root/bin/guest-agent"
    (cd "$root" && find . | busybox cpio -o -H newc 2>/dev/null) > "$out/initrd"
    rm -rf "$root"
}

programs="busybox nbd-client qemu-nbd"
test "$(uname -m)" = x86_64 || lacking "only x86-64 machines can boot the VM"
for program in apt-get dpkg-deb ldd qemu-system-x86_64 xz zstd $programs; do
    command -v $program >/dev/null || lacking "$program is not installed"
done
busybox depmod --help >/dev/null 2>&1 || lacking "busybox has no depmod"

if ! test -s "$out/vmlinuz"; then
    rm -rf "$out/package"
    mkdir "$out/package"
    # The lists of packages may be old, or not there at all.
    download_kernel || { apt-get -q update && download_kernel; } ||
        lacking "apt-get cannot download a cloud kernel of Linux 6.4 or later"
    unpack_kernel
fi
make_initrd
ls -l "$out"
