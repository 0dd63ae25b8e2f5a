# SPDX-License-Identifier: BSD-3-Clause
# Included by lib/Makefile.am: compiles BLAKE3's own sources where there is no
# libblake3 (see m4/blake3.m4).  They lie outside our tree, are not distributed
# and are compiled without our warnings and sanitizers.
#
# In lib/Makefile.am:
#   include $(srcdir)/blake3.mk
#   EXTRA_DIST = blake3.mk
#   liberofsflat_la_CFLAGS += $(BLAKE3_CFLAGS) $(CODECS_CFLAGS)
#   liberofsflat_la_LIBADD = $(BLAKE3_LIBS) $(CODECS_LIBS)

if BLAKE3_FROM_SOURCE

EXTRA_liberofsflat_la_DEPENDENCIES = $(BLAKE3_OBJECTS)

# NDEBUG, as its assertions are in the inner loops.
BLAKE3_COMPILE = \
	$(LIBTOOL) $(AM_V_lt) --tag=CC $(AM_LIBTOOLFLAGS) $(LIBTOOLFLAGS) \
	--mode=compile $(CC) $(BLAKE3_SOURCE_CPPFLAGS) $(CPPFLAGS) -DNDEBUG \
	-O2 $(CFLAGS) -fvisibility=hidden -w

blake3.lo: $(BLAKE3_SOURCE)/blake3.c
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3.c
blake3_dispatch.lo: $(BLAKE3_SOURCE)/blake3_dispatch.c
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_dispatch.c
blake3_portable.lo: $(BLAKE3_SOURCE)/blake3_portable.c
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_portable.c
blake3_neon.lo: $(BLAKE3_SOURCE)/blake3_neon.c
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_neon.c
blake3_sse2_x86-64_unix.lo: $(BLAKE3_SOURCE)/blake3_sse2_x86-64_unix.S
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_sse2_x86-64_unix.S
blake3_sse41_x86-64_unix.lo: $(BLAKE3_SOURCE)/blake3_sse41_x86-64_unix.S
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_sse41_x86-64_unix.S
blake3_avx2_x86-64_unix.lo: $(BLAKE3_SOURCE)/blake3_avx2_x86-64_unix.S
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_avx2_x86-64_unix.S
blake3_avx512_x86-64_unix.lo: $(BLAKE3_SOURCE)/blake3_avx512_x86-64_unix.S
	$(AM_V_CC)$(BLAKE3_COMPILE) -c -o $@ $(BLAKE3_SOURCE)/blake3_avx512_x86-64_unix.S

endif
