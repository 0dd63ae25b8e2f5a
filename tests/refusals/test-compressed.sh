#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Compressed blobs that are not what the device table or their own index says
# are refused, and told apart from raw files; what is right is taken, named or
# found, mixed with raw blobs.

source functions.sh
source "$abs_srcdir/lib.sh"

# patch FILE OFFSET HEX
patch ()
{
    printf "$(sed 's/../\\x&/g' <<< "$3")" |
        dd of="$1" bs=1 seek=$2 conv=notrunc status=none
}

# flat_of PARAMETER...: the device as it is served, which another test proves
# to be right.
flat_of ()
{
    served_run 'nbd-cat "$uri"' "$@"
    cp "$tmp/nbdkit.out" flat
}

sum_is ()
{
    test "$(sha256sum < flat | cut -d' ' -f1)" = \
         "$(cut -d' ' -f1 < "$data/$1/flat.sha256")" || fail "$1: its sum"
}

# --- gzip with checkpoints --------------------------------------------------

name=erofs-tarindex-gz
copy_data $name $name
boot=$name/bootstrap
gz=$name/blobs/layer.tar.gz
flat_of $boot blobdir=$name/blobs
sum_is $name

# Beside it, and named; the name of the gzip file says nothing.
expect_served flat $boot blob=$gz
mv $gz.zinfo checkpoints
expect_served flat $boot blob=$gz zinfo=checkpoints
expect_served flat $boot blobdir=$name/blobs zinfo=checkpoints
cp $gz any
expect_served flat $boot blob=any zinfo=checkpoints
expect_served flat $boot blob=any zinfo=checkpoints format=gzip
cp checkpoints any.zinfo
expect_served flat $boot blob=any

# None.
without="is a gzip file without checkpoints"
expect_refused "^$boot: device slot 1: .*without checkpoints" \
               $boot blob=$gz format=gzip
expect_refused "^$boot: device slot 1: " $boot blob=$gz
expect_refused "^$boot: device slot 1: " $boot blobdir=$name/blobs
expect_refused "^$boot: device slot 1: .*missing: No such file" \
               $boot blob=$gz zinfo=missing
expect_refused "^$boot: device slot 1: missing: No such file" \
               $boot blobdir=$name/blobs zinfo=missing

# Nothing is looked for beside a file that is no gzip file.
copy_data erofs-fsmerge raw
flat_of raw/bootstrap blobdir=raw/blobs
sum_is erofs-fsmerge
expect_served flat raw/bootstrap blobdir=raw/blobs \
              zinfo=a zinfo=a zinfo=a zinfo=a zinfo=a
flat_of $boot blob=$gz zinfo=checkpoints

# How long the data is has to be known.
copy_data erofs-blobdev-unset unset
gzip -c unset/blobs/* > unset.gz
cp checkpoints unset.gz.zinfo
expect_refused '^unset/bootstrap: device slot 1.*: unset.gz: format=gzip: the device table does not say how long the data is' \
               unset/bootstrap blob=unset.gz format=gzip

# As many as there are devices.
expect_refused '^.*2 zinfo= given, but the image has 1 device: ' \
               $boot blob=$gz zinfo=checkpoints zinfo=checkpoints

# Without a length, what is compressed is served as it lies, with a warning.
as_it_lies='begins like what is compressed, but is served as it lies, as the device table does not say how long the data is \(0 blocks\): give'
erofsflat pack -q -o unset.zst unset/blobs/*
for file in unset.zst unset.gz; do
    case $file in
        *.zst) advice='format=zstd-seekable, or format=raw' ;;
        *) advice='format=raw if that is right' ;;
    esac
    erofsflat export -q -o as-it-lies unset/bootstrap blob=$file format=raw
    expect_warned "unset/bootstrap: device slot 1: $file: $as_it_lies $advice\$" \
                  as-it-lies unset/bootstrap blob=$file
    expect_served as-it-lies unset/bootstrap blob=$file format=raw
done
erofsflat export -q -o plain unset/bootstrap blobdir=unset/blobs
expect_served plain unset/bootstrap blob=unset.zst format=zstd-seekable

# Of a length that does not fit the count, by a byte and by a checkpoint.
for size in 0 3 11 13 32796 32798 65582; do
    cp checkpoints wrong
    truncate -s $size wrong
    expect_refused "^$boot: device slot 1: .*: wrong: zinfo: " \
                   $boot blob=$gz zinfo=wrong
done
for hex in 00000000 02000000 03000000 ffffffff; do
    cp checkpoints wrong
    patch wrong 0 $hex
    expect_refused "^$boot: device slot 1: .*: wrong: zinfo: " \
                   $boot blob=$gz zinfo=wrong
done

# The older layout does not store the first one.
cp checkpoints older
truncate -s 12 older
expect_served flat $boot blob=$gz zinfo=older

# Offsets that lie outside, bits that there are not.
for hex in 12:ffffffffffffff7f 20:0100000000000000 28:08; do
    cp checkpoints wrong
    patch wrong ${hex%:*} ${hex#*:}
    expect_refused "^$boot: device slot 1: .*: wrong: zinfo: " \
                   $boot blob=$gz zinfo=wrong
done

# A gzip file that ends too early for what the table declares.
cp $gz short
truncate -s 100000 short
expect_refused "^$boot: device slot 1: short: " \
               $boot blob=short zinfo=checkpoints

# --- zstd seekable ----------------------------------------------------------

name=erofs-fsmerge-zstd
copy_data $name $name
boot=$name/bootstrap
b=$name/blobs
flat_of $boot blobdir=$b
sum_is $name

# Layer 3 is raw; a raw layer does in place of any.
layers=(blob=$b/layer0.erofs.zst blob=$b/layer1.erofs.zst \
        blob=$b/layer2.erofs.zst blob=$b/layer3.erofs \
        blob=$b/layer4.erofs.zst)
expect_served flat $boot "${layers[@]}"
raw=$data/erofs-fsmerge/blobs
expect_served flat $boot "${layers[@]:0:4}" blob=$raw/layer4.erofs
expect_served flat $boot blob=$raw/layer0.erofs "${layers[@]:1}"
expect_refused "^$boot: device slot 2 .*UUID" \
               $boot "${layers[0]}" "${layers[2]}" "${layers[1]}" \
               "${layers[@]:3}"

# with_first FILE: refused in place of layer 0.
with_first ()
{
    expect_refused "^$boot: device slot 1 \(.*\): $1: $2" \
                   $boot blob=$1 "${layers[@]:1}"
}

# A seek table that is cut off, by a byte or whole.  The last frame is then
# not seen either: longer than declared is refused, with advice.
file=$b/layer0.erofs.zst
size=$(stat -c %s $file)
cp $file cut
truncate -s $(( size - 1 )) cut
expect_refused "^$boot: device slot 1 .* cut: " \
               $boot blob=cut "${layers[@]:1}"
# Longer than declared, and no seek table.
cp $file long
truncate -s 2M long
with_first long '.*seek table.*erofsflat pack.*format=raw'
# Sizes in the table that do not add up.
frames=$(od -A n -t u4 -j $(( size - 9 )) -N 4 $file | tr -d ' ')
descriptor=$(od -A n -t u1 -j $(( size - 5 )) -N 1 $file | tr -d ' ')
entry=$(( descriptor & 128 ? 12 : 8 ))
table=$(( size - 17 - entry * frames ))
cp $file sums
truncate -s 2M sums
tail -c $(( size - table )) $file |
    dd of=sums bs=1M oflag=seek_bytes seek=$(( 2097152 - size + table )) \
       conv=notrunc status=none
with_first sums ''
# A skippable frame before the others.
le32 ()
{
    printf "\\x$(printf %x $(( $1 & 255 )))\\x$(printf %x $(( $1 >> 8 & 255 )))"
    printf "\\x$(printf %x $(( $1 >> 16 & 255 )))\\x$(printf %x $(( $1 >> 24 )))"
}
skippable ()
{
    le32 0x184d2a5$1
    le32 4
    printf 1234
}
{
    skippable 7
    head -c $table $file
    le32 0x184d2a5e
    le32 $(( entry * (frames + 1) + 9 ))
    le32 12
    le32 0
    if test $entry -eq 12; then le32 0; fi
    tail -c $(( entry * frames + 9 )) $file | head -c $(( entry * frames ))
    le32 $(( frames + 1 ))
    tail -c 5 $file
} > skips
expect_served flat $boot blob=skips "${layers[@]:1}"
# Longer than declared, that is no raw file, whatever follows.
{
    skippable 0
    cat $raw/layer0.erofs
} > long
with_first long '.*without a seek table'

# Not the seek table of these frames, though all adds up: another layer's.
expect_refused "^$boot: device slot 1 " $boot blob=$b/layer1.erofs.zst \
               "${layers[@]:1}"

# format= is for all of them.
expect_refused "^$boot: device slot 4 .*layer3.erofs: is not a zstd file" \
               $boot "${layers[@]}" format=zstd-seekable
expect_refused "^$boot: device slot [12] " $boot "${layers[@]}" format=raw
expect_refused "^$boot: device slot 1 .*gzip" $boot "${layers[@]}" format=gzip
