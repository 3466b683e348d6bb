// cli_receive: deliveries, and the documents that vouch for them; the group `document`.
#ifndef LOTGATE_CLI_RECEIVE_H
#define LOTGATE_CLI_RECEIVE_H

#include "cli_command.h"

extern const struct cli_option cli_receive_options[], cli_attach_options[];

int cli_lot_receive(struct cli_call *call);
int cli_lot_request(struct cli_call *call);
// Attaches a document to what the group is about: its name is the operation's argument.
int cli_attach(struct cli_call *call);

// The command `document` of a group.
#define CLI_ATTACH(thing, kind_)                                                                             \
    {                                                                                                        \
        .verb = "document", .summary = "Attach a document to a " thing,                                      \
        .details = "PDF, PNG, JPEG, WebP or XML. A newer edition supersedes the older one: the one that is " \
                   "named, or the same paper with another revision or day of issue.",                        \
        .words = (const struct cli_word[]){{.name = thing, .kind = (kind_), .flags = CLI_REQUIRED},          \
                                           {.name = "FILE", .kind = CLI_FILE, .flags = CLI_REQUIRED},        \
                                           {0}},                                                             \
        .options = cli_attach_options, .op = "document.attach", .run = cli_attach                            \
    }

#endif
