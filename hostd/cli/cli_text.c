// cli_text: harmless, aligned text. See cli_text.h.
#include "cli_text.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "error.h" // lg_assert
#include "utf8.h"  // utf8_decode

// Characters that take no column: combining marks, joiners, variation selectors.
static const struct utf8_range zero_width[] = {
    {0x0300, 0x036f}, {0x0483, 0x0489}, {0x0591, 0x05bd}, {0x0610, 0x061a},
    {0x064b, 0x065f}, {0x0e31, 0x0e31}, {0x0e34, 0x0e3a}, {0x0e47, 0x0e4e},
    {0x1ab0, 0x1aff}, {0x1dc0, 0x1dff}, {0x200b, 0x200d}, {0x20d0, 0x20ff},
    {0xfe00, 0xfe0f}, {0xfe20, 0xfe2f}, {0xfeff, 0xfeff}, {0xe0100, 0xe01ef}};

// Characters that take two columns.
static const struct utf8_range wide[] = {
    {0x1100, 0x115f}, {0x2e80, 0x303e},   {0x3041, 0x33ff},   {0x3400, 0x4dbf},   {0x4e00, 0x9fff},
    {0xa000, 0xa4cf}, {0xac00, 0xd7a3},   {0xf900, 0xfaff},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},
    {0xffe0, 0xffe6}, {0x1f300, 0x1f64f}, {0x1f680, 0x1f6ff}, {0x1f900, 0x1f9ff}, {0x20000, 0x3fffd}};

size_t cli_text_width(const char *text) {
    size_t width = 0;
    for (size_t left = strlen(text); left > 0;) {
        uint32_t c = 0;
        size_t n = utf8_decode(text, left, &c);
        if (n == 0) {
            n = 1;
            width++;
        } else if (!UTF8_IN(zero_width, c)) {
            width += UTF8_IN(wide, c) ? 2 : 1;
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
        size_t n = utf8_decode(text + kept, left, &c);
        n = n == 0 ? 1 : n;
        width += UTF8_IN(zero_width, c) ? 0 : UTF8_IN(wide, c) ? 2 : 1;
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
        size_t n = 1;
        if (*text == '\n' || *text == '\t')
            fputs(*text == '\n' ? "\\n" : "\\t", out);
        else
            n = utf8_write(out, text, left);
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
        size_t n = utf8_decode(json, left, &c);
        if (n == 0) { // only a valid text gets here; shown rather than passed on when that fails
            fprintf(out, "\\ufffd");
            n = 1;
        } else if (c >= 0x7f && utf8_acts(c)) {
            fprintf(out, "\\u%04x", (unsigned)c);
        } else {
            fwrite(json, 1, n, out);
        }
        json += n;
        left -= n;
    }
}
