// link: the frames between the host and the hook in a machine's firmware.
//
// A frame is one line of printable ASCII on the machine's own serial port, beside the machine's own protocol:
//
//   host -> hook   $LG OPEN j=JOB-000017 l=ACR-1126-001 t=001E m=<32 hex>*<crc>      ended by LF
//   hook -> host   [LG:OPEN j=JOB-000017 ok=0001*<crc>]                               ended by CR LF
//
// The text between the opening (`$LG ` or `[LG:`) and the `*` is the frame's *body*: a verb in capitals, then fields
// `key=value`, one blank before each. <crc> is CRC-16/CCITT-FALSE over the body, four hex digits in capitals. Keys are one to
// three small letters; each may stand once; a receiver skips keys that it does not know. A frame is at most LINK_FRAME_MAX
// characters from its first to its last, the line's end not counted.
//
// Values are written with the bytes `A-Z a-z 0-9 . , : + / _ -`; every other byte is `%XX` (two hex digits in capitals),
// so that a value never holds a blank, `*`, `]`, or a byte that Grbl takes as a realtime command (`? ! ~`, 80 and up).
// Nonces, keys and MACs are hex in capitals; numbers (counters, seconds) are four hex digits in capitals, so that a
// microcontroller needs no decimal arithmetic.
//
// MAC (field m, always the last field): SipHash-2-4-128 with the pairing key over
//   one byte 'H' (the host says it) or 'M' (the machine says it) | host nonce, 8 bytes | hook nonce, 8 bytes |
//   the body's bytes from the verb to the byte before ` m=`
// where the nonces are those of the last HELLO pair, in the byte order in which their hex is written.
//
// The verbs and their fields stand in the table below (`link_verb`); the state machine of the hook in hook/hook.h, that of
// the host in hostd/gate. Vectors for a third party: tests/data/link-vectors.txt.
// Freestanding; no allocation; the caller owns every buffer. Thread: any.
#ifndef LOTGATE_PROTO_LINK_H
#define LOTGATE_PROTO_LINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "siphash.h" // SIPHASH_KEY, SIPHASH_OUT

#define LINK_VERSION   1
#define LINK_FRAME_MAX 120 // characters, opening and crc and a closing `]` included, line end not
#define LINK_NONCE     8   // bytes
#define LINK_JOB_MAX   20  // bytes of a job number
#define LINK_LOT_MAX   24  // bytes of a lot as it is shown; a longer one is cut, it is for the screen only
#define LINK_TEXT_MAX                                                                                        \
    64 // bytes of SHOW's and SCAN's d before encoding; a frame may hold less when they are encoded
#define LINK_SN_MAX 24 // bytes of a machine's serial number

//  verb    from   fields                 meaning
//  HELLO   host   v n                    version, host nonce: makes a new nonce pair, changes nothing else
//  HELLO   hook   v st n b sn j fw       version, state, hook nonce, count of blocked starts since power-up (stops at
//                                        FFFF), serial number, job (absent when none), firmware (absent when the
//                                        frame has no room for it)
//  PAIR    host   k                      128-bit key: taken while unpaired or while the pairing button is held
//  PAIR    hook   ok | err
//  OPEN    host   j l t m                opens for one job: number, lot for the screen, seconds of life, MAC
//  OPEN    hook   j, ok | err
//  CLOSE   host   j m                    the end of the job; closing what is not open is answered with ok
//  CLOSE   hook   j, ok | err
//  PING    host   c m                    counter, greater than any since the HELLO: gives an opened hook `t` seconds more;
//                                        not answered when the MAC or the counter is wrong
//  PONG    hook   c st m                 counter, state, MAC: proof that the hook holds the key
//  SCAN    hook   d cut                  a code read by a scanner at the machine; too long for a frame: d empty and cut=0001,
//                                        for a code cut short could be another lot's
//  EVENT   hook   e src j                blocked, started, ended; usb, sd, panel, wifi; the job, when open or running
//  SHOW    host   d                      text for the machine's screen; `|` (encoded) parts its lines; empty: the hook's own
//
// ok is `ok=0001`; err is one word: see enum link_error. Neither side answers a frame whose crc, form or verb is wrong: silence
// is answered by the host's next HELLO. A firmware without the hook answers `error:3` or `echo:Unknown command`.
// One byte each, on every machine: an int costs an AVR two registers wherever it is passed.
#define LINK_SMALL __attribute__((packed))

enum link_verb {
    LINK_HELLO,
    LINK_PAIR,
    LINK_OPEN,
    LINK_CLOSE,
    LINK_PING,
    LINK_PONG,
    LINK_SCAN,
    LINK_EVENT,
    LINK_SHOW,
    LINK_VERBS
} LINK_SMALL;

enum link_state {
    LINK_UNPAIRED,
    LINK_LOCKED,
    LINK_OPENED,
    LINK_RUNNING,
    LINK_EXPIRED,
    LINK_STATES
} LINK_SMALL;
enum link_source { LINK_USB, LINK_SD, LINK_PANEL, LINK_WIFI, LINK_SOURCES } LINK_SMALL;
enum link_event { LINK_BLOCKED, LINK_STARTED, LINK_ENDED, LINK_EVENTS } LINK_SMALL;
enum link_error {
    LINK_OK,
    LINK_ERR_PAIRED,   // paired: PAIR needs the button
    LINK_ERR_MAC,      // the MAC is wrong
    LINK_ERR_WAIT,     // too many wrong MACs: nothing is checked for a while
    LINK_ERR_NONCE,    // no HELLO yet, or this pair has opened a job already: HELLO first
    LINK_ERR_BUSY,     // open or running for another job
    LINK_ERR_STORE,    // the key could not be stored, or what is stored is damaged: pair with the button held
    LINK_ERR_UNPAIRED, // unpaired: there is no key to check a MAC with
    LINK_ERRORS
} LINK_SMALL;
// The words as they stand in frames, in one list: a kind's first word, and the enum's value added to it.
// "HELLO" ...; "usb", "sd", "panel", "wifi"; "blocked", "started", "ended"; "ok", "paired", "mac", "wait", "nonce", "busy",
// "store", "unpaired"; "unpaired", which is the errors' last, "locked", "open", "running", "expired".
enum link_word {
    LINK_VERB_WORD = 0,
    LINK_SOURCE_WORD = LINK_VERB_WORD + LINK_VERBS,
    LINK_EVENT_WORD = LINK_SOURCE_WORD + LINK_SOURCES,
    LINK_ERROR_WORD = LINK_EVENT_WORD + LINK_EVENTS,
    LINK_STATE_WORD = LINK_ERROR_WORD + LINK_ERR_UNPAIRED - LINK_UNPAIRED,
    LINK_WORDS = LINK_STATE_WORD + LINK_STATES
};
#define LINK_WORD_MAX 8 // letters
// Copies a word (`word` below LINK_WORDS) and its NUL. On an AVR the list lies in flash, where no pointer to char reaches.
void link_word_copy(char out[LINK_WORD_MAX + 1], uint8_t word);
#ifndef __FLASH
// Static storage; NULL outside of the range.
const char *link_state_word(enum link_state s);
const char *link_source_word(enum link_source s);
const char *link_event_word(enum link_event e);
const char *link_error_word(enum link_error e);
const char *link_verb_word(enum link_verb v);
#endif

// A key, packed: five bits a letter. Of a literal it is a constant expression, so that no string reaches an AVR's RAM.
typedef uint16_t link_key;
#define LINK_LETTER(key, from_end)                                                                           \
    (sizeof(key) > (from_end) ? ((key)[sizeof(key) > (from_end) ? sizeof(key) - 1 - (from_end) : 0] & 31) : 0)
#define LINK_KEY(key) ((link_key)(LINK_LETTER(key, 3) << 10 | LINK_LETTER(key, 2) << 5 | LINK_LETTER(key, 1)))

enum link_side { LINK_FROM_HOST, LINK_FROM_HOOK } LINK_SMALL;

// --- reading

struct link_frame {
    enum link_verb verb;
    const char *body; // from the verb to the byte before `*`; points into the line that was given
    uint8_t length;
};

#define LINK_OPENING 4 // bytes of `$LG ` and `[LG:`
// One of them.
char link_opening(uint8_t side, uint8_t i);

// True when the line opens like a frame of that side (`$LG ` or `[LG:`), well formed or not.
bool link_is_frame(enum link_side side, const char *line, size_t length);

// Reads one line without its CR or LF. False: not a frame, cut, too long, a wrong crc, an unknown verb. `frame` points into
// `line`. Fields are judged when they are asked for: the crc says that they are as their sender wrote them.
bool link_read(enum link_side side, const char *line, size_t length, struct link_frame *frame);

// Each finds a field (of two with one key the first) and reads it strictly; false when it is absent or not of the form.
// `text` decodes %XX, ends with NUL, and gives false when the value holds NUL or does not fit into `room` bytes with its NUL; it
// may lie in the frame's own line, from the line's first byte on. `word` finds one of `count` words from `first` on, and gives
// its number from there.
bool link_read_text(const struct link_frame *frame, link_key key, char *text, uint8_t room);
bool link_read_number(const struct link_frame *frame, link_key key, uint16_t *number);
bool link_read_hex(const struct link_frame *frame, link_key key, uint8_t *bytes,
                   uint8_t count); // exactly count bytes
bool link_read_word(const struct link_frame *frame, link_key key, uint8_t first, uint8_t count,
                    uint8_t *word);
#define link_get_text(frame, key, text, room)         link_read_text(frame, LINK_KEY(key), text, room)
#define link_get_number(frame, key, number)           link_read_number(frame, LINK_KEY(key), number)
#define link_get_hex(frame, key, bytes, count)        link_read_hex(frame, LINK_KEY(key), bytes, count)
#define link_get_word(frame, key, first, count, word) link_read_word(frame, LINK_KEY(key), first, count, word)

// --- writing

struct link_writer {
    char *out;      // room for LINK_FRAME_MAX + 3 bytes (CR LF NUL)
    uint8_t length; // so far
    uint8_t limit;  // of length, before the crc; 0: something did not fit, and link_end gives 0
    uint8_t side;   // enum link_side
};

void link_begin(struct link_writer *w, char *out, enum link_side side, enum link_verb verb);
// `text` is encoded, at most `limit` of its bytes (0: all). Fields stand in the order in which they are put.
void link_write_text(struct link_writer *w, link_key key, const char *text, uint8_t limit);
void link_write_number(struct link_writer *w, link_key key, uint16_t number);
void link_write_hex(struct link_writer *w, link_key key, const uint8_t *bytes, uint8_t count);
void link_write_word(struct link_writer *w, link_key key, uint8_t word); // e.g. LINK_STATE_WORD + LINK_LOCKED
#define link_put_text(w, key, text, limit) link_write_text(w, LINK_KEY(key), text, limit)
#define link_put_number(w, key, number)    link_write_number(w, LINK_KEY(key), number)
#define link_put_hex(w, key, bytes, count) link_write_hex(w, LINK_KEY(key), bytes, count)
#define link_put_word(w, key, word)        link_write_word(w, LINK_KEY(key), word)
// Appends the m field. Nothing may be put after it.
struct link_secret; // below
void link_put_mac(struct link_writer *w, const struct link_secret *secret);
// True when something did not fit.
static inline bool link_full(const struct link_writer *w) {
    return w->limit == 0;
}
// Puts crc, closing and line end (LF from the host, CR LF from the hook) and a NUL. The frame's length with its line end, or 0
// when it did not fit.
uint8_t link_end(struct link_writer *w);

// --- MAC

struct link_secret {
    uint8_t key[SIPHASH_KEY];
    uint8_t host_nonce[LINK_NONCE], hook_nonce[LINK_NONCE]; // side by side, as the MAC takes them
};

// The MAC over a body up to its m field, as `side` says it.
void link_mac(const char *body, uint8_t length, enum link_side side, const struct link_secret *secret,
              uint8_t out[SIPHASH_OUT]);

// True when the frame carries the MAC that `side` would have given it. Constant time in the MAC.
bool link_mac_right(const struct link_frame *frame, enum link_side side, const struct link_secret *secret);

#endif
