// document_type: what a document's bytes are, and what its name or its sender says they are.
//
// Kept are PDF, pictures (PNG, JPEG, WebP) and XML. What a file is, its first bytes say; a name's ending and a media
// type are claims, and a claim that the bytes do not bear out is refused. Pure.
#ifndef LOTGATE_LEDGER_DOCUMENT_TYPE_H
#define LOTGATE_LEDGER_DOCUMENT_TYPE_H

#include <stdbool.h>
#include <stddef.h>

#include "error.h" // lg_error

#define DOCUMENT_TYPE_HEAD 512 // bytes of a file's beginning that are looked at

enum document_type {
    DOCUMENT_UNKNOWN,
    DOCUMENT_PDF,
    DOCUMENT_PNG,
    DOCUMENT_JPEG,
    DOCUMENT_WEBP,
    DOCUMENT_XML,
};

// From the first `length` bytes, DOCUMENT_TYPE_HEAD of them where the file has so many.
enum document_type document_type_sniff(const void *bytes, size_t length);

bool document_type_is_picture(enum document_type type);
const char *document_type_media(enum document_type type); // "application/pdf"; a constant

// Code wrong_type when `found` is none that is kept, is no picture though one is wanted, or is not what the name's
// ending or the media type (Content-Type, NULL: none was given) claims. application/octet-stream and endings that are
// not known here claim nothing.
bool document_type_check(enum document_type found, const char *name, const char *media, bool picture,
                         struct lg_error *error);

#endif
