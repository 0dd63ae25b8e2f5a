#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# For erofsflat.server=: dracut is to set up the network, run erofsflatroot,
# and wait until the root is there.  root= would make systemd mount it, too.

if getarg erofsflat.server= > /dev/null; then
    netroot=erofsflat:
    root=erofsflat
    rootok=1
    echo '[ -e "$NEWROOT/proc" ]' > "$hookdir/initqueue/finished/erofsflat.sh"
fi
