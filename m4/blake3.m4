dnl SPDX-License-Identifier: BSD-3-Clause
dnl BLAKE3: the library libblake3 where the distribution has it, else the
dnl official C sources, which lib/blake3.mk compiles from where they are.  On
dnl Debian 12 the package librust-blake3-dev has them.
dnl
dnl Sets BLAKE3_CFLAGS, BLAKE3_LIBS, BLAKE3_SOURCE (the folder),
dnl BLAKE3_OBJECTS, blake3_from (for the summary) and the conditional
dnl BLAKE3_FROM_SOURCE.

AC_ARG_WITH([blake3-source],
  [AS_HELP_STRING([--with-blake3-source=DIR],
                  [the folder of BLAKE3's C sources, with blake3.c
                   @<:@libblake3, else that of librust-blake3-dev@:>@])],
  [], [with_blake3_source=auto])

BLAKE3_SOURCE=
BLAKE3_OBJECTS=
BLAKE3_DISTCHECK_FLAGS=
AS_IF([test "x$with_blake3_source" = xauto],
  [PKG_CHECK_MODULES([BLAKE3], [libblake3 >= 1.3],
     [blake3_from="libblake3"],
     [for erofsflat_dir in \
          /usr/share/cargo/registry/blake3-1.*/c \
          /usr/share/cargo/registry/blake3-*/c; do
        AS_IF([test -f "$erofsflat_dir/blake3.c"],
              [BLAKE3_SOURCE=$erofsflat_dir])
      done
      AS_IF([test -z "$BLAKE3_SOURCE"],
            [AC_MSG_ERROR([BLAKE3 is needed: install libblake3-dev, or librust-blake3-dev, or its C sources and say --with-blake3-source=DIR])])])],
  [BLAKE3_SOURCE=`cd "$with_blake3_source" 2>/dev/null && pwd`
   AS_IF([test ! -f "$BLAKE3_SOURCE/blake3.c"],
         [AC_MSG_ERROR([--with-blake3-source: there is no blake3.c in "$with_blake3_source"])])
   BLAKE3_DISTCHECK_FLAGS="--with-blake3-source=$BLAKE3_SOURCE"])

dnl The fast paths: assembler for x86-64, intrinsics for 64-bit ARM.
AS_IF([test -n "$BLAKE3_SOURCE"],
  [blake3_from=$BLAKE3_SOURCE
   BLAKE3_CFLAGS="-I$BLAKE3_SOURCE"
   BLAKE3_OBJECTS="blake3.lo blake3_dispatch.lo blake3_portable.lo"
   AS_CASE([$host_cpu],
     [x86_64],
       [for erofsflat_isa in sse2 sse41 avx2 avx512; do
          BLAKE3_OBJECTS="$BLAKE3_OBJECTS blake3_${erofsflat_isa}_x86-64_unix.lo"
        done],
     [aarch64],
       [BLAKE3_OBJECTS="$BLAKE3_OBJECTS blake3_neon.lo"],
     [BLAKE3_SOURCE_CPPFLAGS="-DBLAKE3_USE_NEON=0 -DBLAKE3_NO_SSE2 -DBLAKE3_NO_SSE41 -DBLAKE3_NO_AVX2 -DBLAKE3_NO_AVX512"])
   for erofsflat_object in $BLAKE3_OBJECTS; do
     erofsflat_file=$BLAKE3_SOURCE/${erofsflat_object%.lo}
     AS_IF([test ! -f "$erofsflat_file.c" && test ! -f "$erofsflat_file.S"],
           [AC_MSG_ERROR([BLAKE3: neither $erofsflat_file.c nor .S is there])])
   done
   BLAKE3_LIBS=$BLAKE3_OBJECTS])
AC_SUBST([BLAKE3_SOURCE])
AC_SUBST([BLAKE3_SOURCE_CPPFLAGS])
AC_SUBST([BLAKE3_OBJECTS])
AC_SUBST([BLAKE3_DISTCHECK_FLAGS])
AM_CONDITIONAL([BLAKE3_FROM_SOURCE], [test -n "$BLAKE3_SOURCE"])
