// The host's side of the link: any bytes as a line from the hook, and what is written reads again. What must never be seen:
//  - a read outside of the line (the address sanitizer tells), a frame that points outside of it,
//  - a frame that reads and, written again field by field, is another,
//  - a right MAC on a frame that nobody signed.
// The first byte chooses: below 128 the rest is one line; else it is what is put into a frame.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "link.h" // link_read

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct link_secret secret = {{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16}, {7}, {9}};

static void broken(const char *what) {
    fprintf(stderr, "%s\n", what);
    abort();
}

static void read_line(enum link_side side, const char *line, size_t length) {
    struct link_frame frame;
    char text[LINK_TEXT_MAX + 1];
    uint8_t bytes[SIPHASH_KEY], word;
    uint16_t number;
    if (!link_read(side, line, length, &frame))
        return;
    if (!link_is_frame(side, line, length) || length > LINK_FRAME_MAX || frame.body != line + LINK_OPENING ||
        frame.body + frame.length + 5 > line + length || (unsigned)frame.verb >= LINK_VERBS)
        broken("a frame that is none");
    if (link_get_text(&frame, "d", text, sizeof text) && strlen(text) > LINK_TEXT_MAX)
        broken("a text longer than its room");
    if (link_get_word(&frame, "st", LINK_STATE_WORD, LINK_STATES, &word) && word >= LINK_STATES)
        broken("a state that is none");
    link_get_text(&frame, "j", text, LINK_JOB_MAX + 1);
    link_get_text(&frame, "sn", text, LINK_SN_MAX + 1);
    link_get_hex(&frame, "n", bytes, LINK_NONCE);
    link_get_hex(&frame, "k", bytes, SIPHASH_KEY);
    link_get_number(&frame, "c", &number);
    if (link_mac_right(&frame, side, &secret))
        broken("a right MAC that nobody made");
}

static void write_and_read(const uint8_t *data, size_t size) {
    char out[LINK_FRAME_MAX + 4], text[LINK_FRAME_MAX + 1] = "", job[LINK_JOB_MAX + 1] = "",
                                                        again[LINK_FRAME_MAX + 1];
    enum link_side side = (enum link_side)(data[0] & 1);
    enum link_verb verb = (enum link_verb)(data[1] % LINK_VERBS);
    uint16_t number = (uint16_t)(data[2] << 8 | data[3]), read;
    uint8_t hex[LINK_NONCE];
    struct link_writer w;
    struct link_frame frame;
    memcpy(text, data + 4, size - 4 < LINK_FRAME_MAX ? size - 4 : LINK_FRAME_MAX);
    snprintf(job, sizeof job, "%.*s", data[2] % (LINK_JOB_MAX + 1), text);
    link_begin(&w, out, side, verb);
    link_put_number(&w, "c", number);
    link_put_hex(&w, "n", data, 4);
    link_put_text(&w, "j", job, 0);
    link_put_text(&w, "d", text, 0);
    if (data[0] & 2)
        link_put_mac(&w, &secret);
    out[LINK_FRAME_MAX + 3] = 'x';
    uint8_t length = link_end(&w);
    if (out[LINK_FRAME_MAX + 3] != 'x')
        broken("written past the frame's room");
    if (length == 0)
        return;
    length = (uint8_t)(length - (side == LINK_FROM_HOST ? 1 : 2));
    if (!link_read(side, out, length, &frame) || frame.verb != verb)
        broken("what was written does not read");
    if (!link_get_number(&frame, "c", &read) || read != number || !link_get_hex(&frame, "n", hex, 4) ||
        memcmp(hex, data, 4) != 0)
        broken("a number or hex field is another");
    if (!link_get_text(&frame, "d", again, sizeof again) || strcmp(again, text) != 0 ||
        !link_get_text(&frame, "j", again, sizeof again) || strcmp(again, job) != 0)
        broken("a text is another");
    if (link_mac_right(&frame, side, &secret) != ((data[0] & 2) != 0))
        broken("the MAC is not as it was made");
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 6)
        return 0;
    if (data[0] < 128) {
        // The crc is made right now and then, or nothing would come past it.
        char *line = malloc(size);
        memcpy(line, data + 1, size - 1);
        read_line((enum link_side)(data[0] & 1), line, size - 1);
        free(line);
        char fixed[LINK_FRAME_MAX + 4];
        struct link_writer w = {.out = fixed, .limit = LINK_FRAME_MAX - 6, .side = data[0] & 1};
        for (w.length = 0; w.length < LINK_OPENING; w.length++)
            fixed[w.length] = link_opening(w.side, w.length);
        for (size_t i = 1; i < size && w.length < w.limit; i++)
            fixed[w.length++] = (char)data[i];
        uint8_t length = link_end(&w);
        line = malloc(length);
        length = (uint8_t)(length - (w.side == LINK_FROM_HOST ? 1 : 2));
        memcpy(line, fixed, length);
        read_line((enum link_side)w.side, line, length);
        free(line);
    } else {
        write_and_read(data, size);
    }
    return 0;
}
