// planner.c: the queue of moves, and the axes that follow them.

#include "planner.h" // planner_tick
#include "board.h"   // board_power

#define FINE 128 // parts of a micrometre

static uint8_t after(uint8_t block) {
    return (uint8_t)((block + 1) % PLANNER_BLOCKS);
}

bool planner_full(const struct planner *p) {
    return after(p->head) == p->tail;
}

bool planner_empty(const struct planner *p) {
    return p->head == p->tail;
}

uint8_t planner_room(const struct planner *p) {
    return (uint8_t)((p->tail + PLANNER_BLOCKS - 1 - p->head) % PLANNER_BLOCKS);
}

// The tick sees the move once `head` has gone on.
static void put(struct planner *p, const int32_t target[AXES], uint32_t ticks, uint16_t feed, uint16_t power,
                enum move_kind kind) {
    struct move *move = &p->moves[p->head];
    move->ticks = ticks ? ticks : 1;
    for (uint8_t i = 0; i < AXES; i++) {
        int32_t way = target[i] - p->end[i], count = (int32_t)move->ticks;
        move->step[i] = (int16_t)(way / count * FINE + way % count * FINE / count);
        move->target[i] = p->end[i] = target[i];
    }
    move->feed = feed;
    move->power = power;
    move->kind = (uint8_t)kind;
    p->head = after(p->head);
}

void planner_move(struct planner *p, const int32_t target[AXES], uint32_t length, uint16_t feed,
                  uint16_t power, enum move_kind kind) {
    // mm/min is 1/60 of micrometres per millisecond
    put(p, target, length / feed * 60u + length % feed * 60u / feed, feed, power, kind);
}

void planner_dwell(struct planner *p, uint32_t milliseconds) {
    int32_t here[AXES];
    for (uint8_t i = 0; i < AXES; i++)
        here[i] = p->end[i];
    put(p, here, milliseconds, 0, p->resting_power, MOVE_DWELL);
}

static void give_power(struct planner *p, uint16_t power) {
    if (power == p->power)
        return;
    p->power = power;
    board_power(power);
}

static void give_moving(struct planner *p, bool moving) {
    if (moving == p->moving)
        return;
    p->moving = moving;
    board_moving(moving);
}

void planner_clear(struct planner *p) {
    uint8_t before = board_lock();
    p->tail = p->head;
    p->ticks_left = 0;
    p->hold = p->stopped = false;
    p->resting_power = 0;
    give_power(p, 0);
    give_moving(p, false);
    for (uint8_t i = 0; i < AXES; i++) {
        p->end[i] = p->fine[i] / FINE;
        p->fine[i] = p->end[i] * FINE;
    }
    board_unlock(before);
}

void planner_rest(struct planner *p, uint16_t power) {
    uint8_t before = board_lock();
    p->resting_power = power;
    if (planner_empty(p) && !p->hold && !p->stopped)
        give_power(p, power);
    board_unlock(before);
}

void planner_where(const struct planner *p, int32_t where[AXES], uint16_t *feed, uint16_t *power) {
    uint8_t before = board_lock();
    bool goes = p->ticks_left != 0 && !p->hold;
    for (uint8_t i = 0; i < AXES; i++)
        where[i] = p->fine[i];
    *feed = goes ? p->moves[p->tail].feed : 0;
    *power = p->power;
    board_unlock(before);
    for (uint8_t i = 0; i < AXES; i++)
        where[i] /= FINE;
}

bool planner_kind(const struct planner *p, enum move_kind *kind) {
    uint8_t before = board_lock();
    bool any = !planner_empty(p);
    *kind = (enum move_kind)p->moves[p->tail].kind;
    board_unlock(before);
    return any;
}

// Whole square root.
static uint16_t root(uint32_t square) {
    uint32_t result = 0, bit = 1ul << 30;
    while (bit > square)
        bit >>= 2;
    for (; bit; bit >>= 2) {
        if (square >= result + bit) {
            square -= result + bit;
            result = (result >> 1) + bit;
        } else {
            result >>= 1;
        }
    }
    return (uint16_t)result;
}

uint32_t planner_distance(const int32_t from[AXES], const int32_t to[AXES]) {
    uint32_t way[AXES], longest = 0, square = 0;
    uint8_t shift = 0;
    for (uint8_t i = 0; i < AXES; i++) {
        way[i] = (uint32_t)(to[i] > from[i] ? to[i] - from[i] : from[i] - to[i]);
        if (way[i] > longest)
            longest = way[i];
    }
    // So that three squares fit into 32 bits.
    while (longest >> shift > 32767u)
        shift++;
    for (uint8_t i = 0; i < AXES; i++)
        square += (way[i] >> shift) * (way[i] >> shift);
    return (uint32_t)root(square) << shift;
}

void planner_tick(struct planner *p) {
    if (p->hold || p->stopped) {
        if (p->stopped || !p->beam_in_hold)
            give_power(p, 0);
        give_moving(p, false);
        return;
    }
    if (planner_empty(p)) {
        give_power(p, p->resting_power);
        give_moving(p, false);
        return;
    }
    const struct move *move = &p->moves[p->tail];
    if (p->ticks_left == 0)
        p->ticks_left = move->ticks;
    give_power(p, move->power);
    give_moving(p, move->kind != MOVE_DWELL);
    for (uint8_t i = 0; i < AXES; i++)
        p->fine[i] += move->step[i];
    if (--p->ticks_left != 0)
        return;
    for (uint8_t i = 0; i < AXES; i++)
        p->fine[i] = move->target[i] * FINE;
    p->tail = after(p->tail);
}
