#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Help, version and lists of options go to standard output with exit status 0;
# a wrong command line is a line on standard error and exit status 2.

source functions.sh

erofsflat --version > "$tmp/version"
grep -qE '^erofsflat [0-9]+\.[0-9]+\.[0-9]+$' "$tmp/version"
erofsflat -V | diff "$tmp/version" -

# Long options are sorted or not, but each works: --help is one of them.
erofsflat --long-options | grep -qx -- --help
erofsflat --short-options | grep -qx -- -V
for command in info map check export table pack; do
    erofsflat --help | grep -q "^  $command " || fail "--help: no $command"
    erofsflat $command --help > "$tmp/help"
    grep -q "^Usage: erofsflat $command " "$tmp/help"
    erofsflat $command --long-options | grep -qx -- --help
    erofsflat $command --short-options > "$tmp/letters"
    while read -r option; do
        case $option in
            --data|--json|--quiet|--help|-q) ;;
            --output|-o|--format|--frame-size|--level|--threads)
                status=0
                erofsflat $command $option 2> "$tmp/err" || status=$?
                test $status -eq 2
                grep -q "requires an argument" "$tmp/err" ;;
            *) fail "$command: $option is not tested" ;;
        esac
    done < <(erofsflat $command --long-options
             erofsflat $command --short-options)
done

# wrong TEXT ARG...
wrong ()
{
    local text=$1 status=0

    shift
    erofsflat "$@" > "$tmp/out" 2> "$tmp/err" || status=$?
    test $status -eq 2 || fail "'$*': exit status $status, not 2"
    test ! -s "$tmp/out" || fail "'$*': prints on standard output"
    grep -qF -- "$text" "$tmp/err" ||
        fail "'$*': not '$text' but: $(cat "$tmp/err")"
    grep -q "^Try 'erofsflat .*--help'.$" "$tmp/err" || fail "$(cat "$tmp/err")"
}

wrong "no command"
wrong "unknown command 'serve'" serve
wrong "unrecognized option" --json
wrong "unrecognized option" info --output=x image
wrong "no image is given" info
wrong "unknown parameter 'blub'" info blub=1 image
wrong "twice" info image bootstrap=image
wrong "twice" info image image
wrong "is empty" info bootstrap=
wrong "is empty" info image blobdir=
wrong "verify=" info image verify=maybe
wrong "cache=" info image cache=much
wrong "use -o" pack "$data/erofs-plain/bootstrap"
wrong "give one file" pack -o "$tmp/packed"
wrong "give one file" pack -o "$tmp/packed" one two

# A name with "=" in it, as the plugin has it; and behind "--".
cp "$data/erofs-plain/bootstrap" "$tmp/a=b"
cp "$data/erofs-plain/bootstrap" "$tmp/--json"
cd "$tmp"
wrong "unknown parameter 'a'" check a=b
erofsflat check ./a=b
erofsflat check bootstrap=a=b
erofsflat check -- --json

# Options may stand anywhere behind the command.
erofsflat check ./a=b --json | grep -q '"ok": true'
