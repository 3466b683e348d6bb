// gate_link: what the gate knows of the hook in the machine's firmware, and what it wants of it. Included by
// gate_internal.h alone.
//
// Nothing here is a sequence of steps. What is known (nonces, the key that was proved, the hook's state) and what is wanted
// (a job opened, everything closed, a key given) decide which frame goes out next (`next` in gate_link.c). An answer that
// does not come makes the knowledge void: the next frame is then a HELLO, which tells the truth again. So a frame that is
// lost, doubled or late at any step needs no case of its own.
//
//   gate_link.c         which frame is next and when; what is wrong; jobs that wait for the hook
//   gate_link_frames.c  frames out and in
//   gate_link_key.c     which key the hook holds, and giving it a new one
//   gate_link_local.c   jobs that are started at the machine itself
#ifndef LOTGATE_GATE_LINK_H
#define LOTGATE_GATE_LINK_H

#include "gate.h"

#define LINK_ANSWER_US    SECOND_US // a frame was not answered
#define LINK_TRIES        4         // frames in a row without answer: silent
#define LINK_REFUSALS     2 // HELLOs answered with an error: there is no hook (one may have been garbled)
#define LINK_LATER_US     (5 * SECOND_US) // a hook that must be there and is not is asked for again
#define LINK_PROVE_US     (60 * SECOND_US) // one that holds another key: longer than it is deaf after a wrong MAC
#define LINK_WAIT_US      SECOND_US        // it is busy, or deaf
#define LINK_OPEN_US      (10 * SECOND_US) // by then a job is opened, or ends
#define LINK_PAIR_US      (15 * SECOND_US)
#define LINK_IDLE_US      (2 * SECOND_US) // a machine that has been idle for so long does not run its job any more
#define LINK_FORGOTTEN_US (120 * SECOND_US) // ... and its hook has not said that the job is over
#define LINK_MESSAGE_US   (6 * SECOND_US)   // a message stays on the machine's screen
#define LINK_SHOW_MAX     56  // characters of a SHOW frame: a PING goes with it into the smallest buffer
#define LINK_SHORTEST     3   // a line that is no longer opens no frame
#define LINK_NO_JOB       "-" // no job has this number
#define LINK_SLOT_NONE    (-1)

enum link_ask { ASK_NONE, ASK_HELLO, ASK_PROVE, ASK_TRY, ASK_PAIR, ASK_OPEN, ASK_CLOSE, ASK_PING, ASK_SHOW };

// What keeps the machine from working as long as it is so. The sentences stand in gate_link.c.
enum link_trouble {
    LINK_NO_TROUBLE,
    LINK_IS_SILENT,
    LINK_IS_ABSENT,
    LINK_OTHER_VERSION,
    LINK_IS_UNPAIRED,
    LINK_NO_KEY,
    LINK_OTHER_KEY,
    LINK_OTHER_JOB,
    LINK_NOT_OPENED,
    LINK_TROUBLES
};

// A job that the machine starts by itself (card, panel), from the wish to its end.
enum link_local {
    LOCAL_NONE,
    LOCAL_HELD,    // it was blocked: the lot is to be declared
    LOCAL_WAITING, // the hook is open for it: it is to be started again at the machine
    LOCAL_RUNNING
};

struct gate_link {
    // what is known
    enum gate_hook_presence presence;
    bool fresh; // the nonce pair is the one of the hook's last HELLO
    bool used;  // ... and an OPEN went out with it
    bool version_ok;
    bool serial_ok;  // the host knows the serial number
    bool doubt;      // a line was refused: to the hook the beam may be on, until M5 S0
    bool was_ready;  // since the port was opened: from then on lines pass
    bool other_key;  // none of the keys is the hook's
    bool not_opened; // the last job could not be opened
    int8_t proven;   // slot of the key that the hook has proved to hold with this nonce pair
    enum link_state state;
    char serial[LINK_SN_MAX + 1], firmware[GATE_NAME_MAX];
    char job[LINK_JOB_MAX + 1]; // the hook's, "" for none
    uint32_t blocked;           // as the hook counts
    int64_t idle_us;            // the machine is idle since; 0: it is not

    // keys and nonces
    bool has_key[GATE_KEYS];
    struct link_secret secret[GATE_KEYS];
    uint64_t nonces;  // made so far
    uint16_t counter; // the last PING's, from the last HELLO on
    uint8_t trying;   // the slot that is tried
    uint8_t wrong;    // bit per slot: the hook has said that it is not its key
    bool twice;       // a HELLO was answered that was not out: what went out since was signed with old nonces
    bool
        ask_plainly; // the PING was not answered: a CLOSE of no job tells whether the key is wrong or the line bad

    // the frame that is out, and when the next may go
    enum link_ask asked;
    uint8_t misses, refusals;
    // a frame was not answered: cut, it may stand in the machine, which would take the next line for more of it
    bool unended;
    int64_t next_us;
    char frame[2 * (LINK_FRAME_MAX + 3)];

    // what is wanted
    bool opening; // the start is durable and the hook is to be opened: lines wait
    int64_t open_by;
    char own_job[LINK_JOB_MAX + 1], lot[LINK_LOT_MAX + 1];
    bool own_local; // the own job was one of the machine's own
    bool
        tail; // ... which is over, and the machine has not been seen at rest since; or the port was opened then
    uint64_t open_lines; // of the job when it was opened: more of them, and it runs
    int64_t ping_us;
    bool pairing, pair_sent;
    int64_t pair_by;
    enum link_local local;
    int64_t start_by;                // LOCAL_WAITING
    bool last_look;                  // ... is over: the hook is asked whether it runs all the same
    int64_t look_us;                 // LOCAL_RUNNING: not asked again before
    char shown[LINK_TEXT_MAX + 1];   // on the machine's screen, as far as is known
    char message[LINK_TEXT_MAX + 1]; // to be shown until message_us
    int64_t message_us;

    enum link_trouble trouble; // as last told
    uint32_t told;             // what GATE_FACT_HOOK last told, packed
    uint32_t sender_lines;     // `$LG` lines of senders
};

// gate_link.c
void gate_link_create(struct gate *g);
void gate_link_wipe(struct gate *g);
void gate_link_machine_opened(struct gate *g);
void gate_link_forget(struct gate *g);         // replies are void: reset, banner, port
void gate_link_restarted(struct gate *g);      // behind a banner
void gate_link_step(struct gate *g);           // what follows from what is known now
int64_t gate_link_due(const struct gate *g);   // when a frame wants to go
int64_t gate_link_limit(const struct gate *g); // when something has waited too long
void gate_link_over(struct gate *g);           // ... and has
void gate_link_ask(struct gate *g);
void gate_link_refused(struct gate *g); // an ok or error instead of an answer
void gate_link_lost(struct gate *g);    // no answer came
bool gate_link_must_open(const struct gate *g);
bool gate_link_unsettled(const struct gate *g); // lines wait until it is known who the hook is
bool gate_link_explains(const struct gate *g);  // a machine that runs, although no job is open here
void gate_link_status(struct gate *g, const struct grbl_status *s);
void gate_link_look(const struct gate *g, struct gate_hook_view *view);
const char *gate_link_sentence(const struct gate *g);
void gate_link_opened(struct gate *g);                       // the OPEN was answered well
void gate_link_not_opened(struct gate *g, const char *word); // or could not be: word of the hook, "" for none
void gate_link_again(struct gate *g, int64_t wait_us);       // what is known is void: HELLO, not before

// gate_link_frames.c
bool gate_link_write(struct gate *g, enum link_ask what); // false: it does not fit into a frame
void gate_link_heard(struct gate *g, const uint8_t *line, size_t length);
void gate_link_tell_blocked(struct gate *g, const char *source);
bool gate_link_is_own_line(const struct line *line); // a sender's `$LG`

// gate_link_key.c
void gate_link_proved(struct gate *g, uint8_t slot); // by a PONG
void gate_link_key_wrong(struct gate *g);            // by the hook's own word
void gate_link_paired(struct gate *g, bool done, const char *why);

// gate_link_local.c
void gate_link_end_refused(struct gate *g); // M2 or M30 was answered with an error
void gate_link_local_event(struct gate *g, enum link_event event, enum link_source source, const char *job);
void gate_link_local_told(struct gate *g); // the hook has told its state
void gate_link_open_again(struct gate *g);
// A file of the machine's own, or what else its hook runs with no job open here: opened for, running, or not yet at rest. No
// G-code line goes between its lines, lotgate's own as little as a sender's.
bool gate_link_has_file(const struct gate *g);
bool gate_link_tail(
    const struct gate *g); // such a file is over, and the machine has not been seen at rest since
void gate_link_local_step(struct gate *g);
const char *gate_link_wanted_text(const struct gate *g, char room[LINK_TEXT_MAX + 1]); // for the screen

#endif
