/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <stdio.h>
#include <stdlib.h>

#include "stats_text.h"
#include "testing.h"

static struct error err;

START_TEST (all_of_it)
{
  const struct stats stats = {
    .image = "/srv/image.erofs", .server = "vm7",
    .cache_hits = 1, .cache_misses = 2, .cache_evictions = 3,
    .cache_bytes = 4096, .cache_limit_bytes = 67108864,
    .decoded_bytes = UINT64_MAX, .verify_failures = 5, .read_errors = 6,
    .device_size_bytes = UINT64_C (1) << 40, .blobs = 65535,
  };
  static const char expected[] =
    "# HELP erofsflat_cache_hits_total Chunks that were found in the cache.\n"
    "# TYPE erofsflat_cache_hits_total counter\n"
    "erofsflat_cache_hits_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 1\n"
    "# HELP erofsflat_cache_misses_total Chunks that had to be loaded.\n"
    "# TYPE erofsflat_cache_misses_total counter\n"
    "erofsflat_cache_misses_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 2\n"
    "# HELP erofsflat_cache_evictions_total"
    " Chunks that had to make room for others.\n"
    "# TYPE erofsflat_cache_evictions_total counter\n"
    "erofsflat_cache_evictions_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 3\n"
    "# HELP erofsflat_cache_bytes Decoded chunks in the cache now.\n"
    "# TYPE erofsflat_cache_bytes gauge\n"
    "erofsflat_cache_bytes"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 4096\n"
    "# HELP erofsflat_cache_limit_bytes"
    " Decoded chunks in the cache at most.\n"
    "# TYPE erofsflat_cache_limit_bytes gauge\n"
    "erofsflat_cache_limit_bytes"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 67108864\n"
    "# HELP erofsflat_decoded_bytes_total"
    " Bytes that chunks were decoded to.\n"
    "# TYPE erofsflat_decoded_bytes_total counter\n"
    "erofsflat_decoded_bytes_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 18446744073709551615\n"
    "# HELP erofsflat_verify_failures_total"
    " Chunks that were loaded and found damaged.\n"
    "# TYPE erofsflat_verify_failures_total counter\n"
    "erofsflat_verify_failures_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 5\n"
    "# HELP erofsflat_read_errors_total Reads of clients that failed.\n"
    "# TYPE erofsflat_read_errors_total counter\n"
    "erofsflat_read_errors_total"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 6\n"
    "# HELP erofsflat_device_size_bytes The size of the flat device.\n"
    "# TYPE erofsflat_device_size_bytes gauge\n"
    "erofsflat_device_size_bytes"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 1099511627776\n"
    "# HELP erofsflat_blobs Device slots of the image.\n"
    "# TYPE erofsflat_blobs gauge\n"
    "erofsflat_blobs"
    "{image=\"/srv/image.erofs\",server=\"vm7\"} 65535\n";
  char *text = stats_text (&stats, &err);

  ck_assert_ptr_nonnull (text);
  ck_assert_str_eq (text, expected);
  free (text);
}
END_TEST

static const struct {
  const char *name, *label;
} labels[] = {
  { "", "" },
  { "a b{c}=d,'e'", "a b{c}=d,'e'" },
  { "a\\b", "a\\\\b" },
  { "say \"hi\"", "say \\\"hi\\\"" },
  { "two\nlines\n", "two\\nlines\\n" },
  { "\\n", "\\\\n" },
  { "\\\"\n", "\\\\\\\"\\n" },
  { "%s%n", "%s%n" },
  { "tab\tcr\r", "tab\tcr\r" },
  { "gr\xc3\xbc\xc3\x9f", "gr\xc3\xbc\xc3\x9f" },
  { "gr\xfc\xdf", "gr??" },
  { "\xf0\x9f\x8c\x8d\xf0\x9f", "\xf0\x9f\x8c\x8d??" },
};

/* Of either label. */
START_TEST (escaping)
{
  struct stats stats = { .image = labels[_i].name, .server = "s" };
  char part[128], *text;

  snprintf (part, sizeof part,
            "\nerofsflat_blobs{image=\"%s\",server=\"s\"} 0\n",
            labels[_i].label);
  text = stats_text (&stats, &err);
  ck_assert_msg (strstr (text, part) != NULL, "%s", text);
  free (text);

  stats = (struct stats) { .image = "i", .server = labels[_i].name };
  snprintf (part, sizeof part,
            "\nerofsflat_blobs{image=\"i\",server=\"%s\"} 0\n",
            labels[_i].label);
  text = stats_text (&stats, &err);
  ck_assert_msg (strstr (text, part) != NULL, "%s", text);
  free (text);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("stats_text");

  tcase_add_test (t, all_of_it);
  tcase_add_loop_test (t, escaping, 0, sizeof labels / sizeof labels[0]);
  return tests_run ();
}
