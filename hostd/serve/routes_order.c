// The addresses of products, units, customers, orders and shipments.
#include "route.h"

#define API(path) ROUTE_PREFIX path

// clang-format off
const struct route routes_order[] = {
    {"GET",  API("/products"),             ROUTE_OPERATION, "product.list", NULL, 200, "Products"},
    {"POST", API("/products"),             ROUTE_OPERATION, "product.add", NULL, 201, "Add a product"},
    {"GET",  API("/products/{product}"),   ROUTE_OPERATION, "product.show", "product", 200, "One product with its bill of materials"},
    {"POST", API("/products/{product}/bom"), ROUTE_OPERATION, "product.bom", "product", 200, "Set a product's bill of materials"},
    {"GET",  API("/units"),                ROUTE_OPERATION, "unit.list", NULL, 200, "Units and batches, newest first"},
    {"POST", API("/units"),                ROUTE_OPERATION, "unit.make", NULL, 201, "Give numbers to what a record made"},
    {"GET",  API("/units/{unit}"),         ROUTE_OPERATION, "unit.show", "unit", 200, "One unit: record, lots, where it went"},
    {"POST", API("/units/{unit}/scrap"),   ROUTE_OPERATION, "unit.scrap", "unit", 200, "Scrap a unit"},
    {"GET",  API("/recall/{lot}"),         ROUTE_OPERATION, "recall.look", "lot", 200, "From a lot to jobs, records, units, orders and customers, with a balance"},
    {"GET",  API("/recalls"),              ROUTE_OPERATION, "recall.list", NULL, 200, "Recalls, newest first"},
    {"POST", API("/recalls"),              ROUTE_OPERATION, "recall.open", NULL, 201, "Open a recall: its stock is taken out of use at once"},
    {"GET",  API("/recalls/{recall}"),     ROUTE_OPERATION, "recall.show", "recall", 200, "One recall: whom it concerns, what came back"},
    {"POST", API("/recalls/{recall}/contacted"), ROUTE_OPERATION, "recall.contacted", "recall", 200, "A customer was told"},
    {"POST", API("/recalls/{recall}/answered"),  ROUTE_OPERATION, "recall.answered", "recall", 200, "A customer has answered"},
    {"POST", API("/recalls/{recall}/returned"),  ROUTE_OPERATION, "recall.returned", "recall", 200, "Pieces came back"},
    {"POST", API("/recalls/{recall}/destroyed"), ROUTE_OPERATION, "recall.destroyed", "recall", 200, "Pieces were destroyed"},
    {"POST", API("/recalls/{recall}/close"),     ROUTE_OPERATION, "recall.close", "recall", 200, "Close a recall"},
    {"GET",  API("/trace/{id}"),           ROUTE_OPERATION, "trace.show", "id", 200, "All that a thing was made of and became, as a graph"},
    {"GET",  API("/customers"),            ROUTE_OPERATION, "customer.list", NULL, 200, "Customers"},
    {"POST", API("/customers"),            ROUTE_OPERATION, "customer.add", NULL, 201, "Add a customer"},
    {"GET",  API("/customers/{customer}"), ROUTE_OPERATION, "customer.show", "customer", 200, "One customer with the orders"},
    {"POST", API("/customers/{customer}/change"), ROUTE_OPERATION, "customer.change", "customer", 200, "Change how a customer is reached"},
    {"GET",  API("/orders"),               ROUTE_OPERATION, "order.list", NULL, 200, "Orders, newest first"},
    {"POST", API("/orders"),               ROUTE_OPERATION, "order.add", NULL, 201, "Add an order"},
    {"POST", API("/imports/orders"),       ROUTE_OPERATION, "order.import", NULL, 200, "Take many orders with their customers; what is there is left as it is"},
    {"GET",  API("/orders/{order}"),       ROUTE_OPERATION, "order.show", "order", 200, "One order with lines, shipments, records"},
    {"POST", API("/orders/{order}/ship"),  ROUTE_OPERATION, "order.ship", "order", 201, "Ship an order"},
    {"POST", API("/orders/{order}/cancel"), ROUTE_OPERATION, "order.cancel", "order", 200, "Cancel an open order"},
    {"POST", API("/orders/{order}/allocate"), ROUTE_OPERATION, "unit.allocate", "order", 200, "Set a unit apart for an order"},
    {"GET",  API("/shipments"),            ROUTE_OPERATION, "shipment.list", NULL, 200, "Shipments, newest first"},
    {"POST", API("/shipments/{shipment}/return"), ROUTE_OPERATION, "shipment.return", "shipment", 200, "Book what a customer sent back"},
    {NULL, NULL, ROUTE_OPERATION, NULL, NULL, 0, NULL},
};
// clang-format on
