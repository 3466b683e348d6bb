// common_hazard: see common_hazard.h.
#include "common_hazard.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "common.h"
#include "embedded.h" // embedded_find
#include "json.h"     // json_text

// Small letters, and a blank for a hyphen: "Faux-leather" is "faux leather".
static int folded(char c) {
    return c == '-' || c == '_' ? ' ' : tolower((unsigned char)c);
}

// True when `word` stands in the text by itself: "abs" is not in "absorbing".
static bool has_word(const char *text, const char *word) {
    for (const char *p = text; *p; p++) {
        size_t n = 0;
        if (p != text && isalnum((unsigned char)p[-1]))
            continue;
        while (word[n] && p[n] && folded(p[n]) == folded(word[n]))
            n++;
        if (!word[n] && !isalnum((unsigned char)p[n]))
            return true;
    }
    return false;
}

static bool word_applies(const cJSON *material, const char *word) {
    const cJSON *hazard;
    bool name_misleads = false;
    cJSON_ArrayForEach(hazard, json_get(material, "hazards")) {
        if (!cJSON_IsString(hazard))
            continue;
        if (has_word(hazard->valuestring, word))
            return true;
        name_misleads = name_misleads || strcasecmp(hazard->valuestring, "none") == 0;
    }
    if (name_misleads)
        return false;
    const char *name = json_text(material, "name"), *grade = json_text(material, "grade"),
               *id = json_text(material, "material");
    return (name && has_word(name, word)) || (grade && has_word(grade, word)) || (id && has_word(id, word));
}

static bool rule_applies(const cJSON *rule, const cJSON *material, const char *process) {
    const cJSON *word;
    int64_t above, thickness;
    if (strcmp(json_text(rule, "process"), process) != 0)
        return false;
    if (json_integer(rule, "above_um", &above) && json_integer(material, "thickness_um", &thickness) &&
        thickness <= above)
        return false;
    cJSON_ArrayForEach(word, json_get(rule, "words")) {
        if (word_applies(material, word->valuestring))
            return true;
    }
    return false;
}

cJSON *hazard_rules_for(struct ledger *ledger, const char *kind, const char *lot, struct lg_error *error) {
    const struct embedded_file *file = embedded_find("trace/hazards.json");
    cJSON *material;
    lg_assert(file);
    if (!common_need(ledger, "lot_material", common_one("lot", lot), &material, "no_such_lot", "lot", lot,
                     "Check the number on the label.", error))
        return NULL;
    const cJSON *all = ledger_constant(ledger, (const char *)file->data, file->length);
    cJSON *found = cJSON_CreateArray();
    const cJSON *rule;
    cJSON_ArrayForEach(rule, json_get(all, "rules")) {
        if (rule_applies(rule, material, kind))
            cJSON_AddItemToArray(found, cJSON_Duplicate(rule, true));
    }
    cJSON_Delete(material);
    return found;
}

static bool is_acknowledged(struct ledger *ledger, const char *machine, const char *lot, const char *rule,
                            bool *yes, struct lg_error *error) {
    cJSON *filter = common_one("lot", lot), *row;
    json_add_text(filter, "machine", machine);
    json_add_text(filter, "rule", rule);
    if (!common_row(ledger, "hazard_acknowledged", filter, &row, error))
        return false;
    *yes = row != NULL;
    cJSON_Delete(row);
    return true;
}

static bool check_rule(struct ledger *ledger, const cJSON *rule, const char *machine, const char *kind,
                       const char *lot, struct lg_error *error) {
    const char *why = json_text(rule, "why"), *name = json_text(rule, "rule");
    bool yes;
    if (strcmp(json_text(rule, "verdict"), "forbidden") == 0)
        return lg_fail(error, "material_forbidden_here", "Take another material, or another machine.",
                       "Lot %s must not be worked by a %s: %s.", lot, kind, why);
    if (!is_acknowledged(ledger, machine, lot, name, &yes, error))
        return false;
    return yes || lg_fail(error, "hazard_unacknowledged",
                          "Read it, then say so once for this lot and machine: `lotgate lot acknowledge`.",
                          "Lot %s on %s: %s.", lot, machine, why);
}

bool hazard_check(struct ledger *ledger, const char *machine, const char *kind, const char *lot,
                  struct lg_error *error) {
    cJSON *rules = hazard_rules_for(ledger, kind, lot, error);
    bool ok = rules != NULL;
    const cJSON *rule;
    // what is forbidden first: nobody shall acknowledge a warning in vain
    for (int pass = 0; ok && pass < 2; pass++)
        cJSON_ArrayForEach(rule, rules) {
            bool forbidden = strcmp(json_text(rule, "verdict"), "forbidden") == 0;
            if (ok && forbidden == (pass == 0))
                ok = check_rule(ledger, rule, machine, kind, lot, error);
        }
    cJSON_Delete(rules);
    return ok;
}
