#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# bash vm-root.sh PARTS FOLDER
#
# Make in the folder the image of a Debian system, after vm-parts.sh has made
# PARTS:
#
#   initrd                 made by mkinitramfs with contrib/initramfs-tools
#   initrd.dracut          made by dracut with contrib/dracut
#   bootstrap, blobs/      the image, cut over several blobs of which one is
#   params, files.md5      compressed: see tests/interop/harness.sh
#
# Where that cannot be done, FOLDER/lacking says why, and the exit status is 0.
# make-image and erofsflat must be in PATH.

set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
contrib=$here/../../contrib
parts=$(cd "$1" && pwd)
mkdir -p "$2"
out=$(cd "$2" && pwd)
root=$out/root.d
rm -f "$out/lacking"
export LC_ALL=C
PATH=$PATH:/usr/sbin:/sbin

lacking ()
{
    echo "$*" | tee "$out/lacking"
    exit 0
}

# Not the package dracut itself, which takes the place of initramfs-tools;
# procps has what its module network-legacy runs.
dracut=dracut-core,dracut-network,procps

install_system ()
{
    rm -rf --one-file-system "$root"
    timeout 600 debootstrap --variant=minbase \
            --include=systemd-sysv,udev,kmod,initramfs-tools,nbd-client,$dracut \
            bookworm "$root" http://deb.debian.org/debian \
            > "$out/debootstrap.log" 2>&1 ||
        lacking "debootstrap failed: $(tail -n 1 "$out/debootstrap.log")"
}

# The modules of the initrd in PARTS, a name, a shell for the tests.
configure_system ()
{
    local name version

    version=$(ls "$parts/modules/lib/modules")
    mkdir -p "$root/usr/lib/modules"
    (cd "$parts/modules/lib/modules" &&
         find . -name 'modules.*' -o -name '*.ko' | grep -E "$wanted" |
             tar -c -T -) | tar -x -C "$root/usr/lib/modules"
    chroot "$root" depmod "$version"
    cp "$parts/config" "$root/boot/config-$version"
    echo erofsflat-vm > "$root/etc/hostname"
    install -m 755 "$here/guest-agent" "$root/usr/local/bin/guest-agent"
    cat > "$root/etc/systemd/system/guest-agent.service" <<END
[Unit]
After=multi-user.target
[Service]
ExecStart=/usr/local/bin/guest-agent
[Install]
WantedBy=graphical.target multi-user.target
END
    chroot "$root" systemctl -q enable guest-agent.service
    chroot "$root" systemctl -q set-default multi-user.target
    install -m 755 "$contrib/initramfs-tools/hooks/erofsflat" \
            "$root/etc/initramfs-tools/hooks"
    install -m 644 "$contrib/initramfs-tools/scripts/erofsflat" \
            "$root/etc/initramfs-tools/scripts"
    echo COMPRESS=gzip > "$root/etc/initramfs-tools/conf.d/compress"
    chroot "$root" mkinitramfs -o /initrd "$version"
    mv "$root/initrd" "$out/initrd"
    rm -rf "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/* \
       "$root"/usr/share/{doc,info,locale,man}
}

configure_dracut ()
{
    local module=$root/usr/lib/dracut/modules.d/90erofsflat

    mkdir "$module"
    cp "$contrib"/dracut/90erofsflat/* "$module"
    cp "$contrib/initramfs-tools/scripts/erofsflat" "$module"
    chroot "$root" dracut -q --no-hostonly \
           --add "network-legacy erofsflat" /initrd \
           "$(ls "$parts/modules/lib/modules")" > "$out/dracut.log" 2>&1 || {
        cat "$out/dracut.log" >&2
        return 1
    }
    mv "$root/initrd" "$out/initrd.dracut"
}

wanted='/(modules\..*|(nbd|erofs|libcrc32c|crc32c[-_].*|overlay|loop|virtio_.*|net_failover|failover|ublk_drv)\.ko)$'

make_the_image ()
{
    local blob

    rm -rf "$out/made" "$out/image"
    mkdir "$out/made"
    # mkfs.erofs 1.8.6 wants the file to be there.
    : > "$out/made/data.blob"
    mkfs.erofs --quiet --chunksize=4096 --blobdev="$out/made/data.blob" \
               "$out/made/bootstrap" "$root" > "$out/mkfs.log" 2>&1 ||
        lacking "mkfs.erofs knows no --blobdev: $(tail -n 1 "$out/mkfs.log")"
    make-image -s 1 -b "$out/made/bootstrap" -d "$out/made/data.blob" \
               -n 5 -g 300 "$out/image"
    rm "$out/image/flat"
    (cd "$root" && find . -type f -exec md5sum {} +) > "$out/image/files.md5"
    blob=$(ls -S "$out/image/blobs" | head -n 1)
    erofsflat pack -q -o "$out/made/packed" "$out/image/blobs/$blob"
    mv "$out/made/packed" "$out/image/blobs/$blob"
    rm -rf --one-file-system "$root" "$out/made"
}

test ! -e "$parts/lacking" || lacking "$(cat "$parts/lacking")"
test "$(id -u)" -eq 0 || lacking "only root may run debootstrap"
for program in chroot debootstrap mkfs.erofs; do
    command -v $program >/dev/null || lacking "$program is not installed"
done
if test -s "$out/image/params" &&
   test -z "$(find "$contrib/initramfs-tools" "$contrib/dracut" \
                   "$0" -newer "$out/image/params")"
then
    exit 0
fi
install_system
configure_system
configure_dracut
make_the_image
ls -l "$out" "$out/image/blobs"
