// cli_paths: the data directory. See cli_paths.h.
#include "cli_paths.h"

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "json.h" // json_parse

bool cli_paths_join(char *out, size_t room, const char *directory, const char *name) {
    int n = snprintf(out, room, "%s/%s", directory, name);
    return n > 0 && (size_t)n < room;
}

static bool set_path(char out[PATH_MAX], const char *path, struct lg_error *error) {
    if (strlen(path) >= PATH_MAX)
        return lg_fail(error, "no_data_directory", "Use a shorter path.", "The path %.80s… is too long.",
                       path);
    memcpy(out, path, strlen(path) + 1);
    return true;
}

// Reads a whole small file; the caller frees it.
static char *read_file(const char *path, size_t *length, struct lg_error *error) {
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        lg_fail(error, "config_unreadable", "Check the name after -c, and that you may read the file.",
                "The configuration file %s can't be read: %s.", path, strerror(errno));
        return NULL;
    }
    char *text = malloc(CLI_CONFIG_MAX + 1);
    lg_assert(text != NULL);
    *length = fread(text, 1, CLI_CONFIG_MAX + 1, file);
    bool bad = ferror(file) != 0 || *length > CLI_CONFIG_MAX;
    fclose(file);
    if (bad) {
        free(text);
        lg_fail(error, "config_unreadable", "Give a configuration file with -c.",
                "%s is no configuration file: it can't be read or is larger than 1 MiB.", path);
        return NULL;
    }
    return text;
}

// Takes "data", "site" and "address" from the configuration. What else it holds is the daemon's to judge.
static bool take_config(struct cli_paths *paths, const char *path, struct lg_error *error) {
    size_t length = 0;
    char *text = read_file(path, &length, error);
    if (text == NULL)
        return false;
    struct lg_error why = {0};
    cJSON *config = json_parse(text, length, true, &why);
    free(text);
    if (config == NULL)
        return lg_fail(error, "bad_json", "Mend the file there, or name another one with -c.", "%s: %s", path,
                       why.message);
    const char *data = json_text(config, "data"), *site = json_text(config, "site"),
               *address = json_text(config, "address");
    if (address != NULL && strlen(address) < CLI_ADDRESS_MAX) // a longer one is the daemon's to refuse
        snprintf(paths->address, sizeof paths->address, "%s", address);
    bool ok = set_path(paths->config, path, error);
    if (ok && data != NULL && data[0] != '\0')
        ok = data[0] == '/' ? set_path(paths->data, data, error)
                            : lg_fail(error, "config_unreadable", "Write the whole path, from the root.",
                                      "\"data\" in %s must begin with /.", path);
    if (ok && site != NULL) {
        if (strlen(site) < CLI_SITE_MAX)
            snprintf(paths->site, sizeof paths->site, "%s", site);
        else
            ok = lg_fail(error, "config_unreadable", "Use a letter such as \"A\".",
                         "The site in %s is longer than %d characters.", path, CLI_SITE_MAX - 1);
    }
    cJSON_Delete(config);
    return ok;
}

static bool default_data(struct cli_paths *paths, struct lg_error *error) {
    if (geteuid() == 0)
        return set_path(paths->data, CLI_SYSTEM_DATA, error);
    const char *parent = getenv("XDG_DATA_HOME"), *name = "lotgate";
    if (parent == NULL || parent[0] != '/') {
        parent = getenv("HOME");
        name = ".local/share/lotgate";
    }
    if (parent == NULL || parent[0] != '/') {
        const struct passwd *user = getpwuid(geteuid());
        parent = user != NULL ? user->pw_dir : NULL;
    }
    if (parent == NULL || parent[0] != '/')
        return lg_fail(error, "no_data_directory", "Name it with --data DIR.",
                       "There is no home directory to keep the data in.");
    if (!cli_paths_join(paths->data, sizeof paths->data, parent, name))
        return lg_fail(error, "no_data_directory", "Name another one with --data DIR.",
                       "The path of the home directory is too long.");
    return true;
}

bool cli_paths_find(struct cli_paths *paths, const char *config, const char *data, struct lg_error *error) {
    memset(paths, 0, sizeof *paths);
    snprintf(paths->site, sizeof paths->site, "A");
    // With --data alone the system's configuration is left out: it tells of another directory.
    if (config == NULL && data == NULL && access(CLI_SYSTEM_CONFIG, R_OK) == 0)
        config = CLI_SYSTEM_CONFIG;
    if (config != NULL && !take_config(paths, config, error))
        return false;
    if (data != NULL)
        return data[0] != '\0' ? set_path(paths->data, data, error)
                               : lg_fail(error, "no_data_directory", "Give a directory after --data.",
                                         "The name of the data directory is empty.");
    return paths->data[0] != '\0' || default_data(paths, error);
}

void cli_paths_make_parents(const struct cli_paths *paths) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s", paths->data);
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0755);
        *slash = '/';
    }
}
