// demo: see demo.h.
#include "demo.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "common.h"
#include "json.h" // json_parse

#define FIRST_US            INT64_C(1693526400000000) // 2023-09-01
#define JOBS_PER_COMMIT     1000
#define JOBS_PER_ORDER      10
#define LOTS_OPEN           6 // lots of each material that are in use
#define MATERIALS           5
#define STORY_JOBS          3
#define STORY_UNITS_PER_JOB 12 // 36: one for each customer, and two that stay in the house

static const struct {
    const char *id, *name, *form, *thickness, *density, *unit;
} materials[MATERIALS] = {{"ACR", "Acrylic, cast, 3 mm", "sheet", "3mm", "1.19", "sheet"},
                          {"PLY", "Birch plywood, 4 mm", "sheet", "4mm", "0.68", "sheet"},
                          {"ALU", "Aluminium 6082, 5 mm", "plate", "5mm", "2.7", "mm2"},
                          {"LEA", "Leather, vegetable tanned", "sheet", "2mm", "0.9", "mm2"},
                          {"POM", "Acetal rod, 20 mm", "bar", "20mm", "1.41", "mm"}};
static const char *const products[] = {"COASTER", "SIGN", "BRACKET", "WALLET", "KNOB"};

struct open_lot {
    char lot[65];
    int64_t left;     // of the lot's own unit
    bool piece;       // its number must be read back after each job
    uint64_t read_on; // machines, a bit for each, on which its warnings have been read
};

struct demo {
    struct ledger *ledger;
    const struct demo_options *options;
    uint64_t random;
    int64_t now_us, lots, orders;
    struct open_lot open[MATERIALS][LOTS_OPEN];
    struct lg_error *error;
};

// xorshift64*: small, seeded, the same everywhere.
static uint64_t roll(struct demo *d, uint64_t sides) {
    d->random ^= d->random >> 12;
    d->random ^= d->random << 25;
    d->random ^= d->random >> 27;
    return (d->random * UINT64_C(2685821657736338717) >> 16) % sides;
}

// Does one act; the answer is the caller's. NULL on failure.
__attribute__((format(printf, 3, 4))) static cJSON *ask(struct demo *d, const char *op, const char *format,
                                                        ...) {
    struct trace_context context = {"demo", d->now_us};
    char text[1200];
    cJSON *answer = NULL;
    va_list arguments;
    va_start(arguments, format);
    // clang 14 forgets va_start when it looks at several files in one run. NOLINTNEXTLINE(clang-analyzer-valist.Uninitialized)
    int length = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    lg_assert(length > 0 && (size_t)length < sizeof text);
    cJSON *args = json_parse(text, (size_t)length, false, d->error);
    lg_assert(args);
    bool ok = trace_run_inside(d->ledger, trace_op_find(op), &context, args, &answer, d->error);
    cJSON_Delete(args);
    d->now_us += 1000000;
    return ok ? answer : NULL;
}

// The act's answer does not matter, or one text of it does.
#define DO(...) done(ask(__VA_ARGS__), NULL, NULL)

static bool done(cJSON *answer, const char *member, char out[65]) {
    const char *text = answer && member ? json_text(answer, member) : NULL;
    if (text)
        snprintf(out, 65, "%s", text);
    cJSON_Delete(answer);
    return answer != NULL;
}

// --- the shop --------------------------------------------------------------------------------------------------

static bool make_shop(struct demo *d) {
    static const char *const suppliers[] = {"ACME", "NORDWOOD", "METALUX"};
    bool ok = true;
    for (size_t i = 0; ok && i < sizeof suppliers / sizeof *suppliers; i++)
        ok = DO(d, "supplier.add", "{\"supplier\":\"%s\",\"name\":\"%s Ltd\",\"email\":\"qa@%s.example\"}",
                suppliers[i], suppliers[i], suppliers[i]);
    for (size_t i = 0; ok && i < MATERIALS; i++)
        ok =
            DO(d, "material.add",
               "{\"material\":\"%s\",\"name\":\"%s\",\"form\":\"%s\",\"thickness\":\"%s\",\"density\":\"%s\"}",
               materials[i].id, materials[i].name, materials[i].form, materials[i].thickness,
               materials[i].density) &&
            DO(d, "product.add", "{\"product\":\"%s\",\"name\":\"%s\",\"pattern\":\"%s-{yy}-{nnnnnn}\"}",
               products[i], products[i], products[i]) &&
            DO(d, "product.bom", "{\"product\":\"%s\",\"materials\":[\"%s\"]}", products[i], materials[i].id);
    for (int i = 1; ok && i <= 4; i++)
        ok = DO(d, "operator.add", "{\"operator\":\"OP%d\",\"name\":\"Operator %d\",\"badge\":\"47%02d\"}", i,
                i, i);
    for (int64_t i = 1; ok && i <= d->options->machines; i++)
        ok = DO(d, "machine.register",
                "{\"machine\":\"%s%" PRId64
                "\",\"board\":\"%s\",\"kind\":\"%s\",\"serial_number\":\"SN-%05" PRId64 "\"}",
                i % 3 ? "laser" : "cnc", i, i % 3 ? "twotrees-tts-55-pro" : "twotrees-ttc450-pro",
                i % 3 ? "laser" : "cnc", i);
    return ok;
}

static bool make_customers(struct demo *d) {
    bool ok = true;
    for (int64_t i = 1; ok && i <= d->options->customers; i++) {
        ok = DO(d, "customer.add",
                "{\"name\":\"Customer %" PRId64 "\",\"email\":\"c%" PRId64
                "@shop.example\",\"phone\":\"+49 30 %06" PRId64 "\",\"address\":\"Street %" PRId64
                "\\n10115 Berlin\"}",
                i, i, i, i);
        if (ok && i % 1000 == 0)
            ok = ledger_commit(d->ledger, d->error) && ledger_begin(d->ledger, d->error);
    }
    return ok;
}

// --- stock -----------------------------------------------------------------------------------------------------

static bool receive(struct demo *d, size_t m, struct open_lot *lot) {
    // Enough for some 14 jobs: with the pieces that are cut off, one lot for each ten jobs.
    int64_t amount = 8 + (int64_t)roll(d, 12);
    if (strcmp(materials[m].unit, "sheet") != 0)
        amount *= 50000;
    uint64_t heat = roll(d, 900000) + 100000;
    bool ok = done(ask(d, "lot.receive",
                       "{\"material\":\"%s\",\"supplier\":\"%s\",\"supplier_lot\":\"B%" PRIu64
                       "\",\"heat\":\"%" PRIu64 "\",\"cert_heat\":\"%" PRIu64 "\",\"quantity\":\"%" PRId64
                       "%s\",\"purchase_order\":\"PO-%" PRId64 "\"}",
                       materials[m].id,
                       m == 1   ? "NORDWOOD"
                       : m == 2 ? "METALUX"
                                : "ACME",
                       heat, heat, heat, amount, materials[m].unit, ++d->lots),
                   "lot", lot->lot) &&
              DO(d, "lot.release", "{\"lot\":\"%s\",\"by\":\"OP1\"}", lot->lot);
    lot->left = amount;
    lot->piece = false;
    lot->read_on = 0;
    return ok;
}

static bool look_for_mark(struct demo *d, const struct open_lot *lot) {
    return DO(d, "lot.mark", "{\"lot\":\"%s\",\"code\":\"%s\",\"by\":\"OP2\"}", lot->lot, lot->lot);
}

// An offcut takes the place of its lot: what follows is made of the piece.
static bool cut(struct demo *d, size_t m, struct open_lot *lot) {
    int64_t part = lot->left / 2;
    if (part < 1)
        return true;
    cJSON *answer =
        ask(d, "lot.split", "{\"lot\":\"%s\",\"quantity\":\"%" PRId64 "%s\",\"reason\":\"offcut\"}", lot->lot,
            part, materials[m].unit);
    if (!answer)
        return false;
    snprintf(lot->lot, sizeof lot->lot, "%s", json_get(answer, "pieces")->child->valuestring);
    cJSON_Delete(answer);
    lot->left = part;
    lot->piece = true;
    lot->read_on = 0;
    return look_for_mark(d, lot);
}

static bool merge(struct demo *d, size_t m) {
    struct open_lot *a = &d->open[m][0], *b = &d->open[m][1];
    if (!*a->lot || !*b->lot || a->left < 1 || b->left < 1)
        return true;
    bool ok = done(ask(d, "lot.merge", "{\"lots\":[\"%s\",\"%s\"],\"reason\":\"rests\"}", a->lot, b->lot),
                   "lot", a->lot);
    a->left += b->left;
    a->piece = true;
    a->read_on = 0;
    *b = (struct open_lot){0};
    return ok && look_for_mark(d, a);
}

static bool count_stock(struct demo *d, size_t m, struct open_lot *lot) {
    if (lot->left < 2)
        return true;
    lot->left--;
    if (roll(d, 2))
        return DO(d, "lot.scrap", "{\"lot\":\"%s\",\"quantity\":\"1%s\",\"reason\":\"scratched\"}", lot->lot,
                  materials[m].unit);
    return DO(d, "lot.count", "{\"lot\":\"%s\",\"quantity\":\"%" PRId64 "%s\",\"reason\":\"stock count\"}",
              lot->lot, lot->left, materials[m].unit);
}

// Plywood, acetal: what the hazard rules warn of is read once for each lot and machine.
static bool read_warnings(struct demo *d, struct open_lot *lot, int64_t machine) {
    uint64_t bit = UINT64_C(1) << (machine - 1);
    if (lot->read_on & bit)
        return true;
    lot->read_on |= bit;
    return DO(d, "hazard.acknowledge", "{\"lot\":\"%s\",\"machine\":\"%s%" PRId64 "\",\"by\":\"OP3\"}",
              lot->lot, machine % 3 ? "laser" : "cnc", machine);
}

static struct open_lot *stock(struct demo *d, size_t m, int64_t need) {
    struct open_lot *lot = &d->open[m][roll(d, LOTS_OPEN)];
    if (lot->left >= need)
        return lot;
    return receive(d, m, lot) ? lot : NULL;
}

// --- jobs and orders ---------------------------------------------------------------------------------------------

// A whole job of `take` of the lot; its record.
static bool run_job(struct demo *d, size_t m, struct open_lot *lot, int64_t take, const char *order,
                    char record[65]) {
    char declaration[65], job[65];
    int64_t machine = 1 + (int64_t)roll(d, (uint64_t)d->options->machines);
    if ((m == 1 || m == 4) && !read_warnings(d, lot, machine))
        return false;
    cJSON *answer =
        ask(d, "declaration.make",
            "{\"machine\":\"%s%" PRId64 "\",\"lots\":[{\"lot\":\"%s\",\"quantity\":\"%" PRId64
            "%s\"}],\"operator\":\"OP%d\","
            "\"product\":\"%s\"%s%s%s}",
            machine % 3 ? "laser" : "cnc", machine, lot->lot, take, materials[m].unit, (int)roll(d, 4) + 1,
            products[m], order ? ",\"order\":\"" : "", order ? order : "", order ? "\"" : "");
    if (!done(answer, "declaration", declaration))
        return false;
    answer = ask(d, "job.start", "{\"machine\":\"%s%" PRId64 "\",\"declaration\":\"%s\"}",
                 machine % 3 ? "laser" : "cnc", machine, declaration);
    if (!answer)
        return false;
    snprintf(job, sizeof job, "%s", json_text(answer, "job"));
    done(answer, "record", record);
    d->now_us += INT64_C(60000000);
    return DO(
        d, "job.end",
        "{\"job\":\"%s\",\"state\":\"completed\",\"reason\":\"program end\",\"lines\":%d,\"bytes\":%d,"
        "\"work_um\":%d,\"box\":[0,0,0,100000,50000,0],\"work_box\":[0,0,0,100000,50000,0],\"work_us\":55000000}",
        job, 100 + (int)roll(d, 5000), 4000 + (int)roll(d, 100000), 100000 + (int)roll(d, 900000));
}

static bool make_order(struct demo *d, int64_t customer, const char *product, char order[65]) {
    snprintf(order, 65, "SO-%06" PRId64, ++d->orders);
    return DO(d, "order.add",
              "{\"order\":\"%s\",\"customer\":\"CUST-%05" PRId64
              "\",\"items\":[{\"product\":\"%s\",\"count\":1}]}",
              order, customer, product);
}

static bool make_unit(struct demo *d, const char *record, char unit[65]) {
    cJSON *answer = ask(d, "unit.make", "{\"record\":\"%s\"}", record);
    if (answer)
        snprintf(unit, 65, "%s", json_get(answer, "units")->child->valuestring);
    cJSON_Delete(answer);
    return answer != NULL;
}

static bool deliver(struct demo *d, const char *record, size_t m) {
    char order[65], unit[65], shipment[65];
    int64_t customer = 1 + (int64_t)roll(d, (uint64_t)d->options->customers);
    if (!make_unit(d, record, unit) || !make_order(d, customer, products[m], order))
        return false;
    uint64_t fate = roll(d, 20);
    if (fate == 0)
        return DO(d, "unit.allocate", "{\"unit\":\"%s\",\"order\":\"%s\"}", unit, order);
    if (fate == 1)
        return true; // open, and nothing set apart yet
    bool ok =
        done(ask(d, "order.ship", "{\"order\":\"%s\",\"units\":[\"%s\"],\"carrier\":\"Post\"}", order, unit),
             "shipment", shipment);
    if (ok && fate == 2)
        ok = DO(d, "shipment.return", "{\"shipment\":\"%s\",\"unit\":\"%s\",\"reason\":\"did not fit\"}",
                shipment, unit);
    return ok;
}

static bool ordinary_job(struct demo *d, int64_t number) {
    size_t m = roll(d, MATERIALS);
    bool counted = strcmp(materials[m].unit, "sheet") == 0;
    int64_t take = counted ? 1 : 1000 + (int64_t)roll(d, 100000);
    struct open_lot *lot = stock(d, m, take);
    char record[65];
    if (!lot || (number % 40 == 7 && !cut(d, m, lot)) || (number % 400 == 11 && !merge(d, m)) ||
        (number % 150 == 13 && !count_stock(d, m, lot)))
        return false;
    lot = stock(d, m, take);
    if (!lot || !run_job(d, m, lot, take, NULL, record))
        return false;
    lot->left -= take;
    return (number % JOBS_PER_ORDER != 0 || deliver(d, record, m)) && (!lot->piece || look_for_mark(d, lot));
}

// --- the story -----------------------------------------------------------------------------------------------------

static bool tell_story(struct demo *d) {
    struct open_lot story = {.lot = DEMO_STORY_LOT};
    int64_t customer = 1, step = d->options->customers / DEMO_STORY_CUSTOMERS;
    bool ok = DO(d, "lot.receive",
                 "{\"lot\":\"" DEMO_STORY_LOT
                 "\",\"material\":\"ACR\",\"supplier\":\"ACME\",\"supplier_lot\":\"88-0923\","
                 "\"heat\":\"88-0923\",\"cert_heat\":\"88-0923\",\"quantity\":\"20sheet\"}") &&
              DO(d, "lot.release", "{\"lot\":\"" DEMO_STORY_LOT "\",\"by\":\"OP1\"}");
    for (int job = 0; ok && job < STORY_JOBS; job++) {
        char record[65], unit[65], order[65];
        ok = run_job(d, 0, &story, 2, NULL, record);
        for (int i = 0; ok && i < STORY_UNITS_PER_JOB; i++) {
            int told = job * STORY_UNITS_PER_JOB + i;
            ok = make_unit(d, record, unit);
            if (!ok || told >= DEMO_STORY_CUSTOMERS)
                continue;
            ok = make_order(d, customer, products[0], order) &&
                 DO(d, "order.ship", "{\"order\":\"%s\",\"units\":[\"%s\"]}", order, unit);
            customer += step;
        }
        ok = ok && DO(d, "record.close", "{\"record\":\"%s\",\"good\":%d,\"scrapped\":0}", record,
                      STORY_UNITS_PER_JOB);
    }
    return ok;
}

static bool is_empty(struct demo *d) {
    cJSON *answer = ask(d, "lot.list", "{\"limit\":1}");
    bool empty = answer && !answer->child;
    cJSON_Delete(answer);
    return empty || lg_fail(d->error, "not_empty", "Use an empty data folder: --data DIR.",
                            "The ledger holds lots already; made-up ones don't belong among them.");
}

static bool run_jobs(struct demo *d) {
    bool ok = true;
    for (int64_t n = 1; ok && n <= d->options->jobs; n++) {
        ok = ordinary_job(d, n);
        if (ok && n % JOBS_PER_COMMIT == 0) {
            ok = ledger_commit(d->ledger, d->error) && ledger_begin(d->ledger, d->error);
            if (d->options->progress)
                d->options->progress(d->options->context, n);
        }
    }
    return ok;
}

bool demo_fill(struct ledger *ledger, const struct demo_options *options, struct lg_error *error) {
    if (options->machines < 1 || options->machines > DEMO_MACHINES_MAX ||
        options->customers < DEMO_STORY_CUSTOMERS || options->customers > 99999 || options->jobs < 0 ||
        options->jobs > DEMO_JOBS_MAX)
        return lg_fail(error, "bad_argument",
                       "Take 1 to 64 machines, 34 to 99999 customers, up to 10,000,000 jobs.",
                       "A shop of that size can't be made.");
    struct demo demo = {.ledger = ledger,
                        .options = options,
                        .random = options->seed * UINT64_C(0x9E3779B97F4A7C15) | 1,
                        .now_us = FIRST_US,
                        .error = error};
    if (!ledger_expect_much(ledger, error) || !ledger_begin(ledger, error))
        return false;
    bool ok =
        is_empty(&demo) && make_shop(&demo) && make_customers(&demo) && tell_story(&demo) && run_jobs(&demo);
    if (ok)
        return ledger_commit(ledger, error);
    ledger_rollback(ledger);
    return false;
}
