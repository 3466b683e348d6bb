// cli_output: what commands have in common when they ask and when they tell.
#ifndef LOTGATE_CLI_OUTPUT_H
#define LOTGATE_CLI_OUTPUT_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdio.h>

#include "cli_command.h"
#include "error.h"
#include "listing.h"

#define CLI_PAGE_ROWS  200 // rows asked for at once
#define CLI_TABLE_ROWS 100 // rows of a table when --limit says nothing

// Writes "lotgate: sentence" and "  what to do" to stderr, made harmless; returns `status`.
int cli_fail(int status, const struct lg_error *error);

// True when `out` is a terminal that wants colour (NO_COLOR unset, TERM not "dumb").
bool cli_wants_colour(FILE *out);

// Prints an answer as indented JSON.
void cli_print_json(const cJSON *answer);

// Prints an array's members as JSON, one a line: an export of a million rows needs no memory for them. Fits
// cli_ask_pages; `context` is not used.
void cli_print_lines(void *context, const struct listing *listing, const cJSON *rows);
// The same as CSV, without the heading.
void cli_print_csv(void *context, const struct listing *listing, const cJSON *rows);

// Prints the members of one object that `fields` names, a line each, the absent ones left out.
void cli_print_fields(FILE *out, const cJSON *object, const struct column *fields);

// Prints a sentence whose {names} are replaced by the answer's members.
void cli_print_done(FILE *out, const char *sentence, const cJSON *answer);

// Asks the command's operation with the arguments of words and options. CLI_DONE with *answer, or the failure,
// already told.
int cli_ask_command(struct cli_call *call, cJSON **answer);

// Asks the command's operation and prints the answer as JSON, or tells it by `tell`. Takes `args` over. Returns the exit
// status; a failure is told.
typedef void cli_tell(const struct cli_call *call, const cJSON *answer);
int cli_ask_and_tell(struct cli_call *call, cJSON *args, cli_tell *tell);
// The same with the arguments of words and options.
int cli_run_and_tell(struct cli_call *call, cli_tell *tell);
// The same with the command's `done` sentence.
int cli_say(struct cli_call *call, cJSON *args);

// Asks the command's listing page by page: `each` is called with every page (an array) until the rows or `limit` end. Takes
// `args` over. `more` (may be NULL) tells whether rows were left out.
typedef void cli_each_page(void *context, const struct listing *listing, const cJSON *rows);
int cli_ask_pages(struct cli_call *call, cJSON *args, long limit, cli_each_page *each, void *context,
                  bool *more);

// The two ordinary kinds of command: a listing (table, --csv, --json) and an act (a sentence, --json).
int cli_run_list(struct cli_call *call);
int cli_run_act(struct cli_call *call);

#endif
