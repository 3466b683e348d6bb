#include "urgent.h"

#include <string.h>

// Who leaves before whom. A `~` that came before a `!` is void, so that the order of these two is the sender's.
static int rank(enum grbl_realtime kind) {
    switch (kind) {
    case GRBL_RESET:
        return 0;
    case GRBL_HOLD:
    case GRBL_DOOR:
    case GRBL_JOG_CANCEL:
        return 1;
    case GRBL_STATUS:
        return 2;
    default:
        return 3;
    }
}

bool urgent_is_counted(enum grbl_realtime kind) {
    return rank(kind) == 3 && kind != GRBL_CYCLE_START;
}

static void insert(struct urgent *u, uint8_t byte, enum grbl_realtime kind) {
    size_t at = u->count++;
    for (; at > 0 && rank(u->kinds[at - 1]) > rank(kind); at--) {
        u->bytes[at] = u->bytes[at - 1];
        u->kinds[at] = u->kinds[at - 1];
    }
    u->bytes[at] = byte;
    u->kinds[at] = (uint8_t)kind;
}

static void remove_kinds(struct urgent *u, bool (*is_void)(enum grbl_realtime kind)) {
    size_t kept = 0;
    for (size_t i = 0; i < u->count; i++) {
        if (is_void((enum grbl_realtime)u->kinds[i]))
            continue;
        u->bytes[kept] = u->bytes[i];
        u->kinds[kept++] = u->kinds[i];
    }
    u->count = kept;
}

static bool void_by_reset(enum grbl_realtime kind) {
    return kind != GRBL_STATUS; // who asked before the reset still wants an answer
}

static bool void_by_hold(enum grbl_realtime kind) {
    return kind == GRBL_CYCLE_START;
}

bool urgent_add(struct urgent *u, uint8_t byte, enum grbl_realtime kind) {
    size_t counted = 0;
    if (kind == GRBL_RESET)
        remove_kinds(u, void_by_reset);
    else if (rank(kind) == 1)
        remove_kinds(u, void_by_hold);
    for (size_t i = 0; i < u->count; i++) {
        counted += urgent_is_counted((enum grbl_realtime)u->kinds[i]);
        if (u->bytes[i] == byte && !urgent_is_counted(kind))
            return true; // the flag will be set
    }
    if (u->count == URGENT_MAX || (urgent_is_counted(kind) && counted == URGENT_COUNTED_MAX))
        return false;
    insert(u, byte, kind);
    return true;
}

void urgent_left(struct urgent *u, size_t count) {
    u->count -= count;
    memmove(u->bytes, u->bytes + count, u->count);
    memmove(u->kinds, u->kinds + count, u->count);
}
