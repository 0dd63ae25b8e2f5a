#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# `table' is refused, with the reason and nothing printed, where it would be
# wrong: patched tables, parts of sectors, paths the format can not have.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/cli/vectors.sh"

# What valgrind says of system calls that it does not know.
without_valgrind ()
{
    sed -i '/^--[0-9]*-- /d' "$1"
}

# refused TEXT FORMAT ARG...
refused ()
{
    local text=$1 format=$2 status=0

    shift 2
    erofsflat table --format=$format "$@" > "$tmp/out" 2> "$tmp/err" ||
        status=$?
    without_valgrind "$tmp/err"
    test $status -eq 1 || fail "$format: exit status $status, not 1"
    test ! -s "$tmp/out" || fail "$format: prints on standard output"
    grep -q "^erofsflat: no $format table .*$text" "$tmp/err" ||
        fail "$format: not '$text' but: $(cat "$tmp/err")"
    test "$(wc -l < "$tmp/err")" -eq 1
}

accepted ()
{
    local format=$1

    shift
    erofsflat table --format=$format "$@" > "$tmp/out" 2> "$tmp/err" ||
        fail "$format: $(cat "$tmp/err")"
    test -s "$tmp/out"
}

for format in vmdk dm; do
    read_params "$data/erofs-blobdev-unset"
    refused "unset" $format "${params[@]}"

    # The tar lacks the end of its last sector.
    image=$data/erofs-tarindex
    length=$(erofsflat info "$image/bootstrap" blobdir="$image/blobs" |
                 awk '$1 == "length" { print $2 }')
    head -c $(( length - 100 )) "$image/blobs/layer.tar" > "$tmp/tar"
    refused "device slot 1 .*sector" $format \
            "$image/bootstrap" blob="$tmp/tar"
    head -c $length "$image/blobs/layer.tar" > "$tmp/tar"
    accepted $format "$image/bootstrap" blob="$tmp/tar"
done

# with_name NAME: an image at that path.
with_name ()
{
    mkdir -p "$tmp/$(dirname "$1")"
    cp "$data/erofs-plain/bootstrap" "$tmp/$1"
    name=$tmp/$1
}

with_name 'a b'
accepted vmdk "$name"
refused "space" dm "$name"
with_name 'a\b'
accepted vmdk "$name"
refused "backslash" dm "$name"
with_name $'a\nb'
refused "line break" vmdk "$name"
refused "control" dm "$name"
with_name 'a"b'
refused "quote" vmdk "$name"
accepted dm "$name"
with_name parentFileNameHint
refused "backing file" vmdk "$name"
accepted dm "$name"
long=$(printf '%0200d' 0)
with_name $long/$long/$long
refused "511" vmdk "$name"
accepted dm "$name"

status=0
erofsflat table --format=xml "$name" > "$tmp/out" 2> "$tmp/err" || status=$?
test $status -eq 2
grep -q "unknown format 'xml'" "$tmp/err"
status=0
erofsflat table "$name" > "$tmp/out" 2> "$tmp/err" || status=$?
test $status -eq 2

# What is compressed has no sectors to point to.
n=0
while read -r folder; do
    read_params "$folder"
    case ${folder##*/} in
        rafs-inline*) text="its metadata is taken out of a blob" ;;
        *) text="device slot 1 .*its data is compressed" ;;
    esac
    refused "$text" vmdk "${params[@]}"
    refused "$text" dm "${params[@]}"
    n=$(( n + 1 ))
done < <(decoded_vectors)
test $n -ge 11 || fail "only $n vectors"
