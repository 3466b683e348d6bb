// queries_receiving: suppliers with their contacts, materials, documents, and which of them a lot lacks.
//
// A document counts for a lot when it belongs to the lot itself, to one that it was cut from, to its material or to its
// supplier; when it is of the kind (and of the EN 10204 type, or a better one) that is asked for; and while it is
// neither superseded nor expired at :now_us.
#include "queries.h"

#include <stddef.h>

#define DOCUMENT_STATE                                                                                       \
    "CASE WHEN d.superseded_by IS NOT NULL THEN 'superseded'"                                                \
    " WHEN d.expires_us <= :now_us THEN 'expired' ELSE 'current' END"

#define DOCUMENT_COLUMNS                                                                                     \
    "d.document, d.kind, d.type, d.revision, d.name, " DOCUMENT_STATE " AS state, d.superseded_by,"          \
    " d.sha256, d.size, d.issuer, d.issued_us AS \"issued@time\", d.expires_us AS \"expires@time\","         \
    " d.scope, d.attached_us AS \"attached@time\", d.attached_by,"                                           \
    " CASE WHEN d.lot IS NOT NULL THEN 'lot' WHEN d.material IS NOT NULL THEN 'material'"                    \
    "  ELSE 'supplier' END AS of, coalesce(d.lot, d.material, d.supplier) AS \"owner\" FROM documents d"

#define UP                                                                                                   \
    "WITH RECURSIVE up (lot) AS (SELECT :lot UNION"                                                          \
    " SELECT p.parent FROM lot_parents p JOIN up u ON p.child = u.lot)"

// What belongs to the lot `x` or to where it comes from; to any lot of `up`.
#define OF(x)                                                                                                \
    "(d.lot = " x " OR d.material = (SELECT material FROM lots WHERE lot = " x ")"                           \
    " OR d.supplier = (SELECT supplier FROM lots WHERE lot = " x "))"
#define OF_ANY                                                                                               \
    "(d.lot IN (SELECT lot FROM up) OR d.material IN (SELECT material FROM up JOIN lots USING (lot))"        \
    " OR d.supplier IN (SELECT supplier FROM up JOIN lots USING (lot)))"
#define FITS "d.kind = n.kind AND (n.type IS NULL OR d.type >= n.type) AND d.superseded_by IS NULL"
#define LACKS(x)                                                                                             \
    "NOT EXISTS (SELECT 1 FROM documents d WHERE " OF(                                                       \
        x) " AND " FITS " AND (d.expires_us IS NULL OR d.expires_us > :now_us))"

// What the lot's material asks for: "mtr", or "mtr:3.1" with the least type.
#define NEED                                                                                                  \
    UP ", need (place, asked, kind, type) AS (SELECT r.key, r.value,"                                         \
       "  CASE instr(r.value, ':') WHEN 0 THEN r.value ELSE substr(r.value, 1, instr(r.value, ':') - 1) END," \
       "  CASE instr(r.value, ':') WHEN 0 THEN NULL ELSE substr(r.value, instr(r.value, ':') + 1) END"        \
       "  FROM lots l JOIN materials m USING (material), json_each(m.requires) r WHERE l.lot = :lot)"

// A lot that was merged needs it of each lot that went into it: the walk goes up from what has none, and what it reaches
// that has no parents has none at all.
#define BARE                                                                                                 \
    ", bare (place, lot) AS (SELECT n.place, :lot FROM need n WHERE " LACKS(                                 \
        ":lot") " UNION SELECT b.place, p.parent FROM bare b JOIN need n USING (place)"                      \
                " JOIN lot_parents p ON p.child = b.lot WHERE " LACKS("p.parent") ")"

const struct ledger_named_query queries_receiving[] = {
    {"supplier_get",
     "SELECT s.supplier, s.name, s.email, s.phone, s.address, s.added_us AS \"added@time\","
     " coalesce(n.received, 0) AS lots, coalesce(n.rejected, 0) AS rejected"
     " FROM suppliers s LEFT JOIN supplier_lots n USING (supplier) WHERE s.supplier = :supplier"},
    {"supplier_contacts",
     "SELECT name, role, email, phone FROM supplier_contacts WHERE supplier = :supplier ORDER BY seq LIMIT 1000"},
    {"supplier_newest_lots",
     "SELECT lot, material, supplier_lot, state, state_reason AS reason, quantity, received_us AS \"received@time\""
     " FROM lots WHERE supplier = :supplier AND origin = 'received' ORDER BY seq DESC LIMIT :limit"},

    {"document_list",
     "SELECT " DOCUMENT_COLUMNS " WHERE 1{lot| AND ~d.lot = :lot}{material| AND ~d.material = :material}"
     "{supplier| AND ~d.supplier = :supplier}{kind| AND ~d.kind = :kind}{state| AND " DOCUMENT_STATE
     " = :state}"},
    {"document_get", "SELECT " DOCUMENT_COLUMNS " WHERE d.document = :document"},
    {"document_owner",
     "SELECT d.document, d.lot, d.material, d.supplier, d.kind, d.superseded_by FROM documents d"
     " WHERE d.document = :document"},
    // The same paper in another edition: the same owner, kind, issuer and scope, and another revision or day of issue. Two
    // pages of one report are no editions of each other.
    {"document_editions",
     "SELECT d.document, d.issued_us FROM documents d WHERE d.superseded_by IS NULL AND d.kind = :kind"
     "{lot| AND d.lot = :lot}{material| AND d.material = :material}{supplier| AND d.supplier = :supplier} AND d.type IS :type"
     " AND d.issuer IS :issuer AND d.scope IS :scope AND d.sha256 <> :sha256"
     " AND ((d.revision IS NOT NULL AND d.revision <> :revision)"
     "  OR (d.issued_us IS NOT NULL AND d.issued_us <> :issued_us)) ORDER BY d.seq"},
    {"lot_documents", UP " SELECT " DOCUMENT_COLUMNS " WHERE " OF_ANY " ORDER BY d.seq LIMIT 1000"},
    {"lot_missing_documents",
     NEED BARE " SELECT n.asked, n.kind, n.type, (SELECT max(d.expires_us) FROM documents d WHERE " OF_ANY
               " AND " FITS ") AS expired_us, (SELECT max(d.type) FROM documents d WHERE " OF_ANY
               " AND d.kind = n.kind AND d.superseded_by IS NULL) AS has_type FROM need n"
               " WHERE EXISTS (SELECT 1 FROM bare b WHERE b.place = n.place"
               "  AND NOT EXISTS (SELECT 1 FROM lot_parents p WHERE p.child = b.lot)) ORDER BY n.place"},
    // what a letter to the supplier says of a lot
    {"lot_letter",
     "SELECT l.lot, l.origin, l.supplier, l.supplier_lot, l.heat, l.cert_heat, l.match, l.state, l.quantity, l.unit,"
     " l.received AS amount, l.purchase_order, l.received_us AS \"received@time\", l.material, m.name AS material_name,"
     " m.grade, s.name AS supplier_name, s.email, s.phone, s.address,"
     " (SELECT json_object('name', c.name, 'role', c.role, 'email', c.email, 'phone', c.phone) FROM supplier_contacts c"
     "   WHERE c.supplier = l.supplier ORDER BY coalesce(c.role LIKE '%qualit%', 0) DESC, c.email IS NULL, c.seq"
     "   LIMIT 1) AS \"contact@json\""
     " FROM lots l JOIN materials m USING (material) LEFT JOIN suppliers s USING (supplier) WHERE l.lot = :lot"},
    {NULL, NULL},
};
