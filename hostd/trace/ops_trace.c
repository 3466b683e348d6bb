// ops_trace: from a unit, order, lot, job, record, customer or supplier to all that it was made of and all that it became.
//
// Two walks from where one stands, each remembering where it has been: backward to suppliers, forward to customers. The answer
// is a graph: whoever shows it (tree, picture) decides how.
#include "common.h"

#include <search.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "families.h"
#include "json.h" // json_text

#define TRACE_NODES_MAX 5000 // in one answer; a recall has no such limit
#define KEY_MAX         300

struct graph {
    struct ledger *ledger;
    cJSON *nodes, *edges;
    struct hsearch_data index; // "type:id" -> position
    char **keys;               // the table points to them
    const char **types, **ids; // of the nodes, in the nodes' own texts
    size_t count;
    bool full;
};

static bool graph_make(struct graph *g, struct ledger *ledger) {
    memset(g, 0, sizeof *g);
    g->ledger = ledger;
    g->nodes = cJSON_CreateArray();
    g->edges = cJSON_CreateArray();
    g->keys = calloc(TRACE_NODES_MAX, sizeof *g->keys);
    g->types = calloc(TRACE_NODES_MAX, sizeof *g->types);
    g->ids = calloc(TRACE_NODES_MAX, sizeof *g->ids);
    lg_assert(g->keys && g->types && g->ids && hcreate_r(2 * TRACE_NODES_MAX, &g->index));
    return true;
}

static void graph_free(struct graph *g) {
    for (size_t i = 0; i < g->count; i++)
        free(g->keys[i]);
    free(g->keys);
    free(g->types);
    free(g->ids);
    hdestroy_r(&g->index);
}

// The node's position; added when it is new (*fresh). -1 when there is no more room.
static int node_at(struct graph *g, const char *type, const char *id, const char *side, bool *fresh) {
    char key[KEY_MAX];
    ENTRY wanted, *found;
    snprintf(key, sizeof key, "%s:%s", type, id);
    wanted.key = key;
    wanted.data = NULL;
    *fresh = false;
    if (hsearch_r(wanted, FIND, &found, &g->index))
        return (int)(intptr_t)found->data;
    if (g->count == TRACE_NODES_MAX) {
        g->full = true;
        return -1;
    }
    cJSON *node = common_one("type", type);
    json_add_text(node, "id", id);
    json_add_text(node, "side", side);
    cJSON_AddItemToArray(g->nodes, node);
    g->types[g->count] = json_text(node, "type");
    g->ids[g->count] = json_text(node, "id");
    g->keys[g->count] = strdup(key);
    lg_assert(g->keys[g->count]);
    wanted.key = g->keys[g->count];
    wanted.data = (void *)(intptr_t)g->count;
    lg_assert(hsearch_r(wanted, ENTER, &found, &g->index));
    *fresh = true;
    return (int)g->count++;
}

static void add_edge(struct graph *g, int from, int to) {
    cJSON *edge = cJSON_CreateArray();
    cJSON_AddItemToArray(edge, cJSON_CreateNumber(from));
    cJSON_AddItemToArray(edge, cJSON_CreateNumber(to));
    cJSON_AddItemToArray(g->edges, edge);
}

static const char *step_query(const char *type, bool forward) {
    static const struct {
        const char *type, *forward, *backward;
    } steps[] = {
        {"lot", "trace_from_lot", "trace_to_lot"},          {"job", "trace_from_job", "trace_to_job"},
        {"record", "trace_from_record", "trace_to_record"}, {"unit", "trace_from_unit", "trace_to_unit"},
        {"order", "trace_from_order", "trace_to_order"},    {"customer", NULL, "trace_to_customer"},
        {"supplier", "trace_from_supplier", NULL},
    };
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (strcmp(steps[i].type, type) == 0)
            return forward ? steps[i].forward : steps[i].backward;
    return NULL;
}

// One step from a node; new nodes come behind the last and are looked at in their turn.
static bool step(struct graph *g, int at, bool forward, struct lg_error *error) {
    const char *query = step_query(g->types[at], forward);
    cJSON *rows;
    if (!query)
        return true;
    if (!common_list(g->ledger, query, common_one("id", g->ids[at]), &rows, error))
        return false;
    const cJSON *row;
    cJSON_ArrayForEach(row, rows) {
        bool fresh;
        int other =
            node_at(g, json_text(row, "type"), json_text(row, "id"), forward ? "forward" : "back", &fresh);
        if (other >= 0)
            add_edge(g, forward ? at : other, forward ? other : at);
    }
    cJSON_Delete(rows);
    return true;
}

static bool add_labels(struct graph *g, struct lg_error *error) {
    cJSON *node;
    cJSON_ArrayForEach(node, g->nodes) {
        static const char *const members[] = {"type", "id", NULL};
        cJSON *row;
        if (!common_row(g->ledger, "trace_label", common_copy(cJSON_CreateObject(), node, members), &row,
                        error))
            return false;
        json_add_text(node, "label", json_text(row, "label"));
        json_add_text(node, "state", json_text(row, "state"));
        if (cJSON_IsArray(json_get(row, "corrected")))
            json_add(node, "corrected", cJSON_Duplicate(json_get(row, "corrected"), true));
        cJSON_Delete(row);
    }
    return true;
}

static bool walk(struct graph *g, const char *type, const char *id, struct lg_error *error) {
    bool fresh;
    node_at(g, type, id, "self", &fresh);
    if (!step(g, 0, false, error))
        return false;
    for (size_t i = 1; i < g->count; i++)
        if (!step(g, (int)i, false, error))
            return false;
    size_t behind = g->count;
    if (!step(g, 0, true, error))
        return false;
    for (size_t i = behind; i < g->count; i++)
        if (!step(g, (int)i, true, error))
            return false;
    return add_labels(g, error);
}

static bool trace_show(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                       cJSON **answer, struct lg_error *error) {
    const char *id = json_text(args, "id");
    struct graph g;
    cJSON *what;
    if (!common_need(ledger, "trace_what", common_one("id", id), &what, "no_such_thing",
                     "unit, lot, order, record, job, customer or supplier", id, "Check the number.", error))
        return false;
    graph_make(&g, ledger);
    bool ok = walk(&g, json_text(what, "type"), json_text(what, "id"), error);
    if (ok) {
        *answer = common_one("id", json_text(what, "id"));
        json_add_text(*answer, "type", json_text(what, "type"));
        json_add(*answer, "nodes", g.nodes);
        json_add(*answer, "edges", g.edges);
        json_add(*answer, "cut", cJSON_CreateBool(g.full));
    } else {
        cJSON_Delete(g.nodes);
        cJSON_Delete(g.edges);
    }
    graph_free(&g);
    cJSON_Delete(what);
    return ok;
}

const struct trace_op graph_ops[] = {
    {"trace.show", false, TAKES("!id"), "All that a thing was made of, and all that it became: a graph.",
     trace_show},
    {NULL, false, NULL, NULL, NULL},
};
