// queries: the named questions that ledger_query answers.
//
// In the SQL, {name|text} stands for `text` when the argument `name` is given and for nothing when it is not, so
// that an absent filter costs no index. A column's name may end in @time (microseconds -> ISO text), @json (text
// -> value) or @flag (0/1 -> false/true); the answer's member is called by what stands before the @.
#ifndef LOTGATE_LEDGER_QUERIES_H
#define LOTGATE_LEDGER_QUERIES_H

struct ledger_named_query {
    const char *name;
    const char *sql;
};

// By family, each in a file of its own and ending with a NULL name; ends with NULL.
extern const struct ledger_named_query *const ledger_queries[];
extern const struct ledger_named_query queries_custody[], queries_product[], queries_order[];
const struct ledger_named_query *ledger_query_find(const char *name);

#endif
