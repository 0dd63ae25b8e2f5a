#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# erofsflatroot INTERFACE NETROOT NEWROOT: dracut runs it when the network is
# up.  What the script of initramfs-tools expects there is defined here.

. /lib/dracut-lib.sh
. /lib/erofsflat

configure_networking () { :; }
wait_for_udev () { udevadm settle --timeout="$1"; }
panic () { die "$*"; }
erofsflat_cmdline () { getcmdline; }    # also what is in the initramfs

rootmnt=$3
mountroot
