// hook_store.c: the key in non-volatile memory, so that a power cut at any byte leaves the old key or the new one.
//
// Two slots, each: mark (1 byte) | key (16) | crc over mark and key (2, high byte first). A mark of 1, 2 or 3 makes the slot
// count, and 2 is newer than 1, 3 than 2, 1 than 3. The slot that is not the newest is written: mark 0, so that it does not count;
// then key and crc; then the mark that makes it count. A mark that counts with a wrong crc is never left by a power cut: it is
// damage, and a damaged store is no reason to pass everything.

#include "crc16.h"       // crc16
#include "hook_inside.h" // lg_hook_load_key

#define SLOT  (LG_HOOK_STORE / 2)
#define KEY   1 // offset
#define CRC   (KEY + SIPHASH_KEY)
#define BYTES (CRC + 2)

bool lg_hook_has_key(const struct lg_hook *hook) {
    uint8_t any = 0;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        any |= hook->secret.key[i];
    return any;
}

static uint8_t next_mark(uint8_t mark) {
    return mark == 3 ? 1 : (uint8_t)(mark + 1);
}

// What is found in the two slots.
struct found {
    uint8_t mark; // the newest that counts, 0 when none does
    uint8_t offset;
    bool damaged;
};

// Looks at both slots; with `take` the newest key is loaded.
static void look(struct lg_hook *hook, struct found *found, bool take) {
    uint8_t slot[BYTES];
    found->mark = 0;
    found->offset = SLOT;
    found->damaged = false;
    for (uint8_t offset = 0; offset <= SLOT; offset = (uint8_t)(offset + SLOT)) {
        hook->port->load(hook->port->context, offset, slot, BYTES);
        uint8_t mark = slot[0];
        if (mark - 1u > 2u)
            continue;
        if (crc16(CRC16_START, slot, BYTES) != 0) { // a crc over a crc is 0
            found->damaged = true;
            continue;
        }
        if (found->mark != 0 && mark != next_mark(found->mark))
            continue;
        found->mark = mark;
        found->offset = offset;
        for (uint8_t i = 0; take && i < SIPHASH_KEY; i++)
            hook->secret.key[i] = slot[KEY + i];
    }
}

bool lg_hook_load_key(struct lg_hook *hook) {
    struct found found;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        hook->secret.key[i] = 0;
    if (!hook->port->load)
        return false;
    look(hook, &found, true);
    return found.mark != 0 || found.damaged;
}

bool lg_hook_store_key(struct lg_hook *hook) {
    const struct lg_hook_port *port = hook->port;
    struct found found;
    uint8_t slot[BYTES];
    if (!port->load || !port->store)
        return false;
    look(hook, &found, false);
    uint8_t offset = (uint8_t)(SLOT - found.offset), mark = next_mark(found.mark);
    slot[0] = mark;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        slot[KEY + i] = hook->secret.key[i];
    uint16_t crc = crc16(CRC16_START, slot, CRC);
    slot[CRC] = (uint8_t)(crc >> 8);
    slot[CRC + 1] = (uint8_t)crc;
    slot[0] = 0;
    if (!port->store(port->context, offset, slot, 1) ||
        !port->store(port->context, (uint8_t)(offset + KEY), slot + KEY, BYTES - KEY))
        return false;
    slot[0] = mark;
    if (!port->store(port->context, offset, slot, 1))
        return false;
    look(hook, &found, true);
    return found.mark == mark; // and its crc is right
}
