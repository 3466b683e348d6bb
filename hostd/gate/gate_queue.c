// gate_queue.c: two queues. Lines that wait to be forwarded, and forwarded lines that wait for their reply.
//
// The text of waiting lines lies in one piece, without anything between the lines: what goes on later goes
// on in one write. It is moved down when its end is reached.

#include "gate_internal.h"

#include <assert.h>
#include <string.h>

#define ITEM_COST 8 // what an item without text counts against GATE_QUEUE_MAX

static struct item *last_item(struct queue *q) {
    return q->count ? &q->items[(q->first + q->count - 1) % GATE_QUEUE_ITEMS] : NULL;
}

static struct item *push_item(struct queue *q, enum item_type type, uint32_t cost) {
    if (q->count == GATE_QUEUE_ITEMS || q->bytes + cost > GATE_QUEUE_MAX)
        return NULL;
    struct item *item = &q->items[(q->first + q->count) % GATE_QUEUE_ITEMS];
    *item = (struct item){.type = (uint8_t)type};
    q->count++;
    q->bytes += cost;
    return item;
}

bool gate_queue_line(struct queue *q, const struct line *line) {
    size_t total = line->length + line->ends;
    struct item *item = push_item(q, ITEM_LINE, (uint32_t)total);
    if (!item)
        return false;
    if (q->tail + total > sizeof q->text) {
        memmove(q->text, q->text + q->head, q->tail - q->head);
        q->tail -= q->head;
        q->head = 0;
    }
    assert(q->tail + total <= sizeof q->text);
    memcpy(q->text + q->tail, line->text, total);
    q->tail += total;
    item->ends = line->ends;
    item->utf8 = line->utf8;
    item->length = (uint32_t)total;
    return true;
}

bool gate_queue_empty_line(struct queue *q, const struct line *line) {
    struct item *last = last_item(q);
    uint8_t end = line->text[0];
    if (last && last->type == ITEM_EMPTY && last->ends == line->ends && last->end == end &&
        last->polled == line->polled) {
        if (last->length == GATE_EMPTY_RUN_MAX)
            return false;
        last->length++;
        return true;
    }
    struct item *item = push_item(q, ITEM_EMPTY, ITEM_COST);
    if (!item)
        return false;
    item->ends = line->ends;
    item->end = end;
    item->polled = line->polled;
    item->length = 1;
    return true;
}

bool gate_queue_mark(struct queue *q, enum item_type type, uint32_t slot, uint8_t ends) {
    struct item *item = push_item(q, type, ITEM_COST);
    if (!item)
        return false;
    item->length = slot;
    item->ends = ends;
    return true;
}

struct item *gate_queue_head(struct queue *q) {
    return q->count ? &q->items[q->first] : NULL;
}

const uint8_t *gate_queue_text(const struct queue *q) {
    return q->text + q->head;
}

void gate_queue_pop(struct queue *q) {
    struct item *item = gate_queue_head(q);
    assert(item);
    if (item->type == ITEM_LINE) {
        q->head += item->length;
        q->bytes -= item->length;
    } else {
        q->bytes -= ITEM_COST;
    }
    q->first = (q->first + 1) % GATE_QUEUE_ITEMS;
    q->count--;
    // The text stays where it is: it may not have been written yet.
}

void gate_queue_clear(struct queue *q) {
    q->first = q->count = q->bytes = 0;
    q->head = q->tail = 0;
}

// --- lines whose reply has not come

struct due *gate_due_push(struct dues *d) {
    if (d->count == GATE_OUTSTANDING_MAX)
        return NULL;
    struct due *due = &d->ring[(d->first + d->count) % GATE_OUTSTANDING_MAX];
    d->count++;
    due->bytes = 0;
    due->replies = 1;
    due->flags = 0;
    due->dwell_s = 0;
    due->length = 0;
    due->answered = false;
    return due;
}

void gate_due_count(struct dues *d, const struct due *due) {
    d->bytes += due->bytes;
    d->beam += (due->flags & DUE_BEAM) != 0;
    d->gcode += (due->flags & DUE_GCODE) != 0;
}

struct due *gate_due_head(struct dues *d) {
    return d->count ? &d->ring[d->first] : NULL;
}

void gate_due_pop(struct dues *d) {
    struct due *due = gate_due_head(d);
    assert(due);
    d->bytes -= due->bytes;
    d->beam -= (due->flags & DUE_BEAM) != 0;
    d->gcode -= (due->flags & DUE_GCODE) != 0;
    d->first = (d->first + 1) % GATE_OUTSTANDING_MAX;
    d->count--;
}

void gate_due_clear(struct dues *d) {
    d->first = d->count = 0;
    d->bytes = d->beam = d->gcode = 0;
}

void gate_due_disown(struct dues *d) {
    for (uint32_t i = 0; i < d->count; i++)
        d->ring[(d->first + i) % GATE_OUTSTANDING_MAX].flags |= DUE_OWN;
}
