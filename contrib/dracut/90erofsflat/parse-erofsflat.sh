#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# Kernel parameters: root=erofsflat erofsflat.server=HOST:PORT[/EXPORT] ip=dhcp

if [ "$root" = erofsflat ]; then
    server=$(getarg erofsflat.server=)
    [ -n "$server" ] || die "root=erofsflat needs erofsflat.server="
    netroot="erofsflat:$server"
    rootok=1
fi
