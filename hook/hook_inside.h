// hook_inside: shared by the files of hook. Not for firmwares.
#ifndef LOTGATE_HOOK_INSIDE_H
#define LOTGATE_HOOK_INSIDE_H

#include "hook.h" // lg_hook

// lg_hook.flags
enum {
    HAVE_NONCES = 1 << 0, // a HELLO has come since the key was loaded
    PAIR_USED = 1 << 1,   // this nonce pair has opened a job
    HAND_OVER = 1 << 2    // the job was started by a line that starts a file: the file's source may take it
};

// lg_hook.left
enum {
    LEFT_DEAF,  // no MAC is checked
    LEFT_QUIET, // until the next blocked line of a source that has been told of
    LEFT_FRAME  // for the next byte of a frame
};

// lg_hook.collected: bytes of the frame so far (below LINK_OPENING it may still be none), or
enum {
    FRAME_OVER = 0xFD,    // a frame that was obeyed: its line end is to come
    FRAME_DROPPED = 0xFE, // a frame that is lost: too long, or its place was needed
    NOT_A_FRAME = 0xFF    // until the line's end
};

// Obeys one frame: text that opens like one, well formed or not. It may lie in the hook's own scratch.
void lg_hook_frame(struct lg_hook *hook, const char *line, size_t length);

// How much of a line that opens like a frame is one. What stands behind is a line of its own, that came there because the
// line end between was lost.
size_t lg_hook_frame_length(const char *line, size_t length);

// Whether a frame that begins at `line` may end before `end`: the last bytes are a `*` and the digits of a crc. A `*` stands nowhere
// else in a frame.
bool lg_hook_frame_ends(const char *line, const char *end);

// Tells the host of something that happened, with the job when there is one. Overwrites the scratch.
void lg_hook_event(struct lg_hook *hook, enum link_event event, uint8_t source);

// The scratch is about to be used for something else than the frame that is being received.
void lg_hook_take_scratch(struct lg_hook *hook);

// Goes into a state: second lock and screen follow.
void lg_hook_enter(struct lg_hook *hook, enum link_state state);

// Loads the newest good key into `secret.key` (zeros when there is none). False: nothing was ever stored, so the board is
// unpaired; true with zeros: what is stored is damaged.
bool lg_hook_load_key(struct lg_hook *hook);
// Stores `secret.key`. False: the memory did not take it.
bool lg_hook_store_key(struct lg_hook *hook);
bool lg_hook_has_key(const struct lg_hook *hook);

#endif
