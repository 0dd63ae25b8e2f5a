#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# RAFS v6: a data or meta file that is missing, or is another one, is refused;
# blobs are found by their ids, or named by blob=; and a blob that has its
# bootstrap inside serves as the bootstrap.

source functions.sh
source "$abs_srcdir/lib.sh"

flat_of ()
{
    served_run 'nbd-cat "$uri"' "$@"
    cp "$tmp/nbdkit.out" flat
    test "$(sha256sum < flat | cut -d' ' -f1)" = \
         "$(cut -d' ' -f1 < "$data/$name/flat.sha256")" ||
        fail "$name: its sum"
}

# --- data and meta file -----------------------------------------------------

name=rafs-targz-ref
copy_data $name $name
boot=$name/bootstrap
blobs=$name/blobs
flat_of $boot blobdir=$blobs
tag=$(dd if=$boot bs=1 skip=1408 count=64 status=none)
for file in $blobs/*; do
    if test "${file##*/}" = "$tag"; then gz=$file; else meta=$file; fi
done
slot="^$boot: device slot 1 \(tag \"$tag\"\): "

# In two folders.
mkdir other
mv $meta other/
expect_refused "$slot.*${meta##*/}" $boot blobdir=$blobs
expect_served flat $boot blobdir=$blobs blobdir=other
mv other/* $blobs
mv $gz other/
expect_refused "$slot" $boot blobdir=$blobs
expect_served flat $boot blobdir=$blobs blobdir=other
mv other/* $blobs

# Each under the other's name; the meta file cut; empty.
mv $gz x; mv $meta $gz; mv x $meta
expect_refused "$slot" $boot blobdir=$blobs
mv $gz x; mv $meta $gz; mv x $meta
expect_served flat $boot blobdir=$blobs
for size in 0 100 $(( $(stat -c %s $meta) - 1 )); do
    cp $meta x
    truncate -s $size $meta
    expect_refused "$slot" $boot blobdir=$blobs
    mv x $meta
done
expect_served flat $boot blobdir=$blobs

# No unified address, as in images of old versions of nydus-image.
cp $boot x
printf '\0\0\0\0' | dd of=x bs=1 seek=1476 conv=notrunc status=none
expect_refused '^x: device slot 1: there is no unified address, .*before 2.3' \
               x blobdir=$blobs

# --- one file a blob --------------------------------------------------------

name=rafs-merged
copy_data $name $name
boot=$name/bootstrap
blobs=$name/blobs
flat_of $boot blobdir=$blobs
given=()
for (( i = 0; i < 3; i++ )); do
    tag=$(dd if=$boot bs=1 skip=$(( 1408 + 128 * i )) count=64 status=none)
    given+=(blob=$blobs/$tag)
done
expect_served flat $boot "${given[@]}"
expect_refused "^$boot: device slot 1 " \
               $boot "${given[1]}" "${given[0]}" "${given[2]}"
expect_refused '3 devices' $boot "${given[0]}"
for file in $blobs/*; do
    mv $file x
    expect_refused "^$boot: device slot [123] \(tag \"${file##*/}\"\): no file of that name" $boot blobdir=$blobs
    mv x $file
done

# --- the bootstrap ----------------------------------------------------------

# patched OFFSET HEX REGEX
patched ()
{
    cp $boot bad
    printf "$(sed 's/../\\x&/g' <<< "$2")" |
        dd of=bad bs=1 seek=$1 conv=notrunc status=none
    expect_refused "^bad: .*$3" bad blobdir=$blobs
}

table=$(od -A n -t u8 -j 1160 -N 8 $boot | tr -d ' ')
patched 1152 ffffffffffffffff 'flags'
patched 1172 01100000 'chunk size'
patched 1160 0000ffffffff0000 'blob table'
patched 1168 00010000 'blob table'
patched $table 78 'device slot 1.*id'
patched $(( table + 64 )) 07000000 'device slot 1'
patched $(( table + 76 )) 09000000 'device slot 1'
patched $(( table + 80 )) 09000000 'device slot 1'
patched $(( table + 85 )) 18 'device slot 1'
patched $(( table + 216 )) 02000000 'device slot 1'

# --- a blob with its bootstrap inside ---------------------------------------

# inline BOOTSTRAP BLOB OUT: the blob, the bootstrap, and the bootstrap's tar
# header behind it.
inline ()
{
    local length sum

    length=$(stat -c %s "$1")
    cat "$2" "$1" > "$3"
    {
        printf image.boot
        head -c 114 /dev/zero
        printf '%011o\0' $length
        head -c 12 /dev/zero
        printf '        0'
        head -c 100 /dev/zero
        printf 'ustar  \0'
        head -c 247 /dev/zero
    } > header
    sum=$(od -A n -v -t u1 header |
              awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s }')
    printf '%06o\0 ' $sum |
        dd of=header bs=1 seek=148 conv=notrunc status=none
    test "$(stat -c %s header)" -eq 512 || fail "the header's size"
    cat header >> "$3"
}

name=rafs-zstd
copy_data $name $name
boot=$name/bootstrap
flat_of $boot blobdir=$name/blobs
blob=$(echo $name/blobs/*)
inline $boot $blob joined
expect_served flat joined blobdir=$name/blobs
expect_served flat joined blob=joined

# The id is 64 times x where the tool does not know it yet: it is this file.
x=$(printf 'x%.0s' {1..64})
table=$(od -A n -t u8 -j 1160 -N 8 $boot | tr -d ' ')
cp $boot unnamed
printf $x | dd of=unnamed bs=1 seek=1408 conv=notrunc status=none
printf $x | dd of=unnamed bs=1 seek=$table conv=notrunc status=none
inline unnamed $blob joined
cp flat named
printf $x | dd of=flat bs=1 seek=1408 conv=notrunc status=none
printf $x | dd of=flat bs=1 seek=$table conv=notrunc status=none
expect_served flat joined
expect_refused '^unnamed: device slot 1 ' unnamed blobdir=$name/blobs

# A header that lies about the size; and none.
inline unnamed $blob joined
truncate -s -1 joined
expect_refused '^joined: ' joined
