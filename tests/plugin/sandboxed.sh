# SPDX-License-Identifier: BSD-3-Clause
# Sourced by the tests of sandbox=on, behind functions.sh.
#
#   requires_sandbox   skip the test if the kernel lacks what sandbox=on needs
#                      (as sandbox-kernel sees it), or if the build does; if
#                      neither does, `nbdkit --dump-plugin' must name it
#   check_threads      every thread of the server is confined

sandbox_of_dump ()
{
    nbdkit erofsflat --dump-plugin 2>/dev/null |
        sed -n 's/^erofsflat_sandbox=//p'
}

requires_sandbox ()
{
    local has lacks

    has=$(sandbox_of_dump)
    # valgrind does not know Landlock's system calls.
    if test -n "$valgrind"; then
        [[ $has == "none: this kernel has no Landlock, "* ]] ||
            fail "valgrind: $has"
        skip "valgrind has no Landlock"
    fi
    case $has in *"without libseccomp") skip "built without libseccomp" ;; esac
    lacks=$(sandbox-kernel)
    test -z "$lacks" || skip "this kernel has no $lacks"
    [[ $has =~ ^landlock-[0-9]+,seccomp$ ]] || fail "erofsflat_sandbox=$has"
}

# What Landlock does is not shown by the kernel: that is what is tried out.
check_threads ()
{
    local status n=0

    for status in /proc/$nbdkit_pid/task/*/status; do
        grep -qx "NoNewPrivs:[[:space:]]*1" $status || fail "$(cat $status)"
        grep -qx "Seccomp:[[:space:]]*2" $status || fail "$(cat $status)"
        n=$(( n + 1 ))
    done
    test $n -ge $1 || fail "$n threads, $1 or more expected"
}
