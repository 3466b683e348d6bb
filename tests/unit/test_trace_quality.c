// Hazards, roles, PINs, training, nonconformances.
#include "ledger_help.h"

#include "common_people.h" // people_role_for
#include "embedded.h"      // embedded_find

static int setup(void **state) {
    static struct help h;
    help_setup(&h);
    help_stock(&h);
    *state = &h;
    return 0;
}

static int teardown(void **state) {
    struct help *h = *state;
    struct ledger_verdict verdict;
    assert_true(ledger_verify(h->ledger, NULL, &verdict, &h->error));
    assert_string_equal(verdict.finding, "");
    help_teardown(h);
    return 0;
}

// A released lot of a material with that name; its number.
static const char *lot_of(struct help *h, const char *id, const char *name, const char *more) {
    static char lot[65], args[512];
    snprintf(args, sizeof args, "{\"material\":\"%s\",\"name\":\"%s\"%s}", id, name, more);
    help_do(h, "material.add", args);
    snprintf(args, sizeof args,
             "{\"material\":\"%s\",\"supplier\":\"ACME\",\"supplier_lot\":\"x\",\"quantity\":\"5sheet\"}",
             id);
    cJSON *answer = help_ask(h, "lot.receive", args);
    snprintf(lot, sizeof lot, "%s", json_text(answer, "lot"));
    cJSON_Delete(answer);
    snprintf(args, sizeof args, "{\"lot\":\"%s\"}", lot);
    help_do(h, "lot.release", args);
    return lot;
}

static void declared(struct help *h, const char *machine, const char *lot, const char *code) {
    char args[256];
    snprintf(args, sizeof args, "{\"machine\":\"%s\",\"lots\":[{\"lot\":\"%s\"}]}", machine, lot);
    if (code) {
        help_refused(h, "declaration.make", args, code);
        return;
    }
    cJSON *answer = help_ask(h, "declaration.make", args);
    snprintf(args, sizeof args, "{\"declaration\":\"%s\",\"reason\":\"test\"}",
             json_text(answer, "declaration"));
    cJSON_Delete(answer);
    help_do(h, "declaration.cancel", args);
}

static void what_must_not_be_lasered_is_refused(void **state) {
    static const char *const names[] = {"PVC sheet, white", "Vinyl, 0.1 mm", "Sheet (faux leather)",
                                        "ABS 3 mm",         "FR4 laminate",  "Teflon tape",
                                        "unknown plastic",  "Depron foam"};
    struct help *h = *state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        char id[8];
        snprintf(id, sizeof id, "M%zu", i);
        declared(h, "laser1", lot_of(h, id, names[i], ""), "material_forbidden_here");
    }
    declared(h, "laser1", lot_of(h, "W1", "Absorbing felt", ""), NULL); // a word, not a piece of one
    declared(h, "laser1", lot_of(h, "W2", "PVC-free banner", ",\"hazards\":[\"none\"]"),
             NULL); // somebody has thought of it
    declared(h, "laser1", lot_of(h, "W3", "Banner", ",\"hazards\":[\"pvc\"]"), "material_forbidden_here");
    declared(h, "laser1", lot_of(h, "W6", "PVC sheet", ",\"hazards\":[\"dust\"]"), "material_forbidden_here");
    declared(h, "laser1", lot_of(h, "W7", "Faux-leather", ""), "material_forbidden_here");
    declared(h, "laser1", lot_of(h, "W8", "Polyvinylchloride film", ""), "material_forbidden_here");
    declared(h, "laser1", lot_of(h, "W4", "Polycarbonate", ",\"thickness\":\"0.5mm\""), NULL);
    declared(h, "laser1", lot_of(h, "W5", "Polycarbonate", ",\"thickness\":\"3mm\""),
             "material_forbidden_here");
}

static void the_same_material_may_go_on_another_machine(void **state) {
    struct help *h = *state;
    help_do(h, "machine.register", "{\"machine\":\"cnc1\",\"board\":\"sim-cnc\",\"kind\":\"cnc\"}");
    declared(h, "cnc1", lot_of(h, "PVC", "PVC sheet", ""), NULL);
    declared(h, "cnc1", lot_of(h, "BE", "Beryllium copper", ""), "material_forbidden_here");
}

static void a_warning_is_read_once_for_each_lot_and_machine(void **state) {
    struct help *h = *state;
    char args[256], lot[65];
    snprintf(lot, sizeof lot, "%s", lot_of(h, "PLY", "Birch plywood", ""));
    declared(h, "laser1", lot, "hazard_unacknowledged");
    assert_non_null(strstr(h->error.message, "formaldehyde"));
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"machine\":\"laser1\",\"by\":\"nobody\"}", lot);
    help_refused(h, "hazard.acknowledge", args, "operator_unknown");
    snprintf(args, sizeof args, "{\"lot\":\"%s\",\"machine\":\"laser1\",\"by\":\"4711\"}", lot);
    help_do(h, "hazard.acknowledge", args);
    declared(h, "laser1", lot, NULL);
    help_do(h, "hazard.acknowledge", args); // again: nothing happens
    help_do(h, "machine.register", "{\"machine\":\"laser2\",\"board\":\"sim-laser\",\"kind\":\"laser\"}");
    declared(h, "laser2", lot, "hazard_unacknowledged");
}

static void each_rule_names_its_sources_and_only_good_grades_are_shipped(void **state) {
    const struct embedded_file *file = embedded_find("trace/hazards.json");
    struct lg_error error;
    cJSON *all = json_parse((const char *)file->data, file->length, false, &error);
    const cJSON *rule, *other;
    assert_non_null(all);
    cJSON_ArrayForEach(rule, json_get(all, "rules")) {
        const char *grade = json_text(rule, "grade"), *verdict = json_text(rule, "verdict");
        assert_true(strcmp(grade, "A") == 0 || strcmp(grade, "B") == 0);
        assert_true(strcmp(verdict, "forbidden") == 0 || strcmp(verdict, "warn") == 0);
        assert_true(cJSON_GetArraySize(json_get(rule, "sources")) > 0 && json_text(rule, "why"));
        for (other = rule->next; other; other = other->next)
            assert_string_not_equal(json_text(rule, "rule"), json_text(other, "rule"));
    }
    cJSON_Delete(all);
}

static void only_who_has_signed_may_declare_where_training_is_required(void **state) {
    static const char *ask =
        "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"}],\"operator\":\"OP1\",\"require\":[\"trained\"]}";
    struct help *h = *state;
    help_refused(h, "declaration.make",
                 "{\"machine\":\"laser1\",\"lots\":[{\"lot\":\"ACR-1126-001\"}],\"require\":[\"trained\"]}",
                 "operator_required");
    help_do(h, "procedure.issue", "{\"procedure\":\"LASER\",\"title\":\"Laser safety\"}");
    help_refused(h, "declaration.make", ask, "operator_not_trained");
    help_do(h, "training.sign", "{\"operator\":\"4711\",\"procedure\":\"LASER\"}");
    help_do(h, "declaration.make", ask);
    help_do(h, "declaration.cancel", "{\"declaration\":\"DEC-000001\",\"reason\":\"test\"}");
    help_do(h, "procedure.issue", "{\"procedure\":\"LASER\",\"title\":\"Laser safety, with extraction\"}");
    help_refused(h, "declaration.make", ask, "operator_not_trained"); // the next version is signed again
    help_refused(h, "training.sign", "{\"operator\":\"OP1\",\"procedure\":\"NONE\"}", "no_such_procedure");
}

static void a_pin_is_kept_as_a_hash_and_asked_for(void **state) {
    struct help *h = *state;
    help_do(h, "procedure.issue", "{\"procedure\":\"LASER\",\"title\":\"Laser safety\"}");
    help_refused(h, "operator.pin", "{\"operator\":\"OP1\",\"pin\":\"123\"}", "bad_argument");
    help_do(h, "operator.pin", "{\"operator\":\"OP1\",\"pin\":\"2468\"}");
    help_refused(h, "training.sign", "{\"operator\":\"OP1\",\"procedure\":\"LASER\"}", "wrong_pin");
    help_refused(h, "training.sign", "{\"operator\":\"OP1\",\"procedure\":\"LASER\",\"pin\":\"1357\"}",
                 "wrong_pin");
    help_do(h, "training.sign", "{\"operator\":\"OP1\",\"procedure\":\"LASER\",\"pin\":\"2468\"}");
    cJSON *events = help_ask(h, "event.list", "{\"after\":0,\"kind\":\"operator.pin\"}");
    const char *kept = json_text(json_get(events->child, "body"), "pin");
    assert_non_null(strstr(kept, "$argon2id$"));
    assert_null(strstr(kept, "2468"));
    cJSON_Delete(events);
    cJSON *operators = help_ask(h, "operator.list", "{}");
    assert_null(json_get(operators->child, "pin"));
    cJSON_Delete(operators);
}

static void roles_are_checked_once_somebody_has_one(void **state) {
    struct help *h = *state;
    help_do(h, "operator.add", "{\"operator\":\"QA\",\"name\":\"Quinn\",\"role\":\"quality\"}");
    help_refused(h, "operator.add", "{\"operator\":\"X\",\"name\":\"X\",\"role\":\"king\",\"by\":\"QA\"}",
                 "role_required");
    help_refused(h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"x\"}", "role_required");
    help_refused(h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"x\",\"by\":\"OP1\"}",
                 "role_required");
    help_do(h, "lot.quarantine", "{\"lot\":\"ACR-1126-001\",\"reason\":\"x\",\"by\":\"QA\"}");
    help_refused(h, "operator.role", "{\"operator\":\"OP1\",\"role\":\"owner\",\"by\":\"QA\"}",
                 "role_required");
    help_do(h, "note.add", "{\"subject\":\"laser1\",\"text\":\"anybody may\"}");
    help_refused(h, "operator.role", "{\"operator\":\"OP1\",\"role\":\"receiver\"}", "role_required");
    assert_non_null(strstr(h->error.what_to_do, "OPERATOR owner"));
    help_do(h, "operator.role", "{\"operator\":\"OP1\",\"role\":\"owner\"}"); // kept by names_owner
    help_refused(h, "operator.role", "{\"operator\":\"QA\",\"role\":\"owner\"}", "role_required");
    help_do(h, "operator.role", "{\"operator\":\"QA\",\"role\":\"owner\",\"by\":\"OP1\"}");
}

// An act that a person does is no one's by oversight.
static void each_act_of_a_person_has_a_role(void **state) {
    for (const struct trace_op *const *family = trace_ops; *family; family++)
        for (const struct trace_op *op = *family; op->name; op++) {
            bool by = false;
            for (const char *const *argument = op->arguments; *argument; argument++)
                by = by || strcmp(*argument + (**argument == '!'), "by") == 0;
            const char *role = people_role_for(op->name);
            if (op->writes && by && (role == NULL || !people_role_known(role)))
                fail_msg("%s has no role", op->name);
        }
}

static void what_leaves_the_house_needs_a_role(void **state) {
    struct help *h = *state;
    help_do(h, "operator.add", "{\"operator\":\"QA\",\"name\":\"Quinn\",\"role\":\"quality\"}");
    help_do(h, "operator.role", "{\"operator\":\"QA\",\"role\":\"owner\"}");
    help_do(h, "operator.role", "{\"operator\":\"OP1\",\"role\":\"receiver\",\"by\":\"QA\"}");
    help_refused(h, "customer.add", "{\"name\":\"Ada\"}", "role_required");
    help_do(h, "customer.add", "{\"name\":\"Ada\",\"customer\":\"C1\",\"by\":\"OP1\"}");
    help_refused(h, "order.ship", "{\"order\":\"#1\"}", "role_required");
    assert_non_null(strstr(h->error.message, "\"order ship\" needs"));
    help_refused(h, "recall.contacted", "{\"recall\":\"RCL-1\",\"customer\":\"C1\",\"by\":\"OP1\"}",
                 "role_required");
    help_refused(h, "record.close", "{\"record\":\"MFG-0001\",\"by\":\"OP1\"}", "role_required");
}

static void a_nonconformance_is_opened_and_decided(void **state) {
    struct help *h = *state;
    help_says(help_ask(h, "nonconformance.open",
                       "{\"subject\":\"ACR-1126-001\",\"text\":\"scratched\",\"by\":\"OP1\"}"),
              "nonconformance", "NC-0001");
    help_refused(h, "nonconformance.open", "{\"subject\":\"NOTHING\",\"text\":\"x\"}", "no_such_subject");
    help_refused(h, "nonconformance.close",
                 "{\"nonconformance\":\"NC-0001\",\"disposition\":\"forget\",\"reason\":\"x\"}",
                 "bad_argument");
    help_do(h, "nonconformance.close",
            "{\"nonconformance\":\"NC-0001\",\"disposition\":\"use_as_is\",\"reason\":\"back side\"}");
    help_refused(h, "nonconformance.close",
                 "{\"nonconformance\":\"NC-0001\",\"disposition\":\"scrap\",\"reason\":\"x\"}",
                 "nonconformance_closed");
    help_refused(h, "nonconformance.close",
                 "{\"nonconformance\":\"NC-0002\",\"disposition\":\"scrap\",\"reason\":\"x\"}",
                 "no_such_nonconformance");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(what_must_not_be_lasered_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(the_same_material_may_go_on_another_machine, setup, teardown),
        cmocka_unit_test_setup_teardown(a_warning_is_read_once_for_each_lot_and_machine, setup, teardown),
        cmocka_unit_test(each_rule_names_its_sources_and_only_good_grades_are_shipped),
        cmocka_unit_test_setup_teardown(only_who_has_signed_may_declare_where_training_is_required, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_pin_is_kept_as_a_hash_and_asked_for, setup, teardown),
        cmocka_unit_test_setup_teardown(roles_are_checked_once_somebody_has_one, setup, teardown),
        cmocka_unit_test_setup_teardown(each_act_of_a_person_has_a_role, setup, teardown),
        cmocka_unit_test_setup_teardown(what_leaves_the_house_needs_a_role, setup, teardown),
        cmocka_unit_test_setup_teardown(a_nonconformance_is_opened_and_decided, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
