/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "cleanup.h"
#include "read_ahead.h"

struct job {
  struct source *source;        /* owned reference */
  uint32_t chunk;
  read_ahead_fn load;
};

struct read_ahead {
  atomic_bool running;
  unsigned n_threads;
  pthread_t *threads;           /* owned */

  /* Protects what follows. */
  pthread_mutex_t lock;
  pthread_cond_t pushed;        /* or it is the end */
  bool stop;
  size_t first, n_jobs;
  struct job queue[READ_AHEAD_QUEUE]; /* a ring */
};

struct read_ahead *
read_ahead_new (struct error *err)
{
  struct read_ahead *ahead = calloc (1, sizeof *ahead);

  if (ahead == NULL) {
    error_set_errno (err, ENOMEM, "decode-ahead");
    return NULL;
  }
  pthread_mutex_init (&ahead->lock, NULL);
  pthread_cond_init (&ahead->pushed, NULL);
  return ahead;
}

/* Wait for a job.  Returns false at the end. */
static bool
take_job (struct read_ahead *ahead, struct job *ret)
{
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&ahead->lock);

  while (ahead->n_jobs == 0 && !ahead->stop)
    pthread_cond_wait (&ahead->pushed, &ahead->lock);
  if (ahead->stop)
    return false;
  *ret = ahead->queue[ahead->first];
  ahead->first = (ahead->first + 1) % READ_AHEAD_QUEUE;
  ahead->n_jobs--;
  return true;
}

static void *
work (void *opaque)
{
  struct read_ahead *ahead = opaque;
  struct job job;

  while (take_job (ahead, &job)) {
    job.load (job.source, job.chunk);
    source_unref (job.source);
    /* Whoever waited for this chunk may have been woken on this CPU: the next
     * one is needed later.
     */
    sched_yield ();
  }
  return NULL;
}

int
read_ahead_start (struct read_ahead *ahead, unsigned threads,
                  struct error *err)
{
  int errnum = 0;

  ahead->threads = calloc (threads, sizeof *ahead->threads);
  if (ahead->threads == NULL)
    return error_set_errno (err, ENOMEM, "decode-ahead");
  while (errnum == 0 && ahead->n_threads < threads) {
    errnum = pthread_create (&ahead->threads[ahead->n_threads], NULL, work,
                             ahead);
    if (errnum == 0)
      ahead->n_threads++;
  }
  if (errnum != 0) {
    read_ahead_stop (ahead);
    return error_set_errno (err, errnum, "threads for decode-ahead");
  }
  atomic_store (&ahead->running, true);
  return 0;
}

void
read_ahead_stop (struct read_ahead *ahead)
{
  unsigned i;

  if (ahead == NULL)
    return;
  atomic_store (&ahead->running, false);
  {
    ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&ahead->lock);

    ahead->stop = true;
    pthread_cond_broadcast (&ahead->pushed);
  }
  for (i = 0; i < ahead->n_threads; ++i)
    pthread_join (ahead->threads[i], NULL);
  free (ahead->threads);
  ahead->threads = NULL;
  ahead->n_threads = 0;
  for (; ahead->n_jobs > 0; ahead->n_jobs--) {
    source_unref (ahead->queue[ahead->first].source);
    ahead->first = (ahead->first + 1) % READ_AHEAD_QUEUE;
  }
}

void
read_ahead_free (struct read_ahead *ahead)
{
  if (ahead == NULL)
    return;
  read_ahead_stop (ahead);
  pthread_cond_destroy (&ahead->pushed);
  pthread_mutex_destroy (&ahead->lock);
  free (ahead);
}

bool
read_ahead_is_running (struct read_ahead *ahead)
{
  return atomic_load_explicit (&ahead->running, memory_order_relaxed);
}

void
read_ahead_push (struct read_ahead *ahead, struct source *source,
                 uint32_t chunk, read_ahead_fn load)
{
  struct job *job;
  ACQUIRE_LOCK_FOR_CURRENT_SCOPE (&ahead->lock);

  if (ahead->stop || ahead->n_jobs == READ_AHEAD_QUEUE)
    return;
  job = &ahead->queue[(ahead->first + ahead->n_jobs) % READ_AHEAD_QUEUE];
  job->source = source_ref (source);
  job->chunk = chunk;
  job->load = load;
  ahead->n_jobs++;
  pthread_cond_signal (&ahead->pushed);
}
