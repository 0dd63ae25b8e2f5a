#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `pack' writes is the blob for zstd, and for the server, whatever the size
# of the frames; the bytes do not depend on the number of threads.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
requires zstd --version
requires jq --version
requires script --version

image=$data/erofs-fsmerge
blob=$image/blobs/layer2.erofs
mkdir "$tmp/out"
umask 027

# pack ARG...: to $tmp/out/packed.
pack ()
{
    erofsflat pack "$@" -o "$tmp/out/packed" > "$tmp/log" 2>&1
    sed -i '/^--[0-9]*-- /d' "$tmp/log"         # of valgrind
    test ! -s "$tmp/log" || fail "it prints: $(cat "$tmp/log")"
    test "$(stat -c %a "$tmp/out/packed")" = 640
    test "$(ls -A "$tmp/out")" = packed || fail "$(ls -lA "$tmp/out")"
}

# u32 OFFSET: from the end, of $tmp/out/packed.
u32 ()
{
    tail -c $1 "$tmp/out/packed" | od -An -tu4 --endian=little -N 4 | tr -d ' '
}

size=$(stat -c %s "$blob")
for frame in 4K 12288 64k 300K 1M 64M; do
    pack --frame-size=$frame "$blob"
    zstd -dc "$tmp/out/packed" | cmp - "$blob"
    bytes=$(numfmt --from=iec "${frame^^}")
    test "$(u32 9)" -eq $(( (size + bytes - 1) / bytes )) ||
        fail "$frame: $(u32 9) frames"
    test "$(u32 4)" -eq $(( 0x8f92eab1 ))
    test "$(tail -c 5 "$tmp/out/packed" | od -An -tu1 -N 1)" -eq 128
    # A frame's checksum and content size: bits 2, and 5 to 7 of its header.
    header=$(od -An -tu1 -j 4 -N 1 "$tmp/out/packed")
    test $(( header & 4 )) -ne 0 || fail "$frame: frames have no checksum"
    test $(( header & 0xe0 )) -ne 0 || fail "$frame: no content size"
done

# The default is what the manual says.
pack "$blob"
cp "$tmp/out/packed" "$tmp/default"
pack --frame-size=256K --level=3 "$blob"
cmp "$tmp/out/packed" "$tmp/default"
grep -q "The default is 256K." "$abs_top_srcdir/cli/erofsflat-pack.pod"

# A level changes the bytes, not what they decode to.
pack --level=19 "$blob"
! cmp -s "$tmp/out/packed" "$tmp/default" || fail "--level does nothing"
zstd -dc "$tmp/out/packed" | cmp - "$blob"

# Any number of threads gives the same bytes: also more than there are frames.
pack --frame-size=64K --threads=1 "$blob"
cp "$tmp/out/packed" "$tmp/one"
for threads in 2 3 8 200; do
    pack --frame-size=64K --threads=$threads "$blob"
    cmp "$tmp/out/packed" "$tmp/one" || fail "$threads threads"
done

# The device is the same with packed blobs.
mkdir "$tmp/packed"
for b in "$image/blobs"/*; do
    erofsflat pack "$b" -o "$tmp/packed/${b##*/}"
done
erofsflat check --data "$image/bootstrap" blobdir="$tmp/packed"
erofsflat info --json "$image/bootstrap" blobdir="$tmp/packed" |
    jq -e '[.devices[] | .format == "zstd-seekable" and
            .digest == "xxh64+zstd" and .found_by == "uuid"] | all' >/dev/null
erofsflat export -o "$tmp/flat" "$image/bootstrap" blobdir="$tmp/packed"
check_device "$image" "export of packed blobs" cat "$tmp/flat"
if command -v nbdcopy >/dev/null; then
    start_nbdkit erofsflat "$image/bootstrap" blobdir="$tmp/packed"
    nbdcopy "$uri" "$tmp/served"
    check_device "$image" "server of packed blobs" cat "$tmp/served"
    stop_nbdkit
fi

# A damaged frame is found by its checksums.
packed=$tmp/packed/layer0.erofs
printf '\xff\x00\xff' | dd of="$packed" bs=1 seek=5000 conv=notrunc status=none
if erofsflat check --data "$image/bootstrap" blobdir="$tmp/packed" \
             2> "$tmp/err"; then fail "damage is not found"; fi
grep -q "layer0.erofs: chunk 0 " "$tmp/err" || fail "$(cat "$tmp/err")"

# A file that was written just now is no changed one, however long it takes.
head -c 8M /dev/urandom > "$tmp/fresh"
erofsflat pack -q --level=19 --threads=1 "$tmp/fresh" -o "$tmp/out/packed" \
    2> "$tmp/err" &
pid=$!
sleep 0.2
kill -STOP $pid
sleep 4
kill -CONT $pid
wait $pid || fail "$(cat "$tmp/err")"

# One that is written to meanwhile is.
touch "$tmp/go-on"
while test -e "$tmp/go-on"; do
    printf x | dd of="$tmp/fresh" bs=1 seek=$(( RANDOM * 256 )) conv=notrunc \
                  status=none
done &
if erofsflat pack -q --level=19 --threads=1 "$tmp/fresh" -o "$tmp/out/packed" \
             2> "$tmp/err"; then fail "it packs what changes"; fi
rm "$tmp/go-on"
wait
grep -q "fresh: has changed while it was read$" "$tmp/err" ||
    fail "$(cat "$tmp/err")"

# The bar.
script -q -e -c "erofsflat pack -o '$tmp/out/packed' '$blob'" \
       "$tmp/typescript" < /dev/null > "$tmp/screen"
tr '\r' '\n' < "$tmp/screen" | grep -q '^100% \[=\{50\}\]$' ||
    fail "$(cat -v "$tmp/screen")"
script -q -e -c "erofsflat pack -q -o '$tmp/out/packed' '$blob'" \
       "$tmp/typescript" < /dev/null > "$tmp/screen"
! grep -q % "$tmp/screen" || fail "$(cat -v "$tmp/screen")"
