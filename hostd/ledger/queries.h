// queries: the named questions that ledger_query answers.
//
// In the SQL, {name|text} stands for `text` when the argument `name` is given and for nothing when it is not, so
// that an absent filter costs no index. A column's name may end in @time (microseconds -> ISO text), @json (text
// -> value) or @flag (0/1 -> false/true); the answer's member is called by what stands before the @. A
// query that lists.c knows ends with its conditions (WHERE 1 ...): its order, its place and its limit are made there; a column
// after ~ is not looked for in its own index when the list is asked for in another order and many rows fit.
#ifndef LOTGATE_LEDGER_QUERIES_H
#define LOTGATE_LEDGER_QUERIES_H

struct ledger_named_query {
    const char *name;
    const char *sql;
};

struct ledger_query_family {
    const struct ledger_named_query *queries; // ends with a NULL name
    int most;                                 // rows that one of them may answer
};

// By family, each in a file of its own; ends with NULL.
extern const struct ledger_query_family ledger_queries[];
extern const struct ledger_named_query queries_custody[], queries_recall[], queries_quality[],
    queries_product[], queries_order[], queries_receiving[];
// `most` gets how many rows it may answer.
const struct ledger_named_query *ledger_query_find(const char *name, int *most);

#endif
