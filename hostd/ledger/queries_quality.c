// queries_quality: nonconformances, hazards that were read, procedures and training, roles.
#include "queries.h"

#include <stddef.h>

#define NONCONFORMANCE_COLUMNS                                                                                \
    "n.nonconformance, n.subject, n.text, n.photo, n.state, n.disposition, n.reason, n.at_us AS \"at@time\"," \
    " n.by, n.closed_us AS \"closed@time\", n.closed_by FROM nonconformances n"

const struct ledger_named_query queries_quality[] = {
    {"nonconformance_list", "SELECT " NONCONFORMANCE_COLUMNS
                            " WHERE 1{state| AND ~n.state = :state}{subject| AND ~n.subject = :subject}"},
    {"nonconformance_get", "SELECT " NONCONFORMANCE_COLUMNS " WHERE n.nonconformance = :nonconformance"},
    {"lot_material",
     "SELECT m.material, m.name, m.grade, m.form, m.thickness_um, m.hazards AS \"hazards@json\""
     " FROM lots l JOIN materials m USING (material) WHERE l.lot = :lot"},
    {"hazard_acknowledged", "SELECT seq, by FROM hazard_acknowledgements"
                            " WHERE lot = :lot AND machine = :machine AND rule = :rule"},
    {"procedure_newest", "SELECT procedure, version, title FROM procedures WHERE procedure = :procedure"
                         " ORDER BY version DESC LIMIT 1"},
    {"procedure_list",
     "SELECT p.seq, p.procedure, p.version, p.title, p.text, p.document, p.issued_us AS \"issued@time\", p.issued_by"
     " FROM procedures p WHERE 1{procedure| AND ~p.procedure = :procedure}"},
    {"training_list",
     "SELECT t.seq, t.operator, t.procedure, t.version, t.at_us AS \"at@time\", t.by FROM trainings t WHERE 1"
     "{operator| AND ~t.operator = :operator}{procedure| AND ~t.procedure = :procedure}"},
    // a procedure whose newest version the operator has not signed
    {"training_missing",
     "SELECT p.procedure, p.version FROM procedures p WHERE p.version = (SELECT max(version) FROM procedures q"
     "  WHERE q.procedure = p.procedure){procedure| AND p.procedure = :procedure}"
     " AND NOT EXISTS (SELECT 1 FROM trainings t WHERE t.operator = :operator AND t.procedure = p.procedure"
     "  AND t.version = p.version) LIMIT 1"},
    {"operator_person",
     "SELECT operator, name, role, pin FROM operators WHERE operator = :code OR badge = :code"
     " ORDER BY operator = :code DESC LIMIT 1"},
    {"operators_with_roles", "SELECT operator, role FROM operators WHERE role <> 'operator'"
                             " ORDER BY role = 'owner' DESC LIMIT 1"}, // an owner where there is one
    {NULL, NULL},
};
