#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# TLS: nbd-client in a VM attaches with certificates that both sides verify,
# the image is mounted and every file is right; a client without TLS is
# refused.  With a pre-shared key, libnbd and qemu read the right device.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/interop/certificates.sh"
source "$abs_top_srcdir/tests/vm/vm.sh"
requires_vm
requires certtool --version
requires psktool --version
requires nbdcopy --version
requires qemu-img --version

make_certificates "dns_name = erofsflat.example"

# Certificates.
folder=$data/erofs-fsmerge-zstd
boot_vm
for file in ca-cert client-cert client-key; do
    put_vm "$pki/$file.pem" "/tmp/$file.pem"
done
serve_tcp "$folder" --tls=require --tls-certificates="$pki" --tls-verify-peer
nbd_client_options=(-certfile /tmp/client-cert.pem -keyfile /tmp/client-key.pem
                    -cacertfile /tmp/ca-cert.pem
                    -tlshostname erofsflat.example)
check_files "$folder" vm_nbd_client
if in_vm nbd-client 10.0.2.2 $port /dev/nbd0 -b 512 -R; then
    fail "a client without TLS was let in"
fi
stop_nbdkit

# A pre-shared key.
psktool --username=alice --pskfile="$tmp/keys.psk" > /dev/null
serve_tcp "$folder" --tls=require --tls-psk="$tmp/keys.psk"
check_device "$folder" "libnbd, TLS-PSK" \
    nbdcopy "nbds://alice@127.0.0.1:$port/?tls-psk-file=$tmp/keys.psk" -
mkdir "$tmp/psk"
cp "$tmp/keys.psk" "$tmp/psk/keys.psk"
timeout $patience qemu-img convert -O raw \
    --object tls-creds-psk,id=tls,endpoint=client,username=alice,dir="$tmp/psk" \
    --image-opts driver=nbd,server.type=inet,server.host=127.0.0.1,server.port=$port,tls-creds=tls \
    "$tmp/copy"
check_device "$folder" "qemu, TLS-PSK" cat "$tmp/copy"
if nbdcopy "nbd://127.0.0.1:$port" - > /dev/null; then
    fail "a client without TLS was let in"
fi
