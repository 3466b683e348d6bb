// profile: what is known of a machine model, from boards/profiles/<id>.json.
//
// A profile says only what is established. What it leaves out has its `has_` flag off, and the caller decides
// what to assume then. The schema is described in boards/profiles/README.md; it is read strictly: an unknown
// key, a wrong type or a value out of range is refused with a sentence that names the key.
// Nothing here allocates that outlives a call. Thread: any.
#ifndef LOTGATE_BASE_PROFILE_H
#define LOTGATE_BASE_PROFILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "error.h" // lg_error

#define PROFILE_ID_MAX   48 // bytes with the ending NUL, here and below
#define PROFILE_NAME_MAX 64
#define PROFILE_TEXT_MAX 256
#define PROFILE_LIST_MAX 8 // entries of usb, sources, notes

enum profile_kind { PROFILE_LASER, PROFILE_CNC };
enum profile_flavour { PROFILE_AVR, PROFILE_MKS, PROFILE_FLUIDNC, PROFILE_GRBLHAL };
const char *profile_kind_name(enum profile_kind kind);          // "laser", "cnc"
const char *profile_flavour_name(enum profile_flavour flavour); // "avr", "mks", "fluidnc", "grblhal"

struct profile_usb {
    uint16_t vendor, product;
    bool has_product;
};

struct profile {
    char id[PROFILE_ID_MAX];
    char name[PROFILE_NAME_MAX];
    enum profile_kind kind;
    char controller[PROFILE_NAME_MAX];      // "": not established
    char settings_differ[PROFILE_NAME_MAX]; // which family's meaning $37..$54 have; "": not established
    bool has_flavour, has_baud, has_rx_buffer, has_s_max, has_laser_mode, has_focus, has_homing,
        has_beam_on_fan, has_banner_wait, has_hook;
    bool has_area[3];
    enum profile_flavour flavour;
    uint32_t baud;
    uint16_t rx_buffer;      // bytes
    double area_mm[3];       // X, Y, Z
    uint32_t s_max;          // $30
    bool laser_mode;         // $32
    double focus_s_percent;  // of s_max: a beam up to here is for focusing
    bool homing;             // it has switches and can home
    bool beam_on_fan;        // the beam hangs on M106
    bool hook;               // its firmware has lotgate's hook
    uint32_t banner_wait_ms; // from opening the port until the last banner has come
    struct profile_usb usb[PROFILE_LIST_MAX];
    size_t usb_count;
    char sources[PROFILE_LIST_MAX][PROFILE_TEXT_MAX]; // owner/name of a repository, a page, a manual
    size_t source_count;
    char notes[PROFILE_LIST_MAX][PROFILE_TEXT_MAX];
    size_t note_count;
};

// Reads one profile. False with code "bad_profile" (or "bad_json", "unknown_key") and a sentence.
// *out is undefined then.
bool profile_parse(const char *text, size_t length, struct profile *out, struct lg_error *error);

// Reads the built-in profile with this id. False with code "no_such_board" when there is none.
bool profile_find(const char *id, struct profile *out, struct lg_error *error);

// Ids of the built-in profiles in the order of their names; NULL behind the last. Copied into `id`.
const char *profile_id_at(size_t index, char id[PROFILE_ID_MAX]);

#endif
