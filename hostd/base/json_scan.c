#include "json_scan.h"

#include <stdint.h>
#include <string.h>

#include "json.h" // JSON_DEPTH_MAX

struct scan {
    const char *text;
    size_t at, length;
    int depth;
    struct lg_error *error;
};

void json_position(const char *text, size_t offset, int *line, int *column) {
    *line = 1;
    *column = 1;
    for (size_t i = 0; i < offset; i++) {
        (*column)++;
        if (text[i] == '\n') {
            (*line)++;
            *column = 1;
        }
    }
}

static bool wrong(struct scan *s, const char *what) {
    int line, column;
    json_position(s->text, s->at, &line, &column);
    return lg_fail(s->error, "bad_json", "Correct the JSON text at this place and send it again.",
                   "line %d, column %d: %s", line, column, what);
}

bool json_blank_comments(char *text, size_t length, struct lg_error *error) {
    bool in_string = false;
    for (size_t i = 0; i < length; i++) {
        if (in_string) {
            if (text[i] == '\\')
                i++;
            else if (text[i] == '"')
                in_string = false;
            continue;
        }
        if (text[i] == '"') {
            in_string = true;
        } else if (text[i] == '/' && i + 1 < length && text[i + 1] == '/') {
            for (; i < length && text[i] != '\n'; i++)
                text[i] = ' ';
        } else if (text[i] == '/' && i + 1 < length && text[i + 1] == '*') {
            size_t begin = i;
            while (i + 1 < length && !(i > begin + 1 && text[i] == '*' && text[i + 1] == '/'))
                i++;
            if (i + 1 >= length) {
                struct scan s = {text, begin, length, 0, error};
                return wrong(&s, "this comment does not end");
            }
            for (size_t k = begin; k <= i + 1; k++)
                if (text[k] != '\n')
                    text[k] = ' ';
            i++;
        }
    }
    return true;
}

static void skip_blanks(struct scan *s) {
    while (s->at < s->length && strchr(" \t\r\n", s->text[s->at]) != NULL && s->text[s->at] != '\0')
        s->at++;
}

static int peek(const struct scan *s) {
    return s->at < s->length ? (unsigned char)s->text[s->at] : -1;
}

// Length of the UTF-8 character at `at`, 0 if it is not well formed (RFC 3629: no surrogates, no overlong).
static size_t utf8_length(const struct scan *s) {
    const unsigned char *p = (const unsigned char *)s->text + s->at;
    size_t left = s->length - s->at;
    size_t n = p[0] < 0x80 ? 1 : p[0] >= 0xC2 && p[0] <= 0xDF ? 2 : (p[0] & 0xF0) == 0xE0 ? 3 : 0;
    if (n == 0 && p[0] >= 0xF0 && p[0] <= 0xF4)
        n = 4;
    if (n == 0 || n > left)
        return 0;
    for (size_t i = 1; i < n; i++)
        if ((p[i] & 0xC0) != 0x80)
            return 0;
    if ((p[0] == 0xE0 && p[1] < 0xA0) || (p[0] == 0xED && p[1] > 0x9F) || (p[0] == 0xF0 && p[1] < 0x90) ||
        (p[0] == 0xF4 && p[1] > 0x8F))
        return 0;
    return n;
}

static bool read_hex4(struct scan *s, uint32_t *value) {
    *value = 0;
    for (int i = 0; i < 4; i++, s->at++) {
        int c = peek(s);
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return wrong(s, "\\u needs four hexadecimal digits");
        *value = *value * 16 + (uint32_t)digit;
    }
    return true;
}

// At the character behind a backslash.
static bool check_escape(struct scan *s) {
    int c = peek(s);
    if (c < 0 || strchr("\"\\/bfnrtu", c) == NULL)
        return wrong(s, "unknown escape in a text");
    s->at++;
    if (c != 'u')
        return true;
    uint32_t unit, low;
    if (!read_hex4(s, &unit))
        return false;
    if (unit == 0)
        return wrong(s, "a text must not contain \\u0000");
    if (unit < 0xD800 || unit > 0xDFFF)
        return true;
    if (unit > 0xDBFF || s->at + 1 >= s->length || s->text[s->at] != '\\' || s->text[s->at + 1] != 'u')
        return wrong(s, "half a surrogate pair");
    s->at += 2;
    if (!read_hex4(s, &low))
        return false;
    return low >= 0xDC00 && low <= 0xDFFF ? true : wrong(s, "half a surrogate pair");
}

static bool check_string(struct scan *s) {
    if (peek(s) != '"')
        return wrong(s, "a text in double quotes is expected");
    s->at++;
    for (;;) {
        int c = peek(s);
        if (c < 0)
            return wrong(s, "this text does not end");
        if (c == '"') {
            s->at++;
            return true;
        }
        if (c < 0x20)
            return wrong(s, "a control character in a text: write it as an escape");
        if (c == '\\') {
            s->at++;
            if (!check_escape(s))
                return false;
            continue;
        }
        size_t n = utf8_length(s);
        if (n == 0)
            return wrong(s, "not UTF-8");
        s->at += n;
    }
}

static size_t skip_digits(struct scan *s) {
    size_t n = 0;
    for (; peek(s) >= '0' && peek(s) <= '9'; s->at++)
        n++;
    return n;
}

static bool check_number(struct scan *s) {
    if (peek(s) == '-')
        s->at++;
    if (peek(s) == '0')
        s->at++;
    else if (skip_digits(s) == 0)
        return wrong(s, "a value is expected");
    if (peek(s) == '.') {
        s->at++;
        if (skip_digits(s) == 0)
            return wrong(s, "digits are expected behind the point");
    }
    if (peek(s) == 'e' || peek(s) == 'E') {
        s->at++;
        if (peek(s) == '+' || peek(s) == '-')
            s->at++;
        if (skip_digits(s) == 0)
            return wrong(s, "digits are expected in the exponent");
    }
    return true;
}

static bool check_value(struct scan *s);

static bool enter(struct scan *s) {
    if (++s->depth > JSON_DEPTH_MAX)
        return wrong(s, "nested too deeply");
    s->at++;
    skip_blanks(s);
    return true;
}

// Behind a member: a comma goes on, `close` ends.
static bool next_member(struct scan *s, char close, bool *more) {
    skip_blanks(s);
    int c = peek(s);
    *more = c == ',';
    if (c != ',' && c != close)
        return wrong(s, close == '}' ? "`,` or `}` is expected before this"
                                     : "`,` or `]` is expected before this");
    s->at++;
    skip_blanks(s);
    if (*more && peek(s) == close)
        return wrong(s, close == '}' ? "a member is expected; the comma before this `}` is one too many"
                                     : "a value is expected; the comma before this `]` is one too many");
    return true;
}

static bool check_object(struct scan *s) {
    bool more = true;
    if (!enter(s))
        return false;
    if (peek(s) == '}') {
        s->at++;
        more = false;
    }
    for (int members = 1; more; members++) {
        if (members > JSON_MEMBERS_MAX)
            return wrong(s, "too many members in one object");
        if (!check_string(s))
            return false;
        skip_blanks(s);
        if (peek(s) != ':')
            return wrong(s, "`:` is expected");
        s->at++;
        if (!check_value(s) || !next_member(s, '}', &more))
            return false;
    }
    s->depth--;
    return true;
}

static bool check_array(struct scan *s) {
    bool more = true;
    if (!enter(s))
        return false;
    if (peek(s) == ']') {
        s->at++;
        more = false;
    }
    while (more)
        if (!check_value(s) || !next_member(s, ']', &more))
            return false;
    s->depth--;
    return true;
}

static bool check_word(struct scan *s, const char *word) {
    size_t n = strlen(word);
    if (s->length - s->at < n || memcmp(s->text + s->at, word, n) != 0)
        return wrong(s, "a value is expected");
    s->at += n;
    return true;
}

static bool check_value(struct scan *s) {
    skip_blanks(s);
    switch (peek(s)) {
    case '{':
        return check_object(s);
    case '[':
        return check_array(s);
    case '"':
        return check_string(s);
    case 't':
        return check_word(s, "true");
    case 'f':
        return check_word(s, "false");
    case 'n':
        return check_word(s, "null");
    default:
        return check_number(s);
    }
}

bool json_check(const char *text, size_t length, struct lg_error *error) {
    struct scan s = {text, 0, length, 0, error};
    if (!check_value(&s))
        return false;
    skip_blanks(&s);
    return s.at == length ? true : wrong(&s, "nothing may follow the value");
}
