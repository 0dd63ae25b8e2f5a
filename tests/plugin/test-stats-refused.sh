#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A stats=FILE that cannot be written, that is no regular file, or that is a
# file of the image, is refused at the start.  The tool takes the word and
# writes nothing.

source functions.sh

copy_data erofs-tarindex "$tmp/image"
cd "$tmp"
words=(image/bootstrap blob=image/blobs/layer.tar)

# expect_refused TEXT FILE
expect_refused ()
{
    local status=0

    nbdkit -f -U - erofsflat "${words[@]}" "stats=$2" \
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
erofsflat export "${words[@]}" stats=b.prom -q -o flat
test ! -e b.prom || fail "the tool wrote a file"

if test "$(id -u)" -ne 0; then
    mkdir private
    chmod 500 private
    expect_refused "stats: private/a: creating a file in its folder: " \
                   private/a
fi
