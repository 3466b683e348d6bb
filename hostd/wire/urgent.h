// urgent: realtime bytes that wait because the kernel takes no more, in the order in which they have to leave.
//
// Reset first, then what stops the machine, then `?`, then the others as they came. Most realtime bytes set a flag in the
// firmware, so a second one says nothing new and is not kept; overrides and macro keys count each time, and only
// so many of them can overtake lines. A reset makes all that waits void. Pure; nothing is allocated.
#ifndef LOTGATE_WIRE_URGENT_H
#define LOTGATE_WIRE_URGENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "grbl.h" // enum grbl_realtime

#define URGENT_COUNTED_MAX 40 // overrides and macro keys kept
#define URGENT_MAX         64 // with every flag byte of every flavour

struct urgent {
    uint8_t bytes[URGENT_MAX];
    uint8_t kinds[URGENT_MAX]; // enum grbl_realtime
    size_t count;
};

// True for bytes of which each one counts: all but those that set a flag.
bool urgent_is_counted(enum grbl_realtime kind);
// Takes a byte that means `kind`. False, with nothing changed, when no more of its kind are kept: the byte
// has to wait with the lines then.
bool urgent_add(struct urgent *urgent, uint8_t byte, enum grbl_realtime kind);
// The first `count` bytes have left.
void urgent_left(struct urgent *urgent, size_t count);

#endif
