// The bytes that are hashed: the worked example of hostd/ledger/README.md, and the canonical form of bodies.
#include "unit.h"

#include <sodium.h>
#include <stdlib.h>
#include <string.h>

#include "canonical.h"
#include "chain.h"
#include "json.h"

static void hash_of(char hex[65], int64_t seq, int64_t time_us, const char *kind, const char *actor,
                    const char *body, const uint8_t *prev, uint8_t hash[32]) {
    struct chain_event e = {.site = "A",
                            .kind = kind,
                            .actor = actor,
                            .body = body,
                            .body_length = strlen(body),
                            .seq = seq,
                            .time_us = time_us,
                            .prev_hash = prev};
    chain_hash(&e, hash);
    chain_hex(hex, hash, 32);
}

// The expected values were computed with another program in another language (tests/tools/ledger_check.py).
static void the_worked_example_holds(void **state) {
    uint8_t zero[32] = {0}, first[32], second[32], message[CHAIN_MESSAGE_MAX];
    char hex[65], message_hex[2 * CHAIN_MESSAGE_MAX + 1];
    hash_of(hex, 1, 1795428360000000, "supplier.added", "cli:root",
            "{\"name\":\"Acme Plastics\",\"supplier\":\"ACME\"}", zero, first);
    assert_string_equal(hex, "9cfdcc823d7804f9b95980c9401943d7158b50a1bf7e5eaeb464f83f04f790bb");
    hash_of(hex, 2, 1795428361000000, "note.added", "panel:laser1",
            "{\"note\":\"NOTE-000001\",\"subject\":\"laser1\",\"text\":\"Bett gereinigt \xc3\xa4\\n\"}",
            first, second);
    assert_string_equal(hex, "48b21a82231b51cfc3bdf17bbda7b0c7918f0b03ee8336805348e30ec068ec60");
    size_t length = chain_checkpoint_message(message, "A", 2, second);
    sodium_bin2hex(message_hex, sizeof message_hex, message, length);
    assert_string_equal(
        message_hex,
        "000000146c6f74676174652d636865636b706f696e742d3100000001410000000800000000000000020000002048b21a82231b51cfc3bdf17bbda7b0c7918f0b03ee8336805348e30ec068ec60");
}

// Lengths go before the fields: what moves from one field to the next must change the hash.
static void no_two_events_share_their_bytes(void **state) {
    uint8_t zero[32] = {0}, hash[32];
    char a[65], b[65];
    hash_of(a, 1, 2, "note.added", "x", "{}", zero, hash);
    hash_of(b, 1, 2, "note.addedx", "", "{}", zero, hash);
    assert_string_not_equal(a, b);
    hash_of(b, 2, 1, "note.added", "x", "{}", zero, hash);
    assert_string_not_equal(a, b);
    hash_of(b, 1, -2, "note.added", "x", "{}", zero, hash);
    assert_string_not_equal(a, b);
}

static void canonical_is(const char *text, const char *expected) {
    struct lg_error error;
    cJSON *value = json_parse(text, strlen(text), false, &error);
    assert_non_null(value);
    size_t length;
    char *printed = canonical_print(value, &length, &error);
    assert_string_equal(printed, expected);
    assert_int_equal(length, strlen(expected));
    free(printed);
    cJSON_Delete(value);
}

static void bodies_have_one_form(void **state) {
    canonical_is("{ \"b\" : 1, \"a\" : [ true, null, false ] }", "{\"a\":[true,null,false],\"b\":1}");
    canonical_is("{\"ab\":1,\"a\":2,\"B\":3}", "{\"B\":3,\"a\":2,\"ab\":1}");
    canonical_is("[1795428360000000, -5, 0, 9007199254740991]", "[1795428360000000,-5,0,9007199254740991]");
    canonical_is("[\"\\u00e4\\n\\t\\\"\\\\\\/\\u0001\\u007f\"]", "[\"\xc3\xa4\\n\\t\\\"\\\\/\\u0001\x7f\"]");
    canonical_is("[\"\\b\\f\\r\"]", "[\"\\b\\f\\r\"]");
    canonical_is("{}", "{}");
}

static void canonical_refuses(cJSON *value) {
    struct lg_error error;
    size_t length;
    assert_null(canonical_print(value, &length, &error));
    assert_string_equal(error.code, "bad_event");
    cJSON_Delete(value);
}

static void what_is_not_exact_is_refused(void **state) {
    canonical_refuses(cJSON_CreateNumber(1.5));
    canonical_refuses(cJSON_CreateNumber(9007199254740992.0));
    canonical_refuses(cJSON_CreateNumber(1e300));
    cJSON *deep = cJSON_CreateArray(), *inner = deep;
    for (int i = 0; i <= CANONICAL_DEPTH_MAX; i++) {
        cJSON *next = cJSON_CreateArray();
        cJSON_AddItemToArray(inner, next);
        inner = next;
    }
    canonical_refuses(deep);
}

static void hex_is_strict(void **state) {
    uint8_t bytes[2];
    assert_true(chain_unhex(bytes, 2, "0aff"));
    assert_int_equal(bytes[1], 0xff);
    assert_false(chain_unhex(bytes, 2, "0aFF"));
    assert_false(chain_unhex(bytes, 2, "0af"));
    assert_false(chain_unhex(bytes, 2, "0aff0"));
    assert_false(chain_unhex(bytes, 2, "0a f"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_worked_example_holds),
        cmocka_unit_test(no_two_events_share_their_bytes),
        cmocka_unit_test(bodies_have_one_form),
        cmocka_unit_test(what_is_not_exact_is_refused),
        cmocka_unit_test(hex_is_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
