# SPDX-License-Identifier: BSD-3-Clause
# Included by every Makefile.am below tests/: how a test is run.
#
# tests/bin holds the wrappers `nbdkit' and `erofsflat', which run what was
# built, under valgrind or with the sanitizers' runtime where asked.

TEST_EXTENSIONS = .sh

AM_TESTS_ENVIRONMENT = \
	abs_srcdir='$(abs_srcdir)'; export abs_srcdir; \
	abs_builddir='$(abs_builddir)'; export abs_builddir; \
	abs_top_srcdir='$(abs_top_srcdir)'; export abs_top_srcdir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	PATH='$(abs_top_builddir)/tests/bin':'$(abs_top_builddir)/tests':"$$PATH"; \
	export PATH; \
	EROFSFLAT_VALGRIND='$(EROFSFLAT_VALGRIND)'; export EROFSFLAT_VALGRIND; \
	EROFSFLAT_SLOW='$(EROFSFLAT_SLOW)'; export EROFSFLAT_SLOW; \
	EROFSFLAT_SANITIZERS='$(SANITIZERS_PRELOAD)'; export EROFSFLAT_SANITIZERS; \
	LC_ALL=C; export LC_ALL; \
	. '$(top_srcdir)/tests/malloc-check.sh';

SH_LOG_COMPILER = bash

# A test without .sh is a program that we built.
LOG_COMPILER = $(SHELL) $(top_srcdir)/tests/run-program.sh

TEST_CPPFLAGS = -I$(top_srcdir)/lib
TEST_CFLAGS = -pthread $(WARNINGS_CFLAGS) $(SANITIZERS_CFLAGS)
