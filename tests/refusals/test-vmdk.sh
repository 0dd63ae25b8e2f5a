#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# A flat VMDK descriptor names the files of an image.  What can not be
# understood, lies elsewhere or does not fit the image is refused; what lays the
# files out in another way than the device table is served with a warning.

source functions.sh
source "$abs_srcdir/lib.sh"

# descriptor FILE LINE...: as mkfs.erofs --vmdk-desc writes it.
descriptor ()
{
    local out=$1

    shift
    {
        printf '# Disk DescriptorFile\nversion=1\nCID=87bd9367\n'
        printf 'parentCID=ffffffff\ncreateType="twoGbMaxExtentFlat"\n\n'
        printf '# Extent description\n'
        printf '%s\n' "$@"
        printf '\n# The Disk Data Base\n#DDB\n\n'
        printf 'ddb.virtualHWVersion = "4"\nddb.adapterType = "ide"\n'
    } > "$out"
}

mkdir store store/1 store/2 other
image store/meta slot=x:4:1 slot=y:2:5
data store/1/layer 16384 1
data store/2/layer 8192 2
flat flat 28672 store/meta@0 store/1/layer@4096 store/2/layer@20480
meta='RW 8 FLAT "meta" 0'
one='RW 32 FLAT "1/layer" 0'
two='RW 16 FLAT "2/layer" 0'

# The tags name no file here: only the list does.
descriptor store/list "$meta" "$one" "$two"
expect_served flat store/list
sed 's/^RW/RDONLY/; s/$/\r/' store/list > store/crlf
expect_served flat store/crlf
descriptor store/cuts "$meta" 'RW 20 FLAT "1/layer" 0' \
           'RW 12 FLAT "1/layer" 20' "$two"
expect_served flat store/cuts

# Absolute, and elsewhere.
here=$(pwd)
descriptor other/list "RW 8 FLAT \"$here/store/meta\" 0" \
           "RW 32 FLAT \"$here/store/1/layer\" 0" \
           "RW 16 FLAT \"$here/store/2/layer\" 0"
expect_served flat other/list blobdir=store
expect_served flat other/list blobdir="$here/store"
expect_served flat other/list blobdir=other blobdir=store/2 blobdir=.
expect_refused "^other/list: line 8: $here/store/meta: it does not lie beneath the descriptor's folder: give one that it lies beneath with blobdir=\$" \
               other/list
expect_refused '^other/list: line 8: .*: it does not lie beneath' \
               other/list blobdir=store/1

# Spaces and UTF-8.
cp store/1/layer 'store/é 1'
descriptor store/names "$meta" 'RW 32 FLAT "é 1" 0' "$two"
expect_served flat store/names

# The layout is that of the device table.
says='by the descriptor, but'
descriptor store/short "$meta" 'RW 24 FLAT "1/layer" 0' "$two"
expect_warned "store/short: line 9: 1/layer has a size in bytes of 12288 $says 16384 by the image: it is served as the image says\$" \
              flat store/short
descriptor store/gap "$meta" 'RW 8 ZERO' "$one" "$two"
expect_warned "store/gap: line 10: 1/layer lies at byte 8192 $says 4096 by" \
              flat store/gap
descriptor store/offset "$meta" 'RW 32 FLAT "1/layer" 8' "$two"
expect_warned "store/offset: line 9: 1/layer begins in the file at byte 4096 $says 0" \
              flat store/offset
descriptor store/long 'RW 16 FLAT "meta" 0' "$one" "$two"
expect_warned "store/long: line 8: meta has a size in bytes of 8192 $says 4096" \
              flat store/long
image store/apart slot=x:4:1 slot=y:2:7
flat apart 36864 store/apart@0 store/1/layer@4096 store/2/layer@28672
descriptor store/nogap 'RW 8 FLAT "apart" 0' "$one" "$two"
expect_warned "store/nogap: line 10: 2/layer lies at byte 20480 $says 28672" \
              apart store/nogap
descriptor store/withgap 'RW 8 FLAT "apart" 0' "$one" 'NOACCESS 16 ZERO' "$two"
expect_served apart store/withgap
descriptor store/zeros 'RW 8 FLAT "apart" 0' "$one" \
           'RW 16 FLAT "/dev/zero" 0' "$two"
expect_served apart store/zeros
for end in ZERO 'FLAT "/dev/zero" 0'; do
    descriptor store/end "$meta" "$one" "$two" "RW 8 $end"
    expect_warned "store/end: the disk has a size in bytes of 32768 $says 28672 by the image: it is served as the image says\$" \
                  flat store/end
done

# A device whose last block is not all there, with and without the zeros.
data store/1/tail 15872 1
flat tail 28672 store/meta@0 store/1/tail@4096 store/2/layer@20480
descriptor store/tail "$meta" 'RW 31 FLAT "1/tail" 0' 'RW 1 ZERO' "$two"
expect_served tail store/tail
descriptor store/tail "$meta" 'RW 32 FLAT "1/tail" 0' "$two"
expect_served tail store/tail

# Not as many as there are devices.
descriptor store/few "$meta" "$one"
expect_refused '^store/meta: the image has 2 devices, but store/few lists 1 file behind it$' store/few
descriptor store/few "$meta"
expect_refused '^store/meta: the image has 2 devices, but store/few lists 0 files' store/few
descriptor store/many "$meta" "$one" "$two" "$two"
expect_refused '^store/meta: the image has 2 devices, but store/many lists 3 files behind it \(line 11: 2/layer begins at byte 0 of the file and at 28672 of the disk; line 10 goes on at 8192 and 28672\)$' store/many
# Cuts of one file that do not join: in the file, on the disk.
descriptor store/many "$meta" 'RW 20 FLAT "1/layer" 0' \
           'RW 12 FLAT "1/layer" 21' "$two"
expect_refused 'lists 3 files behind it \(line 10: 1/layer begins at byte 10752 of the file and at 14336 of the disk; line 9 goes on at 10240 and 14336\)$' store/many
descriptor store/many "$meta" 'RW 20 FLAT "1/layer" 0' 'RW 1 ZERO' \
           'RW 12 FLAT "1/layer" 20' "$two"
expect_refused 'lists 3 files behind it \(line 11: 1/layer begins at byte 10240 of the file and at 14848 of the disk; line 9 goes on at 10240 and 14336\)$' store/many
expect_refused '^store/list: is a VMDK descriptor, which lists the blobs: blob= can not be given with it$' \
               store/list blob=store/1/layer

# Files that are not there, are no files, or lead out.
descriptor store/bad "$meta" 'RW 32 FLAT "3/layer" 0' "$two"
expect_refused '^store/meta: device slot 1 \(tag "x"\): store/bad: line 9: store/3/layer: No such file or directory$' store/bad
descriptor store/bad 'RW 8 FLAT "meta2" 0' "$one" "$two"
expect_refused '^store/bad: line 8: store/meta2: No such file or directory$' \
               store/bad
descriptor store/bad "$meta" "$one" 'RW 8 FLAT "2" 0'
expect_refused 'device slot 2 .*: store/bad: line 10: store/2: is a folder' \
               store/bad
descriptor store/bad 'RW 8 FLAT "1/layer" 0'
expect_refused '^store/1/layer: ' store/bad
ln -s ../flat store/link
descriptor store/bad "$meta" 'RW 32 FLAT "link" 0' "$two"
expect_refused 'device slot 1 .*: store/bad: line 9: store/link: is a symbolic link' store/bad
descriptor store/bad "$meta" 'RW 32 FLAT "/dev/null" 0' "$two"
expect_refused 'store/bad: line 9: /dev/null: it does not lie beneath' store/bad
# A descriptor in a descriptor is no image.
descriptor store/bad 'RW 8 FLAT "list" 0'
expect_refused '^store/list: ' store/bad

# Files given to the wrong slots.
uuid () { printf "$1%.0s" {1..16}; }
image store/l1 uuid=11 size=8192 fill=2
image store/l2 uuid=22 size=8192 fill=3
image store/merged slot="$(uuid 11):2:1" slot="$(uuid 22):2:3"
descriptor store/swapped 'RW 8 FLAT "merged" 0' 'RW 16 FLAT "l2" 0' \
           'RW 16 FLAT "l1" 0'
expect_refused "store/swapped: line 9: store/l2: is an EROFS image with UUID $(uuid 22), but the tag says $(uuid 11)" store/swapped

# Texts; every way that a line can be wrong is in check_vmdk_descriptor.
line ()
{
    descriptor store/bad "$meta" "$2" "$two"
    expect_refused "^store/bad: line 9: $1" store/bad
}
line "'\.\./1/layer', a path without \"\.\.\" expected\$" \
     'RW 32 FLAT "../1/layer" 0'
line "'\"a\"b\" 0', a name in quotes, without quotes in it, expected\$" \
     'RW 32 FLAT "a"b" 0'
line "'\"a', a name in quotes" $'RW 32 FLAT "a\nb" 0'
line "'18446744073709551616', a number of sectors from 1 to [0-9]* expected\$" \
     'RW 18446744073709551616 FLAT "1/layer" 0'
line "'36028797018963968', where in the file, in sectors from 0 to [0-9]* expected\$" \
     'RW 32 FLAT "1/layer" 36028797018963968'
line "'SPARSE', an extent of type FLAT or ZERO expected\$" \
     'RW 32 SPARSE "1/layer"'
line "'0', the end of the line expected\$" 'RW 32 ZERO 0'
line "'', the path of a file expected\$" 'RW 32 FLAT "./" 0'
line "'nonsense', a comment, KEY=VALUE or an extent expected\$" nonsense
line "'parentFileNameHint', a disk without a parent expected\$" \
     'parentFileNameHint="meta"'
line "'\"monolithicSparse\"', createType \"twoGbMaxExtentFlat\", " \
     'createType="monolithicSparse"'
line 'byte 0x1b, text expected$' $'RW 32 FLAT "\e" 0'
printf '# Disk DescriptorFile\n\0' > store/bad
expect_refused '^store/bad: line 2: byte 0, text expected$' store/bad
printf '# Disk DescriptorFile\n%s\n' "$meta" > store/bad
expect_refused '^store/bad: it has no createType$' store/bad
descriptor store/bad
expect_refused '^store/bad: it lists no file$' store/bad
descriptor store/bad 'RW 1 ZERO' "$meta"
expect_refused '^store/bad: line 9: the first file is at byte 512, 0 expected$' \
               store/bad

# 1 MiB, and a byte more.
cp store/list store/large
{ printf '#'; head -c 1048576 /dev/zero | tr '\0' x; } >> store/large
truncate -s 1048576 store/large
expect_served flat store/large
printf 'x' >> store/large
expect_refused '^store/large: the descriptor has 1048577 bytes, at most 1048576 expected$' store/large
