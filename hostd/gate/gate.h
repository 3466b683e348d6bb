// gate: the pure state machine between one sender and one machine.
//
// Bytes and the time go in; bytes and facts come out through three callbacks, synchronously, inside the
// call that caused them. It opens no file, reads no clock, starts no thread and allocates nothing after
// gate_create. Time is monotonic microseconds and may be virtual; it never goes back. One thread at a time.
//
// What it keeps (the invariants, each with a test that names the line that keeps it):
//  1. No work byte reaches the machine before gate_start_committed() for that job.
//  2. A safety byte passes at once, in every state, ahead of anything held.
//  3. In doubt a line waits. After gate_ledger_failed() nothing but safety passes.
//  4. What is forwarded is forwarded unchanged and in order; what lotgate itself asks the machine (polls,
//     identity) is taken out of the replies again. The exceptions are whole UTF-8 sequences in a line
//     (they would be realtime commands to Grbl) and are counted.
//  5. Each GATE_FACT_START_WANTED that was committed is followed by exactly one GATE_FACT_ENDED.
#ifndef LOTGATE_GATE_H
#define LOTGATE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "gcode.h" // gcode_rules
#include "grbl.h"  // grbl_flavour, grbl_status
#include "link.h"  // link_state, the hook's words
#include "meter.h" // meter_result

// Limits. Waiting lines are those that are held, or have no room in the machine's buffer yet.
#define GATE_QUEUE_MAX       65536   // bytes of lines that wait
#define GATE_QUEUE_ITEMS     16384   // lines that wait; a run of empty lines (from `?\n` polls) is one
#define GATE_EMPTY_RUN_MAX   1000000 // empty lines in one such run: two days at five a second
#define GATE_LINE_MAX        4096    // longest line taken; a longer one is answered with error:11
#define GATE_READ_MAX        16384   // most bytes to give to gate_from_sender at once while a job runs
#define GATE_ANSWERS_MAX     4       // $LOT and $OP lines whose answer is to come
#define GATE_OUTSTANDING_MAX 1024    // forwarded lines whose reply has not come
#define GATE_REPLY_MAX       1024    // longest reply line that can be rewritten or taken out
#define GATE_NAME_MAX        64
#define GATE_TEXT_MAX        256 // longest text in a fact: a reason, a lot, a held line's beginning
#define GATE_KEYS            2   // pairing keys of one machine: the one in use, and one that is being given

enum gate_state { GATE_OFFLINE, GATE_LOCKED, GATE_HELD, GATE_ARMED, GATE_RUNNING, GATE_FAULT, GATE_STATES };
const char *gate_state_name(enum gate_state s); // "offline", "locked", "held", "armed", "running", "fault"

enum gate_mode { GATE_EACH_JOB, GATE_UNTIL_CHANGED };
enum gate_held_action { GATE_WAIT, GATE_REFUSE };

// The hook in the machine's firmware (proto/link.h): is one looked for, and must it be there?
enum gate_hook {
    GATE_HOOK_NEVER,  // never asked for
    GATE_HOOK_IF_ANY, // asked for; a machine without one goes on alone
    GATE_HOOK_EXPECTED // asked for; without it, or with one that is not paired with this host, the machine is in fault
};

struct gate_config {
    char name[GATE_NAME_MAX];  // machine id, for messages to the sender
    enum grbl_flavour flavour; // as the profile says; corrected by what the machine reports
    struct gcode_rules rules;
    uint32_t
        s_max; // the machine's largest S ($30) of which rules.focus_limit is a share; 0: it is taken as it is
    enum gate_mode mode;
    enum gate_held_action held;
    int64_t held_us;      // with GATE_REFUSE: refuse after this long
    int64_t idle_us;      // a job ends when nothing came for this long and the machine is idle
    int64_t focus_us;     // how long a focus beam may stay on while locked
    uint16_t rx_buffer;   // bytes the machine's receive buffer holds (128 on AVR)
    bool expect_identity; // wait for gate_identity_confirmed() before leaving offline
    bool poll;            // ask for status when no sender does, and for $G when the modal state is in doubt
    bool replace_utf8; // whole UTF-8 sequences in a line become `_` (see invariant 4), a leading mark nothing
    enum gate_hook hook;
    bool has_key
        [GATE_KEYS]; // slot 0: the key that the hook holds; slot 1: one that it may have been given last
    uint8_t key[GATE_KEYS][SIPHASH_KEY];
    uint8_t nonce_seed[SIPHASH_KEY]; // random, another one for each gate: the host's nonces are made from it
    uint16_t hook_life_s;            // how long an opened hook waits for the job's start
};
// AVR laser, each-job, wait, idle 2 s, focus 60 s, rx 128, hook never asked for, its life 60 s.
void gate_config_default(struct gate_config *c);

enum gate_end {
    GATE_END_COMPLETED, // M2/M30 acknowledged, or idle
    GATE_END_ABORTED,   // reset by the sender or at the panel
    GATE_END_ALARM,
    GATE_END_MACHINE_LOST, // unplugged, or its banner came in mid-job
    GATE_END_SENDER_LOST,
    GATE_END_HOST_LOST, // gate_shutdown(), or found open after a crash
    GATE_ENDS
};
const char *gate_end_name(enum gate_end e); // "completed", "aborted", "alarm", "machine_lost", ...

enum gate_fact_type {
    GATE_FACT_STATE,        // state, previous
    GATE_FACT_HELD,         // the first work line waits: text = that line
    GATE_FACT_REFUSED,      // held lines were dropped: text = reason
    GATE_FACT_DECLARE,      // the sender sent $LOT=: text = what follows `=`. Answer: gate_declare_answer()
    GATE_FACT_OPERATOR,     // the sender sent $OP=: text = badge
    GATE_FACT_START_WANTED, // make the job's start durable, then gate_start_committed()
    GATE_FACT_ENDED,        // job: what was metered, how it ended, text = reason
    GATE_FACT_PAUSED,       // text = "feed hold", "door", "program pause"
    GATE_FACT_RESUMED,
    GATE_FACT_ALARM,        // number
    GATE_FACT_ERROR_REPLY,  // number = error, text = the line that it answered, where known
    GATE_FACT_IDENTITY,     // the machine answered $I: text = [VER:...] text, options = [OPT:...] text
    GATE_FACT_UNAUTHORISED, // the machine runs with no job open: a feed hold was sent; text = status line
    GATE_FACT_HOOK,         // something of gate_view.hook has changed
    GATE_FACT_HOOK_SEEN,    // a hook says who it is: text = serial number, options = firmware.
                            // Answer: gate_hook_confirmed() or gate_hook_refused()
    GATE_FACT_HOOK_BLOCKED, // it blocked a start: text = "usb", "sd", "panel", "wifi", or "" when only its count tells;
                            // number = the hook's count since its power-up
    GATE_FACT_HOOK_KEY,    // it has proved to hold the key of slot `number`
    GATE_FACT_HOOK_PAIRED, // the end of gate_hook_pair(): number = 1 paired, 0 not; text = why not
    GATE_FACT_SCAN,        // its scanner has read a code: text; options = "cut" when the code was too long
    GATE_FACT_STATUS       // a status report came (at most 5 a second): status
};

// All that is known of a job when it ends. Pointers are valid during the callback.
struct gate_job {
    enum gate_end end;
    bool dry_run; // the beam never rose above the focus limit: needs no lot
    // Of the job's bytes as the sender sent them: from its first line to M2 or M30, or to its last line, each with the line
    // end that the sender gave it (a CR LF is two bytes). Left out: realtime bytes, `$` lines, the empty line of a
    // sender's `?` poll, and empty lines behind M2. A sender that sends a file unchanged gives the file's hash.
    uint8_t sha256[32];
    const struct meter_result *meter;
    const struct meter_point *path;
    uint32_t points;
    int64_t first_us, last_us; // time of the first and last line forwarded
    uint32_t errors;           // lines the machine answered with error
    uint32_t pauses;
    uint32_t overrides; // override bytes seen
    uint32_t replaced;  // UTF-8 sequences replaced
};

struct gate_fact {
    enum gate_fact_type type;
    enum gate_state state, previous;
    uint16_t number;
    const char *text; // NUL-terminated, printable ASCII, valid during the callback
    const char *options;
    const struct gate_job *job; // ENDED
    const struct grbl_status *status;
};

struct gate_output {
    void *context;
    void (*to_machine)(void *context, const uint8_t *bytes, size_t length);
    void (*to_sender)(void *context, const uint8_t *bytes, size_t length);
    void (*fact)(void *context, const struct gate_fact *fact);
};

struct gate;

// Makes a gate in state offline with no sender and no machine. The caller owns it and frees it with
// gate_free. NULL when memory is out. The output's functions must not call back into the gate, except
// that facts may be answered later.
struct gate *gate_create(const struct gate_config *config, const struct gate_output *output);
void gate_free(struct gate *gate);

// The machine's port is open / gone. Opening starts the identity check where the config asks for it.
void gate_machine_opened(struct gate *gate, int64_t now);
void gate_machine_lost(struct gate *gate, int64_t now, const char *why);
// What the host made of GATE_FACT_IDENTITY. Refusal puts the gate in fault with the sentence.
void gate_identity_confirmed(struct gate *gate, int64_t now);
void gate_identity_refused(struct gate *gate, int64_t now, const char *sentence);

void gate_sender_connected(struct gate *gate, int64_t now);
void gate_sender_gone(struct gate *gate, int64_t now);

// Bytes, as they were read. Output is written before the call returns.
void gate_from_sender(struct gate *gate, const uint8_t *bytes, size_t length, int64_t now);
void gate_from_machine(struct gate *gate, const uint8_t *bytes, size_t length, int64_t now);

// True when the sender should be read: false in a running job while the queue has less room than
// GATE_READ_MAX (the operating system's own flow control then slows the sender). Always true while held.
bool gate_wants_sender(const struct gate *gate);

// Timers: call gate_tick no later than gate_deadline (INT64_MAX: none). Calling it more often is harmless.
int64_t gate_deadline(const struct gate *gate);
void gate_tick(struct gate *gate, int64_t now);

// A declaration is durable. From locked -> armed; from held -> asks for the start at once. False, with the
// code of the refusal, when the gate cannot take it: "machine_offline", "machine_fault", "already_declared".
// gate_may_declare asks the same without doing it.
bool gate_may_declare(const struct gate *gate, const char **code);
bool gate_declared(struct gate *gate, int64_t now, const char **code);
// The declaration is withdrawn (cancelled, used up, signed off, time over). No effect on a running job,
// other than that until-changed does not arm again after it.
void gate_disarm(struct gate *gate, int64_t now);
// The answer to GATE_FACT_DECLARE / GATE_FACT_OPERATOR: shown to the sender as a message, then `ok` or, when
// refused, `error:9`, in the turn of the $LOT line. Success does not arm: gate_declared does.
void gate_declare_answer(struct gate *gate, int64_t now, bool accepted, const char *message);
// What `$LOT?` answers, e.g. "ACR-1126-001 (1 sheet), operator OP1". Kept until changed. "" = none declared.
void gate_set_declaration_text(struct gate *gate, const char *text);

// The start that GATE_FACT_START_WANTED asked for is durable: lines flow.
void gate_start_committed(struct gate *gate, int64_t now);
// The ledger could not write: fault, with a sentence for the sender; the running job's lines wait, and its machine gets a
// feed hold that a person resumes once the ledger has recovered.
void gate_ledger_failed(struct gate *gate, int64_t now, const char *sentence);
void gate_ledger_recovered(struct gate *gate, int64_t now);
// A fault that a person has looked at (unauthorised run, identity change): back to locked.
void gate_fault_cleared(struct gate *gate, int64_t now);

// --- the hook

enum gate_hook_presence {
    GATE_HOOK_UNKNOWN, // not asked yet, or never
    GATE_HOOK_ABSENT,  // the firmware answers as one without a hook
    GATE_HOOK_SILENT,  // nothing answers
    GATE_HOOK_PRESENT
};
const char *gate_hook_presence_name(enum gate_hook_presence p); // "unknown", "absent", "silent", "present"

// Names the job of the start that is about to be committed, and its lot for the machine's screen.
void gate_hook_job(struct gate *gate, const char *job, const char *lot);
// What the host made of GATE_FACT_HOOK_SEEN. Refusal puts the gate in fault until gate_fault_cleared().
void gate_hook_confirmed(struct gate *gate, int64_t now);
void gate_hook_refused(struct gate *gate, int64_t now, const char *sentence);
// Gives the hook a new key, which becomes that of slot 1 and, once the hook has proved that it holds it, of slot 0.
// GATE_FACT_HOOK_PAIRED tells the outcome. False, with the code of the refusal: "machine_offline", "no_hook",
// "job_running", "pairing". gate_hook_may_pair asks the same without doing it.
bool gate_hook_may_pair(const struct gate *gate, const char **code);
bool gate_hook_pair(struct gate *gate, int64_t now, const uint8_t key[SIPHASH_KEY], const char **code);
// A message for the machine's screen, for some seconds; `|` parts its lines. What does not fit is cut.
void gate_hook_show(struct gate *gate, int64_t now, const char *text);

struct gate_hook_view {
    enum gate_hook_presence presence;
    enum link_state state;      // as last told; of use when present
    bool paired;                // it has proved to hold the key that is here
    uint32_t blocked;           // starts that it has blocked since it was powered up
    char job[LINK_JOB_MAX + 1]; // the job for which it is open or running, "" for none
    char serial_number[LINK_SN_MAX + 1];
    char firmware[GATE_NAME_MAX];
};

// From the panel: they act as if the sender had sent the byte; safety passes at once in every state.
void gate_hold(struct gate *gate, int64_t now);
void gate_resume(struct gate *gate, int64_t now);
void gate_reset(struct gate *gate, int64_t now);

// lotgate is going down: ends the open job as host_lost and sends a feed hold if it was running.
void gate_shutdown(struct gate *gate, int64_t now);

// A look at the gate for the panel and metrics.
struct gate_view {
    enum gate_state state;
    bool sender_present, machine_open, starting, dry_run;
    bool unanswered;       // the port is open, and the machine has not told who it is
    bool start_asked;      // GATE_FACT_START_WANTED has not been answered, and the gate has not taken it back
    uint64_t lines, bytes; // of the open job
    uint64_t work_um;
    uint32_t queued;      // bytes that wait
    uint32_t outstanding; // lines without reply
    uint32_t errors;
    int64_t since_us; // when the state was entered
    bool has_status;
    struct grbl_status status; // last report seen
    char text[GATE_TEXT_MAX];  // held line, or fault sentence
    struct gate_hook_view hook;
    uint32_t link_lines; // `$LG` lines of senders: answered with error:3, never forwarded
};
void gate_view(const struct gate *gate, struct gate_view *view);

#endif
