// hook_store.c: the key in non-volatile memory, so that a power cut at any byte leaves the old key or the new one.
//
// Two slots, each: mark (1 byte) | key (16) | crc over mark and key (2, high byte first). A mark of 1, 2 or 3 makes the slot
// valid, and 2 is newer than 1, 3 than 2, 1 than 3. A slot is written mark first, with 0: it does not count; then key and crc;
// then the mark that makes it count. The slot that is not the newest is written first, then the other, so that both hold the
// same key in the end and one that rots does no harm. A valid mark with a wrong crc is never left by a power cut: it is damage,
// and a damaged store is no reason to pass everything.

#include "crc16.h"       // crc16
#include "hook_inside.h" // lg_hook_load_key

#define SLOT  (LG_HOOK_STORE / 2)
#define KEY   1 // offset
#define CRC   (KEY + SIPHASH_KEY)
#define BYTES (CRC + 2)

static uint16_t crc_of(const uint8_t slot[BYTES]) {
    return crc16(CRC16_START, slot, CRC);
}

static uint8_t next_mark(uint8_t mark) {
    return mark == 3 ? 1 : (uint8_t)(mark + 1);
}

bool lg_hook_has_key(const struct lg_hook *hook) {
    uint8_t any = 0;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        any |= hook->secret.key[i];
    return any;
}

// Reads a slot and takes its key over when it is newer than `newest`. Returns its mark, 0 when it does not count, and sets
// *damaged.
static uint8_t load_slot(struct lg_hook *hook, uint8_t offset, uint8_t newest, bool *damaged) {
    uint8_t slot[BYTES];
    hook->port->load(hook->port->context, offset, slot, BYTES);
    uint8_t mark = slot[0];
    if (mark - 1u > 2u)
        return 0;
    if (crc_of(slot) != (uint16_t)(slot[CRC] << 8 | slot[CRC + 1])) {
        *damaged = true;
        return 0;
    }
    if (newest == 0 || mark == next_mark(newest))
        for (uint8_t i = 0; i < SIPHASH_KEY; i++)
            hook->secret.key[i] = slot[KEY + i];
    return mark;
}

// Loads, and gives the newest mark (0: none) and in which slot it stands.
static uint8_t newest_slot(struct lg_hook *hook, uint8_t *offset, bool *damaged) {
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        hook->secret.key[i] = 0;
    uint8_t first = load_slot(hook, 0, 0, damaged), second = load_slot(hook, SLOT, first, damaged);
    bool second_newer = second && (first == 0 || second == next_mark(first));
    *offset = second_newer ? SLOT : 0;
    return second_newer ? second : first;
}

bool lg_hook_load_key(struct lg_hook *hook) {
    uint8_t offset;
    bool damaged = false;
    if (!hook->port->load || !hook->port->store)
        return false;
    return newest_slot(hook, &offset, &damaged) || damaged;
}

static bool store_slot(struct lg_hook *hook, uint8_t offset, uint8_t mark, const uint8_t key[SIPHASH_KEY]) {
    const struct lg_hook_port *port = hook->port;
    uint8_t slot[BYTES];
    slot[0] = mark;
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        slot[KEY + i] = key[i];
    uint16_t crc = crc_of(slot);
    slot[CRC] = (uint8_t)(crc >> 8);
    slot[CRC + 1] = (uint8_t)crc;
    return port->store(port->context, offset, &(const uint8_t){0}, 1) &&
           port->store(port->context, (uint8_t)(offset + KEY), slot + KEY, BYTES - KEY) &&
           port->store(port->context, offset, slot, 1);
}

bool lg_hook_store_key(struct lg_hook *hook, const uint8_t key[SIPHASH_KEY]) {
    uint8_t offset;
    bool damaged = false, same = true;
    uint8_t mark = newest_slot(hook, &offset, &damaged);
    for (uint8_t i = 0; i < 2; i++) {
        offset = SLOT - offset;
        mark = next_mark(mark);
        if (!store_slot(hook, offset, mark, key))
            break;
    }
    newest_slot(hook, &offset, &damaged);
    for (uint8_t i = 0; i < SIPHASH_KEY; i++)
        same = same && hook->secret.key[i] == key[i];
    return same;
}
