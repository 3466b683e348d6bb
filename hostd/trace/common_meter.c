// common_meter: see common_meter.h.
#include "common_meter.h"

#include <string.h>

#include "common.h"
#include "json.h"     // json_integer
#include "quantity.h" // quantity_format

// The sides of the work's box with the kerf around it; false when nothing was worked.
static bool sides(const cJSON *args, int64_t *x_um, int64_t *y_um) {
    const cJSON *box = json_get(args, "work_box");
    if (cJSON_GetArraySize(box) != 6)
        return false;
    double v[6];
    for (int i = 0; i < 6; i++)
        v[i] = cJSON_GetArrayItem(box, i)->valuedouble;
    *x_um = (int64_t)(v[3] - v[0]) + 2 * METER_KERF_UM;
    *y_um = (int64_t)(v[4] - v[1]) + 2 * METER_KERF_UM;
    return v[3] > v[0] || v[4] > v[1];
}

#define SIDE_MAX_UM INT64_C(100000000) // 100 m: beyond any machine, and squares still fit

// In the lot's base unit, rounded up; 0 where it can't be told.
static int64_t amount_of(const cJSON *lot, int64_t x_um, int64_t y_um) {
    const char *base = json_text(lot, "base");
    int64_t thickness = 0, density = 0;
    json_integer(lot, "thickness_um", &thickness);
    json_integer(lot, "density_mg_cm3", &density);
    if (x_um > SIDE_MAX_UM || y_um > SIDE_MAX_UM || thickness > SIDE_MAX_UM)
        return 0;
    int64_t area_mm2 = (x_um * y_um + 999999) / 1000000;
    if (strcmp(base, "um") == 0)
        return x_um > y_um ? x_um : y_um;
    if (strcmp(base, "mm2") == 0)
        return area_mm2;
    int64_t volume_mm3 = (area_mm2 * thickness + 999) / 1000;
    if (strcmp(base, "mm3") == 0)
        return volume_mm3;
    // mm3 times mg/cm3 is thousandths of a mg
    return strcmp(base, "mg") == 0 ? (volume_mm3 * density + 999) / 1000 : 0;
}

bool meter_book(struct ledger *ledger, const struct trace_context *context, const char *job,
                const cJSON *args, struct lg_error *error) {
    int64_t x_um, y_um, left = 0;
    cJSON *lots;
    if (!sides(args, &x_um, &y_um))
        return true;
    if (!common_list(ledger, "job_lots_open", common_one("job", job), &lots, error))
        return false;
    const cJSON *lot = cJSON_GetArraySize(lots) == 1 ? lots->child : NULL;
    int64_t amount = lot ? amount_of(lot, x_um, y_um) : 0;
    bool ok = true;
    if (lot)
        json_integer(lot, "left", &left);
    if (amount > left)
        amount = left; // the books can't go below nothing; a stock count will tell
    if (amount > 0) {
        char text[QUANTITY_TEXT_MAX];
        cJSON *body = common_one("job", job);
        quantity_format(text, amount, json_text(lot, "unit"));
        json_add_text(body, "lot", json_text(lot, "lot"));
        json_add_text(body, "quantity", text);
        json_add_integer(body, "amount", amount);
        json_add_text(body, "base", json_text(lot, "base"));
        ok = common_append(ledger, context, "lot.metered", body, error);
    }
    cJSON_Delete(lots);
    return ok;
}
