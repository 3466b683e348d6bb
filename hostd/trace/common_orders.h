// common_orders: what customers, orders and their import share. Not for use outside this folder.
#ifndef LOTGATE_TRACE_COMMON_ORDERS_H
#define LOTGATE_TRACE_COMMON_ORDERS_H

#include "ops.h"

// The customer's row, owned by the caller; code no_such_customer.
bool customer_need(struct ledger *ledger, const char *customer, cJSON **row, struct lg_error *error);
// Brings `email` of an object (NULL: none) into small letters: by it a customer is known again. Without text it is taken away.
void customer_small_email(cJSON *object);
// Appends customer.added with the particulars in `args`, under args.customer or the next number; `customer` gets the id.
bool customer_append(struct ledger *ledger, const struct trace_context *context, const cJSON *args,
                     char customer[65], struct lg_error *error);

// The order's row, owned by the caller; code no_such_order.
bool order_need(struct ledger *ledger, const char *order, cJSON **row, struct lg_error *error);
// A checked copy of an order's lines ([{product | title, count, [price_cents, currency]}]); NULL with bad_argument.
cJSON *order_lines(const cJSON *lines, struct lg_error *error);

#endif
