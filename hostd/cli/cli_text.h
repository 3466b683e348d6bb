// cli_text: text that came from elsewhere, made fit for a terminal.
//
// Lot numbers, notes and G-code lines come from people, files and machines: a control sequence in one of them
// must not act on the reader's terminal, and columns must line up with letters of any width.
#ifndef LOTGATE_CLI_TEXT_H
#define LOTGATE_CLI_TEXT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

// Terminal columns of a text (0 for combining marks, 2 for wide East Asian characters and pictographs).
// Counts the text as it is: make it harmless first.
size_t cli_text_width(const char *text);

// Writes `text` with every control character (C0, DEL, C1), direction override and broken byte shown as \x1b or
// \u202e. Line breaks and tabs are shown as \n and \t.
void cli_text_write(FILE *out, const char *text);

// The same into a new string; the caller frees it.
char *cli_text_harmless(const char *text);

// Writes a JSON text (whose strings may hold DEL and C1 characters) with those escaped the JSON way, so that it
// parses to the same value.
void cli_text_write_json(FILE *out, const char *json);

// Cuts a text in its place, to so many columns with its last one an ellipsis. One that is not wider stays.
void cli_text_cut(char *text, size_t columns);

#endif
