#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# What `pack' writes is read by other programs' readers of the zstd seekable
# format, whole and from anywhere: pyzstd (PyPI) and zeekstd (crates.io, the
# package zeekstd_cli), those of them that are installed.  PYTHON is another
# interpreter, say that of a virtual environment which has pyzstd.

source functions.sh

python=${PYTHON-python3}
have_pyzstd=
have_zeekstd=
if "$python" -c 'from pyzstd import SeekableZstdFile' 2>/dev/null; then
    have_pyzstd=yes
fi
if zeekstd --version >/dev/null 2>&1; then have_zeekstd=yes; fi
test -n "$have_pyzstd$have_zeekstd" ||
    skip "neither pyzstd nor zeekstd is installed"
echo "pyzstd: ${have_pyzstd:-not installed}," \
     "zeekstd: ${have_zeekstd:-not installed}"

blob=$data/erofs-fsmerge/blobs/layer2.erofs
size=$(stat -c %s "$blob")

read_pyzstd ()
{
    "$python" - "$tmp/packed" "$blob" <<'EOF'
import random, sys
from pyzstd import SeekableZstdFile

plain = open(sys.argv[2], "rb").read()
with SeekableZstdFile(sys.argv[1], "r") as packed:
    assert packed.read() == plain, "the whole file differs"
    for i in range(200):
        start = random.randrange(len(plain))
        length = random.randrange(1, 200000)
        packed.seek(start)
        assert packed.read(length) == plain[start:start + length], \
            "%d bytes at %d differ" % (length, start)
EOF
}

read_zeekstd ()
{
    local i from to

    zeekstd decompress -q -f -c "$tmp/packed" | cmp - "$blob"
    for (( i = 0; i < 20; i++ )); do
        from=$(( (RANDOM << 15 | RANDOM) % (size - 1) ))
        to=$(( from + 1 + RANDOM % (size - from) ))
        zeekstd decompress -q -f -c --from $from --to $to "$tmp/packed" \
            > "$tmp/part"
        tail -c +$(( from + 1 )) "$blob" | head -c $(( to - from )) \
            > "$tmp/want" || true       # tail may get a SIGPIPE
        cmp "$tmp/part" "$tmp/want" || fail "zeekstd: from $from to $to"
    done
}

for frame in 4K 64K 256K 1M; do
    erofsflat pack -q --frame-size=$frame "$blob" -o "$tmp/packed"
    if test -n "$have_pyzstd"; then read_pyzstd; fi
    if test -n "$have_zeekstd"; then read_zeekstd; fi
done
