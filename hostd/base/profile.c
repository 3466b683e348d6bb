// profile: board profiles, read strictly by a table of keys.
#include "profile.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "embedded.h"
#include "json.h"

#define FOLDER "profiles/"
#define ENDING ".json"

struct field;
typedef bool take_function(const struct field *field, const cJSON *value, struct profile *p,
                           struct lg_error *error);

struct field {
    const char *key;
    bool required;
    take_function *take;
    size_t at, has;     // offsets in struct profile: the value, its has_ flag (0: none)
    double least, most; // numbers; for texts `most` is the room
};

static bool bad(struct lg_error *error, const char *key, const char *what) {
    return lg_fail(error, "bad_profile", "Correct the profile; boards/profiles/README.md describes its keys.",
                   "in the profile, \"%.60s\" %.200s", key, what);
}

static void *place(struct profile *p, size_t offset) {
    return (char *)p + offset;
}

static void mark(const struct field *f, struct profile *p) {
    if (f->has)
        *(bool *)place(p, f->has) = true;
}

static bool copy_text(const char *key, const cJSON *value, char *out, size_t room, struct lg_error *error) {
    if (!cJSON_IsString(value))
        return bad(error, key, "must be a text");
    if (!value->valuestring[0])
        return bad(error, key, "must not be empty: leave it out when it is not known");
    size_t length = strlen(value->valuestring);
    if (length >= room)
        return bad(error, key, "is too long");
    memcpy(out, value->valuestring, length + 1);
    return true;
}

static bool take_text(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    return copy_text(f->key, value, place(p, f->at), (size_t)f->most, error);
}

static bool take_id(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    if (!take_text(f, value, p, error))
        return false;
    if (p->id[strspn(p->id, "abcdefghijklmnopqrstuvwxyz0123456789-")])
        return bad(error, f->key, "may hold small letters, digits and `-` alone");
    return true;
}

static int index_of(const char *const *names, const cJSON *value) {
    for (int i = 0; names[i] && cJSON_IsString(value); i++)
        if (strcmp(names[i], value->valuestring) == 0)
            return i;
    return -1;
}

static const char *const kinds[] = {"laser", "cnc", NULL};
static const char *const flavours[] = {"avr", "mks", "fluidnc", "grblhal", NULL};

const char *profile_kind_name(enum profile_kind kind) {
    return kinds[kind];
}

const char *profile_flavour_name(enum profile_flavour flavour) {
    return flavours[flavour];
}

static bool take_kind(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    int i = index_of(kinds, value);
    if (i < 0)
        return bad(error, f->key, "must be \"laser\" or \"cnc\"");
    p->kind = (enum profile_kind)i;
    return true;
}

static bool take_flavour(const struct field *f, const cJSON *value, struct profile *p,
                         struct lg_error *error) {
    int i = index_of(flavours, value);
    if (i < 0)
        return bad(error, f->key, "must be \"avr\", \"mks\", \"fluidnc\" or \"grblhal\"");
    p->flavour = (enum profile_flavour)i;
    mark(f, p);
    return true;
}

static bool in_range(const struct field *f, double number, struct lg_error *error) {
    if (number >= f->least && number <= f->most)
        return true;
    return lg_fail(error, "bad_profile", "Correct the profile; boards/profiles/README.md describes its keys.",
                   "in the profile, \"%.60s\" must be from %g to %g", f->key, f->least, f->most);
}

static bool whole_number(const struct field *f, const cJSON *value, int64_t *out, struct lg_error *error) {
    if (!cJSON_IsNumber(value))
        return bad(error, f->key, "must be a whole number");
    if (!in_range(f, value->valuedouble, error))
        return false;
    *out = (int64_t)value->valuedouble;
    return value->valuedouble == (double)*out || bad(error, f->key, "must be a whole number");
}

static bool take_u32(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    int64_t number = 0;
    if (!whole_number(f, value, &number, error))
        return false;
    *(uint32_t *)place(p, f->at) = (uint32_t)number;
    mark(f, p);
    return true;
}

static bool take_u16(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    int64_t number = 0;
    if (!whole_number(f, value, &number, error))
        return false;
    *(uint16_t *)place(p, f->at) = (uint16_t)number;
    mark(f, p);
    return true;
}

static bool take_number(const struct field *f, const cJSON *value, struct profile *p,
                        struct lg_error *error) {
    if (!cJSON_IsNumber(value))
        return bad(error, f->key, "must be a number");
    if (!in_range(f, value->valuedouble, error))
        return false;
    *(double *)place(p, f->at) = value->valuedouble;
    mark(f, p);
    return true;
}

static bool take_flag(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    if (!cJSON_IsBool(value))
        return bad(error, f->key, "must be true or false");
    *(bool *)place(p, f->at) = cJSON_IsTrue(value);
    mark(f, p);
    return true;
}

static bool take_object(const struct field *fields, size_t count, const cJSON *object, struct profile *p,
                        struct lg_error *error);

#define AT(member) offsetof(struct profile, member)

static bool take_area(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    static const struct field axes[] = {
        {"x", true, take_number, AT(area_mm[0]), AT(has_area[0]), 1, 10000},
        {"y", true, take_number, AT(area_mm[1]), AT(has_area[1]), 1, 10000},
        {"z", false, take_number, AT(area_mm[2]), AT(has_area[2]), 1, 10000},
    };
    if (!cJSON_IsObject(value))
        return bad(error, f->key, "must be an object with x, y and, where known, z");
    return take_object(axes, sizeof axes / sizeof axes[0], value, p, error);
}

static bool count_of(const struct field *f, const cJSON *value, struct lg_error *error) {
    if (!cJSON_IsArray(value))
        return bad(error, f->key, "must be a list");
    if (cJSON_GetArraySize(value) > PROFILE_LIST_MAX)
        return bad(error, f->key, "has more than 8 entries");
    return true;
}

static bool take_list(const struct field *f, const cJSON *value, char (*list)[PROFILE_TEXT_MAX],
                      size_t *count, struct lg_error *error) {
    if (!count_of(f, value, error))
        return false;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, value) {
        if (!copy_text(f->key, entry, list[*count], PROFILE_TEXT_MAX, error))
            return false;
        ++*count;
    }
    return true;
}

static bool take_sources(const struct field *f, const cJSON *value, struct profile *p,
                         struct lg_error *error) {
    return take_list(f, value, p->sources, &p->source_count, error);
}

static bool take_notes(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    return take_list(f, value, p->notes, &p->note_count, error);
}

// Four hexadecimal digits, as lsusb prints them.
static bool usb_number(const cJSON *value, uint16_t *out) {
    const char *digits = "0123456789abcdef";
    if (!cJSON_IsString(value) || strlen(value->valuestring) != 4 || strspn(value->valuestring, digits) != 4)
        return false;
    *out = (uint16_t)strtoul(value->valuestring, NULL, 16);
    return true;
}

static bool take_usb(const struct field *f, const cJSON *value, struct profile *p, struct lg_error *error) {
    static const char *const keys[] = {"vendor", "product", NULL};
    if (!count_of(f, value, error))
        return false;
    const cJSON *entry;
    cJSON_ArrayForEach(entry, value) {
        struct profile_usb *usb = &p->usb[p->usb_count++];
        if (!cJSON_IsObject(entry))
            return bad(error, f->key, "must hold objects with vendor and, where known, product");
        if (!json_only_keys(entry, keys, error))
            return false;
        const cJSON *product = json_get(entry, "product");
        if (!usb_number(json_get(entry, "vendor"), &usb->vendor))
            return bad(error, "usb.vendor", "must be four hexadecimal digits in small letters");
        if (product && !usb_number(product, &usb->product))
            return bad(error, "usb.product", "must be four hexadecimal digits in small letters");
        usb->has_product = product != NULL;
    }
    return true;
}

static const struct field fields[] = {
    {"id", true, take_id, AT(id), 0, 0, PROFILE_ID_MAX},
    {"name", true, take_text, AT(name), 0, 0, PROFILE_NAME_MAX},
    {"kind", true, take_kind, 0, 0, 0, 0},
    {"controller", false, take_text, AT(controller), 0, 0, PROFILE_NAME_MAX},
    {"flavour", false, take_flavour, 0, AT(has_flavour), 0, 0},
    {"baud", false, take_u32, AT(baud), AT(has_baud), 1200, 4000000},
    {"rx_buffer", false, take_u16, AT(rx_buffer), AT(has_rx_buffer), 32, 8192},
    {"work_area_mm", false, take_area, 0, 0, 0, 0},
    {"s_max", false, take_u32, AT(s_max), AT(has_s_max), 1, 100000},
    {"laser_mode", false, take_flag, AT(laser_mode), AT(has_laser_mode), 0, 0},
    {"focus_s_percent", false, take_number, AT(focus_s_percent), AT(has_focus), 0, 10},
    {"homing", false, take_flag, AT(homing), AT(has_homing), 0, 0},
    {"beam_on_fan", false, take_flag, AT(beam_on_fan), AT(has_beam_on_fan), 0, 0},
    {"hook", false, take_flag, AT(hook), AT(has_hook), 0, 0},
    {"banner_wait_ms", false, take_u32, AT(banner_wait_ms), AT(has_banner_wait), 0, 60000},
    {"settings_differ", false, take_text, AT(settings_differ), 0, 0, PROFILE_NAME_MAX},
    {"usb", false, take_usb, 0, 0, 0, 0},
    {"sources", true, take_sources, 0, 0, 0, 0},
    {"notes", false, take_notes, 0, 0, 0, 0},
};

static bool take_object(const struct field *list, size_t count, const cJSON *object, struct profile *p,
                        struct lg_error *error) {
    for (const cJSON *member = object->child; member; member = member->next) {
        size_t i = 0;
        while (i < count && strcmp(list[i].key, member->string) != 0)
            i++;
        if (i == count)
            return lg_fail(error, "unknown_key", "Remove it; boards/profiles/README.md describes the keys.",
                           "a profile has no key \"%.60s\"", member->string);
        if (!list[i].take(&list[i], member, p, error))
            return false;
    }
    for (size_t i = 0; i < count; i++)
        if (list[i].required && !json_get(object, list[i].key))
            return bad(error, list[i].key, "is missing");
    return true;
}

// A fact needs somewhere that it comes from; who names no source states nothing but what the thing is called.
static bool sources_for_facts(const cJSON *object, const struct profile *p, struct lg_error *error) {
    static const char *const no_facts[] = {"id", "name", "kind", "sources", "notes", NULL};
    if (p->source_count > 0 || json_only_keys(object, no_facts, NULL))
        return true;
    return bad(error, "sources", "must say where the facts come from");
}

bool profile_parse(const char *text, size_t length, struct profile *out, struct lg_error *error) {
    cJSON *object = json_parse(text, length, true, error);
    if (!object)
        return false;
    memset(out, 0, sizeof *out);
    bool ok;
    if (!cJSON_IsObject(object))
        ok = lg_fail(error, "bad_profile", "Write an object, { ... }.", "a profile must be a JSON object");
    else
        ok = take_object(fields, sizeof fields / sizeof fields[0], object, out, error) &&
             sources_for_facts(object, out, error);
    cJSON_Delete(object);
    return ok;
}

const char *profile_id_at(size_t index, char id[PROFILE_ID_MAX]) {
    const size_t before = strlen(FOLDER), behind = strlen(ENDING);
    for (const struct embedded_file *f = embedded_files; f->name; f++) {
        size_t length = strlen(f->name);
        if (strncmp(f->name, FOLDER, before) != 0 || length <= before + behind || index-- != 0)
            continue;
        size_t n = length - before - behind;
        lg_assert(n < PROFILE_ID_MAX);
        memcpy(id, f->name + before, n);
        id[n] = 0;
        return id;
    }
    return NULL;
}

bool profile_find(const char *id, struct profile *out, struct lg_error *error) {
    char name[sizeof FOLDER + PROFILE_ID_MAX + sizeof ENDING];
    snprintf(name, sizeof name, FOLDER "%.*s" ENDING, PROFILE_ID_MAX, id);
    const struct embedded_file *file = embedded_find(name);
    if (!file)
        return lg_fail(
            error, "no_such_board",
            "`lotgate devices` shows what fits; generic-grbl-laser and generic-grbl-cnc always do.",
            "there is no board profile \"%.60s\"", id);
    return profile_parse((const char *)file->data, file->length, out, error);
}
