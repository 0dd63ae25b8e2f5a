# SPDX-License-Identifier: BSD-3-Clause
# Manual pages of section 1 from POD.  A mistake in the POD is an error.

.pod.1:
	$(AM_V_GEN)rm -f $@ $@.tmp && \
	$(POD2MAN) --section=1 --errors=die --center="EROFSFLAT" \
	  --release="$(PACKAGE_STRING)" \
	  --name=`basename $< .pod | tr a-z A-Z` $< $@.tmp && \
	mv $@.tmp $@

SUFFIXES = .pod .1
MOSTLYCLEANFILES = *.1.tmp
CLEANFILES = *.1
