// judge_lines: lines to judge, from the corpora, the samples and the captures that there are, altered, and made up of pieces.
#ifndef LOTGATE_TESTS_JUDGE_LINES_H
#define LOTGATE_TESTS_JUDGE_LINES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "judge.h" // judge_rules

#define JUDGE_LINE_MAX 1100

struct judge_lines {
    char **lines;
    size_t *lengths;
    size_t count, room;
    uint64_t seed;
};

// Reads the lines of every file in the folders that are known. Run from the project's top.
void judge_lines_read(struct judge_lines *l);
void judge_lines_free(struct judge_lines *l);
// The next line that is made up; returns its length, at most JUDGE_LINE_MAX.
size_t judge_lines_next(struct judge_lines *l, uint8_t line[JUDGE_LINE_MAX]);
// The pieces that lines are made up of, each a line of its own.
size_t judge_lines_pieces(void);
size_t judge_lines_piece(size_t index, uint8_t line[JUDGE_LINE_MAX]);
// Rules and a state for it.
void judge_lines_setting(struct judge_lines *l, struct judge_rules *rules, struct judge_state *state);
// False, having said so with the line, when two answers differ.
bool judge_lines_agree(const struct judge_answer *host, const struct judge_answer *firmware,
                       const uint8_t *line, size_t length);

#endif
