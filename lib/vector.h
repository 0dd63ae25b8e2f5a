/* SPDX-License-Identifier: BSD-3-Clause */
/* A typed, growable array.
 *
 *   DEFINE_VECTOR (paths, char *)     defines `struct paths' and paths_append
 *   struct paths v = empty_vector;
 *   if (paths_append (&v, p) == -1) ... out of memory
 *   v.ptr[0 .. v.len-1]
 *   paths_reset (&v);                 frees the array, not what it points to
 *
 * Thread-safety: none.
 */
#ifndef EROFSFLAT_VECTOR_H
#define EROFSFLAT_VECTOR_H

#include <stddef.h>
#include <stdlib.h>

#define empty_vector { .ptr = NULL, .len = 0, .cap = 0 }

/* Grow to hold at least one more element.  Returns -1 (ENOMEM) or 0. */
static inline int
vector_grow (void **ptr, size_t *cap, size_t item_size)
{
  size_t new_cap = *cap + *cap / 2 + 8;
  void *new_ptr;

  if (new_cap < *cap)
    return -1;
  new_ptr = reallocarray (*ptr, new_cap, item_size);
  if (new_ptr == NULL)
    return -1;
  *ptr = new_ptr;
  *cap = new_cap;
  return 0;
}

#define DEFINE_VECTOR(name, type)                                       \
  struct name {                                                         \
    type *ptr;                                                          \
    size_t len, cap;                                                    \
  };                                                                    \
                                                                        \
  static inline __attribute__ ((__unused__, __warn_unused_result__)) int \
  name##_append (struct name *v, type item)                             \
  {                                                                     \
    void *p = v->ptr;                                                   \
                                                                        \
    if (v->len == v->cap) {                                             \
      if (vector_grow (&p, &v->cap, sizeof (type)) == -1)               \
        return -1;                                                      \
      v->ptr = p;                                                       \
    }                                                                   \
    v->ptr[v->len++] = item;                                            \
    return 0;                                                           \
  }                                                                     \
                                                                        \
  /* Give back what is allocated beyond the last element. */            \
  static inline __attribute__ ((__unused__)) void                       \
  name##_shrink (struct name *v)                                        \
  {                                                                     \
    type *p;                                                            \
                                                                        \
    if (v->len == 0 || v->len == v->cap)                                \
      return;                                                           \
    p = reallocarray (v->ptr, v->len, sizeof (type));                   \
    if (p != NULL) {                                                    \
      v->ptr = p;                                                       \
      v->cap = v->len;                                                  \
    }                                                                   \
  }                                                                     \
                                                                        \
  static inline __attribute__ ((__unused__)) void                       \
  name##_reset (struct name *v)                                         \
  {                                                                     \
    free (v->ptr);                                                      \
    v->ptr = NULL;                                                      \
    v->len = v->cap = 0;                                                \
  }

#endif
