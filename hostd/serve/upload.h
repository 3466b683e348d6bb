// upload: a document's file on its way into the data directory, stored by its SHA-256.
//
// Written as it comes into documents/.upload-XXXXXX, renamed to documents/<sha256> after fsync. HTTP thread.
#ifndef LOTGATE_SERVE_UPLOAD_H
#define LOTGATE_SERVE_UPLOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h"

#define UPLOAD_MAX        (32 * 1024 * 1024) // bytes of one document
#define UPLOAD_SHA256_MAX 65                 // hex digits and NUL
#define UPLOAD_PATH_MAX   4096

struct upload;

// Code storage_failed when the directory cannot be written.
struct upload *upload_begin(const char *data, struct lg_error *error);
bool upload_write(struct upload *upload, const void *bytes, size_t length,
                  struct lg_error *error); // or too_large
// Makes the file durable under its hash and frees the upload in every case.
bool upload_finish(struct upload *upload, char sha256[UPLOAD_SHA256_MAX], uint64_t *size,
                   struct lg_error *error);
void upload_abandon(struct upload *upload); // removes what was written; NULL is fine

// True when the text is 64 lower-case hex digits.
bool upload_is_hash(const char *text);
// Opens a stored document for reading; -1 when there is none. *size gets its length.
int upload_open(const char *data, const char *sha256, uint64_t *size);

#endif
