#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on, what a server in the background has to say of a failed read
# comes to the system's log.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"
requires_root
requires perl -MIO::Socket::UNIX -e 1
unshare --mount true 2>/dev/null || skip "no mount namespaces here"
requires_libnbd
requires_sandbox

copy_data erofs-fsmerge "$tmp/image"
read_params "$tmp/image"

# A log of our own, in a /dev of our own.
cat > "$tmp/in-namespace" <<'EOF'
set -e
tmp=$1
shift
mkdir "$tmp/dev"
mount -t tmpfs none "$tmp/dev"
for name in null urandom; do
    touch "$tmp/dev/$name"
    mount --bind /dev/$name "$tmp/dev/$name"
done
mount --move "$tmp/dev" /dev
perl -MIO::Socket::UNIX -e '
    $log = IO::Socket::UNIX->new (Type => SOCK_DGRAM, Local => "/dev/log")
        or die;
    $| = 1;
    print "listening\n";
    print "$_\n" while defined $log->recv ($_, 4096);
' > "$tmp/syslog" &
logger=$!
trap 'kill $logger $(cat "$tmp/pid")' EXIT
until test -s "$tmp/syslog"; do sleep 0.1; done
nbdkit -U "$tmp/sock" -P "$tmp/pid" erofsflat "$@"
until test -s "$tmp/pid"; do sleep 0.1; done
for blob in "$tmp"/image/blobs/*; do truncate -s 5000 "$blob"; done
! nbd-cat "nbd+unix:///?socket=$tmp/sock" > "$tmp/bytes" || exit 1
until grep -q "the file ends" "$tmp/syslog"; do sleep 0.1; done
EOF
timeout $patience unshare --mount \
        bash "$tmp/in-namespace" "$tmp" "${params[@]}" sandbox=on ||
    fail "the log has: $(cat "$tmp/syslog")"
grep -q 'nbdkit\[.*: .*: the file ends before byte' "$tmp/syslog" ||
    fail "$(cat "$tmp/syslog")"
