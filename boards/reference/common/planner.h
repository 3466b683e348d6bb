// planner: a queue of moves and the virtual axes that follow them. The main loop puts moves, the tick (an interrupt, each
// millisecond) executes them; there is no acceleration.
#ifndef LOTGATE_REFERENCE_PLANNER_H
#define LOTGATE_REFERENCE_PLANNER_H

#include <stdbool.h>
#include <stdint.h>

#define AXES           3
#define PLANNER_BLOCKS 16    // one is always free: 15 moves, as Grbl has
#define FEED_MAX       15000 // mm/min: what fits into a step

enum move_kind { MOVE_RAPID, MOVE_FEED, MOVE_JOG, MOVE_DWELL };

struct move {
    int32_t target[AXES]; // micrometres
    int16_t step[AXES];   // per tick, in 1/128 micrometre
    uint32_t ticks;
    uint16_t feed; // mm/min, for reports
    uint16_t power;
    uint8_t kind;
};

struct planner {
    struct move moves[PLANNER_BLOCKS];
    volatile uint8_t head, tail; // the tick moves the tail, the main loop the head
    volatile bool hold;          // nothing moves, the beam is off
    volatile bool stopped;       // a reset came: nothing moves until planner_clear
    bool beam_in_hold;           // a spindle goes on turning in a hold, a laser does not
    uint16_t resting_power;      // while nothing moves
    uint16_t power;              // as it was given to the board
    bool moving;
    uint32_t ticks_left; // of the move at the tail; 0: not begun
    int32_t fine[AXES];  // where the axes are, in 1/128 micrometre
    int32_t end[AXES];   // where the last move in the queue ends, micrometres
};

bool planner_full(const struct planner *p);
// Nothing moves and nothing waits.
bool planner_empty(const struct planner *p);
uint8_t planner_room(const struct planner *p); // free blocks

// Puts a move from the end of the last one. `length` is that of the path in micrometres, `feed` in mm/min (1 to FEED_MAX). The planner is
// not full.
void planner_move(struct planner *p, const int32_t target[AXES], uint32_t length, uint16_t feed,
                  uint16_t power, enum move_kind kind);
// Stands still for so long.
void planner_dwell(struct planner *p, uint32_t milliseconds);

// Drops all moves; the axes stay where they are. Beam off.
void planner_clear(struct planner *p);

// Power while nothing moves. Takes effect at once when nothing moves.
void planner_rest(struct planner *p, uint16_t power);

// Where the axes are, micrometres; the feed and power of the move in execution.
void planner_where(const struct planner *p, int32_t where[AXES], uint16_t *feed, uint16_t *power);
// What is in execution; false when nothing is.
bool planner_kind(const struct planner *p, enum move_kind *kind);

// Straight distance of two points; saturates.
uint32_t planner_distance(const int32_t from[AXES], const int32_t to[AXES]);

// Each millisecond, from an interrupt.
void planner_tick(struct planner *p);

#endif
