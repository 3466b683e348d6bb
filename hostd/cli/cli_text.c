// cli_text: harmless, aligned text. See cli_text.h.
#include "cli_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert

struct range {
    uint32_t first, last;
};

// Characters that take no column: combining marks, joiners, variation selectors.
static const struct range zero_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
    {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};

// Characters that take two columns.
static const struct range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

// Characters that act instead of being seen: controls, and those that turn the direction of what follows.
static const struct range acting[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x200e, 0x200f},
                                      {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}};

#define IN(table, c) in_ranges(table, sizeof table / sizeof table[0], c)

static bool in_ranges(const struct range *ranges, size_t count, uint32_t c) {
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i].first && c <= ranges[i].last)
            return true;
    return false;
}

size_t cli_text_decode(const char *text, size_t length, uint32_t *codepoint) {
    static const struct {
        uint32_t least; // anything below is an overlong form
        unsigned char mask, lead, bytes;
    } forms[] = {{0, 0x80, 0x00, 1}, {0x80, 0xe0, 0xc0, 2}, {0x800, 0xf0, 0xe0, 3}, {0x10000, 0xf8, 0xf0, 4}};
    const unsigned char *s = (const unsigned char *)text;
    for (size_t f = 0; f < 4; f++) {
        if ((s[0] & forms[f].mask) != forms[f].lead)
            continue;
        if (length < forms[f].bytes)
            return 0;
        uint32_t c = s[0] & (unsigned char)~forms[f].mask;
        for (size_t i = 1; i < forms[f].bytes; i++) {
            if ((s[i] & 0xc0) != 0x80)
                return 0;
            c = c << 6 | (s[i] & 0x3f);
        }
        if (c < forms[f].least || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
            return 0;
        *codepoint = c;
        return forms[f].bytes;
    }
    return 0;
}

size_t cli_text_width(const char *text) {
    size_t width = 0;
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t n = cli_text_decode(text, left, &c);
        if (n == 0) {
            n = 1;
            width++;
        } else if (!IN(zero_width, c)) {
            width += IN(wide, c) ? 2 : 1;
        }
        text += n;
        left -= n;
    }
    return width;
}

void cli_text_cut(char *text, size_t columns) {
    static const char dots[] = "…";
    if (cli_text_width(text) <= columns)
        return;
    size_t width = 0, kept = 0, left = strlen(text);
    while (left > 0) {
        uint32_t c = 0;
        size_t n = cli_text_decode(text + kept, left, &c);
        n = n == 0 ? 1 : n;
        width += IN(zero_width, c) ? 0 : IN(wide, c) ? 2 : 1;
        if (width > columns - 1)
            break;
        kept += n;
        left -= n;
    }
    // What is cut off may be shorter than the dots: a text of one byte each, cut by one.
    while (left < sizeof dots - 1 && kept > 0) {
        kept--;
        left++;
        while (kept > 0 && ((unsigned char)text[kept] & 0xc0) == 0x80) {
            kept--;
            left++;
        }
    }
    memcpy(text + kept, dots, sizeof dots);
}

void cli_text_write(FILE *out, const char *text) {
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t n = cli_text_decode(text, left, &c);
        if (n == 0) {
            fprintf(out, "\\x%02x", (unsigned char)*text);
            n = 1;
        } else if (c == '\n' || c == '\t') {
            fputs(c == '\n' ? "\\n" : "\\t", out);
        } else if (IN(acting, c)) {
            fprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        } else {
            fwrite(text, 1, n, out);
        }
        text += n;
        left -= n;
    }
}

char *cli_text_harmless(const char *text) {
    char *copy = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&copy, &size);
    lg_assert(out != NULL);
    cli_text_write(out, text);
    lg_assert(fclose(out) == 0 && copy != NULL);
    return copy;
}

void cli_text_write_json(FILE *out, const char *json) {
    for (size_t left = strlen(json); left > 0;) {
        uint32_t c = 0;
        size_t n = cli_text_decode(json, left, &c);
        if (n == 0) { // only a valid text gets here; shown rather than passed on when that fails
            fprintf(out, "\\ufffd");
            n = 1;
        } else if (c >= 0x7f && IN(acting, c)) {
            fprintf(out, "\\u%04x", (unsigned)c);
        } else {
            fwrite(json, 1, n, out);
        }
        json += n;
        left -= n;
    }
}

// What a spreadsheet may take for a formula; some take the full-width signs too.
static bool begins_formula(const char *text) {
    static const char *const signs[] = {"＝", "＋", "－", "＠"};
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
        if (strncmp(text, signs[i], strlen(signs[i])) == 0)
            return true;
    return text[0] != '\0' && strchr("=+-@\t\r\n", text[0]) != NULL;
}

void cli_text_write_csv(FILE *out, const char *text, int guard) {
    bool quote = strpbrk(text, ",\"\r\n;") != NULL || text[0] == ' ' || text[0] == '\t';
    if (quote)
        fputc('"', out);
    if (guard && begins_formula(text))
        fputc('\'', out);
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t n = cli_text_decode(text, left, &c);
        if (n == 0) {
            fprintf(out, "\\x%02x", (unsigned char)*text);
            n = 1;
        } else if (c == '"') {
            fputs("\"\"", out);
        } else if (IN(acting, c) && c != '\n' && c != '\t') {
            fprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
        } else {
            fwrite(text, 1, n, out);
        }
        text += n;
        left -= n;
    }
    if (quote)
        fputc('"', out);
}
