#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# --dump-plugin says what a script may want to know.

source functions.sh

nbdkit erofsflat --dump-plugin > "$tmp/dump"
for line in name=erofsflat max_thread_model=parallel thread_model=parallel \
            magic_config_key=bootstrap errno_is_preserved=1 \
            erofsflat_max_devices=65535 \
            erofsflat_blob_formats=raw,zstd-seekable,gzip,rafs-v6; do
    grep -qx "$line" "$tmp/dump" || fail "no line $line"
done
for key in erofsflat_version erofsflat_block_sizes erofsflat_sandbox; do
    grep -q "^$key=." "$tmp/dump" || fail "no key $key"
done
