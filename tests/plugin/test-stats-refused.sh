#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A stats=FILE that cannot be written, that is no regular file, or that is a
# file of the image, is refused at the start, and by `erofsflat check' with the
# same words.  The tool writes nothing.

source functions.sh

copy_data erofs-tarindex "$tmp/image"
cd "$tmp"
words=(image/bootstrap blob=image/blobs/layer.tar)

as=(env)
touch out err before after

# refused_by_check TEXT FILE
refused_by_check ()
{
    local status=0

    "${as[@]}" erofsflat check "${words[@]}" "stats=$2" > out 2> err ||
        status=$?
    test $status -eq 1 || fail "check stats=$2: exit status $status"
    test ! -s out || fail "check stats=$2: $(cat out)"
    grep -qF "erofsflat: $1" err || fail "check stats=$2: $(cat err)"
    ls -A > after
    cmp before after || fail "check stats=$2: left behind: $(diff before after)"
}

# expect_refused TEXT FILE
expect_refused ()
{
    local status=0

    ls -A > before
    refused_by_check "$@"
    "${as[@]}" nbdkit -f -U sock erofsflat "${words[@]}" "stats=$2" \
           --run 'echo it is served' > out 2> err || status=$?
    test $status -eq 1 || fail "stats=$2: exit status $status: $(cat err)"
    test ! -s out || fail "stats=$2: $(cat out)"
    grep -qF "erofsflat: error: $1" err || grep -qF "nbdkit: error: $1" err ||
        fail "stats=$2: $(cat err)"
}

expect_refused "stats: missing/a.prom: No such file or directory" \
               missing/a.prom
expect_refused "stats: image: exists and is no regular file" image
ln -s nowhere link
expect_refused "stats: link: exists and is no regular file" link
mkfifo fifo
expect_refused "stats: fifo: exists and is no regular file" fifo
mkdir .erofsflat-a.tmp
expect_refused "stats: a: creating a file in its folder: File exists" a
for file in image/bootstrap image/blobs/layer.tar; do
    expect_refused "stats: $file: is a file of the image, and is not overwritten" \
                   $file
    cmp $file "$data/erofs-tarindex/${file#image/}"
done
ln image/bootstrap other-name
expect_refused "stats: other-name: is a file of the image" other-name

erofsflat check "${words[@]}" stats=b.prom > out
echo kept > kept.prom
erofsflat check --json "${words[@]}" stats=kept.prom > out
test "$(cat kept.prom)" = kept || fail "check wrote kept.prom"
if erofsflat check --json "${words[@]}" stats=missing/b.prom > out; then
    fail "check --json stats=missing/b.prom"
fi
grep -q '"error": *"stats: missing/b.prom: No such file' out ||
    fail "$(cat out)"
erofsflat export "${words[@]}" stats=b.prom -q -o flat
for file in b.prom .erofsflat-*.prom.tmp; do
    test ! -e $file || fail "the tool wrote $file"
done

# Root has to do without its right to write and remove everywhere.
root=
if test "$(id -u)" -eq 0; then
    root=yes
    as=(setpriv --bounding-set=-dac_override,-dac_read_search,-fowner)
    requires "${as[@]}" true
fi
mkdir -m 500 private
expect_refused "stats: private/a: creating a file in its folder: Permission denied" \
               private/a

# In such a folder, another user's file cannot be replaced.
if test -n "$root"; then
    mkdir sticky
    echo kept > sticky/a
    chown 65534 sticky sticky/a
    chmod 1777 sticky
    expect_refused "stats: sticky/a: rename: Operation not permitted" sticky/a
    test "$(cat sticky/a)" = kept || fail "check wrote sticky/a"
fi
