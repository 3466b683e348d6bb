// store.c: STORE_BYTES in two pages of flash, so that a power cut at any operation, and in its middle, leaves what was stored
// before or what is stored now.
//
// Each write appends a record with all bytes: generation | STORE_BYTES | check. The newest is the last whole one of the page
// with the higher generation. When a page is nearly full at power-up, the other one is erased and takes the next record, with
// the next generation. Nothing is erased while the machine works: the chip would stand still for half a second. So a store
// that is written very often without a power-up is full until the next.
//
// What was cut in its middle may read one way now and another way at the next power-up. So at power-up, before anything is built
// upon it:
//  - the words of the newest record are programmed once more with what they hold, for it may be the one that was cut,
//  - a page is erased before it is moved into, whatever it seems to be.
// A slot that only seems to be blank was cut in its first word, and the next record has the same word there.

#include "store.h" // store_init
#include "board.h" // board_load
#include "guard.h" // STORE_BYTES
#include "pages.h" // page_program

#define GENERATION   0 // words of a record
#define BYTES        1
#define CHECK        (BYTES + STORE_BYTES / 4)
#define RECORD_WORDS (CHECK + 1)
#define SLOTS        (PAGE_WORDS / RECORD_WORDS)
#define SLOTS_LEFT   8 // with fewer, a power-up moves to the other page: a pairing takes three
#define SLOT_TRIES   3 // words that take no value: the next slot
#define FRESH_SLOTS  8 // of the first page: so many first writes may be cut before there is a record
// What the hook takes for damage: a mark that counts, with a wrong crc.
#define DAMAGED 0x01010101u

_Static_assert(STORE_BYTES % 4 == 0, "records are made of words");

static struct {
    uint32_t record[RECORD_WORDS]; // the newest
    uint16_t next;                 // slot
    uint8_t page;
} store;

// CRC-32 over all but itself: half-erased flash has any bits, in hundreds of slots.
static uint32_t check_of(const uint32_t *record) {
    uint32_t crc = ~0u;
    for (uint8_t i = 0; i < CHECK; i++) {
        crc ^= record[i];
        for (uint8_t bit = 0; bit < 32; bit++)
            crc = crc >> 1 ^ (crc & 1 ? 0xEDB88320u : 0);
    }
    return crc;
}

static uint16_t word_of(uint16_t slot, uint8_t i) {
    return (uint16_t)(slot * RECORD_WORDS + i);
}

// False: something stands there.
static bool is_blank(uint8_t page, uint16_t slot) {
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        if (page_word(page, word_of(slot, i)) != PAGE_ERASED)
            return false;
    return true;
}

// The slot behind the last that is not blank.
static uint16_t end_of(uint8_t page) {
    uint16_t end = SLOTS;
    while (end && is_blank(page, (uint16_t)(end - 1)))
        end--;
    return end;
}

// Takes the record over if it is whole and none is newer.
static bool take(uint8_t page, uint16_t slot) {
    uint32_t found[RECORD_WORDS];
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        found[i] = page_word(page, word_of(slot, i));
    if (found[CHECK] != check_of(found) || found[GENERATION] < store.record[GENERATION] ||
        found[GENERATION] == PAGE_ERASED)
        return false;
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        store.record[i] = found[i];
    store.page = page;
    store.next = slot;
    return true;
}

static bool write_slot(uint8_t page, uint16_t slot) {
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        if (!page_program(page, word_of(slot, i), store.record[i]))
            return false;
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        if (page_word(page, word_of(slot, i)) != store.record[i])
            return false;
    return true;
}

// Appends the record.
static bool append(void) {
    store.record[CHECK] = check_of(store.record);
    for (uint8_t i = 0; i < SLOT_TRIES && store.next < SLOTS; i++)
        if (write_slot(store.page, store.next++))
            return true;
    return false;
}

// Goes on in the other page.
static void move(void) {
    store.page = 1 - store.page;
    store.next = 0;
    store.record[GENERATION]++;
    page_erase(store.page);
    append();
}

// No record. Pages that hold more than first writes that were cut once held some, and are no reason to pass everything.
static void begin(void) {
    uint16_t used = end_of(0);
    bool damaged = used > FRESH_SLOTS || end_of(1) != 0;
    store.page = 0;
    store.record[GENERATION] = 1;
    for (uint8_t i = BYTES; i < CHECK; i++)
        store.record[i] = damaged ? DAMAGED : 0;
    if (!damaged) {
        store.next = used;
        return;
    }
    store.page = used > FRESH_SLOTS ? 0 : 1; // stays as it is until the other one says so
    move();
}

void store_init(void) {
    bool any = false;
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        store.record[i] = 0;
    for (uint8_t page = 0; page < PAGES; page++)
        for (uint16_t slot = 0; slot < SLOTS; slot++)
            any |= take(page, slot);
    if (!any) {
        begin();
        return;
    }
    write_slot(store.page, store.next);
    store.next = end_of(store.page);
    if ((uint16_t)(store.next + SLOTS_LEFT) > SLOTS)
        move();
}

void board_load(uint8_t offset, uint8_t *bytes, uint8_t length) {
    for (; length--; offset++)
        *bytes++ = (uint8_t)(store.record[BYTES + offset / 4] >> offset % 4 * 8);
}

bool board_store(uint8_t offset, const uint8_t *bytes, uint8_t length) {
    uint32_t before[RECORD_WORDS];
    for (uint8_t i = 0; i < RECORD_WORDS; i++)
        before[i] = store.record[i];
    for (; length--; offset++) {
        uint32_t *word = &store.record[BYTES + offset / 4];
        uint8_t shift = (uint8_t)(offset % 4 * 8);
        *word = (*word & ~(0xFFu << shift)) | (uint32_t)*bytes++ << shift;
    }
    if (append())
        return true;
    for (uint8_t i = BYTES; i < CHECK; i++)
        store.record[i] = before[i];
    return false;
}
