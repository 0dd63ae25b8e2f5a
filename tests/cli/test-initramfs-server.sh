#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# How the initramfs takes erofsflat.server= to pieces.

source functions.sh

# parsed SERVER HOST PORT EXPORT
parsed ()
{
    local got

    # The shell of an initramfs is busybox' or dash.
    got=$(sh -u -c '. "$1"; server=$2; erofsflat_parse_server
                    echo "$host $port $export_name"' \
             sh "$abs_top_srcdir/contrib/initramfs-tools/scripts/erofsflat" \
             "$1")
    test "$got" = "$2 $3 $4" || fail "$1: $got"
}

parsed 192.0.2.1:10810 192.0.2.1 10810 ""
parsed 192.0.2.1 192.0.2.1 10809 ""
parsed 192.0.2.1/a:b/c 192.0.2.1 10809 a:b/c
parsed 192.0.2.1:1/a 192.0.2.1 1 a
parsed '[fd00::1]:10810/a' fd00::1 10810 a
parsed '[fd00::1]' fd00::1 10809 ""
parsed fd00::1 fd00::1 10809 ""
parsed ::1 ::1 10809 ""
