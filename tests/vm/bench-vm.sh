#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What the settings of a block device change for a kernel that reads our
# export: requests and time.  Prints a table, and never fails over a number.
# Run by
#
#   make bench-vm
#
# Small files and one large one are read in several ways; then a Debian system
# boots over the network, where check-vm has made one.
#
# BENCH_ROUNDS (5) is how often the settings take turns, BENCH_DELAY (2) the
# milliseconds that the second server waits before each answer, as a network
# does.

: "${BENCH_ROUNDS:=5}" "${BENCH_DELAY:=2}"

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm
vm_patience=1200

# Tests make malloc look for misuse; here it would be measured.
unset MALLOC_PERTURB_ MALLOC_CHECK_ GLIBC_TUNABLES

# One file of 64 MiB, and 512 of 1 to 32 KiB.
make_image_of_files ()
{
    local i

    mkdir -p "$tmp/files/tree" "$tmp/image"
    head -c 64M /dev/urandom > "$tmp/files/large"
    for (( i = 0; i < 512; i++ )); do
        head -c $(( (i % 32 + 1) * 1024 )) /dev/urandom \
             > "$tmp/files/tree/file$i"
    done
    : > "$tmp/image/blob"       # mkfs.erofs 1.8.6 makes none
    mkfs.erofs --quiet --chunksize=4096 --blobdev="$tmp/image/blob" \
               "$tmp/image/bootstrap" "$tmp/files" > "$tmp/mkfs.log" 2>&1 ||
        skip "mkfs.erofs knows no --blobdev"
    printf '%s\n' bootstrap=bootstrap blob=blob > "$tmp/image/params"
}

# attach NAME DEVICE [OPTION...]: by nbd-client from $port; mount it.
attach ()
{
    in_vm nbd-client 10.0.2.2 $port "/dev/$2" -R -timeout 60 "${@:3}" \
          > "$tmp/attached" 2>&1 || fail "nbd-client does not attach"
    in_vm sh -c "$wait_for_size" sh "$2" yes
    mount_in_vm "$1" "$2"
}

declare -A device_of
mount_in_vm ()
{
    device_of[$1]=$2
    in_vm sh -c 'mkdir -p /mnt/$1 && mount -t erofs -o ro /dev/$1 /mnt/$1' \
          sh "$2"
}

# Two servers, the second one late.  What is set when a device is attached
# makes a device of its own.
start_all ()
{
    local server disks=() ports=()

    for server in near far; do
        if test $server = far; then
            serve_tcp "$tmp/image" --filter=delay rdelay=${BENCH_DELAY}ms
        else
            serve_tcp "$tmp/image"
        fi
        ports+=($port)
        disks+=(-drive "file=$uri,format=raw,if=virtio,readonly=on")
    done
    boot_vm "${disks[@]}"
    put_vm "$abs_builddir/vm-read" /bin/vm-read
    in_vm chmod +x /bin/vm-read
    in_vm modprobe nbd nbds_max=6
    port=${ports[0]}
    attach near-nbd nbd0 -b 512
    attach near-nbd4 nbd1 -b 512 -connections 4
    attach near-nbd4k nbd2 -b 4096
    port=${ports[1]}
    attach far-nbd nbd3 -b 512
    attach far-nbd4 nbd4 -b 512 -connections 4
    attach far-nbd4k nbd5 -b 4096
    mount_in_vm near-vd vda
    mount_in_vm far-vd vdb
}

# The settings: name, device, read_ahead_kb, max_sectors_kb (- is what the
# kernel has chosen).  The first of each way is what the others are divided by.
settings=(
    "nbd-client|nbd|-|-"
    "  readahead 512|nbd|512|-"
    "  readahead 1024|nbd|1024|-"
    "  readahead 4096|nbd|4096|-"
    "  maxsectors 1024|nbd|-|1024"
    "  both 1024|nbd|1024|1024"
    "  both 4096|nbd|4096|4096"
    "  both 1024, 4 connections|nbd4|1024|1024"
    "  both 1024, block size 4096|nbd4k|1024|1024"
    "virtio-blk|vd|-|-"
    "  readahead 1024|vd|1024|-"
    "  both 1024|vd|1024|1024"
)
works="sequential random mapped tree"

# In the VM: one run from cold caches.  Prints requests, sectors, microseconds.
run_script='
    queue=/sys/block/$1/queue
    echo $2 > $queue/read_ahead_kb
    echo $3 > $queue/max_sectors_kb
    path=/mnt/$1/large
    test $4 != tree || path=/mnt/$1/tree
    echo 3 > /proc/sys/vm/drop_caches
    before=$(cat /sys/block/$1/stat)
    time=$(vm-read $4 $path) || exit 1
    usleep 100000
    echo $before $(cat /sys/block/$1/stat) $time | awk "{
        half = (NF - 1) / 2
        print \$(half + 1) - \$1, \$(half + 3) - \$3, \$NF
    }"
'
# value_of DEVICE NAME: what the kernel has chosen.
value_of ()
{
    in_vm cat "/sys/block/$1/queue/$2"
}

# one_run ROUND SERVER NUMBER
one_run ()
{
    local name key ahead max device work counts

    IFS='|' read -r name key ahead max <<< "${settings[$3]}"
    device=${device_of[$2-$key]}
    if test "$ahead" = -; then ahead=$default_ahead; fi
    if test "$max" = -; then max=${default_max[$key]}; fi
    for work in $works; do
        counts=$(in_vm sh -c "$run_script" sh $device $ahead $max $work)
        echo "$1 $2 $3 $work $counts"
    done
}

# Forwards and backwards by turns.
run_all ()
{
    local round i n=${#settings[@]} server

    for (( round = 0; round < BENCH_ROUNDS; round++ )); do
        for server in near far; do
            for (( i = 0; i < n; i++ )); do
                one_run $round $server $(( round % 2 ? n - 1 - i : i ))
            done
        done
    done
}

# Medians of the counts, and of the ratio to the first setting of the same way
# in the same round.
print_table ()
{
    printf '%s\n' "${settings[@]}" |
    awk -v works="$works" -v delay="$BENCH_DELAY" '
        function median (list,   v, n, i, j, t) {
            n = split (list, v, " ")
            for (i = 2; i <= n; i++)
                for (j = i; j > 1 && v[j - 1] + 0 > v[j] + 0; j--) {
                    t = v[j]; v[j] = v[j - 1]; v[j - 1] = t
                }
            return (v[int ((n + 1) / 2)] + v[int (n / 2) + 1]) / 2
        }
        function ratio (server, s, work,   list, r) {
            for (r = 0; r < rounds; r++)
                list = list " " (time[r, server, s, work] / \
                                 time[r, server, first[s], work])
            return median(list)
        }
        BEGIN { n = rounds = 0 }
        FILENAME == "-" {
            split ($0, word, "|")
            name[n] = word[1]
            first[n] = word[1] ~ /^ / ? first[n - 1] : n
            n++
            next
        }
        {
            if ($1 >= rounds) rounds = $1 + 1
            requests[$3, $4] = requests[$3, $4] " " $5
            mib[$3, $4] = mib[$3, $4] " " $6 / 2048
            time[$1, $2, $3, $4] = $7
            times[$2, $3, $4] = times[$2, $3, $4] " " $7 / 1000
        }
        END {
            nw = split (works, work, " ")
            for (w = 1; w <= nw; w++) {
                printf "%-30s %8s %6s %7s %6s %7s %6s\n", work[w],
                       "requests", "MiB", "ms", "ratio",
                       "ms+" delay "ms", "ratio"
                for (s = 0; s < n; s++)
                    printf "%-30s %8d %6.1f %7d %6.2f %7d %6.2f\n", name[s],
                           median(requests[s, work[w]]),
                           median(mib[s, work[w]]),
                           median(times["near", s, work[w]]),
                           ratio("near", s, work[w]),
                           median(times["far", s, work[w]]),
                           ratio("far", s, work[w])
                print ""
            }
        }' - "$tmp/runs"
}

# What a boot reads, until multi-user.target, with the settings of
# contrib/initramfs-tools: the kernel's own, then others.
boot_rows ()
{
    local setting start

    printf '%-30s %8s %6s %7s\n' boot requests MiB s
    serve_tcp "$vm_root/image"
    for setting in "$default_ahead ${default_max[nbd]}" "512 1280" \
                   "1024 1280" "1024 1024" "4096 4096"; do
        start=$SECONDS
        boot_root "erofsflat.server=10.0.2.2:$port ip=dhcp \
erofsflat.readahead=${setting% *} erofsflat.maxsectors=${setting#* }"
        in_vm cat /sys/block/nbd0/stat |
            awk -v setting="$setting" -v time=$(( SECONDS - start )) '{
                split (setting, s, " ")
                name = "  readahead " s[1] ", maxsectors " s[2]
                printf "%-30s %8d %6.1f %7d\n", name, $1, $3 / 2048, time
            }'
        stop_vm
    done
}

make_image_of_files
start_all
default_ahead=$(value_of nbd0 read_ahead_kb)
declare -A default_max
for key in nbd nbd4 nbd4k vd; do
    default_max[$key]=$(value_of "${device_of[near-$key]}" max_sectors_kb)
done
echo "$(sed -n 's/^model name[^:]*: /CPU: /p' /proc/cpuinfo | head -n 1)," \
     "$(nproc) cores; emulated: one; Linux $(in_vm uname -r)"
echo "load average now: $(cut -d ' ' -f 1-3 /proc/loadavg)"
echo "the kernel's own: read_ahead_kb $default_ahead; max_sectors_kb" \
     "nbd ${default_max[nbd]}, virtio-blk ${default_max[vd]}"
echo
run_all > "$tmp/runs"
print_table
stop_vm
if test -e "$vm_root/image/params"; then boot_rows; fi
