dnl SPDX-License-Identifier: BSD-3-Clause
dnl What the plugin and the tool need, and where they are installed.

dnl .block_size, by which the plugin says that any read is aligned, came with
dnl nbdkit 1.30.
PKG_CHECK_MODULES([NBDKIT], [nbdkit >= 1.30])
nbdkit_version=`$PKG_CONFIG --modversion nbdkit`

AC_ARG_WITH([nbdkit-plugindir],
  [AS_HELP_STRING([--with-nbdkit-plugindir=DIR],
                  [where nbdkit looks for plugins @<:@from nbdkit.pc@:>@])],
  [nbdkit_plugindir=$withval],
  [nbdkit_plugindir=`$PKG_CONFIG --variable=plugindir nbdkit`])
AS_CASE([$nbdkit_plugindir],
  [/*|'$'*], [],
  [AC_MSG_ERROR([the folder of nbdkit's plugins is not an absolute path: "$nbdkit_plugindir"; try --with-nbdkit-plugindir=DIR])])
AC_SUBST([nbdkit_plugindir])

dnl "no" installs no completion.
AC_ARG_WITH([bash-completion-dir],
  [AS_HELP_STRING([--with-bash-completion-dir=DIR],
                  [where bash looks for completions
                   @<:@DATADIR/bash-completion/completions@:>@])],
  [bashcompdir=$withval],
  [bashcompdir='${datadir}/bash-completion/completions'])
AS_IF([test "x$bashcompdir" = xyes],
      [bashcompdir='${datadir}/bash-completion/completions'])
AS_IF([test "x$bashcompdir" = xno], [bashcompdir=])
AC_SUBST([bashcompdir])
AM_CONDITIONAL([BASH_COMPLETION], [test "x$bashcompdir" != x])

dnl "no" installs no units; nor are they where systemd is not.
AC_ARG_WITH([systemdsystemunitdir],
  [AS_HELP_STRING([--with-systemdsystemunitdir=DIR],
                  [where systemd looks for units @<:@from systemd.pc@:>@])],
  [systemdsystemunitdir=$withval],
  [systemdsystemunitdir=yes])
AS_IF([test "x$systemdsystemunitdir" = xyes],
      [systemdsystemunitdir=`$PKG_CONFIG --variable=systemdsystemunitdir systemd 2>/dev/null`])
AS_IF([test "x$systemdsystemunitdir" = xno], [systemdsystemunitdir=])
AC_SUBST([systemdsystemunitdir])
AM_CONDITIONAL([SYSTEMD_UNITS], [test "x$systemdsystemunitdir" != x])

AC_SEARCH_LIBS([pthread_mutex_lock], [pthread], [],
  [AC_MSG_ERROR([pthreads are needed])])
AC_CHECK_HEADERS([linux/openat2.h], [],
  [AC_MSG_ERROR([linux/openat2.h is needed (Linux headers 5.6 or later)])])

dnl sandbox=on.  2.5.4 knows the system calls that lib/call_filter.c names.
PKG_CHECK_MODULES([SECCOMP], [libseccomp >= 2.5.4],
  [have_sandbox=yes
   AC_DEFINE([HAVE_LIBSECCOMP], [1], [Define if libseccomp is there.])],
  [have_sandbox="no (libseccomp is lacking)"])
