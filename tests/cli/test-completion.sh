#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Bash completes commands, their options, keys, and the files behind "=".

source functions.sh
source "$abs_top_srcdir/contrib/erofsflat.bash"

# What fails inside (compopt, as no completion is going on) is no matter.
set +o errtrace

complete -p erofsflat | grep -q -- '-F _erofsflat '

mkdir "$tmp/dir" "$tmp/dir/blobs" "$tmp/dir/my layers"
touch "$tmp/dir/image.erofs" "$tmp/dir/blob1"
cd "$tmp/dir"

# completes WANT WORD...: the last word is completed to these, sorted.  As bash
# does, "=" is a word of its own.
completes ()
{
    local want=$1 got

    shift
    COMP_WORDS=("$@")
    COMP_CWORD=$(( $# - 1 ))
    COMPREPLY=()
    _erofsflat erofsflat "${COMP_WORDS[COMP_CWORD]}" \
               "${COMP_WORDS[COMP_CWORD-1]}" || true
    got=$(printf '%s\n' "${COMPREPLY[@]-}" | LC_ALL=C sort | paste -sd' ')
    test "$got" = "$want" || fail "'$*' gives '$got', not '$want'"
}

completes "check export info map mount pack table umount" erofsflat ""
completes "export" erofsflat e
completes "--help --version" erofsflat --
completes "-V" erofsflat -V
completes "--help --json" erofsflat info --
completes "--help --output --quiet" erofsflat export --
completes "--help --output --quiet -o -q" erofsflat export -
completes "--format --help" erofsflat table --
completes "--data --help --json --quiet -q" erofsflat check -
completes "dm vmdk" erofsflat table --format = ""
completes "dm vmdk" erofsflat table --format =
completes "vmdk" erofsflat table --format v
completes "blob1 blobs image.erofs my layers" erofsflat export -o ""
completes "blob1 blobs" erofsflat export --output = bl
completes "blob1 blob= blobdir= blobs" erofsflat map bl
completes "blob1 blobs" erofsflat pack bl
completes "blob1 blob= blobdir= blobs" erofsflat mount bl
completes "auto fuse nbd" erofsflat mount --attach = ""
completes "" erofsflat mount -o ""
completes "blobs" erofsflat umount b
completes "" erofsflat pack --level ""
completes "auto gzip raw zstd-seekable" erofsflat map format =
completes "zstd-seekable" erofsflat map format = z
completes "off on" erofsflat map verify =
completes "off on" erofsflat map sandbox =
completes "blob1 blobs" erofsflat map zinfo = bl
completes "blob1 blobs" erofsflat map stats = bl
completes "" erofsflat map cache =
completes "bootstrap=" erofsflat check bo
completes "image.erofs" erofsflat check i
completes "blobs my layers" erofsflat info blobdir =
completes "blobs" erofsflat info image.erofs blobdir = b
completes "my layers" erofsflat info blobdir = m
completes "blob1 blobs" erofsflat info blob = bl
completes "image.erofs" erofsflat info bootstrap = i
completes "" erofsflat info blobdir = im

# Where "=" does not break words.
COMP_WORDBREAKS=${COMP_WORDBREAKS//=}
completes "blobdir=blobs" erofsflat info blobdir=b
completes "blob=blob1 blob=blobs" erofsflat info blob=bl
completes "--format=vmdk" erofsflat table --format=v
completes "format=raw" erofsflat map format=r
completes "verify=off" erofsflat map verify=of

# Every option and every parameter is known to it.
COMP_WORDBREAKS="$COMP_WORDBREAKS="
for command in info map check export table pack mount umount; do
    want=$(erofsflat $command --long-options | LC_ALL=C sort | paste -sd' ')
    completes "$want" erofsflat $command --
done
sed -n 's/^OPTION (\([a-z]*\),.*/\1/p' "$abs_top_srcdir/lib/options.def" \
    > "$tmp/keys"
test -s "$tmp/keys"
while read -r key; do
    COMP_WORDS=(erofsflat info "$key")
    COMP_CWORD=2
    _erofsflat || true
    # Not by a pipe, which may break under printf.
    [[ " ${COMPREPLY[*]} " == *" $key= "* ]] ||
        fail "parameter $key is not completed"
done < "$tmp/keys"
