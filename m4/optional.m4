dnl SPDX-License-Identifier: BSD-3-Clause
dnl What the build can do without: the tools of the manual pages and the tests.

AC_PATH_PROG([POD2MAN], [pod2man])
AS_IF([test -n "$POD2MAN"], [have_pod2man=yes], [have_pod2man=no])
AM_CONDITIONAL([HAVE_POD2MAN], [test "x$have_pod2man" = xyes])

PKG_CHECK_MODULES([CHECK], [check >= 0.12], [have_check=yes], [have_check=no])
AM_CONDITIONAL([HAVE_CHECK], [test "x$have_check" = xyes])

PKG_CHECK_MODULES([LIBNBD], [libnbd >= 1.12],
                  [have_libnbd=yes], [have_libnbd=no])
AM_CONDITIONAL([HAVE_LIBNBD], [test "x$have_libnbd" = xyes])

AC_PATH_PROG([VALGRIND], [valgrind])
AS_IF([test -n "$VALGRIND"], [have_valgrind=yes], [have_valgrind=no])

dnl The real one: tests/bin/nbdkit stands before it in the tests' PATH.
dnl Not our own wrapper, where configure is run again by make check.
erofsflat_path=`AS_ECHO(["$PATH"]) | tr : '\n' | grep -v '/tests/bin$' | tr '\n' :`
AC_PATH_PROG([NBDKIT], [nbdkit], [], [$erofsflat_path])

dnl With ASan preloaded, nbdkit hangs when it ends after an error message: the
dnl destructor of libp11-kit, which gnutls brings in, waits for a lock of the
dnl locale that nobody holds.  It does not when it is preloaded as well.
AS_IF([test -n "$SANITIZERS_PRELOAD" && test -n "$NBDKIT"],
  [p11_kit=`ldd "$NBDKIT" | $SED -n 's,.* => \(/.*libp11-kit@<:@^ @:>@*\).*,\1,p'`
   SANITIZERS_PRELOAD="$SANITIZERS_PRELOAD${p11_kit:+ $p11_kit}"])
