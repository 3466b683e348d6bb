// keys: the pairing keys of the machines' hooks, one file each in DATA/keys, readable by lotgate alone.
//
// A new key is kept beside the old one (`<machine>.key.new`) before it is given to the hook, and takes the old one's
// place when the hook has proved that it holds it: whatever is cut short in between, the key that the hook holds is in one of
// the two files. Every function returns after the disk has it. Blocking: not for the loop. Codes: key_unwritable, key_unsafe.
#ifndef LOTGATE_KEYS_H
#define LOTGATE_KEYS_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"   // lg_error
#include "siphash.h" // SIPHASH_KEY

// Reads the key, or the new one. *there false: there is none, or it is damaged and so none. False, with code key_unsafe, when
// others than its owner may read it.
bool keys_load(const char *data, const char *machine, bool fresh, uint8_t key[SIPHASH_KEY], bool *there,
               struct lg_error *error);
bool keys_keep(const char *data, const char *machine, const uint8_t key[SIPHASH_KEY],
               struct lg_error *error);                                           // as the new one
bool keys_promote(const char *data, const char *machine, struct lg_error *error); // the new one is the key
bool keys_drop(const char *data, const char *machine, struct lg_error *error);    // the new one is of no use

#endif
