// document_type: see document_type.h.
#include "document_type.h"

#include <stdint.h>
#include <string.h>
#include <strings.h>

static const struct {
    const char *name, *media;
} types[] = {
    [DOCUMENT_UNKNOWN] = {"none of these", "application/octet-stream"},
    [DOCUMENT_PDF] = {"PDF", "application/pdf"},
    [DOCUMENT_PNG] = {"PNG", "image/png"},
    [DOCUMENT_JPEG] = {"JPEG", "image/jpeg"},
    [DOCUMENT_WEBP] = {"WebP", "image/webp"},
    [DOCUMENT_XML] = {"XML", "application/xml"},
};

static bool begins(const uint8_t *bytes, size_t length, const char *with, size_t size) {
    return length >= size && memcmp(bytes, with, size) == 0;
}

// A declaration, or an element that is none of HTML's: a saved web page is no certificate.
static bool is_xml(const uint8_t *bytes, size_t length) {
    static const char mark[] = "\xef\xbb\xbf";
    size_t at = begins(bytes, length, mark, 3) ? 3 : 0;
    while (at < length && bytes[at] != '\0' && strchr(" \t\r\n", bytes[at]))
        at++;
    if (begins(bytes + at, length - at, "<?xml", 5))
        return true;
    if (length - at < 2 || bytes[at] != '<')
        return false;
    uint8_t first = bytes[at + 1] | 0x20;
    bool element = (first >= 'a' && first <= 'z') || bytes[at + 1] == '_';
    return element && !(length - at >= 5 && strncasecmp((const char *)bytes + at, "<html", 5) == 0);
}

// Two bytes a letter, after the mark that says in which order.
static bool is_wide_xml(const uint8_t *bytes, size_t length) {
    return begins(bytes, length, "\xff\xfe<\0", 4) || begins(bytes, length, "\xfe\xff\0<", 4);
}

enum document_type document_type_sniff(const void *from, size_t length) {
    const uint8_t *bytes = from;
    if (begins(bytes, length, "%PDF-", 5))
        return DOCUMENT_PDF;
    if (begins(bytes, length, "\x89PNG\r\n\x1a\n", 8))
        return DOCUMENT_PNG;
    if (begins(bytes, length, "\xff\xd8\xff", 3))
        return DOCUMENT_JPEG;
    if (begins(bytes, length, "RIFF", 4) && length >= 12 && memcmp(bytes + 8, "WEBP", 4) == 0)
        return DOCUMENT_WEBP;
    return is_xml(bytes, length) || is_wide_xml(bytes, length) ? DOCUMENT_XML : DOCUMENT_UNKNOWN;
}

bool document_type_is_picture(enum document_type type) {
    return type == DOCUMENT_PNG || type == DOCUMENT_JPEG || type == DOCUMENT_WEBP;
}

const char *document_type_media(enum document_type type) {
    return types[type].media;
}

// What the ending says; DOCUMENT_UNKNOWN: nothing.
static enum document_type claimed_by_name(const char *name) {
    static const struct {
        const char *ending;
        enum document_type type;
    } endings[] = {{"pdf", DOCUMENT_PDF},   {"png", DOCUMENT_PNG},   {"jpg", DOCUMENT_JPEG},
                   {"jpeg", DOCUMENT_JPEG}, {"webp", DOCUMENT_WEBP}, {"xml", DOCUMENT_XML}};
    const char *dot = name ? strrchr(name, '.') : NULL;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot + 1, endings[i].ending) == 0)
            return endings[i].type;
    return DOCUMENT_UNKNOWN;
}

// Media types before any parameters: "text/xml; charset=utf-8", "application/soap+xml".
static bool media_fits(enum document_type type, const char *media) {
    size_t length = strcspn(media, "; \t");
    const char *own = types[type].media;
    if (strlen(own) == length && strncasecmp(media, own, length) == 0)
        return true;
    if (length == strlen("application/octet-stream") &&
        strncasecmp(media, "application/octet-stream", length) == 0)
        return true; // claims nothing
    if (type != DOCUMENT_XML)
        return false;
    return (length == strlen("text/xml") && strncasecmp(media, "text/xml", length) == 0) ||
           (length > 4 && strncasecmp(media + length - 4, "+xml", 4) == 0);
}

bool document_type_check(enum document_type found, const char *name, const char *media, bool picture,
                         struct lg_error *error) {
    enum document_type claimed = claimed_by_name(name);
    if (found == DOCUMENT_UNKNOWN)
        return lg_fail(error, "wrong_type", "Save it as one of these, or take a picture of the paper.",
                       "The file is no PDF, PNG, JPEG, WebP or XML.");
    if (picture && !document_type_is_picture(found))
        return lg_fail(error, "wrong_type", "Take a PNG, JPEG or WebP.", "The file is no picture: it is %s.",
                       types[found].name);
    if (claimed != DOCUMENT_UNKNOWN && claimed != found)
        return lg_fail(error, "wrong_type", "Look whether it is the right file, and give it its right name.",
                       "The file %.100s is called like %s, but it is %s.", name, types[claimed].name,
                       types[found].name);
    return !media || media_fits(found, media) ||
           lg_fail(error, "wrong_type", "Send the file with its own type, or as application/octet-stream.",
                   "The file was sent as %.100s, but it is %s.", media, types[found].name);
}
