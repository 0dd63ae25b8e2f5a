#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# The manual pages, --help and lib/options.def name the same options and
# parameters, in the sections that all our manuals have.

source functions.sh
requires podchecker

cli=$abs_top_srcdir/cli

# pod_items PAGE SECTION: the bold words of the items there.
pod_items ()
{
    sed -n "/^=head1 $2\$/,/^=head1 [^P]/p" "$1" |
        sed -n 's/^=item \[\{0,1\}B<\([^>]*\)>.*/\1/p' | LC_ALL=C sort
}

sed -n 's/^OPTION (\([a-z]*\),.*/\1=/p' "$abs_top_srcdir/lib/options.def" |
    LC_ALL=C sort > "$tmp/all-parameters"
test -s "$tmp/all-parameters"

# What `pack' and `umount' take is no image.
parameters_of ()
{
    case $1 in pack|umount) return ;; esac
    cat "$tmp/all-parameters"
}

check_page ()
{
    local page=$1 command=$2 section

    podchecker "$page" 2> "$tmp/log" || fail "$(cat "$tmp/log")"
    ! grep -q WARNING "$tmp/log" || fail "$(cat "$tmp/log")"
    ! grep -nE '.{81}|[[:blank:]]$' "$page" || fail "$page: these lines"
    sed -n 's/^=head1 //p' "$page" > "$tmp/sections"
    diff "$tmp/all-sections" "$tmp/sections" >&2 || fail "$page: sections"
    grep -qx "erofsflat${command:+-}$command - .*" "$page" ||
        fail "$page: NAME"

    parameters_of "$command" > "$tmp/parameters"
    pod_items "$page" PARAMETERS | diff "$tmp/parameters" - >&2 ||
        fail "$page: parameters"
    {
        erofsflat $command --long-options
        erofsflat $command --short-options
    } > "$tmp/options"
    if test -z "$command"; then
        echo "--long-options"
        echo "--short-options"
    fi >> "$tmp/options"
    pod_items "$page" OPTIONS | sed 's/=$//' > "$tmp/pod"
    LC_ALL=C sort "$tmp/options" | diff - "$tmp/pod" >&2 ||
        fail "$page: options"
}

cat > "$tmp/all-sections" <<'EOF'
NAME
SYNOPSIS
DESCRIPTION
EXAMPLES
PARAMETERS
OPTIONS
EXIT STATUS
SEE ALSO
AUTHORS
COPYRIGHT
EOF

check_page "$cli/erofsflat.pod" ""
for command in info map check export table pack mount umount; do
    check_page "$cli/erofsflat-$command.pod" $command

    # --help has the options and parameters.
    erofsflat $command --help > "$tmp/help"
    ! grep -n '.\{81\}' "$tmp/help" || fail "$command --help: these lines"
    sed -n 's/^  \(-.,\)* *--\([a-z-]*\).*/--\2/p' "$tmp/help" |
        LC_ALL=C sort > "$tmp/got"
    erofsflat $command --long-options | LC_ALL=C sort |
        diff - "$tmp/got" >&2 || fail "$command --help: options"
    sed -n 's/^  \([a-z]*=\)[^ ]*$/\1/p' "$tmp/help" | LC_ALL=C sort |
        diff "$tmp/parameters" - >&2 || fail "$command --help: parameters"

    # The tool's own page and help list the command in the same words.
    summary=$(sed '/^Options:/,$d' "$tmp/help" | grep . | tail -n 1)
    erofsflat --help | sed 's/  */ /g' | grep -qxF " $command $summary" ||
        fail "--help: $command"
    grep -A2 -x "=item B<$command>" "$cli/erofsflat.pod" |
        grep -qxF "$summary" || fail "erofsflat.pod: $command"
done

# The plugin's page has the values as well; "bootstrap=" may be left out.
pod_items "$abs_top_srcdir/plugin/nbdkit-erofsflat-plugin.pod" PARAMETERS |
    sed 's/=.*/=/' | LC_ALL=C sort -u | diff "$tmp/all-parameters" - >&2 ||
    fail "nbdkit-erofsflat-plugin.pod: parameters"

# No page is left out: the names in the Makefile are those of the files.
(cd "$cli" && ls *.pod) > "$tmp/files"
sed -n 's/^\t\(erofsflat.*\.pod\) \\$/\1/p' "$cli/Makefile.am" |
    LC_ALL=C sort | diff <(LC_ALL=C sort "$tmp/files") - >&2 ||
    fail "cli/Makefile.am: pods"
