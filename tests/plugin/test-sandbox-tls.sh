#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# With sandbox=on, TLS works with certificates that both sides verify.  With a
# pre-shared key it does not, as the manual says: nbdkit reads the file of keys
# for each client.  The client is refused, and the server goes on.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_top_srcdir/tests/interop/certificates.sh"
source "$abs_srcdir/sandboxed.sh"
requires nbdcopy --version
requires certtool --version
requires psktool --version
requires_sandbox

make_certificates "ip_address = 127.0.0.1"

# serve WORD...: over TLS, on TCP; the port may be in use: then another one.
folder=$data/erofs-fsmerge-zstd
serve ()
{
    serve_folder "$folder" --tcp --tls=require "$@" ||
        serve_folder "$folder" --tcp --tls=require "$@"
    uri=nbds${uri#nbd}
}

serve --tls-certificates="$pki" --tls-verify-peer sandbox=on
check_device "$folder" "TLS" nbdcopy "$uri/?tls-certificates=$pki" -
check_threads 1
stop_nbdkit

psktool --username=alice --pskfile="$tmp/keys.psk" > /dev/null
serve --tls-psk="$tmp/keys.psk"
uri=${uri/:\/\//:\/\/alice@}/?tls-psk-file=$tmp/keys.psk
check_device "$folder" "TLS-PSK" nbdcopy "$uri" -
stop_nbdkit
serve --tls-psk="$tmp/keys.psk" sandbox=on
uri=${uri/:\/\//:\/\/alice@}/?tls-psk-file=$tmp/keys.psk
for i in 1 2; do              # and not only once
    if timeout $patience nbdcopy "$uri" - > "$tmp/bytes" 2> "$tmp/stderr"; then
        fail "TLS-PSK works: the manual should not say that it does not"
    fi
done
test ! -s "$tmp/bytes"
cat "$nbdkit_log"
kill -0 $nbdkit_pid || fail "the server ended"
stop_nbdkit
