# SPDX-License-Identifier: BSD-3-Clause
# Virtual machines, and the ways of the harness that attach in one.
#
#   source functions.sh
#   source "$abs_top_srcdir/tests/interop/harness.sh"
#   source "$abs_top_srcdir/tests/vm/vm.sh"
#
#   requires_vm             skip the test where no VM can be had
#   boot_vm [QEMU-OPTION...]
#                           boot the small one: busybox, nbd-client, qemu-nbd;
#                           with the options -kernel, -initrd, -append, or
#                           -boot, it is another one, which has to start
#                           guest-agent
#   in_vm COMMAND...        run the command in it: stdout, stderr and the exit
#                           status are the command's
#   put_vm FILE NAME        copy a file into it
#   requires_vm_root        skip where the image of a Debian system is lacking:
#                           $vm_root/image is a folder for serve_folder
#   boot_root PARAMETERS [QEMU-OPTION...]
#                           boot that system (with contrib/initramfs-tools)
#   boot_root_dracut PARAMETERS [QEMU-OPTION...]
#                           the same, with contrib/dracut
#   boot_root_pxe PARAMETERS
#                           as boot_root, kernel and initrd from the network
#   check_root DEVICE       it is up, it runs from the device with an overlay,
#                           and all files of the image are right
#   stop_vm                 switch it off and wait until qemu has ended
#   serve_tcp FOLDER [WORD...]
#                           serve_folder on a free TCP port; sets $port
#   count_connections       how many clients that server has
#
# The host's loopback address is 10.0.2.2 in the VM.  Everything has a time
# limit, and qemu is ended with the test, by its process id.
#
# Ways for check_files (harness.sh), all but the last two in a booted VM:
#
#   vm_nbd_client           with the options $nbd_client_options
#   vm_qemu_nbd             qemu-nbd -c
#   vm_ublk                 nbdublk
#   vm_virtio               boots a VM that has the device as a virtio disk
#   vm_vhost_user           the same, through qemu-storage-daemon

vm_parts=$abs_top_builddir/tests/vm/parts
vm_root=$abs_top_builddir/tests/vm/root

# An emulated processor is slow, and the machine may be busy.
vm_patience=180
vm_lifetime=$(( vm_patience * 6 ))

# qemu translates code once for each address at which it is run, and takes long
# to forget it: programs lie at the same addresses in all processes.  And on a
# busy machine the timer may come too late for the kernel, which then tries
# others, and none will do.
vm_append="console=ttyS0 quiet panic=-1 norandmaps no_timer_check"

requires_vm ()
{
    test -z "$valgrind" || skip "the VM tier is not for valgrind"
    test ! -e "$vm_parts/lacking" || skip "$(cat "$vm_parts/lacking")"
    requires_file "$vm_parts/initrd"
}

requires_vm_root ()
{
    requires_vm
    test ! -e "$vm_root/lacking" || skip "$(cat "$vm_root/lacking")"
    requires_file "$vm_root/image/params"
}

serve_tcp ()
{
    local i

    # The random port may be in use: then another one.
    for i in 1 2 3 4; do
        if serve_folder "$1" --tcp "${@:2}"; then
            port=${uri##*:}
            return
        fi
    done
    fail "nbdkit did not start"
}

# Of the server's end, from the system's table of sockets.
count_connections ()
{
    awk -v port=":$(printf %04X $port)\$" \
        '$2 ~ port && $4 == "01" { n++ } END { print n + 0 }' \
        /proc/$nbdkit_pid/net/tcp
}

# The network card has no ROM that would look for something to boot.
vm_network=user,id=net
vm_card=virtio-net-pci,netdev=net,romfile=

# The command line has no graphics, and the kernel's messages go to a file.
vm_pid=
_vms=0
boot_vm ()
{
    local line options=()

    _vms=$(( _vms + 1 ))
    vm_log=$tmp/vm$_vms.log
    case " $* " in
        *" -kernel "* | *" -boot "*) ;;
        *) options=(-kernel "$vm_parts/vmlinuz" -initrd "$vm_parts/initrd"
                    -append "$vm_append") ;;
    esac
    mkfifo "$tmp/vm$_vms.in" "$tmp/vm$_vms.out"
    exec {_vm_in}<> "$tmp/vm$_vms.in"
    timeout $vm_lifetime \
        qemu-system-x86_64 -accel tcg -machine q35 -cpu max -m 768 \
        -nodefaults -no-user-config -display none -no-reboot \
        -serial "file:$vm_log" \
        -netdev "$vm_network" -device "$vm_card" \
        -chardev stdio,id=agent,signal=off -device virtio-serial-pci \
        -device virtserialport,chardev=agent,name=agent \
        ${options[@]+"${options[@]}"} "$@" \
        < "$tmp/vm$_vms.in" > "$tmp/vm$_vms.out" 2> "$tmp/vm$_vms.err" &
    vm_pid=$!
    # For reading only: it ends with qemu.
    exec {_vm_out}< "$tmp/vm$_vms.out"
    cleanup_fn stop_vm $vm_pid
    _read_vm line || fail "the VM did not start"
    test "$line" = ready || fail "the VM said \"$line\""
}

# One line from the agent.  (With shorter time limits, one after the other, bash
# loses a byte now and then where a limit comes to its end.)
_read_vm ()
{
    if IFS= read -r -t $vm_patience -u $_vm_out "$1"; then return 0; fi
    cat "$tmp/vm$_vms.err" >&2
    tail -n 40 "$vm_log" >&2
    return 1
}

in_vm ()
{
    local status out err word words=

    # Bash's own ways to quote are not known to every shell.
    for word; do
        words+="'${word//\'/\'\\\'\'}' "
    done
    printf '%s' "$words" | base64 -w 0 >&$_vm_in
    echo >&$_vm_in
    _read_vm status && _read_vm out && _read_vm err ||
        fail "the VM does not answer to: $*"
    base64 -d <<< "$err" >&2
    base64 -d <<< "$out"
    return $status
}

put_vm ()
{
    in_vm sh -c 'printf %s "$1" | base64 -d > "$2"' sh \
          "$(base64 -w 0 < "$1")" "$2"
}

# A VM with systemd takes "poweroff" for a request, so qemu is ended.
stop_vm ()
{
    local pid=${1-$vm_pid}

    case " ${_stopped[*]-} " in *" $pid "*) return 0 ;; esac
    _stopped+=($pid)
    kill $pid 2>/dev/null || true
    wait $pid || true
    vm_pid=
    exec {_vm_in}>&- {_vm_out}>&-
}

boot_root ()
{
    local parameters=$1

    shift
    boot_vm -kernel "$vm_parts/vmlinuz" -initrd "$vm_root/initrd" \
            -append "$vm_append boot=erofsflat $parameters" "$@"
}

boot_root_dracut ()
{
    local parameters=$1

    shift
    boot_vm -kernel "$vm_parts/vmlinuz" -initrd "$vm_root/initrd.dracut" \
            -append "$vm_append $parameters" "$@"
}

# The ROM of qemu's network card is iPXE: by DHCP it learns the name of a
# script, and loads that, and what is in it, by TFTP.
boot_root_pxe ()
{
    local vm_network=$vm_network,tftp=$tmp/tftp,bootfile=boot.ipxe
    local vm_card=virtio-net-pci,netdev=net

    mkdir "$tmp/tftp"
    cp "$vm_parts/vmlinuz" "$vm_root/initrd" "$tmp/tftp"
    cat > "$tmp/tftp/boot.ipxe" <<END
#!ipxe
kernel vmlinuz $vm_append boot=erofsflat $1
initrd initrd
boot
END
    boot_vm -boot n
}

check_root ()
{
    local mounts

    test "$(in_vm hostname)" = erofsflat-vm || fail "another system is up"
    in_vm systemctl is-active multi-user.target >&2 ||
        fail "it did not come up to multi-user.target"
    mounts=$(in_vm cat /proc/mounts)
    grep -q "^$1 /run/erofsflat/image erofs ro," <<< "$mounts" ||
        fail "the image is not mounted from $1: $mounts"
    grep -q '^overlay / overlay rw,' <<< "$mounts" ||
        fail "the root is not an overlay: $mounts"
    in_vm sh -c 'echo written > /etc/hostname && grep -q written /etc/hostname'
    in_vm sh -c 'cd /run/erofsflat/image && find . -type f -exec md5sum {} +' \
        > "$tmp/files.got"
    compare_files "$vm_root/image/files.md5" "$tmp/files.got"
}

# The server's URI as the VM sees it, in words.
_vm_address ()
{
    local rest=${1#nbd://127.0.0.1:}

    vm_port=${rest%%/*}
    vm_export=
    if [[ $rest == */* ]]; then vm_export=${rest#*/}; fi
}

# Wait in the VM until the device has a size, or has none any more.
wait_for_size='
    i=0
    while test $i -lt 100; do
        size=$(cat "/sys/block/$1/size")
        case $2-$size in
            yes-0 | no-[1-9]*) ;;
            *) exit 0 ;;
        esac
        sleep 0.1
        i=$((i + 1))
    done
    echo "the size of $1 is $size" >&2
    exit 1
'

# The options of nbd-client, words; the last ones that attach_vm_nbd_client
# adds are the address and the device.
nbd_client_options=()

attach_vm_nbd_client ()
{
    _vm_address "$1"
    in_vm modprobe nbd nbds_max=4
    in_vm nbd-client 10.0.2.2 $vm_port /dev/nbd0 -b 512 -R -timeout 60 \
          ${vm_export:+-N "$vm_export"} \
          ${nbd_client_options[@]+"${nbd_client_options[@]}"} >&2 ||
        fail "nbd-client does not attach"
    in_vm sh -c "$wait_for_size" sh nbd0 yes
    device=/dev/nbd0
}

in_vm_nbd_client ()
{
    in_vm "$@"
}

detach_vm_nbd_client ()
{
    in_vm nbd-client -d /dev/nbd0 >&2
    in_vm sh -c "$wait_for_size" sh nbd0 no
}

attach_vm_qemu_nbd ()
{
    _vm_address "$1"
    in_vm modprobe nbd nbds_max=4
    in_vm qemu-nbd -r -f raw --fork -c /dev/nbd0 \
          "nbd://10.0.2.2:$vm_port/$vm_export" >&2 ||
        fail "qemu-nbd does not attach"
    in_vm sh -c "$wait_for_size" sh nbd0 yes
    device=/dev/nbd0
}

in_vm_qemu_nbd ()
{
    in_vm "$@"
}

detach_vm_qemu_nbd ()
{
    in_vm qemu-nbd -d /dev/nbd0 >&2
    in_vm sh -c "$wait_for_size" sh nbd0 no
}

# With more connections than processors, nbdublk (of libnbd 1.22) gives up.
attach_vm_ublk ()
{
    _vm_address "$1"
    in_vm modprobe ublk_drv
    in_vm sh -c 'nbdublk -r -C 1 /dev/ublkb0 "$1" > /tmp/ublk.log 2>&1 &
                 echo $! > /tmp/ublk.pid' \
          sh "nbd://10.0.2.2:$vm_port/$vm_export"
    _wait_until in_vm test -e /sys/block/ublkb0 ||
        fail "nbdublk does not attach: $(in_vm cat /tmp/ublk.log)"
    in_vm sh -c "$wait_for_size" sh ublkb0 yes
    device=/dev/ublkb0
}

in_vm_ublk ()
{
    in_vm "$@"
}

detach_vm_ublk ()
{
    in_vm sh -c 'kill $(cat /tmp/ublk.pid)'
    _wait_until in_vm sh -c '! test -e /sys/block/ublkb0' ||
        fail "nbdublk does not detach: $(in_vm cat /tmp/ublk.log)"
}

attach_vm_virtio ()
{
    boot_vm -drive "file=$1,format=raw,if=virtio,readonly=on"
    device=/dev/vda
}

in_vm_virtio ()
{
    in_vm "$@"
}

detach_vm_virtio ()
{
    stop_vm
}

attach_vm_vhost_user ()
{
    _vm_address "$1"
    qemu-storage-daemon \
        --blockdev driver=nbd,node-name=disk,read-only=on,server.type=inet,server.host=127.0.0.1,server.port=$vm_port${vm_export:+,export=$vm_export} \
        --export type=vhost-user-blk,id=disk,node-name=disk,addr.type=unix,addr.path="$tmp/vhost.sock" \
        2> "$tmp/vhost.log" &
    _qsd_pid=$!
    cleanup_fn stop_process $_qsd_pid
    _wait_until test -S "$tmp/vhost.sock" ||
        fail "qemu-storage-daemon did not start: $(cat "$tmp/vhost.log")"
    boot_vm -object memory-backend-memfd,id=mem,size=768M,share=on \
            -numa node,memdev=mem \
            -chardev socket,id=vhost,path="$tmp/vhost.sock" \
            -device vhost-user-blk-pci,chardev=vhost
    device=/dev/vda
}

in_vm_vhost_user ()
{
    in_vm "$@"
}

detach_vm_vhost_user ()
{
    stop_vm
    stop_process $_qsd_pid
    test ! -e "$tmp/vhost.sock" || rm "$tmp/vhost.sock"
}

# End a process that the test has started, and wait for it.
stop_process ()
{
    case " ${_stopped[*]-} " in *" $1 "*) return 0 ;; esac
    _stopped+=($1)
    kill $1 2>/dev/null || true
    wait $1 || true
}
