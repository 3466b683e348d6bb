// ops_letter: what is to be asked of a supplier about a lot, as a letter that a person can send as it stands.
#include "common.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common_documents.h" // documents_missing
#include "families.h"
#include "json.h"     // json_text
#include "quantity.h" // quantity_say

// A line of the table, left out where there is nothing to say.
static void put_fact(FILE *out, const char *name, const char *value) {
    if (value && *value)
        fprintf(out, "  %-15s %s\n", name, value);
}

static void put_delivery(FILE *out, const cJSON *lot) {
    char amount[QUANTITY_TEXT_MAX], material[600];
    int64_t received = 0;
    const char *grade = json_text(lot, "grade"), *heat = json_text(lot, "heat"),
               *cert = json_text(lot, "cert_heat");
    json_integer(lot, "amount", &received);
    quantity_say(amount, received, json_text(lot, "unit"));
    snprintf(material, sizeof material, "%s%s%s", json_text(lot, "material_name"), grade ? ", grade " : "",
             grade ? grade : "");
    put_fact(out, "Material", material);
    put_fact(out, "Quantity", amount);
    put_fact(out, "Your lot", json_text(lot, "supplier_lot"));
    put_fact(out, "Heat, marked", heat);
    put_fact(out, "Heat, certified", cert);
    put_fact(out, "Purchase order", json_text(lot, "purchase_order"));
    put_fact(out, "Our lot", json_text(lot, "lot"));
}

static void put_missing(FILE *out, const cJSON *missing) {
    const cJSON *row;
    fputs("\nWe require the following of this material, and do not have it:\n\n", out);
    cJSON_ArrayForEach(row, missing) {
        const char *type = json_text(row, "type"), *expired = json_text(row, "expired"),
                   *has = json_text(row, "has_type");
        fprintf(out, "  - %s", documents_kind_say(json_text(row, "kind")));
        if (type)
            fprintf(out, ", EN 10204 type %s", type);
        if (expired)
            fprintf(out, " (the one that we have expired on %s)", expired);
        else if (type && has)
            fprintf(out, " (the one that we have is of type %s)", has);
        fputc('\n', out);
    }
}

// The number on the material against the number on the certificate.
static void put_heat(FILE *out, const cJSON *lot) {
    const char *match = json_text(lot, "match"), *heat = json_text(lot, "heat"),
               *cert = json_text(lot, "cert_heat");
    if (strcmp(match, "mismatch") == 0)
        fprintf(out,
                "\nThe heat number that is marked on the material, %s, is not the one on its\n"
                "certificate, %s. Please send the certificate of heat %s, or tell us how you\n"
                "want the material returned.\n",
                heat, cert, heat);
    else if (strcmp(match, "unchecked") == 0 && heat)
        fprintf(out, "\nPlease send the certificate of heat %s, which is marked on the material.\n", heat);
}

static void put_letter(FILE *out, const cJSON *lot, const cJSON *missing, const char *address) {
    const cJSON *contact = json_get(lot, "contact");
    const char *name = json_text(contact, "name"), *day = json_text(lot, "received");
    fprintf(out, "Dear %s,\n\non %.10s we received from you:\n\n",
            name ? name : json_text(lot, "supplier_name"), day);
    put_delivery(out, lot);
    if (missing->child)
        put_missing(out, missing);
    put_heat(out, lot);
    fprintf(out,
            "\nUntil then the material is set apart and can't be used. Please name our lot\n"
            "%s in your answer.\n\nKind regards\n",
            json_text(lot, "lot"));
    if (address)
        fprintf(out, "\n%s\n", address);
}

static void add_subject(cJSON *answer, const cJSON *lot) {
    char text[700];
    const char *order = json_text(lot, "purchase_order");
    snprintf(text, sizeof text, "Certificates for lot %s%s%s (our lot %s)", json_text(lot, "supplier_lot"),
             order ? ", purchase order " : "", order ? order : "", json_text(lot, "lot"));
    json_add_text(answer, "subject", text);
}

// The person to ask there, the one for quality first; what is not known of that person, the supplier's own.
static void add_recipient(cJSON *answer, const cJSON *lot) {
    const cJSON *contact = json_get(lot, "contact");
    const char *email = json_text(contact, "email"), *phone = json_text(contact, "phone");
    cJSON *to = cJSON_CreateObject();
    json_add_text(to, "supplier", json_text(lot, "supplier"));
    json_add_text(to, "company", json_text(lot, "supplier_name"));
    json_add_text(to, "name", json_text(contact, "name"));
    json_add_text(to, "email", email ? email : json_text(lot, "email"));
    json_add_text(to, "phone", phone ? phone : json_text(lot, "phone"));
    json_add_text(to, "address", json_text(lot, "address"));
    json_add(answer, "to", to);
}

static cJSON *compose(const cJSON *lot, cJSON *missing, const char *address) {
    static const char *const members[] = {"lot",  "supplier_lot", "purchase_order", "material",
                                          "heat", "cert_heat",    "match",          NULL};
    cJSON *answer = common_copy(cJSON_CreateObject(), lot, members);
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    lg_assert(out);
    put_letter(out, lot, missing, address);
    lg_assert(fclose(out) == 0);
    add_recipient(answer, lot);
    add_subject(answer, lot);
    json_add_text(answer, "text", text);
    json_add(answer, "missing", missing);
    free(text);
    return answer;
}

// Something to ask for there must be, and somebody to ask.
static bool check_occasion(const cJSON *lot, const cJSON *missing, struct lg_error *error) {
    const char *id = json_text(lot, "lot"), *match = json_text(lot, "match");
    bool heat =
        strcmp(match, "mismatch") == 0 || (strcmp(match, "unchecked") == 0 && json_text(lot, "heat") != NULL);
    if (!json_text(lot, "supplier"))
        return lg_fail(error, "no_supplier", "Ask for the lots that it was merged from: `lotgate lot show`.",
                       "Lot %s was merged from others and has no supplier of its own.", id);
    return missing->child || heat ||
           lg_fail(
               error, "nothing_missing", "Nothing is to be asked for.",
               "Lot %s has the documents that its material requires, and no heat number waits for a certificate.",
               id);
}

static bool lot_request(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                        cJSON **answer, struct lg_error *error) {
    const char *id = json_text(args, "lot");
    cJSON *lot, *missing;
    if (!common_need(ledger, "lot_letter", common_one("lot", id), &lot, "no_such_lot", "lot", id,
                     "Check the number on the label.", error))
        return false;
    if (!documents_missing(ledger, context, id, &missing, error)) {
        cJSON_Delete(lot);
        return false;
    }
    bool ok = check_occasion(lot, missing, error);
    if (ok)
        *answer = compose(lot, missing, json_text(args, "address"));
    else
        cJSON_Delete(missing);
    cJSON_Delete(lot);
    return ok;
}

const struct trace_op letter_ops[] = {
    {"lot.request", false, TAKES("!lot", "address"),
     "Draft the letter that asks a supplier for the certificates that a lot lacks.", lot_request},
    {NULL, false, NULL, NULL, NULL},
};
