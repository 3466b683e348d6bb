// The files of documents: under their hash when whole, and nothing at all otherwise.
#include "ledger_help.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>

#include "document_store.h"

#define PAPER_SHA256                                                                                         \
    "38523c087796e5d5dd1cf9bad1fb026781a838dd9dd2cf8af58b9f6502a46778" // of "%PDF-", by sha256sum

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
    assert_true(document_store_write(draft, "%PDF-", 5, &h.error));
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
    char sha256[DOCUMENT_STORE_SHA256_MAX], path[200], text[6] = "";
    uint64_t size = 0, opened = 0;
    struct stat facts;
    for (int twice = 0; twice < 2; twice++) { // the same bytes again are the same file
        struct document_draft *draft = begin();
        assert_true(document_store_write(draft, "%", 1, &h.error));
        assert_true(document_store_write(draft, "PDF-", 4, &h.error));
        assert_int_equal(document_store_open(h.directory, PAPER_SHA256, &opened) >= 0, twice);
        assert_true(document_store_finish(draft, sha256, &size, &h.error));
        assert_string_equal(sha256, PAPER_SHA256);
        assert_int_equal(size, 5);
        assert_int_equal(files_in_folder(false), 1);
    }
    snprintf(path, sizeof path, "%s/" PAPER_SHA256, folder);
    assert_int_equal(stat(path, &facts), 0);
    assert_int_equal(facts.st_mode & 0777, 0600);
    int file = document_store_open(h.directory, PAPER_SHA256, &opened);
    assert_true(file >= 0);
    assert_int_equal(opened, 5);
    assert_int_equal(read(file, text, sizeof text), 5);
    assert_memory_equal(text, "%PDF-", 5);
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
    static char mebibyte[1024 * 1024] = "%PDF-";
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    for (int extra = 0; extra < 2; extra++) { // one after the other: they are large
        struct document_draft *draft = begin();
        for (int i = 0; i < DOCUMENT_STORE_MAX / (int)sizeof mebibyte; i++)
            assert_true(document_store_write(draft, mebibyte, sizeof mebibyte, &h.error));
        if (extra) {
            assert_false(document_store_write(draft, "x", 1, &h.error));
            assert_string_equal(h.error.code, "too_large");
            document_store_abandon(draft);
        } else {
            assert_true(document_store_finish(draft, sha256, &size, &h.error));
            assert_int_equal(size, DOCUMENT_STORE_MAX);
        }
        assert_int_equal(files_in_folder(true), extra ? 0 : 1);
    }
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
                                        "38523C087796E5D5DD1CF9BAD1FB026781A838DD9DD2CF8AF58B9F6502A46778",
                                        PAPER_SHA256 "0",
                                        PAPER_SHA256}; // the last: right, but not there
    uint64_t size;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        assert_int_equal(document_store_open(h.directory, names[i], &size), -1);
    document_store_abandon(begin()); // makes the folder
    char path[200];
    snprintf(path, sizeof path, "%s/" PAPER_SHA256, folder);
    assert_int_equal(symlink("/etc/passwd", path), 0); // O_NOFOLLOW keeps to what was stored
    assert_int_equal(document_store_open(h.directory, PAPER_SHA256, &size), -1);
}

// --- what a file is

static const struct {
    const char *bytes;
    size_t length;
    enum document_type type;
} beginnings[] = {
    {"%PDF-1.7\n", 9, DOCUMENT_PDF},
    {"\x89PNG\r\n\x1a\n....", 12, DOCUMENT_PNG},
    {"\x89PNG\n\x1a\n.....", 12, DOCUMENT_UNKNOWN}, // its line end was changed on the way
    {"\xff\xd8\xff\xe0", 4, DOCUMENT_JPEG},
    {"RIFF\x10\0\0\0WEBPVP8 ", 16, DOCUMENT_WEBP},
    {"RIFF\x10\0\0\0WAVEfmt ", 16, DOCUMENT_UNKNOWN},
    {"<?xml version=\"1.0\"?>", 21, DOCUMENT_XML},
    {"\xef\xbb\xbf \n<MainDeclaration>", 22, DOCUMENT_XML},
    {"\xff\xfe<\0?\0", 6, DOCUMENT_XML},
    {"<html><body>", 12, DOCUMENT_UNKNOWN},
    {"<!DOCTYPE html>", 15, DOCUMENT_UNKNOWN},
    {"PK\3\4 a spreadsheet", 19, DOCUMENT_UNKNOWN},
    {"GIF89a", 6, DOCUMENT_UNKNOWN},
    {"plain text", 10, DOCUMENT_UNKNOWN},
    {"%PDF", 4, DOCUMENT_UNKNOWN},
    {"", 0, DOCUMENT_UNKNOWN},
    {"\0", 1, DOCUMENT_UNKNOWN},
};

static void the_first_bytes_say_what_a_file_is(void **state) {
    for (size_t i = 0; i < sizeof beginnings / sizeof *beginnings; i++)
        if (document_type_sniff(beginnings[i].bytes, beginnings[i].length) != beginnings[i].type)
            fail_msg("beginning %zu is taken for another type", i);
}

static void a_claim_that_the_bytes_do_not_bear_out_is_refused(void **state) {
    static const struct {
        enum document_type found;
        const char *name, *media;
        bool picture, fine;
    } cases[] = {
        {DOCUMENT_PDF, "a.pdf", "application/pdf", false, true},
        {DOCUMENT_PDF, "A.PDF", "Application/PDF; v=1", false, true},
        {DOCUMENT_PDF, "a.jpg", NULL, false, false},
        {DOCUMENT_PDF, "a", "image/png", false, false},
        {DOCUMENT_PDF, "a.docx", "application/octet-stream", false,
         true}, // an ending that claims nothing here
        {DOCUMENT_PDF, "a.pdf", NULL, true, false},
        {DOCUMENT_PDF, "a.pdf", "application/msword", false, false},
        {DOCUMENT_JPEG, "a.jpeg", "image/jpeg", true, true},
        {DOCUMENT_PNG, "a.webp", "image/png", true, false},
        {DOCUMENT_XML, "a.xml", "text/xml;charset=utf-8", false, true},
        {DOCUMENT_XML, "a.xml", "application/soap+xml", false, true},
        {DOCUMENT_PDF, "a.pdf", "application/soap+xml", false, false},
        {DOCUMENT_UNKNOWN, "a.pdf", "application/pdf", false, false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (document_type_check(cases[i].found, cases[i].name, cases[i].media, cases[i].picture, &h.error) !=
            cases[i].fine)
            fail_msg("case %zu: %s", i, cases[i].fine ? h.error.message : "was taken");
        if (!cases[i].fine)
            assert_string_equal(h.error.code, "wrong_type");
    }
}

// With the first piece, not when 200 MB have been written.
static void a_wrong_file_is_refused_at_its_beginning(void **state) {
    static const char text[DOCUMENT_TYPE_HEAD] = "MZ";
    char sha256[DOCUMENT_STORE_SHA256_MAX];
    uint64_t size;
    struct document_draft *draft = begin();
    assert_true(document_store_write(draft, text, sizeof text - 1, &h.error));
    assert_false(document_store_write(draft, "x", 1, &h.error));
    assert_string_equal(h.error.code, "wrong_type");
    document_store_abandon(draft);
    draft = begin();
    assert_true(document_store_write(draft, text, 2, &h.error)); // shorter than what is looked at
    assert_false(document_store_finish(draft, sha256, &size, &h.error));
    assert_string_equal(h.error.code, "wrong_type");
    assert_int_equal(files_in_folder(false), 0);
}

static void only_drafts_that_nobody_writes_are_swept(void **state) {
    char sha256[DOCUMENT_STORE_SHA256_MAX], path[200];
    uint64_t size;
    assert_int_equal(document_store_sweep(h.directory), 0); // no folder yet
    struct document_draft *draft = begin();
    snprintf(path, sizeof path, "%s/.draft-Killed", folder);
    fclose(fopen(path, "w"));
    snprintf(path, sizeof path, "%s/other", folder);
    fclose(fopen(path, "w"));
    assert_int_equal(document_store_sweep(h.directory), 1);
    assert_int_equal(files_in_folder(false), 2);
    assert_true(document_store_write(draft, "%PDF-", 5, &h.error));
    assert_true(document_store_finish(draft, sha256, &size, &h.error)); // it was left alone
    assert_string_equal(sha256, PAPER_SHA256);
    assert_int_equal(document_store_sweep(h.directory), 0);
}

static void a_changed_file_is_found(void **state) {
    char sha256[DOCUMENT_STORE_SHA256_MAX], path[200];
    const char *why = NULL;
    enum document_type type;
    uint64_t size;
    struct document_draft *draft = begin();
    assert_true(document_store_write(draft, "%PDF-", 5, &h.error));
    assert_true(document_store_finish(draft, sha256, &size, &h.error));
    assert_true(document_store_verify(h.directory, sha256, &why));
    assert_true(document_store_look(h.directory, sha256, &type, &size));
    assert_int_equal(type, DOCUMENT_PDF);
    assert_int_equal(size, 5);
    snprintf(path, sizeof path, "%s/%s", folder, sha256);
    FILE *file = fopen(path, "r+");
    fputs("%PDF+", file); // as long as before
    fclose(file);
    assert_false(document_store_verify(h.directory, sha256, &why));
    assert_non_null(strstr(why, "changed"));
    unlink(path);
    assert_false(document_store_verify(h.directory, sha256, &why));
    assert_non_null(strstr(why, "missing"));
    assert_false(document_store_look(h.directory, sha256, &type, &size));
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
        TEST(the_first_bytes_say_what_a_file_is),
        TEST(a_claim_that_the_bytes_do_not_bear_out_is_refused),
        TEST(a_wrong_file_is_refused_at_its_beginning),
        TEST(only_drafts_that_nobody_writes_are_swept),
        TEST(a_changed_file_is_found),
    };
    int rc = cmocka_run_group_tests(tests, NULL, NULL);
    return rc ? 1 : 0;
}
