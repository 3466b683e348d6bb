// The files of documents: under their hash when whole, and nothing at all otherwise.
#include "ledger_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "document_store.h"

#define ABC_SHA256 "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" // of "abc", FIPS 180-2

static struct help h;
static char folder[80];

static int setup(void **state) {
    help_make_directory(&h);
    snprintf(folder, sizeof folder, "%s/documents", h.directory);
    return 0;
}

// Also what begins with a dot: drafts.
static size_t files_in_folder(bool remove) {
    size_t n = 0;
    DIR *d = opendir(folder);
    for (struct dirent *e; d != NULL && (e = readdir(d)) != NULL;) {
        char path[512];
        if (strcmp(e->d_name, ".") == 0 || strcmp(e->d_name, "..") == 0)
            continue;
        n++;
        snprintf(path, sizeof path, "%s/%s", folder, e->d_name);
        if (remove)
            unlink(path);
    }
    if (d != NULL)
        closedir(d);
    return n;
}

static int teardown(void **state) {
    files_in_folder(true);
    rmdir(folder);
    help_remove(h.directory);
    return 0;
}

static struct document_draft *begin(void) {
    struct document_draft *draft = document_store_begin(h.directory, &h.error);
    assert_non_null(draft);
    return draft;
}

// `sudo lotgate lot document …` while the service rests: its own user must be able to read it afterwards.
static void what_root_stores_belongs_to_the_owner_of_the_folder(void **state) {
    const uid_t service = 12345;
    char sha256[DOCUMENT_STORE_SHA256_MAX], path[200];
    uint64_t size = 0;
    struct stat facts;
    if (geteuid() != 0 || chown(h.directory, service, service) != 0)
        skip(); // only root can give a file away
    struct document_draft *draft = begin();
    assert_true(document_store_write(draft, "abc", 3, &h.error));
    assert_true(document_store_finish(draft, sha256, &size, &h.error));
    snprintf(path, sizeof path, "%s/%s", folder, sha256);
    const char *const made[] = {folder, path};
    for (size_t i = 0; i < sizeof made / sizeof *made; i++) {
        assert_int_equal(stat(made[i], &facts), 0);
        assert_int_equal(facts.st_uid, service);
        assert_int_equal(facts.st_gid, service);
    }
}

static void a_document_written_in_pieces_lies_under_its_hash(void **state) {
    char sha256[DOCUMENT_STORE_SHA256_MAX], path[200], text[4] = "";
    uint64_t size = 0, opened = 0;
    struct stat facts;
    for (int twice = 0; twice < 2; twice++) { // the same bytes again are the same file
        struct document_draft *draft = begin();
        assert_true(document_store_write(draft, "a", 1, &h.error));
        assert_true(document_store_write(draft, "bc", 2, &h.error));
        assert_int_equal(document_store_open(h.directory, ABC_SHA256, &opened) >= 0, twice);
        assert_true(document_store_finish(draft, sha256, &size, &h.error));
        assert_string_equal(sha256, ABC_SHA256);
        assert_int_equal(size, 3);
        assert_int_equal(files_in_folder(false), 1);
    }
    snprintf(path, sizeof path, "%s/" ABC_SHA256, folder);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    int file = document_store_open(h.directory, ABC_SHA256, &opened);
    assert_true(file >= 0);
    assert_int_equal(opened, 3);
    assert_int_equal(read(file, text, sizeof text), 3);
    assert_memory_equal(text, "abc", 3);
    close(file);
}

// unlink in document_store_abandon keeps this.
static void a_cut_document_leaves_nothing(void **state) {
    struct document_draft *draft = begin();
    assert_true(document_store_write(draft, "half", 4, &h.error));
    assert_int_equal(files_in_folder(false), 1);
    document_store_abandon(draft);
    assert_int_equal(files_in_folder(false), 0);
    document_store_abandon(NULL);
}

static void an_empty_document_is_refused(void **state) {
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    assert_false(document_store_finish(begin(), sha256, &size, &h.error));
    assert_string_equal(h.error.code, "bad_argument");
    assert_int_equal(files_in_folder(false), 0);
}

static void the_limit_is_reached_and_not_passed(void **state) {
    static const char mebibyte[1024 * 1024];
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    struct document_draft *draft = begin(), *second = begin();
    for (int i = 0; i < DOCUMENT_STORE_MAX / (int)sizeof mebibyte; i++) {
        assert_true(document_store_write(draft, mebibyte, sizeof mebibyte, &h.error));
        assert_true(document_store_write(second, mebibyte, sizeof mebibyte, &h.error));
    }
    assert_false(document_store_write(draft, "x", 1, &h.error));
    assert_string_equal(h.error.code, "too_large");
    document_store_abandon(draft);
    assert_int_equal(files_in_folder(false), 1);
    assert_true(document_store_finish(second, sha256, &size, &h.error));
    assert_int_equal(size, DOCUMENT_STORE_MAX);
}

// The limit on the size of files stands for a disk that takes a part and no more.
static void a_disk_that_takes_no_more_leaves_nothing(void **state) {
    static const char bytes[4096];
    struct rlimit before, small;
    struct document_draft *draft = begin();
    void (*handler)(int) = signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 1000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    bool written = document_store_write(draft, bytes, sizeof bytes, &h.error);
    setrlimit(RLIMIT_FSIZE, &before);
    signal(SIGXFSZ, handler);
    assert_false(written);
    assert_string_equal(h.error.code, "storage_failed");
    assert_true(h.error.what_to_do[0] != '\0');
    document_store_abandon(draft);
    assert_int_equal(files_in_folder(false), 0);
}

static void a_folder_that_is_none_is_told(void **state) {
    char long_name[5000];
    fclose(fopen(folder, "w")); // a file of that name
    assert_null(document_store_begin(h.directory, &h.error));
    assert_string_equal(h.error.code, "storage_failed");
    unlink(folder);
    memset(long_name, 'x', sizeof long_name - 1);
    long_name[sizeof long_name - 1] = '\0';
    assert_null(document_store_begin(long_name, &h.error));
    assert_string_equal(h.error.code, "ledger_unavailable");
}

static void only_a_hash_opens_a_document(void **state) {
    static const char *const names[] = {"",
                                        "abc",
                                        "../lotgate.json",
                                        "BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD",
                                        ABC_SHA256 "0",
                                        ABC_SHA256}; // the last: right, but not there
    uint64_t size;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(document_store_open(h.directory, names[i], &size), -1);
    document_store_abandon(begin()); // makes the folder
    char path[200];
    snprintf(path, sizeof path, "%s/" ABC_SHA256, folder);
    assert_int_equal(symlink("/etc/passwd", path), 0); // O_NOFOLLOW keeps to what was stored
    assert_int_equal(document_store_open(h.directory, ABC_SHA256, &size), -1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_document_written_in_pieces_lies_under_its_hash),
        TEST(what_root_stores_belongs_to_the_owner_of_the_folder),
        TEST(a_cut_document_leaves_nothing),
        TEST(an_empty_document_is_refused),
        TEST(the_limit_is_reached_and_not_passed),
        TEST(a_disk_that_takes_no_more_leaves_nothing),
        TEST(a_folder_that_is_none_is_told),
        TEST(only_a_hash_opens_a_document),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
