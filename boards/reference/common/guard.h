// guard: what of the board's non-volatile memory is whose.
#ifndef LOTGATE_REFERENCE_GUARD_H
#define LOTGATE_REFERENCE_GUARD_H

#include "hook.h" // LG_HOOK_STORE

#define STORE_BOOT  LG_HOOK_STORE // two copies of the boot number
#define BOOT_BYTES  4             // three of the number, and what makes their sum 0xFF
#define STORE_BYTES (LG_HOOK_STORE + 2 * BOOT_BYTES)

#endif
