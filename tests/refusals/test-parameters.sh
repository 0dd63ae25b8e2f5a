#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Parameters that are unknown, empty, missing or given twice are refused, and
# so is a bootstrap that cannot be opened.

source functions.sh
source "$abs_srcdir/lib.sh"

# The tool tells wrong use by exit status 2 and a hint in a second line.
expect_usage ()
{
    local regex=$1

    shift
    refused_by_nbdkit "$regex" "$@"
    run check erofsflat check "$@"
    test $status -eq 2 || fail "exit status $status: erofsflat check $*"
    grep -q "^Try 'erofsflat check --help'" "$tmp/check.err" ||
        fail "no hint: $(cat "$tmp/check.err")"
    sed -i '$d' "$tmp/check.err"
    test "$(message nbdkit)" = "$(message check)" ||
        fail "two texts: $(message nbdkit)
$(message check)"
    echo "refused: $(message check)"
}

image image
expect_served image image
expect_served image bootstrap=image
cp image a=b
expect_served a=b ./a=b

expect_usage "^unknown parameter 'file'\$" file=image
expect_usage "^unknown parameter 'blobs'\$" image blobs=x
expect_usage "^unknown parameter 'Bootstrap'\$" Bootstrap=image
expect_usage "^parameter bootstrap= is given twice: 'image' and 'image'\$" \
             image bootstrap=image
expect_usage "^parameter bootstrap= is given twice: 'image' and 'other'\$" \
             bootstrap=image bootstrap=other
expect_usage '^parameter bootstrap= is empty$' bootstrap=
expect_usage '^parameter blobdir= is empty$' image blobdir=
expect_usage '^parameter blob= is empty$' image blob=
expect_usage '^no image is given: use bootstrap=FILE$'
expect_usage '^no image is given: use bootstrap=FILE$' blobdir=.

expect_usage '^parameter zinfo= is empty$' image zinfo=
expect_usage '^parameter stats= is empty$' image stats=
expect_usage '^parameter format= is empty$' image format=
for word in zstd Raw tar.gz; do
    expect_usage "^parameter format=$word: auto, raw, zstd-seekable or gzip expected\$" \
                 image format=$word
done
for word in x -1 1MB M 0x10 18446744073709551616 16777216T; do
    expect_usage "^parameter cache=$word: a size like 64M expected\$" \
                 image cache=$word
done
for word in 0 -1 1025 two; do
    expect_usage "^parameter decodes=$word: a number from 1 to 1024 expected\$" \
                 image decodes=$word
done
for word in yes ON 1; do
    for key in verify sandbox; do
        expect_usage "^parameter $key=$word: on or off expected\$" \
                     image $key=$word
    done
done
for word in format=raw cache=0 decodes=1 verify=on stats=a.prom sandbox=off; do
    expect_usage "^parameter ${word%=*}= is given twice: " image $word $word
    expect_served image image $word
done
for word in cache=1 cache=70k cache=2T decodes=1024 verify=on format=auto; do
    expect_served image image $word
done

expect_refused '^missing: No such file or directory$' missing
expect_refused '^missing/image: No such file or directory$' missing/image
expect_refused '^image/image: Not a directory$' image/image
mkdir folder
expect_refused '^folder: is a folder, expected a regular file' folder
ln -s loop loop
expect_refused '^loop: is a symbolic link ' loop
expect_refused ": File name too long\$" "$(printf 'x%.0s' {1..256})"

heed_modes
chmod 0 image
expect_refused '^image: Permission denied$' image
