#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dracut module: boot from a device that erofsflat serves.
# To be installed in /usr/lib/dracut/modules.d/90erofsflat, together with
# contrib/initramfs-tools/scripts/erofsflat, which does the work.
# Kernel parameters: those that are told there, but neither boot= nor root=.

check ()
{
    require_binaries nbd-client || return 1
    return 255                  # only when it is asked for
}

depends ()
{
    echo network
}

installkernel ()
{
    instmods nbd erofs overlay virtio_blk virtio_net
    # Not all versions know the soft dependencies of libcrc32c.
    instmods crc32c_generic crc32c-intel
}

install ()
{
    inst_multiple cat mkdir modprobe mount nbd-client sleep
    inst_hook cmdline 90 "$moddir/parse-erofsflat.sh"
    inst_script "$moddir/erofsflat-root.sh" /sbin/erofsflatroot
    inst_simple "$moddir/erofsflat" /lib/erofsflat
    dracut_need_initqueue
}
