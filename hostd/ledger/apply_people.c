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
    {.name = "material.added",
     .fields = {{"material", FIELD_TEXT, true},
                {"name", FIELD_TEXT, true},
                {"form", FIELD_TEXT, false},
                {"grade", FIELD_TEXT, false},
                {"thickness_um", FIELD_INTEGER, false},
                {"diameter_um", FIELD_INTEGER, false},
                {"density_mg_cm3", FIELD_INTEGER, false},
                {"requires", FIELD_LIST, false}},
     .statements = {{"INSERT INTO materials (seq, material, name, form, grade, thickness_um, diameter_um,"
                     "  density_mg_cm3, requires, added_us)"
                     " VALUES (:seq, :material, :name, :form, :grade, :thickness_um, :diameter_um,"
                     "  :density_mg_cm3, :requires, :time_us)",
                     false}},
     .subjects = {"material"}},
    {.name = "operator.added",
     .fields = {{"operator", FIELD_TEXT, true}, {"name", FIELD_TEXT, true}, {"badge", FIELD_TEXT, false}},
     .statements = {{"INSERT INTO operators (seq, operator, name, badge, added_us)"
                     " VALUES (:seq, :operator, :name, :badge, :time_us)",
                     false}},
     .subjects = {"operator"}},
    {.name = NULL},
};
