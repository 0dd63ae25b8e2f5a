# SPDX-License-Identifier: BSD-3-Clause
# The server is killed under load and started again, behind a qemu with
# reconnect-delay: nobody sees an error or a wrong byte.
#
#   source functions.sh
#   source "$abs_top_srcdir/tests/fault/killing-qemu.sh"
#   kill_behind_qemu IMAGE        one that make_images knows
#
# A test for each image, that run at the same time: qemu waits a second now
# and then before it connects again.

source "$abs_top_srcdir/tests/fault/killing.sh"
requires_libnbd
requires qemu-nbd --version

start_qemu ()
{
    rm -f "$tmp/qemu.sock"
    qemu-nbd --read-only --persistent --shared=4 \
             --socket="$tmp/qemu.sock" --image-opts \
             "driver=nbd,server.type=unix,server.path=$server_sock,reconnect-delay=60" &
    qemu_nbd_pid=$!
    cleanup_fn stop_qemu_nbd $qemu_nbd_pid
    _wait_until test -S "$tmp/qemu.sock" || fail "qemu-nbd did not start"
}

kill_behind_qemu ()
{
    make_images "$1"
    start_server "${images[0]}"
    start_qemu
    start_reader -1 "nbd+unix:///?socket=$tmp/qemu.sock" "${images[0]}"
    start_reader -1 "nbd+unix:///?socket=$tmp/qemu.sock" "${images[0]}"
    kill_many_times "${images[0]}"
    stop_readers
    stop_qemu_nbd
    kill_server
}
