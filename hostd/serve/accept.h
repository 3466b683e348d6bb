// accept: which form of an answer a client wants most, by its Accept headers (RFC 9110, 12.5.1). Pure.
#ifndef LOTGATE_SERVE_ACCEPT_H
#define LOTGATE_SERVE_ACCEPT_H

#include <stdbool.h>

enum accept_form { ACCEPT_JSON, ACCEPT_CSV, ACCEPT_FORMS, ACCEPT_NONE = ACCEPT_FORMS };

struct accept {
    bool given; // some range was
    struct {
        int breadth,
            quality; // of the range that fits best: 1 the type itself, 2 text/*, 3 */*, 0 none; in thousandths
    } forms[ACCEPT_FORMS];
};

// Takes in the value of one header; a client may send several.
void accept_add(struct accept *accept, const char *header);
// The form that is wanted most, ACCEPT_NONE when none is. What is named beats what a * stands for; JSON comes first
// otherwise, and is all that is taken where there is no `csv`.
enum accept_form accept_choose(const struct accept *accept, bool csv);

#endif
