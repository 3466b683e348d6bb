// apply_machine: machines, what they say they are, and the host that watches them.
#include "kinds.h"

const struct event_kind kinds_machine[] = {
    {.name = "machine.registered",
     .fields = {{"machine", FIELD_TEXT, true},
                {"board", FIELD_TEXT, true},
                {"kind", FIELD_TEXT, true},
                {"serial_number", FIELD_TEXT, false},
                {"name", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO machines (seq, machine, board, kind, serial_number, name, registered_us)"
                     " VALUES (:seq, :machine, :board, :kind, :serial_number, :name, :time_us)"
                     " ON CONFLICT (machine) DO UPDATE SET board = excluded.board, kind = excluded.kind,"
                     "  serial_number = excluded.serial_number, name = excluded.name",
                     false}},
     .subjects = {"machine"}},
    // The first identity seen is taken as the machine's own; a later one waits for a person's confirmation.
    {.name = "machine.identity_seen",
     .fields = {{"machine", FIELD_TEXT, true},
                {"usb_path", FIELD_TEXT, false},
                {"serial", FIELD_TEXT, false},
                {"firmware", FIELD_TEXT, false},
                {"changed", FIELD_FLAG, true}},
     .statements = {{"UPDATE machines SET seen_usb_path = :usb_path, seen_serial = :serial,"
                     "  seen_firmware = :firmware, seen_us = :time_us WHERE machine = :machine",
                     false},
                    // what is not told this time stays known
                    {"UPDATE machines SET usb_path = coalesce(seen_usb_path, usb_path),"
                     "  serial = coalesce(seen_serial, serial), firmware = coalesce(seen_firmware, firmware),"
                     "  identity = 'confirmed' WHERE machine = :machine AND NOT :changed",
                     true},
                    {"UPDATE machines SET identity = 'changed' WHERE machine = :machine AND :changed", true}},
     .subjects = {"machine"}},
    {.name = "machine.confirmed",
     .fields = {{"machine", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements =
         {{"UPDATE machines SET usb_path = seen_usb_path, serial = seen_serial, firmware = seen_firmware,"
           "  identity = 'confirmed', confirmed_by = coalesce(:by, :actor)"
           " WHERE machine = :machine AND seen_us IS NOT NULL",
           true}}, // what has changed may be the hook alone
     .subjects = {"machine"}},
    {.name = "machine.unauthorised",
     .fields = {{"machine", FIELD_TEXT, true}, {"status", FIELD_TEXT, true}},
     .subjects = {"machine"}},
    {.name = "machine.hook_seen",
     .fields = {{"machine", FIELD_TEXT, true},
                {"serial_number", FIELD_TEXT, true},
                {"firmware", FIELD_TEXT, false},
                {"changed", FIELD_FLAG, true}},
     .subjects = {"machine"}},
    {.name = "machine.blocked",
     .fields = {{"machine", FIELD_TEXT, true},
                {"source", FIELD_TEXT, false},
                {"count", FIELD_INTEGER, false},
                {"total", FIELD_INTEGER, false}}, // as the hook counts since its power-up
     .subjects = {"machine"}},
    // Never the key.
    {.name = "machine.paired",
     .fields = {{"machine", FIELD_TEXT, true},
                {"outcome", FIELD_TEXT, true},
                {"reason", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .subjects = {"machine"}},
    {.name = "host.started", .fields = {{"version", FIELD_TEXT, true}}},
    {.name = "host.stopped"},
    {.name = NULL},
};
