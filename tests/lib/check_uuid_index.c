/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "device_table.h"
#include "image_builder.h"
#include "source_file.h"
#include "testing.h"
#include "uuid_index.h"

static struct file_pool *pool;
static struct folder *folder;

static void
put_with_uuid (const char *name, uint8_t uuid)
{
  const struct image_spec spec = { .uuid = uuid };

  put_image (name, &spec);
}

static struct uuid_index
read_index (void)
{
  struct uuid_index index;
  struct error err;

  pool = new_pool (0);
  folder = open_temp_dir ();
  alarm (60);
  ck_assert_msg (uuid_index_read (pool, folder, &index, &err) == 0, "%s",
                 err.text);
  alarm (0);
  return index;
}

static void
end (struct uuid_index *index)
{
  uuid_index_clear (index);
  folder_unref (folder);
  file_pool_free (pool);
}

static size_t
count (const struct uuid_index *index, uint8_t byte)
{
  uint8_t uuid[16];
  size_t n, i;
  const struct uuid_entry *entries, *aside;

  memset (uuid, byte, sizeof uuid);
  entries = uuid_index_find (index, uuid, &n, &aside);
  ck_assert_ptr_null (aside);
  for (i = 0; i < n; ++i)
    ck_assert_mem_eq (entries[i].peek.uuid, uuid, sizeof uuid);
  return n;
}

START_TEST (empty)
{
  struct uuid_index index = read_index ();

  ck_assert_uint_eq (index.entries.len, 0);
  ck_assert_uint_eq (index.unreadable, 0);
  ck_assert_uint_eq (count (&index, 0), 0);
  end (&index);
}
END_TEST

START_TEST (find)
{
  struct uuid_index index;
  char name[32];
  unsigned i;

  for (i = 0; i < 200; ++i) {
    snprintf (name, sizeof name, "image-%u", i * 7 % 200);
    put_with_uuid (name, (uint8_t) (i / 2 * 2));
  }
  index = read_index ();
  ck_assert_uint_eq (index.entries.len, 200);
  for (i = 0; i < 256; ++i)
    ck_assert_uint_eq (count (&index, (uint8_t) i),
                       i < 200 && i % 2 == 0 ? 2 : 0);
  end (&index);
}
END_TEST

/* Every third one turns out to be a tar index: all others are found in the
 * order they were, also where none is left; those of another UUID as before.
 */
START_TEST (set_aside)
{
  const struct uuid_entry *aside;
  struct uuid_entry *entries;
  struct source *left[20];
  struct uuid_index index;
  uint8_t uuid[16];
  char name[32];
  size_t n, i, kept = 0;

  for (i = 0; i < 60; ++i) {
    snprintf (name, sizeof name, "image-%zu", i);
    put_with_uuid (name, (uint8_t) (1 + i % 3));
  }
  index = read_index ();
  memset (uuid, 2, sizeof uuid);
  entries = uuid_index_find (&index, uuid, &n, &aside);
  ck_assert_uint_eq (n, 20);
  for (i = 0; i < n; ++i) {
    entries[i].peek.is_index = i % 3 == 0;
    if (i % 3 != 0)
      left[kept++] = entries[i].source;
  }
  uuid_index_set_aside (entries, n);

  entries = uuid_index_find (&index, uuid, &n, &aside);
  ck_assert_uint_eq (n, kept);
  ck_assert_ptr_nonnull (aside);
  ck_assert (aside->peek.is_index);
  ck_assert_mem_eq (aside->peek.uuid, uuid, sizeof uuid);
  for (i = 0; i < n; ++i) {
    ck_assert_ptr_eq (entries[i].source, left[i]);
    entries[i].peek.is_index = true;
  }
  uuid_index_set_aside (entries, n);
  ck_assert_ptr_null (uuid_index_find (&index, uuid, &n, &aside));
  ck_assert_uint_eq (n, 0);
  ck_assert_ptr_nonnull (aside);
  ck_assert_uint_eq (count (&index, 1), 20);
  ck_assert_uint_eq (count (&index, 3), 20);
  end (&index);
}
END_TEST

/* What is no image is passed over without a word. */
START_TEST (others)
{
  const struct sockaddr_un address = {
    .sun_family = AF_UNIX, .sun_path = "socket"
  };
  int fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  struct uuid_index index;

  put_with_uuid ("image", 1);
  put_pattern ("text", 1, 5000);
  put_pattern ("short", 1, 1151);
  put_pattern ("empty", 1, 0);
  put_folder ("folder");
  put_with_uuid ("folder/image", 2);
  ck_assert_int_eq (mkfifo ("fifo", 0666), 0);
  ck_assert_int_eq (symlink ("none", "dangling"), 0);
  ck_assert_int_eq (symlink ("loop", "loop"), 0);
  ck_assert_int_eq (symlink ("/etc/passwd", "out"), 0);
  ck_assert_int_eq (bind (fd, (const struct sockaddr *) &address,
                          sizeof address), 0);
  index = read_index ();
  ck_assert_uint_eq (index.entries.len, 1);
  ck_assert_uint_eq (index.unreadable, 0);
  ck_assert_uint_eq (count (&index, 1), 1);
  close (fd);
  end (&index);
}
END_TEST

static bool
has_name (const struct uuid_index *index, const char *name)
{
  uint8_t uuid[16];

  ck_assert (device_tag_to_uuid (name, uuid));
  return uuid_index_has_name (index, uuid);
}

/* Names that are UUIDs, whatever is in the files. */
START_TEST (names)
{
  struct uuid_index index;

  put_with_uuid ("00112233445566778899aabbccddeeff", 1);
  put_pattern ("FF112233445566778899AABBCCDDEEFF", 1, 5000);
  put_folder ("77112233445566778899aabbccddeeff");
  put_pattern ("66112233445566778899aabbccddeeff0", 1, 10);
  put_pattern ("layer", 1, 10);
  index = read_index ();
  ck_assert_uint_eq (index.names.len, 3);
  ck_assert (has_name (&index, "00112233445566778899aabbccddeeff"));
  ck_assert (has_name (&index, "ff112233445566778899aabbccddeeff"));
  ck_assert (has_name (&index, "77112233445566778899aabbccddeeff"));
  ck_assert (!has_name (&index, "66112233445566778899aabbccddeeff"));
  ck_assert (!has_name (&index, "01010101010101010101010101010101"));
  end (&index);
}
END_TEST

/* By whatever name, it is one image. */
START_TEST (other_names)
{
  struct uuid_index index;

  put_with_uuid ("b", 1);
  put_with_uuid ("other", 1);
  ck_assert_int_eq (link ("b", "a"), 0);
  ck_assert_int_eq (link ("b", "c"), 0);
  ck_assert_int_eq (symlink ("b", "d"), 0);
  index = read_index ();
  ck_assert_uint_eq (count (&index, 1), 2);
  end (&index);
}
END_TEST

START_TEST (unreadable)
{
  struct uuid_index index;
  bool heeded;

  put_with_uuid ("image", 1);
  ck_assert_int_eq (chmod ("image", 0), 0);
  heeded = heed_modes ();
  index = read_index ();
  if (!heeded)
    puts ("skipped: root reads everything");
  else {
    ck_assert_uint_eq (index.entries.len, 0);
    ck_assert_uint_eq (index.unreadable, 1);
  }
  end (&index);
}
END_TEST

int
main (void)
{
  TCase *t = tests_begin ("uuid_index");

  tcase_add_test (t, empty);
  tcase_add_test (t, find);
  tcase_add_test (t, set_aside);
  tcase_add_test (t, others);
  tcase_add_test (t, names);
  tcase_add_test (t, other_names);
  tcase_add_test (t, unreadable);
  return tests_run ();
}
