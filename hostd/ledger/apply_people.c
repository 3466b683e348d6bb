// apply_people: suppliers, materials, operators.
#include "kinds.h"

const struct event_kind kinds_people[] = {
    {.name = "supplier.added",
     .fields = {{"supplier", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"email", FIELD_TEXT, false},
                {"phone", FIELD_TEXT, false},
                {"address", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO suppliers (seq, supplier, name, email, phone, address, added_us)"
                     " VALUES (:seq, :supplier, :name, :email, :phone, :address, :time_us)",
                     false}},
     .subjects = {"supplier"}},
    {.name = "supplier.contact",
     .fields = {{"supplier", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"role", FIELD_TEXT, false},
                {"email", FIELD_TEXT, false},
                {"phone", FIELD_TEXT, false},
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO supplier_contacts (seq, supplier, name, role, email, phone)"
                     " VALUES (:seq, :supplier, :name, :role, :email, :phone)"
                     " ON CONFLICT (supplier, name) DO UPDATE SET role = excluded.role,"
                     "  email = excluded.email, phone = excluded.phone",
                     false}},
     .subjects = {"supplier"}},
    {.name = "material.added",
     .fields = {{"material", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"form", FIELD_TEXT, false},
                {"grade", FIELD_TEXT, false},
                {"thickness_um", FIELD_INTEGER, false},
                {"diameter_um", FIELD_INTEGER, false},
                {"density_mg_cm3", FIELD_INTEGER, false},
                {"requires", FIELD_LIST, false}, // kinds of document
                {"hazards", FIELD_LIST, false}}, // names of substances that the hazard rules know
     .statements = {{"INSERT INTO materials (seq, material, name, form, grade, thickness_um, diameter_um,"
                     "  density_mg_cm3, requires, hazards, added_us)"
                     " VALUES (:seq, :material, :name, :form, :grade, :thickness_um, :diameter_um,"
                     "  :density_mg_cm3, :requires, :hazards, :time_us)",
                     false}},
     .subjects = {"material"}},
    {.name = "operator.added",
     .fields = {{"operator", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"badge", FIELD_TEXT, false},
                {"role", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO operators (seq, operator, name, badge, role, added_us)"
                     " VALUES (:seq, :operator, :name, :badge, coalesce(:role, 'operator'), :time_us)",
                     false}},
     .subjects = {"operator"}},
    {.name = "operator.role",
     .fields = {{"operator", FIELD_TEXT, true}, {"role", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE operators SET role = :role WHERE operator = :operator", false}},
     .subjects = {"operator"}},
    // `pin` is an Argon2id hash in its usual text form, never the PIN.
    {.name = "operator.pin",
     .fields = {{"operator", FIELD_TEXT, true}, {"pin", FIELD_TEXT, true}, {"by", FIELD_TEXT, false}},
     .statements = {{"UPDATE operators SET pin = :pin WHERE operator = :operator", false}},
     .subjects = {"operator"}},
    {.name = "procedure.issued",
     .fields = {{"procedure", FIELD_TEXT, true},
                {"version", FIELD_INTEGER, true},
                {"title", FIELD_TEXT, true},
                {"text", FIELD_TEXT, false},
                {"document", FIELD_TEXT, false}, // SHA-256 of a stored file
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO procedures (seq, procedure, version, title, text, document, issued_us,"
                     "  issued_by)"
                     " VALUES (:seq, :procedure, :version, :title, :text, :document, :time_us,"
                     "  coalesce(:by, :actor))",
                     false}},
     .subjects = {"procedure"}},
    {.name = "training.signed",
     .fields = {{"operator", FIELD_TEXT, true},
                {"procedure", FIELD_TEXT, true},
                {"version", FIELD_INTEGER, true},
                {"by", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO trainings (seq, operator, procedure, version, at_us, by)"
                     " VALUES (:seq, :operator, :procedure, :version, :time_us, coalesce(:by, :actor))",
                     false}},
     .subjects = {"operator", "procedure"}},
    {.name = NULL},
};
