# SPDX-License-Identifier: BSD-3-Clause
# Certificates for TLS, made by certtool.
#
#   source functions.sh
#   source "$abs_top_srcdir/tests/interop/certificates.sh"
#
#   make_certificates NAME-LINE
#                             a CA, a server and a client, as nbdkit wants them
#                             in the folder $pki; the line is of certtool's
#                             template and says what the server is called

pki=$tmp/pki

# _make_certificate NAME TEMPLATE-LINE...
_make_certificate ()
{
    local name=$1

    shift
    printf '%s\n' "cn = $name" "expiration_days = 2" "$@" > "$tmp/template"
    certtool --generate-privkey --ecc --outfile "$pki/$name-key.pem"
    certtool --generate-certificate --template "$tmp/template" \
             --load-privkey "$pki/$name-key.pem" \
             --load-ca-certificate "$pki/ca-cert.pem" \
             --load-ca-privkey "$pki/ca-key.pem" \
             --outfile "$pki/$name-cert.pem"
}

make_certificates ()
{
    mkdir "$pki"
    {
        printf '%s\n' "cn = CA" ca cert_signing_key "expiration_days = 2" \
               > "$tmp/template"
        certtool --generate-privkey --ecc --outfile "$pki/ca-key.pem"
        certtool --generate-self-signed --template "$tmp/template" \
                 --load-privkey "$pki/ca-key.pem" --outfile "$pki/ca-cert.pem"
        _make_certificate server tls_www_server signing_key "$1"
        _make_certificate client tls_www_client signing_key
    } > "$tmp/certtool.log" 2>&1
}
