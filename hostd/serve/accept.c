// accept: see accept.h.
#include "accept.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const char *const types[ACCEPT_FORMS][3] = {
    [ACCEPT_JSON] = {"application/json", "application/*", "*/*"},
    [ACCEPT_CSV] = {"text/csv", "text/*", "*/*"},
};

static bool is(const char *text, size_t length, const char *word) {
    return strlen(word) == length && strncasecmp(text, word, length) == 0;
}

static size_t trimmed(const char **text, size_t length) {
    while (length && strchr(" \t", **text)) {
        ++*text;
        length--;
    }
    while (length && strchr(" \t", (*text)[length - 1]))
        length--;
    return length;
}

// The weight among the parameters of a range, in thousandths; 1000 when there is none that can be read.
static int quality_of(const char *parameters, size_t length) {
    while (length) {
        const char *one = parameters + 1; // behind the semicolon
        size_t rest = length - 1, part = 0;
        while (part < rest && one[part] != ';')
            part++;
        const char *word = one;
        size_t size = trimmed(&word, part);
        if (size > 2 && strncasecmp(word, "q=", 2) == 0 && strchr("01", word[2])) {
            double value = strtod(word + 2, NULL);
            return value >= 1 ? 1000 : (int)(value * 1000 + 0.5);
        }
        parameters = one + part;
        length = rest - part;
    }
    return 1000;
}

static void add_range(struct accept *accept, const char *range, size_t length) {
    size_t name = 0;
    while (name < length && range[name] != ';')
        name++;
    int quality = quality_of(range + name, length - name);
    const char *type = range;
    size_t size = trimmed(&type, name);
    accept->given = accept->given || size;
    for (int form = 0; form < ACCEPT_FORMS; form++)
        for (int breadth = 1; breadth <= 3; breadth++)
            if (is(type, size, types[form][breadth - 1]) &&
                (!accept->forms[form].breadth || breadth < accept->forms[form].breadth)) {
                accept->forms[form].breadth = breadth;
                accept->forms[form].quality = quality;
            }
}

void accept_add(struct accept *accept, const char *header) {
    for (size_t length; *header; header += length + (header[length] == ',')) {
        length = strcspn(header, ",");
        add_range(accept, header, length);
    }
}

enum accept_form accept_choose(const struct accept *accept, bool csv) {
    if (!accept->given)
        return ACCEPT_JSON;
    enum accept_form best = ACCEPT_NONE;
    for (int form = 0; form < (csv ? ACCEPT_FORMS : ACCEPT_CSV); form++) {
        int breadth = accept->forms[form].breadth, quality = accept->forms[form].quality;
        if (breadth && quality &&
            (best == ACCEPT_NONE || quality > accept->forms[best].quality ||
             (quality == accept->forms[best].quality && breadth < accept->forms[best].breadth)))
            best = (enum accept_form)form;
    }
    return best;
}
