// listing: see listing.h.
#include "listing.h"

#include <string.h>

#include "json.h" // json_get

// clang-format off
static const struct column suppliers[] = {
    {"SUPPLIER", "supplier", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"E-MAIL", "email", CELL_TEXT, false},
    {"PHONE", "phone", CELL_TEXT, false},
    {"ADDRESS", "address", CELL_TEXT, false},
    {"LOTS", "lots", CELL_NUMBER, false},
    {"REJECTED", "rejected", CELL_NUMBER, false},
    {"REJECTED %", "rejected_percent", CELL_NUMBER, false},
    {0}};
static const struct column materials[] = {
    {"MATERIAL", "material", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"FORM", "form", CELL_TEXT, false},
    {"GRADE", "grade", CELL_TEXT, false},
    {"THICKNESS MM", "thickness_um", CELL_MILLI, false},
    {"DIAMETER MM", "diameter_um", CELL_MILLI, false},
    {"DENSITY G/CM3", "density_mg_cm3", CELL_MILLI, false},
    {"REQUIRES", "requires", CELL_TEXT, false},
    {"HAZARDS", "hazards", CELL_TEXT, false},
    {0}};
static const struct column operators[] = {
    {"OPERATOR", "operator", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"BADGE", "badge", CELL_TEXT, false},
    {"ROLE", "role", CELL_TEXT, false},
    {0}};
static const struct column lots[] = {
    {"LOT", "lot", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"MATERIAL", "material", CELL_TEXT, false},
    {"ON HAND", "on_hand", CELL_TEXT, false},
    {"SUPPLIER", "supplier", CELL_TEXT, false},
    {"SUPPLIER'S LOT", "supplier_lot", CELL_TEXT, false},
    {"HEAT", "heat", CELL_TEXT, false},
    {"QUANTITY", "quantity", CELL_TEXT, false},
    {"EXPIRES", "expires", CELL_TIME, false},
    {"PURCHASE ORDER", "purchase_order", CELL_TEXT, true},
    {"COST", "cost", CELL_TEXT, true},
    {"CURRENCY", "currency", CELL_TEXT, true},
    {"RECEIVED", "received", CELL_TIME, false},
    COLUMN_CORRECTED,
    {0}};
static const struct column hazards[] = {
    {"VERDICT", "verdict", CELL_STATE, false},
    {"WHY", "why", CELL_TEXT, false},
    {"GRADE", "grade", CELL_TEXT, false},
    {"RULE", "rule", CELL_TEXT, false},
    {"SOURCES", "sources", CELL_TEXT, true},
    {0}};
const struct column listing_documents[] = {
    {"DOCUMENT", "document", CELL_TEXT, false},
    {"KIND", "kind", CELL_TEXT, false},
    {"TYPE", "type", CELL_TEXT, false},
    {"REVISION", "revision", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"NEWER", "superseded_by", CELL_TEXT, false},
    {"OF", "owner", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"ISSUER", "issuer", CELL_TEXT, false},
    {"ISSUED", "issued", CELL_TIME, false},
    {"VALID UNTIL", "expires", CELL_TIME, false},
    {"SCOPE", "scope", CELL_TEXT, false},
    {"SIZE", "size", CELL_NUMBER, true},
    {"ATTACHED", "attached", CELL_TIME, true},
    {"BY", "attached_by", CELL_TEXT, true},
    {"SHA-256", "sha256", CELL_HASH, false},
    {0}};
static const struct column machines[] = {
    {"MACHINE", "machine", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"BOARD", "board", CELL_TEXT, false},
    {"KIND", "kind", CELL_TEXT, false},
    {"SERIAL NUMBER", "serial_number", CELL_TEXT, false},
    {"IDENTITY", "identity", CELL_TEXT, false},
    {"DECLARED", "declaration", CELL_TEXT, false},
    {0}};
static const struct column declarations[] = {
    {"DECLARATION", "declaration", CELL_TEXT, false},
    {"MACHINE", "machine", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"LOTS", "lots", CELL_TEXT, false},
    {"OPERATOR", "operator", CELL_TEXT, false},
    {"ORDER", "order", CELL_TEXT, false},
    {"PRODUCT", "product", CELL_TEXT, false},
    {"COUNT", "count", CELL_NUMBER, true},
    {"MODE", "mode", CELL_TEXT, true},
    {"MADE", "made", CELL_TIME, false},
    {"BY", "made_by", CELL_TEXT, true},
    {"CLOSED", "closed", CELL_TIME, false},
    {"REASON", "reason", CELL_TEXT, false},
    {0}};
static const struct column jobs[] = {
    {"JOB", "job", CELL_TEXT, false},
    {"MACHINE", "machine", CELL_TEXT, false},
    {"SERIAL NUMBER", "serial_number", CELL_TEXT, true},
    {"STATE", "state", CELL_STATE, false},
    {"LOTS", "lots", CELL_TEXT, false},
    {"OPERATOR", "operator", CELL_TEXT, false},
    {"RECORD", "record", CELL_TEXT, false},
    {"ORDER", "order", CELL_TEXT, true},
    {"PRODUCT", "product", CELL_TEXT, true},
    {"LINES", "lines", CELL_NUMBER, false},
    {"BYTES", "bytes", CELL_NUMBER, true},
    {"SHA-256", "sha256", CELL_HASH, false},
    {"STARTED", "started", CELL_TIME, false},
    {"ENDED", "ended", CELL_TIME, false},
    {"WORK MM", "work_um", CELL_NUMBER, true},
    {"WORK TIME", "work_us", CELL_NUMBER, true},
    {"ERRORS", "errors", CELL_NUMBER, true},
    {"REASON", "reason", CELL_TEXT, true},
    COLUMN_CORRECTED,
    {0}};
static const struct column records[] = {
    {"RECORD", "record", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"ORDER", "order", CELL_TEXT, false},
    {"PRODUCT", "product", CELL_TEXT, false},
    {"COUNT", "count", CELL_NUMBER, false},
    {"JOBS", "jobs", CELL_TEXT, false},
    {"OPENED", "opened", CELL_TIME, false},
    {"CLOSED", "closed", CELL_TIME, false},
    {"BY", "closed_by", CELL_TEXT, false},
    COLUMN_CORRECTED,
    {0}};
static const struct column products[] = {
    {"PRODUCT", "product", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"NUMBERS", "pattern", CELL_TEXT, false},
    {"BILL OF MATERIALS", "bom", CELL_TEXT, false},
    {0}};
static const struct column units[] = {
    {"UNIT", "unit", CELL_TEXT, false},
    {"PRODUCT", "product", CELL_TEXT, false},
    {"RECORD", "record", CELL_TEXT, false},
    {"COUNT", "count", CELL_NUMBER, false},
    {"STATE", "state", CELL_STATE, false},
    {"MADE", "made", CELL_TIME, false},
    {"BY", "made_by", CELL_TEXT, true},
    {0}};
static const struct column customers[] = {
    {"CUSTOMER", "customer", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"E-MAIL", "email", CELL_TEXT, false},
    {"PHONE", "phone", CELL_TEXT, false},
    {"ADDRESS", "address", CELL_TEXT, true},
    {"SOURCE", "source", CELL_TEXT, true},
    {"ADDED", "added", CELL_TIME, true},
    {0}};
static const struct column orders[] = {
    {"ORDER", "order", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"CUSTOMER", "customer", CELL_TEXT, false},
    {"NAME", "customer_name", CELL_TEXT, false},
    {"E-MAIL", "email", CELL_TEXT, true},
    {"ORDERED", "ordered", CELL_TIME, false},
    {"SHIPPED", "shipped", CELL_TIME, false},
    {"SOURCE", "source", CELL_TEXT, true},
    {0}};
const struct column listing_shipments[] = {
    {"SHIPMENT", "shipment", CELL_TEXT, false},
    {"ORDER", "order", CELL_TEXT, false},
    {"SHIPPED", "shipped", CELL_TIME, false},
    {"CARRIER", "carrier", CELL_TEXT, false},
    {"TRACKING", "tracking", CELL_TEXT, false},
    {"UNITS", "units", CELL_TEXT, false},
    {"BY", "shipped_by", CELL_TEXT, false},
    {0}};
static const struct column notes[] = {
    {"NOTE", "note", CELL_TEXT, false},
    {"ABOUT", "subject", CELL_TEXT, false},
    {"TIME", "at", CELL_TIME, false},
    {"BY", "by", CELL_TEXT, false},
    {"TEXT", "text", CELL_TEXT, false},
    {"PHOTO", "photo", CELL_HASH, true},
    COLUMN_CORRECTED,
    {0}};
static const struct column corrections[] = {
    {"CORRECTION", "correction", CELL_TEXT, false},
    {"TIME", "at", CELL_TIME, false},
    {"BY", "by", CELL_TEXT, false},
    {"ABOUT", "subject", CELL_TEXT, false},
    {"EVENT", "event", CELL_NUMBER, false},
    {"FIELD", "field", CELL_TEXT, false},
    {"WAS", "was", CELL_TEXT, false},
    {"IS", "value", CELL_TEXT, false},
    {"REASON", "reason", CELL_TEXT, false},
    {0}};
static const struct column nonconformances[] = {
    {"NUMBER", "nonconformance", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"ABOUT", "subject", CELL_TEXT, false},
    {"WHAT", "text", CELL_TEXT, false},
    {"DECISION", "disposition", CELL_TEXT, false},
    {"WHY", "reason", CELL_TEXT, false},
    {"TIME", "at", CELL_TIME, false},
    {"BY", "by", CELL_TEXT, false},
    {0}};
static const struct column procedures[] = {
    {"PROCEDURE", "procedure", CELL_TEXT, false},
    {"VERSION", "version", CELL_NUMBER, false},
    {"TITLE", "title", CELL_TEXT, false},
    {"TEXT", "text", CELL_TEXT, true},
    {"ISSUED", "issued", CELL_TIME, false},
    {"BY", "issued_by", CELL_TEXT, false},
    {0}};
static const struct column trainings[] = {
    {"OPERATOR", "operator", CELL_TEXT, false},
    {"PROCEDURE", "procedure", CELL_TEXT, false},
    {"VERSION", "version", CELL_NUMBER, false},
    {"SIGNED", "at", CELL_TIME, false},
    {"BY", "by", CELL_TEXT, false},
    {0}};
static const struct column recalls[] = {
    {"RECALL", "recall", CELL_TEXT, false},
    {"LOT", "lot", CELL_TEXT, false},
    {"KIND", "kind", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"OPENED", "opened", CELL_TIME, false},
    {"BY", "opened_by", CELL_TEXT, false},
    {"REASON", "reason", CELL_TEXT, false},
    {0}};
const struct column listing_contacts[] = {
    {"CUSTOMER", "customer", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"E-MAIL", "email", CELL_TEXT, false},
    {"PHONE", "phone", CELL_TEXT, false},
    {"ADDRESS", "address", CELL_TEXT, true},
    {"ORDERS", "orders", CELL_TEXT, false},
    {"PIECES", "pieces", CELL_NUMBER, false},
    {0}};
const struct column listing_progress[] = {
    {"ORDER", "order", CELL_TEXT, false},
    {"CUSTOMER", "customer", CELL_TEXT, false},
    {"NAME", "name", CELL_TEXT, false},
    {"E-MAIL", "email", CELL_TEXT, true},
    {"PHONE", "phone", CELL_TEXT, true},
    {"PIECES", "pieces", CELL_NUMBER, false},
    {"CONTACTED", "contacted", CELL_TIME, false},
    {"ANSWERED", "answered", CELL_TIME, false},
    {"RETURNED", "returned", CELL_NUMBER, false},
    {"DESTROYED", "destroyed", CELL_NUMBER, false},
    {0}};
static const struct column events[] = {
    {"SEQ", "seq", CELL_NUMBER, false},
    {"TIME", "time", CELL_TIME, false},
    {"EVENT", "kind", CELL_TEXT, false},
    {"ACTOR", "actor", CELL_TEXT, false},
    {"HASH", "hash", CELL_HASH, false},
    {0}};
static const struct column nodes[] = {
    {"TYPE", "type", CELL_TEXT, false},
    {"ID", "id", CELL_TEXT, false},
    {"LABEL", "label", CELL_TEXT, false},
    {"STATE", "state", CELL_STATE, false},
    {"SIDE", "side", CELL_TEXT, false},
    COLUMN_CORRECTED,
    {0}};
// clang-format on

static const struct listing listings[] = {
    {"supplier.list", "supplier", NULL, suppliers},
    {"material.list", "material", NULL, materials},
    {"operator.list", "operator", NULL, operators},
    {"lot.list", "lot", NULL, lots},
    {"hazard.list", NULL, NULL, hazards},
    {"document.list", "document", NULL, listing_documents},
    {"machine.list", NULL, NULL, machines},
    {"declaration.list", "declaration", NULL, declarations},
    {"job.list", "job", NULL, jobs},
    {"record.list", "record", NULL, records},
    {"product.list", "product", NULL, products},
    {"unit.list", "unit", NULL, units},
    {"customer.list", "customer", NULL, customers},
    {"order.list", "order", NULL, orders},
    {"shipment.list", "shipment", NULL, listing_shipments},
    {"note.list", "note", NULL, notes},
    {"correction.list", "correction", NULL, corrections},
    {"nonconformance.list", "nonconformance", NULL, nonconformances},
    {"procedure.list", "seq", NULL, procedures},
    {"training.list", "seq", NULL, trainings},
    {"recall.list", "recall", NULL, recalls},
    {"recall.look", NULL, "customers", listing_contacts},
    {"recall.show", NULL, "orders", listing_progress},
    {"event.list", "seq", NULL, events},
    {"trace.show", NULL, "nodes", nodes},
    {NULL, NULL, NULL, NULL},
};

const struct listing *listing_find(const char *op) {
    for (const struct listing *listing = listings; listing->op; listing++)
        if (strcmp(listing->op, op) == 0)
            return listing;
    return NULL;
}

const cJSON *listing_rows(const struct listing *listing, const cJSON *answer) {
    const cJSON *rows = listing->rows ? json_get(answer, listing->rows) : answer;
    return cJSON_IsArray(rows) ? rows : NULL;
}
