/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <pthread.h>
#include <sched.h>
#include <unistd.h>

#include "crew.h"

struct crew {
  void (*work) (void *opaque);
  void *opaque;
};

unsigned
crew_default_size (void)
{
  cpu_set_t set;
  long n;

  if (sched_getaffinity (0, sizeof set, &set) == 0)
    n = CPU_COUNT (&set);
  else
    n = sysconf (_SC_NPROCESSORS_ONLN);
  if (n < 1)
    return 1;
  return n < CREW_MAX ? (unsigned) n : CREW_MAX;
}

static void *
start (void *opaque)
{
  const struct crew *crew = opaque;

  crew->work (crew->opaque);
  return NULL;
}

void
crew_run (unsigned n, void (*work) (void *opaque), void *opaque)
{
  struct crew crew = { .work = work, .opaque = opaque };
  pthread_t threads[CREW_MAX];
  unsigned started = 0, i;

  while (started + 1 < n && started < CREW_MAX &&
         pthread_create (&threads[started], NULL, start, &crew) == 0)
    ++started;
  work (opaque);
  for (i = 0; i < started; ++i)
    pthread_join (threads[i], NULL);
}
