# SPDX-License-Identifier: BSD-3-Clause
# Sourced before each test: make glibc find misuse of memory.  Not where
# valgrind or a sanitizer replaces malloc and looks harder.

if test -z "$EROFSFLAT_VALGRIND" && test -z "$EROFSFLAT_SANITIZERS"; then
    MALLOC_PERTURB_=$(( ($$ % 255) + 1 )); export MALLOC_PERTURB_
    MALLOC_CHECK_=1; export MALLOC_CHECK_
    # Since glibc 2.34 MALLOC_CHECK_ has an effect only with this library.
    GLIBC_TUNABLES=glibc.malloc.check=1; export GLIBC_TUNABLES
fi

# A leak in nbdkit, bash or jq is not ours to report: only our programs are
# instrumented, and they say so themselves.
if test -n "$EROFSFLAT_SANITIZERS"; then
    ASAN_OPTIONS="detect_leaks=1:abort_on_error=0:exitcode=119"
    export ASAN_OPTIONS
    UBSAN_OPTIONS="print_stacktrace=1"; export UBSAN_OPTIONS
fi

# `check' forks per test by default, which hides leaks from both.
if test -n "$EROFSFLAT_VALGRIND$EROFSFLAT_SANITIZERS"; then
    CK_FORK=no; export CK_FORK
fi
