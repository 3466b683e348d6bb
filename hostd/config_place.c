#include "config_place.h"

#include <stdbool.h>
#include <string.h>

struct walk {
    const char *text, *at;
    const cJSON *wanted;
    size_t found;
};

static void blanks(struct walk *w) {
    w->at += strspn(w->at, " \t\r\n");
}

static void string(struct walk *w) {
    for (w->at++; *w->at != '"' && *w->at != '\0'; w->at++)
        if (*w->at == '\\' && w->at[1] != '\0')
            w->at++;
    w->at += *w->at == '"';
}

// Steps over one value of the text and the same value of the tree, side by side.
static void value(struct walk *w, const cJSON *tree) {
    blanks(w);
    if (*w->at == '"') {
        string(w);
        return;
    }
    if (*w->at != '{' && *w->at != '[') {
        w->at += strcspn(w->at, ",]} \t\r\n");
        return;
    }
    bool object = *w->at++ == '{';
    for (const cJSON *child = tree->child; child != NULL; child = child->next) {
        blanks(w);
        if (child == w->wanted)
            w->found = (size_t)(w->at - w->text);
        if (object) {
            string(w);
            blanks(w);
            w->at += *w->at == ':';
        }
        value(w, child);
        blanks(w);
        w->at += *w->at == ',';
    }
    blanks(w);
    w->at += *w->at == '}' || *w->at == ']';
}

size_t config_place(const char *text, const cJSON *root, const cJSON *wanted) {
    struct walk w = {text, text, wanted, 0};
    value(&w, root);
    return w.found;
}
