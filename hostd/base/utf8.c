// utf8: see utf8.h.
#include "utf8.h"

size_t utf8_decode(const char *text, size_t length, uint32_t *codepoint) {
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

bool utf8_valid(const char *text, size_t length) {
    uint32_t character;
    for (size_t n; length > 0; text += n, length -= n)
        if ((n = utf8_decode(text, length, &character)) == 0)
            return false;
    return true;
}

bool utf8_in(const struct utf8_range *ranges, size_t count, uint32_t character) {
    for (size_t i = 0; i < count; i++)
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    return false;
}

bool utf8_acts(uint32_t character) {
    static const struct utf8_range acting[] = {{0x00, 0x1f},     {0x7f, 0x9f},     {0x200e, 0x200f},
                                               {0x2028, 0x202e}, {0x2066, 0x2069}, {0xfff9, 0xfffb}};
    return UTF8_IN(acting, character);
}

size_t utf8_write(FILE *out, const char *text, size_t length) {
    uint32_t c;
    size_t n = utf8_decode(text, length, &c);
    if (n == 0)
        fprintf(out, "\\x%02x", (unsigned char)*text);
    else if (utf8_acts(c))
        fprintf(out, c < 0x100 ? "\\x%02x" : "\\u%04x", (unsigned)c);
    else
        fwrite(text, 1, n, out);
    return n == 0 ? 1 : n;
}
