# SPDX-License-Identifier: BSD-3-Clause
# Run in a VM by busybox sh, for test-kill-nbd-client.sh:
#
#   guest-reader.sh DEVICE RIGHT NAME
#
# Read DEVICE at random places, past the page cache, until NAME.stop is there.
# What comes must be what the device RIGHT has there.  NAME.counts has the
# numbers of reads that were right, of wrong ones, and of failed ones; NAME.end
# is there at the end.

device=$1
right=$2
name=$3
at_once=65536
blocks=$(( ($(cat "/sys/block/${right#/dev/}/size") * 512 + at_once - 1) /
           at_once ))
good=0
wrong=0
failed=0
rm -f "$name".*
until test -e "$name.stop"; do
    at=$(( (RANDOM * 32768 + RANDOM) % blocks ))
    dd if="$device" of="$name.got" bs=$at_once skip=$at count=1 iflag=direct \
       2> /dev/null
    # A device that is not attached is empty.
    size=$(stat -c %s "$name.got")
    if test "$size" -eq 0; then
        failed=$((failed + 1))
    elif dd if="$right" bs=$at_once skip=$at count=1 2> /dev/null |
            head -c "$size" | cmp -s - "$name.got"; then
        good=$((good + 1))
    else
        wrong=$((wrong + 1))
        {
            echo "$size bytes at block $at of $at_once:"
            dd if="$right" bs=$at_once skip=$at count=1 2> /dev/null |
                head -c "$size" > "$name.right"
            ls -l "$name.right"
            cmp -l "$name.right" "$name.got" | head -n 20
            cmp -l "$name.right" "$name.got" | wc -l
        } >> "$name.log" 2>&1
    fi
    echo "$good $wrong $failed" > "$name.new"
    mv "$name.new" "$name.counts"
done
touch "$name.end"
