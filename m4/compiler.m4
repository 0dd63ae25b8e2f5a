dnl SPDX-License-Identifier: BSD-3-Clause
dnl Flags of the compiler: warnings, sanitizers, hidden symbols.
dnl
dnl They are kept apart from CFLAGS, which belongs to the user.

AC_ARG_ENABLE([gcc-warnings],
  [AS_HELP_STRING([--enable-gcc-warnings],
                  [many warnings, and each is an error (for developers)])],
  [], [enable_gcc_warnings=no])
AC_ARG_ENABLE([sanitizers],
  [AS_HELP_STRING([--enable-sanitizers],
                  [build with AddressSanitizer and UBSan, for the tests])],
  [], [enable_sanitizers=no])
AC_ARG_ENABLE([tsan],
  [AS_HELP_STRING([--enable-tsan],
                  [build with ThreadSanitizer, for the unit tests only])],
  [], [enable_tsan=no])

WARNINGS_CFLAGS="-Wall -Wextra -Wshadow -Wvla -Wconversion"
AS_IF([test "x$enable_gcc_warnings" != xno],
      [WARNINGS_CFLAGS="$WARNINGS_CFLAGS -Werror"])
AC_SUBST([WARNINGS_CFLAGS])

AC_CACHE_CHECK([whether $CC is clang], [erofsflat_cv_clang],
  [AC_COMPILE_IFELSE([AC_LANG_PROGRAM([[#ifndef __clang__
                                        #error not clang
                                        #endif]])],
                     [erofsflat_cv_clang=yes], [erofsflat_cv_clang=no])])

dnl The plugin is loaded into an nbdkit that is not instrumented, so the
dnl runtime of ASan has to be there first: tests/bin/nbdkit preloads it.  That
dnl of TSan can not be preloaded into it: with it only unit tests are run.
SANITIZERS_CFLAGS=
SANITIZERS_PRELOAD=
AS_IF([test "x$enable_sanitizers" != xno && test "x$enable_tsan" != xno],
  [AC_MSG_ERROR([--enable-sanitizers and --enable-tsan exclude each other])])
AS_IF([test "x$enable_sanitizers" != xno],
  [AS_IF([test "x$erofsflat_cv_clang" = xyes],
     [AC_MSG_ERROR([--enable-sanitizers needs gcc: the runtime of clang is linked statically and cannot be preloaded])])
   SANITIZERS_CFLAGS="-fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer"
   SANITIZERS_PRELOAD=`$CC -print-file-name=libasan.so`])
AS_IF([test "x$enable_tsan" != xno],
  [SANITIZERS_CFLAGS="-fsanitize=thread"])
AS_IF([test "x$SANITIZERS_CFLAGS" != x],
  [erofsflat_save_CFLAGS=$CFLAGS
   CFLAGS="$CFLAGS $SANITIZERS_CFLAGS"
   AC_LINK_IFELSE([AC_LANG_PROGRAM([], [])], [],
     [AC_MSG_ERROR([$CC cannot link with $SANITIZERS_CFLAGS])])
   CFLAGS=$erofsflat_save_CFLAGS])
AC_SUBST([SANITIZERS_CFLAGS])
AC_SUBST([SANITIZERS_PRELOAD])
AM_CONDITIONAL([SANITIZERS], [test "x$enable_sanitizers" != xno])
AM_CONDITIONAL([TSAN], [test "x$enable_tsan" != xno])
