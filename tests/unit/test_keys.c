// The key files of the machines' hooks: what is kept, what takes whose place, who may read them.
#include "unit.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "keys.h"

static const uint8_t one[SIPHASH_KEY] = {1, 2, 3, 0xAB}, two[SIPHASH_KEY] = {9, 9};
static char folder[64];

static const char *path(const char *name) {
    static char out[128];
    snprintf(out, sizeof out, "%s/keys/%s", folder, name);
    return out;
}

static int setup(void **state) {
    snprintf(folder, sizeof folder, "/tmp/lotgate-keys-XXXXXX");
    return mkdtemp(folder) != NULL ? 0 : -1;
}

static int teardown(void **state) {
    static const char *const names[] = {"laser1.key", "laser1.key.new", "laser1.key.new.half"};
    for (size_t i = 0; i < 3; i++)
        unlink(path(names[i]));
    rmdir(path(""));
    return rmdir(folder);
}

static bool there(bool fresh, const uint8_t expected[SIPHASH_KEY]) {
    uint8_t key[SIPHASH_KEY];
    struct lg_error error;
    bool is;
    assert_true(keys_load(folder, "laser1", fresh, key, &is, &error));
    return is && memcmp(key, expected, SIPHASH_KEY) == 0;
}

static void do_keep(const uint8_t key[SIPHASH_KEY]) {
    struct lg_error error;
    if (!keys_keep(folder, "laser1", key, &error))
        fail_msg("%s", error.message);
}

static void a_new_key_stands_beside_the_old_one_until_it_is_proved(void **state) {
    struct lg_error error;
    struct stat st;
    assert_false(there(false, one) || there(true, one));
    do_keep(one);
    assert_true(there(true, one));
    assert_false(there(false, one));
    assert_int_equal(stat(path("laser1.key.new"), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0600);
    assert_int_equal(stat(path(""), &st), 0);
    assert_int_equal(st.st_mode & 0777, 0700);
    assert_true(keys_promote(folder, "laser1", &error));
    assert_true(there(false, one));
    assert_false(there(true, one));
    do_keep(two);
    assert_true(there(false, one) && there(true, two));
    do_keep(one); // another try
    do_keep(two);
    assert_true(keys_drop(folder, "laser1", &error));
    assert_true(keys_drop(folder, "laser1", &error)); // there is none: fine
    assert_true(there(false, one));
    assert_false(there(true, two));
}

static void a_damaged_key_is_none(void **state) {
    do_keep(one);
    for (off_t length = 0; length < 33; length++) {
        assert_int_equal(truncate(path("laser1.key.new"), length), 0);
        assert_false(there(true, one));
        do_keep(one);
    }
    FILE *file = fopen(path("laser1.key.new"), "r+");
    assert_non_null(file);
    fputc('x', file);
    fclose(file);
    assert_false(there(true, one));
}

static void a_key_that_others_may_read_is_refused(void **state) {
    uint8_t key[SIPHASH_KEY];
    struct lg_error error;
    bool is;
    do_keep(one);
    assert_int_equal(chmod(path("laser1.key.new"), 0640), 0);
    assert_false(keys_load(folder, "laser1", true, key, &is, &error));
    assert_string_equal(error.code, "key_unsafe");
    assert_non_null(strstr(error.what_to_do, "chmod 600"));
}

static void what_cannot_be_written_is_told(void **state) {
    struct lg_error error;
    assert_false(keys_keep("/nowhere", "laser1", one, &error));
    assert_string_equal(error.code, "key_unwritable");
    assert_false(keys_promote(folder, "laser1", &error)); // there is no new one
    assert_string_equal(error.code, "key_unwritable");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_new_key_stands_beside_the_old_one_until_it_is_proved, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_damaged_key_is_none, setup, teardown),
        cmocka_unit_test_setup_teardown(a_key_that_others_may_read_is_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(what_cannot_be_written_is_told, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL) ? 1 : 0;
}
