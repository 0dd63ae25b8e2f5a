#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Where sandbox=on cannot be had in full, nbdkit does not start, and says what
# is lacking.  `erofsflat check' says the same, and whether it can be had.

source functions.sh
source "$abs_top_srcdir/tests/interop/harness.sh"
source "$abs_srcdir/sandboxed.sh"

read_params "$data/erofs-plain"

# expect_refused TEXT COMMAND...
expect_refused ()
{
    local text=$1 status=0

    shift
    "$@" erofsflat "${params[@]}" sandbox=on --run 'echo it is served' \
         > "$tmp/out" 2> "$tmp/err" || status=$?
    test $status -eq 1 || fail "exit status $status: $(cat "$tmp/err")"
    test ! -s "$tmp/out" || fail "$(cat "$tmp/out")"
    grep -qF "error: $text" "$tmp/err" || fail "$(cat "$tmp/err")"
}

# refused_by_check TEXT COMMAND...
refused_by_check ()
{
    local text=$1 status=0

    shift
    "$@" check "${params[@]}" sandbox=on > "$tmp/out" 2> "$tmp/err" ||
        status=$?
    test $status -eq 1 || fail "check: exit status $status: $(cat "$tmp/err")"
    grep -qF "erofsflat: $text" "$tmp/err" || fail "$(cat "$tmp/err")"
}

# expect_none TEXT COMMAND...: --dump-plugin says it.
expect_none ()
{
    local text=$1

    shift
    "$@" erofsflat --dump-plugin > "$tmp/out" 2> "$tmp/err"
    grep -qxF "erofsflat_sandbox=none: $text" "$tmp/out" ||
        fail "$(cat "$tmp/out")"
}

case $(sandbox_of_dump) in
    none*)
        expect_refused "sandbox=on: $(sandbox_of_dump | sed 's/^none: //')" \
                       nbdkit -U "$tmp/sock"
        refused_by_check "sandbox=on: $(sandbox_of_dump |
                                        sed 's/^none: //')" erofsflat ;;
esac
requires_sandbox
erofsflat check "${params[@]}" sandbox=on > "$tmp/out" ||
    fail "the tool refuses it"

text="this kernel has no Landlock, or it may not be used"
text+=": Function not implemented"
without=(sandbox-kernel landlock_create_ruleset nbdkit)
expect_refused "sandbox=on: $text" "${without[@]}" -U "$tmp/sock"
refused_by_check "sandbox=on: $text" "${without[@]:0:2}" erofsflat
expect_none "$text" "${without[@]}"

text="this kernel has no filters of system calls (seccomp)"
text+=", or they may not be used"
without=(sandbox-kernel seccomp nbdkit)
expect_refused "sandbox=on: $text" "${without[@]}" -U "$tmp/sock"
refused_by_check "sandbox=on: $text" "${without[@]:0:2}" erofsflat
expect_none "$text" "${without[@]}"
