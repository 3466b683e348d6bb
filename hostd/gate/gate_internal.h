// What the files of the gate share. Not for use outside hostd/gate.
//
// One struct holds everything; it is made once by gate_create. Each file works on its own part of it:
//   gate.c         life cycle, the host's commands, the state that is shown
//   gate_sender.c  sender bytes -> realtime bytes and whole lines
//   gate_line.c    what becomes of a line: the permission table, flow control, forwarding
//   gate_queue.c   lines that wait
//   gate_answer.c  what lotgate itself answers: $LOT and $OP, refusals, notices
//   gate_job.c     setup, start, metering, end
//   gate_machine.c machine bytes -> reply lines, taking out and rewriting
//   gate_reply.c   what a reply line means
//   gate_status.c  what a status report means
//   gate_own.c     what lotgate asks the machine itself, and all timers
//   gate_link*.c   the hook in the machine's firmware: see gate_link.h
//   gate_out.c     bytes and facts on their way out
#ifndef LOTGATE_GATE_INTERNAL_H
#define LOTGATE_GATE_INTERNAL_H

#include "gate.h"

#include <sodium/crypto_hash_sha256.h> // the job's hash

#define SECOND_US      1000000LL
#define UTF8_WAIT_US   20000LL          // an unfinished sequence at a chunk's end is waited for this long
#define STALE_US       (2 * SECOND_US)  // after a reset: until the banner, but not longer
#define RESYNC_US      (2 * SECOND_US)  // idle and no reply for this long: replies were lost
#define ROW_GAP_US     1500000LL        // reports further apart than this don't belong to one row
#define NOTICE_US      (30 * SECOND_US) // the held message is repeated
#define SILENT_US      (8 * SECOND_US) // from opening, before a machine counts as silent: some take five to start
#define OFFLINE_US     (5 * SECOND_US) // the offline message at most this often
#define QUIET_US       300000LL        // silence on the line before lotgate asks who is there
#define STUCK_US       500000LL        // a reply line without end no longer keeps lotgate from asking
#define OWN_TIMEOUT_US (2 * SECOND_US) // lotgate's own line was not answered
#define OWN_LATE_MAX   8 // unanswered own lines after which lotgate asks no more until it is heard
#define OWN_LINE_BYTES 3 // of `$I`, `$G`, `$$`, `M5`
#define SETTINGS_ASKED 3 // so often `$$` is asked of a machine that does not tell its $30
#define NAMELESS_MAX   2 // so often a machine may answer $I with `ok` alone before it is taken at its word
#define POLL_LOST_US   1500000LL          // lotgate's own `?` was not answered
#define PGM_END_US     300000LL           // [MSG:Pgm End] and Idle this long after it, without an ok
#define SETTLE_US      500000LL           // after a moving line, a report of Idle may still be of before it
#define STATUS_FACT_US 200000LL           // at most five status facts a second
#define DWELL_MAX_S    3600               // longest G4 that is waited for before replies count as lost
#define TOOL_US        (3600 * SECOND_US) // longest tool change: a job that idles for longer has ended

#define GATE_DIGITS_MAX 6  // of a 16-bit number, with its end
#define DUE_TEXT        24 // beginning of a line kept for error facts
#define HABIT_MAX       8  // so many polls with a line, and it is a habit for good
#define HABIT_PLAIN     4  // a `?` without a line says more than one before a line that happens to be empty
#define DEFERRED_MAX    16 // realtime bytes kept in their place inside one line
#define ANSWER_SPILL    0xffffffffu // an answer item for which no slot was free
#define ANSWER_OVERLONG 0xfffffffeu // ... for a line that was too long
#define ANSWER_LINK     0xfffffffdu // ... for a sender's `$LG`: frames come from lotgate alone

// --- lines

// A sender's line on its way: text as the sender sent it, realtime bytes taken out, with its terminators.
struct line {
    const uint8_t *text;
    size_t length; // without terminators
    uint8_t ends;  // terminator bytes behind the text: 1, or 2 for CR LF
    bool utf8;     // holds whole UTF-8 sequences: `_` goes to the machine instead
    bool polled;   // an empty line that belongs to a `?`: no line of a job
    bool stable;   // the text stays where it is until the gate returns: may be written in one go with others
    const struct deferred *deferred;
    uint8_t deferred_count;
};

// A realtime byte inside a line: written in its place when the line is forwarded at once.
struct deferred {
    uint16_t at; // before which byte of the text
    uint8_t byte;
};

// --- lines that wait

enum item_type { ITEM_LINE, ITEM_EMPTY, ITEM_TAIL, ITEM_ANSWER };

struct item {
    uint8_t type;
    uint8_t ends;    // LINE, EMPTY: terminator bytes
    uint8_t utf8;    // LINE
    uint8_t end;     // EMPTY: the terminator of a one-byte line
    uint8_t polled;  // EMPTY
    uint32_t length; // LINE: bytes with terminators; EMPTY: how many such lines; ANSWER: slot
};

struct queue {
    struct item items[GATE_QUEUE_ITEMS];
    uint32_t first, count;
    uint8_t text[2 * GATE_QUEUE_MAX]; // moved down when its end is reached
    size_t head, tail;
    uint32_t bytes; // what counts against GATE_QUEUE_MAX
};

// --- lines whose reply has not come

enum {
    DUE_OWN = 1,       // lotgate's own line, or a line of a sender that has gone: the reply is taken out
    DUE_GCODE = 2,     // an error means that the modal state is in doubt
    DUE_END = 4,       // M2, M30
    DUE_BEAM = 8,      // may switch beam or spindle, or set S
    DUE_BEAM_OFF = 16, // its ok says that beam or spindle are off
    DUE_CHECK = 32,    // $C
    DUE_MOVES = 64,
    DUE_PAUSE = 128 // M0, M1, M6
};

struct due {
    uint16_t bytes;
    uint8_t replies; // 2 for CR LF where each is a line end
    uint8_t flags;
    uint16_t dwell_s;
    uint8_t length;
    bool answered; // the line itself; the reply of its LF is still to come
    char text[DUE_TEXT];
};

struct dues {
    struct due ring[GATE_OUTSTANDING_MAX];
    uint32_t first, count;
    uint32_t bytes; // in the machine's receive buffer, as far as is known
    uint32_t beam;  // how many of them have DUE_BEAM
    uint32_t gcode; // ... have DUE_GCODE: the others are queries and the empty lines of pollers
};

// --- what lotgate answers itself

struct answer {
    bool done, accepted, query;
    char text[GATE_TEXT_MAX];
};

enum notice { // messages that wait for the end of a reply line
    NOTICE_HELD = 1,
    NOTICE_FAULT = 2,
    NOTICE_OFFLINE = 4,
    NOTICE_MACRO = 8,
    NOTICE_RESUME = 16,
    NOTICE_REFUSED = 32,
    NOTICE_LATE_ANSWER = 64,
    NOTICE_SILENT = 128,
    NOTICE_RESUMABLE = 256
};

enum fault {
    FAULT_UNAUTHORISED = 1,
    FAULT_IDENTITY = 2,
    FAULT_LEDGER = 4,
    FAULT_HOOK = 8, // gate_link.c says what it is
    FAULT_HOOK_SERIAL = 16
};

enum own {
    OWN_NONE,
    OWN_IDENTITY,
    OWN_MODAL,
    OWN_BEAM_OFF,
    OWN_SETTINGS,
    OWN_LINK,
    OWN_SAYS_OFF,
    OWN_RESTORE_S
};

enum byte_kind { BYTE_TEXT, BYTE_END, BYTE_REALTIME, BYTE_HIGH };

#include "gate_link.h" // struct gate_link

struct gate {
    struct gate_config config;
    struct gate_output out;
    int64_t now;
    enum gate_state state; // as last reported
    int64_t since_us;

    // what the state follows from
    bool machine_open, identity_ok, declared, hold_active;
    unsigned faults; // enum fault
    char fault_text[GATE_TEXT_MAX];
    char held_text[GATE_TEXT_MAX];
    int64_t held_us;
    bool start_pending;   // START_WANTED was sent, the host has not answered
    bool start_cancelled; // ... and what was to start is gone
    bool start_local;     // ... and it is a local start
    enum gate_end cancel_end;
    char cancel_text[GATE_TEXT_MAX];
    char declaration[GATE_TEXT_MAX];

    struct {
        bool present, after_cr, overlong, utf8;
        bool cr_passed, cr_hashed; // what became of the line whose CR came last
        uint8_t kind[256];
        uint8_t line[GATE_LINE_MAX + 2];
        size_t length;
        uint8_t pending[4]; // an unfinished UTF-8 sequence
        uint8_t pending_have, pending_need;
        int64_t pending_us;
        struct deferred deferred[DEFERRED_MAX];
        uint8_t deferred_count;
        const uint8_t *line_end; // where in this chunk the line ends, once looked for
        int64_t asked_us;        // last `?`
        bool asked_here;         // ... and nothing has come behind it yet
        int8_t poll_habit;       // >= 0: it sends an empty line with each `?`
        uint8_t wire[GATE_LINE_MAX + 2 + DEFERRED_MAX];
    } sender;

    struct queue queue;
    uint32_t overflowed;   // lines that found no room: each is answered with error:9 behind the queue
    bool refusing;         // the rest of a refused job
    uint32_t refuse_items; // this many items at the queue's head are refused whatever they are
    struct answer answers[GATE_ANSWERS_MAX];
    uint32_t answer_first, answer_count, answers_lost;
    char late_answer[GATE_TEXT_MAX];
    unsigned notices; // enum notice
    int64_t notice_us, offline_us;
    char refused_text[GATE_TEXT_MAX];

    struct dues dues;
    struct gcode_modal modal;
    bool stale; // between a reset and its banner
    int64_t stale_us;
    bool explained;                        // a moving line was forwarded since the machine was last seen idle
    int64_t moved_us, replied_us, sent_us; // last moving line, last reply, last line

    struct {
        uint8_t line[GATE_REPLY_MAX];
        size_t length;
        bool overflow;   // longer than that: passes through
        bool kept;       // the sender has not seen the beginning
        bool skip;       // the sender came in mid-line
        int64_t byte_us; // when the last byte came
        bool has_status;
        struct grbl_status status;
        int64_t status_us, status_fact_us;
        int64_t waits_us; // when a report last showed it waiting for work; 0: the last one did not
        int64_t row_us;   // ... the first of the reports that showed so since the last line or reply
        bool check;       // the last report since the last reset said Check
        bool check_asked; // ... behind a $C: any other such report is of before the reset
        int64_t up_us;    // the first report since the last reset came; 0: none did
        char version[GATE_TEXT_MAX], options[GATE_TEXT_MAX];
    } machine;

    struct {
        bool open;        // committed
        bool active;      // lines count: of the open job, or setup
        bool moved;       // setup with motion: a dry run
        bool ending;      // M2 or M30 is on its way
        bool orphan;      // ... and the sender has gone: nothing else passes before the end
        bool next_waits;  // a local start waits for this job's end
        bool ledger_held; // by lotgate, since its ledger could not be written
        bool local;       // started on the machine itself
        bool local_due;
        bool unsure; // a line or key whose effect nobody follows has passed
        bool paused, pause_seen;
        bool program_end; // [MSG:Pgm End] was seen while ending
        int64_t program_end_us, pause_us;
        int64_t tool_us; // the sender changes tools since then, and the machine is idle; 0: it doesn't
        int64_t first_us, last_us, line_us; // line_us: last line of any job, refused ones too
        uint32_t errors, pauses, overrides, replaced;
        crypto_hash_sha256_state sha;
        struct meter meter;
    } job;

    struct {
        bool on;        // a focus beam is on while locked
        uint32_t limit; // as configured; config.rules has what the machine's $30 makes of it
        bool known;     // $30 is
        uint8_t asked;  // how often for it
        int64_t ask_us; // not before
        int64_t since_us, used_us, off_us;
    } focus;

    struct {
        enum own line;
        int64_t sent_us;
        bool identity_asked;         // answered: no need to ask again until the port is opened again
        int64_t identity_us;         // not before
        uint8_t nameless;            // answers to $I without a name
        int64_t modal_us;            // not before
        int64_t beam_off_us;         // not before
        int64_t says_off_us;         // not before
        struct gcode_number restore; // the S that an M5 S0 of lotgate's own has set to 0
        bool poll;                   // an own `?` is out
        int64_t poll_us;
        enum { SWALLOW_NO, SWALLOW_AFTER_FIRST, SWALLOW_SECOND } swallow;
        int64_t swallow_us;
        uint32_t late;       // own lines given up: a reply may still come
        uint16_t frame_room; // bytes of frames given up: they may still lie in the machine's buffer
    } own;

    struct gate_link link;

    struct {
        const uint8_t *machine, *sender, *hash;
        size_t machine_length, sender_length, hash_length;
    } batch;
};

// gate.c
void gate_enter(struct gate *g, int64_t now);
void gate_settle(
    struct gate *g); // at the end of every call: what can go on now goes on, and everything is written
void gate_state_update(struct gate *g);
bool gate_unanswered(const struct gate *g); // open, not faulty, and not yet identified
void gate_fault(struct gate *g, enum fault fault, const char *sentence);
void gate_fault_over(struct gate *g, unsigned faults); // enum fault
void gate_machine_forget(struct gate *g); // replies, polls, stale phase: the machine was reset or opened

// gate_out.c: `bytes` must stay valid until gate_out_flush. Contiguous pieces become one call.
void gate_out_machine(struct gate *g, const uint8_t *bytes, size_t length);
void gate_out_sender(struct gate *g, const uint8_t *bytes, size_t length);
void gate_out_hash(struct gate *g, const uint8_t *bytes, size_t length);
void gate_out_flush(struct gate *g);
void gate_out_byte(struct gate *g, uint8_t byte);        // to the machine, at once
void gate_out_text(struct gate *g, const char *text);    // to the sender, at once
void gate_out_message(struct gate *g, const char *text); // to the sender: [MSG:lotgate: text]
void gate_fact(struct gate *g, enum gate_fact_type type, const char *text);
void gate_fact_send(struct gate *g, const struct gate_fact *fact);
void gate_text_copy(char *to, size_t room, const void *from, size_t length); // printable ASCII only
void gate_text_set(char *to, size_t room, const char *from);
void gate_text_join(char *to, size_t room, const char *before, const char *subject, const char *behind);
void gate_text_number(char to[GATE_DIGITS_MAX], uint16_t number);

// gate_sender.c
void gate_sender_flavour(struct gate *g); // after config.flavour changed
void gate_sender_forget(struct gate *g);  // the unfinished line
void gate_sender_utf8_give_up(struct gate *g);
void gate_realtime(struct gate *g, uint8_t byte);      // lets it pass, if it may, and notes what it does
bool gate_realtime_note(struct gate *g, uint8_t byte); // the same without writing it: true when it may pass
void gate_reset_machine(struct gate *g, bool from_panel);

// gate_line.c
void gate_line_arrived(struct gate *g, const struct line *line);
void gate_line_overlong(struct gate *g,
                        const struct line *line); // too long to be kept: answered with error:11
void gate_line_tail_arrived(struct gate *g);      // the LF behind a CR that came alone
void gate_line_pump(struct gate *g);
bool gate_line_between(const struct gate *g); // the sender is between two reply lines
bool gate_line_quiet(const struct gate *g);   // nothing unanswered, and the sender is between two reply lines
void gate_line_send_own(struct gate *g, enum own what, const char *text); // text ends with LF and is static
bool gate_line_send_frame(struct gate *g, const char *frames, size_t length); // one or two, with their LF
void gate_line_frame_answered(struct gate *g);

// gate_queue.c
bool gate_queue_line(struct queue *q, const struct line *line);
bool gate_queue_empty_line(struct queue *q, const struct line *line);
bool gate_queue_mark(struct queue *q, enum item_type type, uint32_t slot, uint8_t ends);
struct item *gate_queue_head(struct queue *q); // NULL when empty
const uint8_t *gate_queue_text(const struct queue *q);
void gate_queue_pop(struct queue *q);
void gate_queue_clear(struct queue *q);

// the due lines, in gate_queue.c too
struct due *gate_due_push(struct dues *d); // NULL when full; zeroed; counted by gate_due_count
void gate_due_count(struct dues *d, const struct due *due);
struct due *gate_due_head(struct dues *d);
void gate_due_pop(struct dues *d);
void gate_due_clear(struct dues *d);
void gate_due_disown(struct dues *d); // their sender has gone

// gate_answer.c
bool gate_answer_wanted(struct gate *g, const struct line *line); // a $LOT or $OP line: acted upon, queued
bool gate_answer_item(struct gate *g, const struct item *item);   // true when it was answered
bool gate_answer_empties(struct gate *g, struct item *item);      // empty lines of a refused job
bool gate_answer_refuse(struct gate *g, uint8_t ends);            // error:9 for one line, once it is its turn
void gate_answer_overflow(struct gate *g);                        // a line found no room: the job is refused
void gate_answer_overflowed(struct gate *g); // answers the lines that found none, once the queue is empty
void gate_answers_forget(struct gate *g);
void gate_refuse(struct gate *g, const char *reason); // what is held is refused, and the rest of its job
void gate_refuse_rest(struct gate *g);                // only the rest: the job itself has ended
void gate_drop_held(struct gate *g, enum gate_end end, const char *reason);
void gate_sender_drop_lines(struct gate *g); // what of the sender waits, and nothing else
void gate_notices(struct gate *g);
bool gate_notice_lasts(const struct gate *g); // something is repeated to the sender

// gate_job.c
bool gate_job_goes_on(const struct gate *g); // more of the open job may come
void gate_job_line(struct gate *g, const struct line *line, const struct gcode_modal *before,
                   const struct gcode_block *block);
void gate_job_tail(struct gate *g, const uint8_t *lf);
void gate_job_want(struct gate *g, bool local);
void gate_job_cancel(struct gate *g, enum gate_end end, const char *reason);
void gate_job_started(struct gate *g); // its lines flow from now on
void gate_job_not_started(struct gate *g, enum gate_end end, const char *reason); // although it is durable
void gate_job_end(struct gate *g, enum gate_end end, const char *reason);         // the open job, or a setup
void gate_job_discard(struct gate *g); // a setup that leaves no trace
void gate_job_pause(struct gate *g, const char *why);
void gate_job_resume(struct gate *g);

// gate_reply.c, gate_status.c
void gate_reply(struct gate *g, const struct grbl_reply *reply, const uint8_t *line, size_t length);
void gate_status(struct gate *g, const struct grbl_reply *reply);
bool gate_shows_held(const struct gate *g); // reports are shown to the sender as a hold

// gate_own.c
void gate_own_step(struct gate *g);
void gate_own_answered(struct gate *g, bool ok);
// No sender's line goes out before a line of lotgate's own has been answered.
bool gate_own_ends_frame(const struct gate *g);
size_t
gate_own_unread(const struct gate *g); // bytes of lotgate's own that may still lie in the machine's buffer
void gate_own_unseen(struct gate *g);  // modes may have changed where nobody saw it: they are asked for
void gate_own_doubt(struct gate *g);
void gate_own_refused(struct gate *g);        // a line was, or may have been
bool gate_own_says_off(const struct gate *g); // the hook is about to be told that the beam is off
void gate_focus_forget(struct gate *g);       // $30 may be another now
void gate_focus_learn(struct gate *g, const uint8_t *value, size_t length); // $30 is this
void gate_focus_follow(struct gate *g);
bool gate_focus_left(const struct gate *g);
bool gate_focus_over(const struct gate *g);

#endif
