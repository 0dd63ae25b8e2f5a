/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <stdlib.h>

#include "cleanup.h"
#include "decode_places.h"
#include "unit_memory.h"

int
decode_places_init (struct decode_places *places, unsigned n,
                    size_t mapped_from)
{
  pthread_mutex_init (&places->lock, NULL);
  pthread_cond_init (&places->given, NULL);
  places->n_free = n;
  places->mapped_from = mapped_from;
  places->spare = calloc (n, sizeof *places->spare);
  return places->spare != NULL ? 0 : -1;
}

void
decode_places_free (struct decode_places *places)
{
  while (places->n_spare > 0)
    unit_memory_free (places->spare[--places->n_spare].data);
  free (places->spare);
  pthread_cond_destroy (&places->given);
  pthread_mutex_destroy (&places->lock);
}

/* Take a spare buffer of this length; or, if every free place has one that is
 * of another length, one to free: then ret->len is not `len'.  The lock is
 * held.
 */
static struct unit_buffer
take_spare (struct decode_places *places, size_t len)
{
  struct unit_buffer ret = { NULL, 0 }, *last;
  unsigned i;

  if (places->n_spare == 0)
    return ret;
  last = &places->spare[places->n_spare - 1];
  for (i = 0; i < places->n_spare; ++i)
    if (places->spare[i].len == len)
      break;
  if (i == places->n_spare && places->n_spare <= places->n_free)
    return ret;
  if (i == places->n_spare)
    i = 0;
  ret = places->spare[i];
  places->spare[i] = *last;
  places->n_spare--;
  return ret;
}

uint8_t *
decode_places_take (struct decode_places *places, size_t len,
                    struct error *err)
{
  struct unit_buffer buffer;

  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&places->lock);

    while (places->n_free == 0)
      pthread_cond_wait (&places->given, &places->lock);
    places->n_free--;
    buffer = take_spare (places, len);
    places->bytes += len;
    places->bytes -= buffer.len;
    if (places->bytes > places->peak_bytes)
      places->peak_bytes = places->bytes;
  }
  if (buffer.data != NULL && buffer.len == len)
    return buffer.data;
  unit_memory_free (buffer.data);
  buffer.data = unit_memory_new (len, places->mapped_from);
  if (buffer.data == NULL) {
    error_set_errno (err, ENOMEM, "decoded chunk of %zu bytes", len);
    decode_places_give (places, (struct unit_buffer) { NULL, len });
  }
  return buffer.data;
}

void
decode_places_give (struct decode_places *places, struct unit_buffer buffer)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&places->lock);

  places->n_free++;
  if (buffer.data != NULL)
    places->spare[places->n_spare++] = buffer;
  else
    places->bytes -= buffer.len;
  pthread_cond_signal (&places->given);
}

void
decode_places_drop (struct decode_places *places, struct unit_buffer *buffer)
{
  size_t len = buffer->len;

  if (buffer->data == NULL)
    return;
  unit_memory_free (buffer->data);
  *buffer = (struct unit_buffer) { NULL, 0 };
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&places->lock);
    places->bytes -= len;
  }
}

uint64_t
decode_places_peak (struct decode_places *places)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&places->lock);

  return places->peak_bytes;
}
