/* SPDX-License-Identifier: BSD-3-Clause */
#include <config.h>

#include <errno.h>
#include <inttypes.h>
#include <stddef.h>
#include <string.h>

#include "checked.h"
#include "rafs_blob.h"

/* Offsets of the fields within a row. */
enum {
  BLOB_ID = 0,
  BLOB_INDEX = 64,
  BLOB_CHUNK_SIZE = 68,
  BLOB_CHUNK_COUNT = 72,
  BLOB_COMPRESSOR = 76,
  BLOB_DIGESTER = 80,
  BLOB_FEATURES = 84,
  BLOB_STORED_SIZE = 88,
  BLOB_PLAIN_SIZE = 96,
  BLOB_TOC_LEN = 104,
  BLOB_CI_COMPRESSOR = 108,
  BLOB_CI_OFFSET = 112,
  BLOB_CI_STORED_LEN = 120,
  BLOB_CI_PLAIN_LEN = 128,
  BLOB_TOC_DIGEST = 136,
  BLOB_META_DIGEST = 168,       /* or the key */
  BLOB_META_SIZE = 200,         /* or the IV's first half */
  BLOB_CIPHER = 216,
};

#define STORED_SIZE_MAX (UINT64_C (1) << 40)
#define PLAIN_SIZE_MAX (UINT64_C (1) << 44)

#define FEATURES_KNOWN 0x0fffu          /* of the low half, incompatible */
#define FEATURES_INCOMPAT 0x8000ffffu   /* bit 31 must not be on disk */

#define CIPHER_NONE 0
#define CIPHER_AES_128_XTS 1

static const struct {
  uint32_t bit;
  const char *name;
} features[] = {
  { RAFS_ALIGNED, "aligned" },
  { RAFS_INLINED_FS_META, "inlined_fs_meta" },
  { RAFS_CHUNK_INFO_V2, "chunk_info_v2" },
  { RAFS_ZRAN, "zran" },
  { RAFS_SEPARATE, "separate" },
  { RAFS_INLINED_CHUNK_DIGEST, "inlined_chunk_digest" },
  { RAFS_TARFS, "tarfs" },
  { RAFS_BATCH, "batch" },
  { RAFS_ENCRYPTED, "encrypted" },
  { RAFS_IS_CHUNKDICT_GENERATED, "is_chunkdict_generated" },
  { RAFS_SEPARATED_WITH_PREFETCH_FILES, "is_separated_with_prefetch_files" },
  { RAFS_EXTERNAL, "external" },
  { RAFS_HAS_TAR_HEADER, "has_tar_header" },
  { RAFS_HAS_TOC, "has_toc" },
  { RAFS_CAP_TAR_TOC, "cap_tar_toc" },
};

const char *
rafs_feature_name (uint32_t bit)
{
  size_t i;

  for (i = 0; i < sizeof features / sizeof features[0]; ++i)
    if (features[i].bit == bit)
      return features[i].name;
  return NULL;
}

enum chunk_codec
rafs_codec (enum rafs_compressor compressor)
{
  switch (compressor) {
  case RAFS_NONE: return CHUNK_STORED;
  case RAFS_LZ4_BLOCK: return CHUNK_LZ4;
  case RAFS_GZIP: return CHUNK_GZIP;
  case RAFS_ZSTD: return CHUNK_ZSTD;
  }
  return CHUNK_STORED;
}

bool
rafs_blob_is_own_file (const struct rafs_blob *blob)
{
  return strspn (blob->id, "x") == RAFS_ID_SIZE;
}

static bool
is_zero (const uint8_t *p, size_t len)
{
  size_t i;

  for (i = 0; i < len; ++i)
    if (p[i] != 0)
      return false;
  return true;
}

bool
rafs_blob_meta_name (const struct rafs_blob *blob, char ret[RAFS_ID_SIZE + 1])
{
  static const char digits[] = "0123456789abcdef";
  size_t i;

  if (is_zero (blob->meta_digest, sizeof blob->meta_digest))
    return false;
  for (i = 0; i < sizeof blob->meta_digest; ++i) {
    ret[2 * i] = digits[blob->meta_digest[i] >> 4];
    ret[2 * i + 1] = digits[blob->meta_digest[i] & 15];
  }
  ret[RAFS_ID_SIZE] = '\0';
  return true;
}

/* Nydus's tools put any text into an id, and an id becomes a file's name. */
static int
check_id (struct bytes row, const char *id, struct error *err)
{
  size_t len = strlen (id), i;

  if (!is_zero (row.ptr + BLOB_ID + len, RAFS_ID_SIZE - len))
    return error_set (err, EINVAL, "the blob's id \"%s\" has a NUL inside",
                      id);
  if (len == 0)
    return error_set (err, EINVAL, "the blob has no id");
  if (id[0] == '.' || strchr (id, '/') != NULL)
    return error_set (err, EINVAL,
                      "the blob's id \"%s\" begins with a dot or has a slash",
                      id);
  for (i = 0; i < len; ++i)
    if ((unsigned char) id[i] < 0x20 || id[i] == 0x7f)
      return error_set (err, EINVAL,
                        "the blob's id \"%s\" has a control character", id);
  return 0;
}

static int
parse_codes (struct bytes row, struct rafs_blob *blob, struct error *err)
{
  uint32_t compressor = bytes_u32 (row, BLOB_COMPRESSOR);
  uint32_t ci_compressor = bytes_u32 (row, BLOB_CI_COMPRESSOR);
  uint32_t digester = bytes_u32 (row, BLOB_DIGESTER);

  if (compressor > RAFS_ZSTD || ci_compressor > RAFS_ZSTD)
    return error_set (err, EINVAL,
                      "compressors %" PRIu32 " and %" PRIu32
                      ", at most 3 expected", compressor, ci_compressor);
  if (digester > 1)
    return error_set (err, EINVAL, "digester %" PRIu32 ", expected 0 or 1",
                      digester);
  blob->compressor = (enum rafs_compressor) compressor;
  blob->ci_compressor = (enum rafs_compressor) ci_compressor;
  blob->digest_kind = digester == 0 ? DIGEST_BLAKE3 : DIGEST_SHA256;
  return 0;
}

static int
parse_cipher (struct bytes row, struct rafs_blob *blob, struct error *err)
{
  uint32_t cipher = bytes_u32 (row, BLOB_CIPHER);
  bool encrypted = blob->features & RAFS_ENCRYPTED;

  if (cipher > CIPHER_AES_128_XTS)
    return error_set (err, EINVAL,
                      "cipher %" PRIu32 ", expected 0 or 1 (aes-128-xts)",
                      cipher);
  if (encrypted != (cipher != CIPHER_NONE))
    return error_set (err, EINVAL,
                      "feature encrypted is %s, but the cipher is %" PRIu32,
                      encrypted ? "set" : "not set", cipher);
  if (!encrypted) {
    memcpy (blob->meta_digest, row.ptr + BLOB_META_DIGEST,
            sizeof blob->meta_digest);
    return 0;
  }
  memcpy (blob->cipher.key, row.ptr + BLOB_META_DIGEST,
          sizeof blob->cipher.key);
  memcpy (blob->cipher.iv, row.ptr + BLOB_META_SIZE, sizeof blob->cipher.iv);
  if (memcmp (blob->cipher.key, blob->cipher.key + 16, 16) == 0)
    return error_set (err, EINVAL, "both halves of the key are the same");
  return 0;
}

/* Known features that are refused, by name. */
static int
refuse (const struct rafs_blob *blob, struct error *err)
{
  if (blob->features & RAFS_EXTERNAL)
    return error_set (err, EINVAL,
                      "feature external (data outside of blobs) "
                      "is not supported");
  if (blob->features & RAFS_IS_CHUNKDICT_GENERATED)
    return error_set (err, EINVAL,
                      "feature is_chunkdict_generated: this is a chunk "
                      "dictionary, which has no data of its own");
  if (blob->features & RAFS_SEPARATED_WITH_PREFETCH_FILES)
    return error_set (err, EINVAL,
                      "feature is_separated_with_prefetch_files: blobs of "
                      "nydus-image optimize are not supported, use the image "
                      "that it was made from");
  return 0;
}

/* `wanted' may not come with `unwanted'. */
static int
exclude (const struct rafs_blob *blob, uint32_t wanted, uint32_t unwanted,
         struct error *err)
{
  uint32_t both = blob->features & unwanted;

  if ((blob->features & wanted) == 0 || both == 0)
    return 0;
  return error_set (err, EINVAL, "features %s and %s exclude each other",
                    rafs_feature_name (wanted),
                    rafs_feature_name (both & -both));
}

static int
check_features (const struct rafs_blob *blob, const struct rafs *rafs,
                struct error *err)
{
  uint32_t unknown = blob->features & FEATURES_INCOMPAT & ~FEATURES_KNOWN;
  bool tarfs = blob->features & RAFS_TARFS;

  if (unknown != 0)
    return error_set (err, EINVAL,
                      "unknown incompatible feature bits 0x%" PRIx32
                      " (known are 0x%x)", unknown, FEATURES_KNOWN);
  if (refuse (blob, err) == -1 ||
      exclude (blob, RAFS_TARFS, RAFS_ALIGNED | RAFS_CHUNK_INFO_V2 |
               RAFS_ZRAN | RAFS_BATCH | RAFS_ENCRYPTED | RAFS_SEPARATE,
               err) == -1 ||
      exclude (blob, RAFS_ZRAN, RAFS_BATCH | RAFS_ENCRYPTED, err) == -1 ||
      exclude (blob, RAFS_SEPARATE, RAFS_ENCRYPTED, err) == -1)
    return -1;
  if (tarfs != ((rafs->flags & RAFS_FLAG_TARFS) != 0))
    return error_set (err, EINVAL,
                      "feature tarfs is %s, but the image is %sin tarfs mode",
                      tarfs ? "set" : "not set", tarfs ? "not " : "");
  if (tarfs && (blob->features & RAFS_CAP_TAR_TOC) == 0)
    return error_set (err, EINVAL, "feature tarfs without cap_tar_toc");
  if (!tarfs && (blob->features & RAFS_ALIGNED) == 0)
    return error_set (err, EINVAL, "feature aligned is not set");
  if ((blob->features & (RAFS_ZRAN | RAFS_BATCH | RAFS_ENCRYPTED)) != 0 &&
      (blob->features & RAFS_CHUNK_INFO_V2) == 0)
    return error_set (err, EINVAL,
                      "features 0x%" PRIx32 ": zran, batch and encrypted need "
                      "chunk_info_v2", blob->features);
  return 0;
}

static int
check_tarfs (const struct rafs_blob *blob, struct error *err)
{
  if (blob->compressor != RAFS_NONE || blob->ci_offset != 0 ||
      blob->ci_stored_len != 0 || blob->ci_plain_len != 0)
    return error_set (err, EINVAL,
                      "a tarfs blob with a compressor or chunk information");
  if (blob->stored_size != blob->plain_size)
    return error_set (err, EINVAL,
                      "a tarfs blob of %" PRIu64 " bytes, but %" PRIu64
                      " stored", blob->plain_size, blob->stored_size);
  return 0;
}

/* Sizes of the blob and its chunk information. */
static int
check_sizes (const struct rafs_blob *blob, struct error *err)
{
  bool v2 = blob->features & RAFS_CHUNK_INFO_V2;
  bool zran = blob->features & RAFS_ZRAN, batch = blob->features & RAFS_BATCH;
  uint64_t rows = (uint64_t) blob->chunk_count * (v2 ? 24 : 16);
  uint64_t end;

  /* Each chunk takes at least one 4 KiB page. */
  if (blob->chunk_count == 0 || blob->plain_size % RAFS_ALIGN != 0 ||
      blob->chunk_count > blob->plain_size / RAFS_ALIGN ||
      blob->plain_size / blob->chunk_count > blob->chunk_size)
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes do not fit %" PRIu32 " chunks of at "
                      "most %" PRIu32 " bytes", blob->plain_size,
                      blob->chunk_count, blob->chunk_size);
  if (!v2 && blob->ci_offset == 0 &&
      blob->ci_plain_len == (uint64_t) blob->chunk_count * 24)
    return error_set (err, EINVAL,
                      "the chunk information is as nydus-image optimize writes "
                      "it, which is not supported: use the image that it was "
                      "made from");
  /* A batch has a chunk; there may be any number of zran contexts. */
  if (blob->ci_plain_len < rows ||
      (!zran && blob->ci_plain_len - rows >
       (batch ? (uint64_t) blob->chunk_count * RAFS_CONTEXT_SIZE : 0)))
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes of chunk information for %" PRIu32
                      " chunks, %s%" PRIu64 " expected", blob->ci_plain_len,
                      blob->chunk_count, zran || batch ? "at least " : "",
                      rows);
  if (blob->ci_plain_len > RAFS_CI_MAX)
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes of chunk information, at most %"
                      PRIu64 " supported", blob->ci_plain_len, RAFS_CI_MAX);
  if (blob->ci_stored_len == 0 || blob->ci_stored_len > blob->ci_plain_len ||
      !checked_add (blob->ci_offset, blob->ci_stored_len, &end) ||
      end > INT64_MAX - RAFS_ALIGN)
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes of chunk information stored in %"
                      PRIu64 " bytes at byte %" PRIu64, blob->ci_plain_len,
                      blob->ci_stored_len, blob->ci_offset);
  return 0;
}

static int
check_row (struct bytes row, const struct rafs *rafs, uint32_t i,
           const struct rafs_blob *blob, struct error *err)
{
  if (bytes_u32 (row, BLOB_INDEX) != i)
    return error_set (err, EINVAL,
                      "the blob's index is %" PRIu32 ", expected %" PRIu32,
                      bytes_u32 (row, BLOB_INDEX), i);
  if (blob->chunk_size != rafs->chunk_size)
    return error_set (err, EINVAL,
                      "chunk size %" PRIu32 ", but the image's is %" PRIu32,
                      blob->chunk_size, rafs->chunk_size);
  if (blob->chunk_count > RAFS_CHUNKS_MAX)
    return error_set (err, EINVAL, "%" PRIu32 " chunks, at most %u expected",
                      blob->chunk_count, RAFS_CHUNKS_MAX);
  if (blob->stored_size > STORED_SIZE_MAX || blob->plain_size > PLAIN_SIZE_MAX)
    return error_set (err, EINVAL,
                      "%" PRIu64 " bytes stored in %" PRIu64 ", at most 2^44 "
                      "in 2^40 expected", blob->plain_size, blob->stored_size);
  return blob->features & RAFS_TARFS ? check_tarfs (blob, err)
    : check_sizes (blob, err);
}

int
rafs_blob_parse (struct bytes row, const struct rafs *rafs, uint32_t i,
                 struct rafs_blob *ret, struct error *err)
{
  struct rafs_blob blob;

  memset (&blob, 0, sizeof blob);
  bytes_text (row, BLOB_ID, RAFS_ID_SIZE, blob.id);
  blob.features = bytes_u32 (row, BLOB_FEATURES);
  blob.chunk_size = bytes_u32 (row, BLOB_CHUNK_SIZE);
  blob.chunk_count = bytes_u32 (row, BLOB_CHUNK_COUNT);
  blob.stored_size = bytes_u64 (row, BLOB_STORED_SIZE);
  blob.plain_size = bytes_u64 (row, BLOB_PLAIN_SIZE);
  blob.ci_offset = bytes_u64 (row, BLOB_CI_OFFSET);
  blob.ci_stored_len = bytes_u64 (row, BLOB_CI_STORED_LEN);
  blob.ci_plain_len = bytes_u64 (row, BLOB_CI_PLAIN_LEN);
  blob.toc_len = bytes_u32 (row, BLOB_TOC_LEN);
  memcpy (blob.toc_digest, row.ptr + BLOB_TOC_DIGEST, sizeof blob.toc_digest);

  if (check_id (row, blob.id, err) == -1 ||
      check_features (&blob, rafs, err) == -1 ||
      parse_codes (row, &blob, err) == -1 ||
      parse_cipher (row, &blob, err) == -1 ||
      check_row (row, rafs, i, &blob, err) == -1)
    return -1;
  *ret = blob;
  return 0;
}
