#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dracut module: boot from a device that erofsflat serves.  Not run yet.
# To be installed in /usr/lib/dracut/modules.d/90erofsflat.

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
}

install ()
{
    inst_multiple cat mkdir mount nbd-client
    inst_hook cmdline 90 "$moddir/parse-erofsflat.sh"
    inst_script "$moddir/erofsflat-root.sh" /sbin/erofsflatroot
}
