// lists: see lists.h.
#include "lists.h"

#include <stdio.h>
#include <string.h>

#include "json.h" // json_get, json_text

// What never expires or has not ended, and what has no supplier or operator, comes last or first like any other value; the same
// words stand in the indexes.
#define LATE(column) "coalesce(" column ", 9223372036854775807)"
#define TEXT(column) "coalesce(" column ", '')"

const struct ledger_list ledger_lists[] = {
    {"supplier_list",
     "suppliers s",
     "s.supplier",
     false,
     {{"supplier", {"s.supplier"}}, {"name", {"s.name", "s.seq"}}, {"added", {"s.seq"}}}},
    {"material_list",
     "materials m",
     "m.material",
     false,
     {{"material", {"m.material"}},
      {"name", {"m.name", "m.seq"}},
      {"form", {TEXT("m.form"), "m.seq"}},
      {"grade", {TEXT("m.grade"), "m.seq"}},
      {"added", {"m.seq"}}}},
    {"operator_list",
     "operators o",
     "o.operator",
     false,
     {{"operator", {"o.operator"}},
      {"name", {"o.name", "o.seq"}},
      {"role", {"o.role", "o.seq"}},
      {"added", {"o.seq"}}}},
    {"lot_list",
     "lots l",
     "l.lot",
     true,
     {{"received", {"l.seq"}},
      {"lot", {"l.lot"}},
      {"material", {"l.material", "l.seq"}},
      {"state", {"l.state", "l.seq"}},
      {"supplier", {TEXT("l.supplier"), "l.seq"}},
      {"supplier_lot", {TEXT("l.supplier_lot"), "l.seq"}},
      {"heat", {TEXT("l.heat"), "l.seq"}},
      {"expires", {LATE("l.expires_us"), "l.seq"}}}},
    {"document_list",
     "documents d",
     "d.document",
     true,
     {{"attached", {"d.seq"}},
      {"expires", {LATE("d.expires_us"), "d.seq"}},
      {"sha256", {"d.sha256", "d.seq"}}}},
    {"machine_list",
     "machines m",
     "m.machine",
     false,
     {{"machine", {"m.machine"}},
      {"kind", {"m.kind", "m.seq"}},
      {"board", {"m.board", "m.seq"}},
      {"registered", {"m.seq"}}}},
    {"declaration_list",
     "declarations d",
     "d.declaration",
     true,
     {{"made", {"d.seq"}}, {"machine", {"d.machine", "d.seq"}}, {"state", {"d.state", "d.seq"}}}},
    {"job_list",
     "jobs j",
     "j.job",
     true,
     {{"started", {"j.at_us", "j.seq"}},
      {"machine", {"j.machine", "j.at_us", "j.seq"}},
      {"state", {"j.state", "j.at_us", "j.seq"}},
      {"operator", {TEXT("j.operator"), "j.seq"}},
      {"lines", {"coalesce(j.lines, -1)", "j.seq"}},
      {"ended", {LATE("j.ended_us"), "j.seq"}},
      {"job", {"j.job"}}}},
    {"record_list",
     "records r",
     "r.record",
     true,
     {{"opened", {"r.seq"}}, {"state", {"r.state", "r.seq"}}, {"record", {"r.record"}}}},
    {"note_list",
     "notes n",
     "n.note",
     false,
     {{"at", {"n.seq"}}, {"subject", {"n.subject", "n.seq"}}, {"note", {"n.note"}}}},
    {"correction_log",
     "corrections c",
     "c.correction",
     true,
     {{"at", {"c.seq"}}, {"subject", {"c.subject", "c.seq"}}}},
    {"event_list", "events e", NULL, false, {{"seq", {"e.seq"}}}},
    {"product_list",
     "products p",
     "p.product",
     false,
     {{"product", {"p.product"}}, {"name", {"p.name", "p.seq"}}, {"added", {"p.seq"}}}},
    {"unit_list",
     "units u",
     "u.unit",
     true,
     {{"made", {"u.seq"}}, {"record", {"u.record", "u.seq"}}, {"unit", {"u.unit"}}}},
    {"customer_list",
     "customers c",
     "c.customer",
     false,
     {{"customer", {"c.customer"}}, {"name", {"c.name", "c.seq"}}, {"added", {"c.seq"}}}},
    {"order_list",
     "orders o",
     "o.order_ref",
     true,
     {{"added", {"o.seq"}},
      {"ordered", {"o.ordered_us", "o.seq"}},
      {"order", {"o.order_ref"}},
      {"customer", {"o.customer", "o.seq"}},
      {"state", {"o.state", "o.seq"}}}},
    {"shipment_list",
     "shipments s",
     "s.shipment",
     true,
     {{"shipped", {"s.seq"}}, {"order", {"s.order_ref", "s.seq"}}, {"shipment", {"s.shipment"}}}},
    {"nonconformance_list",
     "nonconformances n",
     "n.nonconformance",
     true,
     {{"at", {"n.seq"}}, {"subject", {"n.subject", "n.seq"}}, {"nonconformance", {"n.nonconformance"}}}},
    {"procedure_list",
     "procedures p",
     "p.seq",
     false,
     {{"procedure", {"p.procedure", "-p.version"}}, {"title", {"p.title", "p.seq"}}, {"issued", {"p.seq"}}}},
    {"training_list",
     "trainings t",
     "t.seq",
     true,
     {{"at", {"t.seq"}},
      {"operator", {"t.operator", "t.seq"}},
      {"procedure", {"t.procedure", "t.version", "t.seq"}}}},
    {"recall_list",
     "recalls r",
     "r.recall",
     true,
     {{"opened", {"r.seq"}}, {"lot", {"r.lot", "r.seq"}}, {"state", {"r.state", "r.seq"}}}},
    {NULL, NULL, NULL, false, {{NULL, {NULL}}}},
};

const struct ledger_list *ledger_list_find(const char *query) {
    for (const struct ledger_list *list = ledger_lists; list->query; list++)
        if (strcmp(list->query, query) == 0)
            return list;
    return NULL;
}

static bool unknown(const struct ledger_list *list, const char *asked, struct lg_error *error) {
    char fields[200] = "";
    for (const struct ledger_sort *s = list->sorts; s->field; s++) {
        size_t length = strlen(fields);
        snprintf(fields + length, sizeof fields - length, "%s%s", length ? ", " : "", s->field);
    }
    char what[sizeof fields + 64];
    snprintf(what, sizeof what, "Sort by one of: %s. Behind it, :desc turns the order round.", fields);
    return lg_fail(error, "bad_argument", what, "This list can't be sorted by \"%.40s\".", asked);
}

// The sort that was asked for, and whether it runs downward.
static const struct ledger_sort *sort_of(const struct ledger_list *list, const cJSON *args, bool *down,
                                         struct lg_error *error) {
    const char *asked = args ? json_text(args, "sort") : NULL;
    *down = list->newest_first;
    if (!asked)
        return list->sorts;
    size_t length = strcspn(asked, ":");
    const char *way = asked + length;
    *down = strcmp(way, ":desc") == 0;
    if (!*way || *down || strcmp(way, ":asc") == 0)
        for (const struct ledger_sort *s = list->sorts; s->field; s++)
            if (strlen(s->field) == length && strncmp(s->field, asked, length) == 0)
                return s;
    unknown(list, asked, error);
    return NULL;
}

bool ledger_list_order(const struct ledger_list *list, const cJSON *args, struct ledger_list_order *order,
                       struct lg_error *error) {
    order->list = list;
    order->sort = sort_of(list, args, &order->down, error);
    const cJSON *after = args ? json_get(args, "after") : NULL;
    order->goes_on = after && !cJSON_IsNull(after);
    order->columns = 0;
    while (order->sort && order->sort->columns[order->columns])
        order->columns++;
    return order->sort != NULL;
}

// "b, c", from the column `from` on, with `behind` after each.
static void put_columns(FILE *out, const struct ledger_sort *sort, int from, const char *behind) {
    for (int i = from; sort->columns[i]; i++)
        fprintf(out, "%s%s%s", i == from ? "" : ", ", sort->columns[i], behind);
}

void ledger_list_tail(const struct ledger_list_order *order, int same, char tail[LIST_TAIL_MAX]) {
    const struct ledger_sort *sort = order->sort;
    FILE *out = fmemopen(tail, LIST_TAIL_MAX, "w");
    lg_assert(out);
    for (int i = 0; order->goes_on && i <= same; i++)
        fprintf(out, " AND %s %s :place%d", sort->columns[i], i < same ? "=" : order->down ? "<" : ">", i);
    // By the columns in which they differ: SQLite does not see that an expression is the same in all.
    fputs(" ORDER BY ", out);
    put_columns(out, sort, order->goes_on ? same : 0, order->down ? " DESC" : "");
    fputs(" LIMIT :limit", out);
    lg_assert(ftell(out) < LIST_TAIL_MAX - 1 && fclose(out) == 0);
}

void ledger_list_place(const struct ledger_list_order *order, char sql[LIST_TAIL_MAX]) {
    if (!order->list->cursor) {
        snprintf(sql, LIST_TAIL_MAX, "SELECT :after");
        return;
    }
    FILE *out = fmemopen(sql, LIST_TAIL_MAX, "w");
    lg_assert(out);
    fputs("SELECT ", out);
    put_columns(out, order->sort, 0, "");
    fprintf(out, " FROM %s WHERE %s = :after", order->list->table, order->list->cursor);
    lg_assert(ftell(out) < LIST_TAIL_MAX - 1 && fclose(out) == 0);
}
