#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on the right bytes are served: of every image, over Unix sockets
# and TCP, on a socket that systemd opened, with a copy-on-write filter, and by
# a server in the background, whose folder is another.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"
requires_libnbd
requires nbdcopy --version
requires_sandbox

for folder in $(all_vectors); do
    serve_folder "$folder" sandbox=on
    check_device "$folder" "Unix socket" nbd-cat -s 10007 -n 40 -c 5 "$uri"
    check_threads 1
    stop_nbdkit
done

folder=$data/erofs-fsmerge-zstd
serve_folder "$folder" --tcp sandbox=on ||
    serve_folder "$folder" --tcp sandbox=on
check_device "$folder" "TCP" nbd-cat -c 3 -n 9 "$uri"
stop_nbdkit

serve_folder "$folder" --filter=cow sandbox=on
head -c 8192 /dev/urandom > "$tmp/new"
nbdcopy "$tmp/new" "$uri" || fail "it cannot be written to"
nbd-ask "$uri" read 0 8192 | cmp - "$tmp/new" || fail "what was written is lost"
stop_nbdkit

read_params "$folder"
if command -v systemd-socket-activate >/dev/null; then
    systemd-socket-activate -l "$tmp/activated" nbdkit erofsflat \
                            "${params[@]}" sandbox=on 2>"$tmp/log" &
    activated=$!
    cleanup_fn eval 'kill $activated 2>/dev/null || true'
    _wait_until test -S "$tmp/activated" || fail "no socket"
    check_device "$folder" "activated" \
                 nbd-cat "nbd+unix:///?socket=$tmp/activated"
    kill $activated
    wait $activated || fail "$(cat "$tmp/log")"
fi

cd "$tmp"
cp -r "$folder" image
read_params image
nbdkit -U "$tmp/sock" -P "$tmp/pid" erofsflat "${params[@]}" sandbox=on
_wait_until test -s pid || fail "nbdkit did not start"
nbdkit_pid=$(cat pid)
cleanup_fn eval 'kill $nbdkit_pid 2>/dev/null || true'
check_device "$folder" "background" nbd-cat "nbd+unix:///?socket=$tmp/sock"
check_threads 1
kill $nbdkit_pid
_wait_until eval "! kill -0 $nbdkit_pid 2>/dev/null" ||
    fail "nbdkit does not end"
