// facts: what the gate and the wire tell, on its way to the ledger and the panel.
//
// The gate is inside a call of its own here, so nothing calls it: everything becomes a post, which station_pump
// sends a moment later.
#include "daemon.h"

#include <stdio.h>
#include <string.h>

#include "job_facts.h"
#include "json.h" // json_add_text

static cJSON *with_text(const char *key, const char *text) {
    cJSON *args = cJSON_CreateObject();
    lg_assert(args != NULL);
    json_add_text(args, key, text);
    return args;
}

static void add_machine(const struct station *s, cJSON *args) {
    json_add_text(args, "machine", s->config.id);
}

static void on_state(struct station *s, const struct gate_fact *fact) {
    view_publish_machine(s);
}

static void on_status(struct station *s, const struct gate_fact *fact) {
    view_publish_status(s);
}

static void on_held(struct station *s, const struct gate_fact *fact) {
    cJSON *args = with_text("line", fact->text);
    add_machine(s, args);
    s->held_told = true;
    station_post(s, &post_hold, args);
}

static void on_refused(struct station *s, const struct gate_fact *fact) {
    static const char never_seen[] = "(refused before its first work line came to its turn)";
    if (!s->held_told) {
        cJSON *args = with_text("line", never_seen);
        add_machine(s, args);
        station_post(s, &post_hold, args);
    }
    s->held_told = false;
    station_post(s, &post_refuse, with_text("reason", fact->text));
}

// $LOT=<lot>[,<qty>]
static void on_declare(struct station *s, const struct gate_fact *fact) {
    cJSON *args = cJSON_CreateObject(), *lots = cJSON_CreateArray(), *lot = cJSON_CreateObject();
    char text[GATE_TEXT_MAX];
    snprintf(text, sizeof text, "%s", fact->text);
    char *comma = strchr(text, ',');
    if (comma != NULL)
        *comma = '\0';
    json_add_text(lot, "lot", text);
    if (comma != NULL)
        json_add_text(lot, "quantity", comma + 1);
    cJSON_AddItemToArray(lots, lot);
    json_add(args, "lots", lots);
    station_post_for(s, &post_declare, args, NULL, POST_FROM_SENDER);
}

static void on_operator(struct station *s, const struct gate_fact *fact) {
    station_post_for(s, &post_operator, with_text("code", fact->text), NULL, POST_FROM_SENDER);
}

static void on_start_wanted(struct station *s, const struct gate_fact *fact) {
    cJSON *args = cJSON_CreateObject();
    add_machine(s, args);
    station_post(s, &post_start, args);
}

// The loop keeps what was metered; its JSON, a tree of thousands of nodes, is made on the ledger thread.
static void on_ended(struct station *s, const struct gate_fact *fact) {
    const struct gate_job *job = fact->job;
    struct job_facts *facts = job_facts_keep(job, fact->text, s->job_us, s->job_clock_us);
    cJSON *args = cJSON_CreateObject();
    s->lines += job->meter->lines;
    s->bytes += job->meter->bytes;
    s->errors += job->errors;
    if (job->dry_run) {
        add_machine(s, args);
        station_post_facts(s, &post_dry_run, args, facts);
        return;
    }
    json_add_text(args, "state", gate_end_name(job->end));
    station_post_facts(s, &post_end, args, facts);
}

static void on_paused(struct station *s, const struct gate_fact *fact) {
    station_post(s, &post_pause, with_text("reason", fact->text));
    view_publish_machine(s);
}

static void on_resumed(struct station *s, const struct gate_fact *fact) {
    view_publish_machine(s);
}

static void on_alarm(struct station *s, const struct gate_fact *fact) {
    char text[64];
    snprintf(text, sizeof text, "ALARM:%u", fact->number);
    view_publish_alarm(s, text);
}

// Firmware and serial number as the machine tells them: "1.1h.20190825:TTS55P-2209-0417", and where it is plugged in.
static void on_identity(struct station *s, const struct gate_fact *fact) {
    cJSON *args = cJSON_CreateObject();
    struct wire_look look;
    char firmware[GATE_TEXT_MAX];
    snprintf(firmware, sizeof firmware, "%s", fact->text);
    char *user = strrchr(firmware, ':');
    if (user != NULL)
        *user++ = '\0';
    wire_look(s->machine, &look);
    add_machine(s, args);
    json_add_text(args, "firmware", firmware);
    if (look.place != NULL && look.place->usb_path[0] != '\0')
        json_add_text(args, "usb_path", look.place->usb_path);
    if (user != NULL && user[0] != '\0')
        json_add_text(args, "serial", user);
    else if (look.place != NULL && look.place->usb_serial[0] != '\0')
        json_add_text(args, "serial", look.place->usb_serial);
    station_post(s, &post_identity, args);
}

static void on_unauthorised(struct station *s, const struct gate_fact *fact) {
    cJSON *args = with_text("status", fact->text);
    add_machine(s, args);
    station_post(s, &post_unauthorised, args);
    view_publish_alarm(s, "The machine runs although no job was started through lotgate.");
}

static fact_handler *const handlers[] = {
    [GATE_FACT_STATE] = on_state,       [GATE_FACT_HELD] = on_held,
    [GATE_FACT_REFUSED] = on_refused,   [GATE_FACT_DECLARE] = on_declare,
    [GATE_FACT_OPERATOR] = on_operator, [GATE_FACT_START_WANTED] = on_start_wanted,
    [GATE_FACT_ENDED] = on_ended,       [GATE_FACT_PAUSED] = on_paused,
    [GATE_FACT_RESUMED] = on_resumed,   [GATE_FACT_ALARM] = on_alarm,
    [GATE_FACT_ERROR_REPLY] = NULL, // counted in the job
    [GATE_FACT_IDENTITY] = on_identity, [GATE_FACT_UNAUTHORISED] = on_unauthorised,
    [GATE_FACT_HOOK] = on_state,        [GATE_FACT_HOOK_SEEN] = hook_on_seen,
    [GATE_FACT_HOOK_KEY] = hook_on_key, [GATE_FACT_HOOK_BLOCKED] = hook_on_blocked,
    [GATE_FACT_SCAN] = hook_on_scan,    [GATE_FACT_HOOK_PAIRED] = hook_on_paired,
    [GATE_FACT_STATUS] = on_status,
};

void facts_on_fact(void *context, struct wire_machine *machine, const struct gate_fact *fact) {
    if (handlers[fact->type] != NULL)
        handlers[fact->type](wire_owner(machine), fact);
}

void facts_on_port(void *context, struct wire_machine *machine) {
    struct station *s = wire_owner(machine);
    struct wire_look look;
    wire_look(machine, &look);
    if (look.port_open)
        daemon_log(s->daemon, "%s: %s is open", look.id, look.device);
    else
        daemon_log(s->daemon, "%s: %s. %s", look.id, look.port_text, look.what_to_do);
    view_publish_machine(s);
}

void facts_on_sender(void *context, struct wire_machine *machine, const char *text) {
    struct station *s = wire_owner(machine);
    struct wire_look look;
    wire_look(machine, &look);
    if (look.sender[0] != '\0') {
        daemon_log(s->daemon, "%s: sender %s connected", look.id, text);
    } else {
        daemon_log(s->daemon, "%s: the sender %s", look.id, text);
        s->operator_id[0] = '\0'; // who signed on by $OP did so for this connection
    }
    view_publish_machine(s);
}
