#!/bin/sh
# SPDX-License-Identifier: BSD-3-Clause
# erofsflatroot INTERFACE erofsflat:HOST:PORT[/EXPORT] NEWROOT
# dracut runs it when the network is up.  The parameters and the mounts are
# those of contrib/initramfs-tools/scripts/erofsflat.

. /lib/dracut-lib.sh

server=${2#erofsflat:}
newroot=$3
device=/dev/nbd0
address=${server%%/*}
export_name=
case $server in
    */*) export_name=${server#*/} ;;
esac
timeout=$(getarg erofsflat.timeout=)
connections=$(getarg erofsflat.connections=)
readahead=$(getarg erofsflat.readahead=)
maxsectors=$(getarg erofsflat.maxsectors=)

modprobe nbd
nbd-client "${address%:*}" "${address##*:}" $device -block-size 512 \
           -readonly -persist -nonetlink -systemd-mark \
           -timeout "${timeout:-120}" -connections "${connections:-1}" \
           ${export_name:+-name "$export_name"} || exit 1
udevadm settle

queue=/sys/class/block/nbd0/queue
echo "${readahead:-1024}" > $queue/read_ahead_kb
echo "${maxsectors:-1024}" > $queue/max_sectors_kb

if [ "$(getarg erofsflat.overlay=)" = no ]; then
    exec mount -t erofs -o ro $device "$newroot"
fi
dir=/run/erofsflat
mkdir -p $dir/image $dir/writes
mount -t erofs -o ro $device $dir/image || exit 1
mount -t tmpfs -o mode=0755 tmpfs $dir/writes
mkdir $dir/writes/upper $dir/writes/work
exec mount -t overlay \
     -o "lowerdir=$dir/image,upperdir=$dir/writes/upper,workdir=$dir/writes/work" \
     overlay "$newroot"
