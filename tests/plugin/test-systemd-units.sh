#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The units of contrib/systemd are without fault for systemd, and as confined
# as systemd-analyze can tell: it gives marks from 0 (good) to 10.  They are run
# for real by tests/vm/test-systemd.sh.

source functions.sh
requires systemd-analyze --version

units=$abs_top_srcdir/contrib/systemd
for program in nbdkit nbd-client; do
    PATH=$PATH:/usr/sbin:/sbin command -v $program > /dev/null ||
        skip "$program is not installed"
done

# systemd looks at the folder as a whole; what it says is a fault.
mkdir "$tmp/units"
cp "$units"/*@.s* "$tmp/units"
verify ()
{
    systemd-analyze verify --man=no "$tmp/units"/*@.s* > "$tmp/out" 2>&1 &&
        test ! -s "$tmp/out"
}
verify || fail "$(cat "$tmp/out")"

# A fault is seen.
sed -i 's/^ProtectSystem=.*/&x/' "$tmp/units/erofsflat@.service"
! verify || fail "systemd-analyze verify sees no fault"

# security UNIT MARK: in tenths.
security ()
{
    systemd-analyze security --offline=true --no-pager --threshold=$2 "$1" \
                    > "$tmp/out" 2>&1
}

# The client is root, or the kernel would not listen to it.
security "$units/erofsflat@.service" 6 || fail "$(cat "$tmp/out")"
security "$units/erofsflat-nbd@.service" 30 || fail "$(cat "$tmp/out")"
grep -v '^DynamicUser=' "$units/erofsflat@.service" \
     > "$tmp/units/erofsflat@.service"
! security "$tmp/units/erofsflat@.service" 6 || fail "it passes without a user"
