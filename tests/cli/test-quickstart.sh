#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# contrib/quickstart.sh tells which packages it installs, by the names that apt
# knows here, before it installs just these.

source functions.sh

# stub PROGRAM: what it does is on stdin.
mkdir "$tmp/bin"
stub ()
{
    { echo '#!/bin/sh'; cat; } > "$tmp/bin/$1"
    chmod +x "$tmp/bin/$1"
}

# So all libraries are lacking, and one has its newer name only.
echo 'exit 1' | stub pkg-config
echo 'test "$2" != nbdkit-plugin-dev' | stub apt-cache
echo 'echo "$(id -u) apt-get $*"' | stub apt-get
echo 'echo 0' | stub id

status=0
PATH=$tmp/bin:$PATH sh "$abs_top_srcdir/contrib/quickstart.sh" demo \
    > "$tmp/out" 2>&1 || status=$?
cat "$tmp/out"
test $status -eq 1
tail -n 1 "$tmp/out" | grep -q 'still lacking:.* libzstd-dev'

sed -n 's/^== .* will be installed: //p' "$tmp/out" > "$tmp/told"
sed -n 's/^0 apt-get .* install //p' "$tmp/out" > "$tmp/installed"
cmp "$tmp/told" "$tmp/installed"
grep -qw nbdkit-dev "$tmp/told"
grep -qw libzstd-dev "$tmp/told"
test "$(grep -n 'will be installed' "$tmp/out" | cut -d: -f1)" -lt \
     "$(grep -n '^0 apt-get .* install' "$tmp/out" | cut -d: -f1)"
