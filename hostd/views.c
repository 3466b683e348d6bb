// views: machines as the panel sees them, and the events that tell of changes.
#include "daemon.h"

#include <stdlib.h>

#include "json.h"    // json_print
#include "timefmt.h" // time_format

static void add_time(cJSON *object, const char *key, int64_t utc_us) {
    char text[TIME_TEXT_MAX];
    time_format(text, utc_us);
    json_add_text(object, key, text);
}

static void add_or_null(cJSON *object, const char *key, cJSON *value) {
    json_add(object, key, value != NULL ? value : cJSON_CreateNull());
}

static cJSON *declaration_of(const struct station *s) {
    if (s->declaration[0] == '\0')
        return NULL;
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "id", s->declaration);
    json_add_text(value, "text", json_text(s->declared, "text"));
    const cJSON *lots = json_get(s->declared, "lots");
    add_or_null(value, "lots", cJSON_Duplicate(lots, true));
    json_add_text(value, "operator", json_text(s->declared, "operator"));
    return value;
}

static cJSON *job_of(const struct station *s, const struct gate_view *view) {
    if (s->job[0] == '\0')
        return NULL;
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "job", s->job);
    if (!s->job_started)
        return value;
    json_add_text(value, "record", s->record);
    json_add_integer(value, "lines", (int64_t)view->lines);
    json_add_integer(value, "bytes", (int64_t)view->bytes);
    json_add_integer(value, "work_mm", (int64_t)(view->work_um / 1000));
    add_time(value, "started", s->job_us);
    return value;
}

static cJSON *status_of(const struct gate_view *view) {
    if (!view->has_status)
        return NULL;
    static const char *const axes[] = {"x_mm", "y_mm", "z_mm"};
    const struct grbl_status *status = &view->status;
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "state", grbl_run_state_name(status->state));
    for (int i = 0; status->has_position && i < 3; i++)
        json_add(value, axes[i], cJSON_CreateNumber(status->position_um[i] / 1000.0));
    if (status->has_feed) {
        json_add_integer(value, "feed", status->feed);
        json_add_integer(value, "speed", status->speed);
    }
    return value;
}

static void add_ways_in(cJSON *value, const struct wire_look *look) {
    cJSON *tcp = cJSON_CreateArray();
    for (size_t i = 0; i < look->tcp_count; i++)
        cJSON_AddItemToArray(tcp, cJSON_CreateString(look->tcp[i]));
    add_or_null(value, "pty", look->pty != NULL ? cJSON_CreateString(look->pty) : NULL);
    json_add(value, "tcp", tcp);
}

// What the panel shows under the state: the gate's own sentence, or why there is no port.
static void add_text(cJSON *value, const struct station *s, const struct gate_view *view,
                     const struct wire_look *look) {
    const char *what_to_do = "", *text = view->text;
    if (!look->port_open)
        what_to_do = look->what_to_do;
    else if (view->state == GATE_HELD)
        what_to_do = "Scan the material lot.";
    else if (view->state == GATE_FAULT)
        what_to_do = s->ledger_failed ? s->ledger_advice : "Look at the machine, then confirm it.";
    if (!look->port_open) {
        text = look->port_text;
    } else if (view->state == GATE_OFFLINE && view->has_status && view->status.state != GRBL_IDLE) {
        what_to_do = "It has not said who it is: in a feed hold, asleep or in an alarm, reset it.";
    } else if (view->unanswered) {
        text = "the port is open, but the machine has not answered yet";
        what_to_do =
            "Switch the machine on; if it stays silent, compare its baud rate with the configuration.";
    }
    json_add_text(value, "text", text);
    json_add_text(value, "what_to_do", what_to_do);
}

cJSON *view_machine(const struct station *s) {
    struct gate_view view;
    struct wire_look look;
    gate_view(wire_gate_look(s->machine), &view);
    wire_look(s->machine, &look);
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "machine", s->config.id);
    json_add_text(value, "name", s->config.name[0] != '\0' ? s->config.name : s->config.id);
    json_add_text(value, "kind", s->kind);
    json_add_text(value, "board", s->config.board);
    json_add_text(value, "serial_number",
                  s->config.serial_number[0] != '\0' ? s->config.serial_number : NULL);
    json_add_text(value, "state", gate_state_name(view.state));
    add_time(value, "since", time_now_us() - (time_monotonic_us() - view.since_us));
    add_text(value, s, &view, &look);
    json_add(value, "sender", cJSON_CreateBool(view.sender_present));
    json_add(value, "port_open", cJSON_CreateBool(look.port_open));
    json_add_integer(value, "queued", (int64_t)view.queued); // bytes
    json_add(value, "starting", cJSON_CreateBool(view.starting));
    add_or_null(value, "declaration", declaration_of(s));
    add_or_null(value, "job", job_of(s, &view));
    add_or_null(value, "status", status_of(&view));
    add_ways_in(value, &look);
    json_add(value, "hook", hook_view(&view));
    return value;
}

static void publish(const struct station *s, const char *type, cJSON *value) {
    if (s->daemon->serve != NULL) {
        char *text = json_print(value);
        serve_publish(s->daemon->serve, type, text);
        free(text);
    }
    cJSON_Delete(value);
}

// Facts come from inside the gate, which must not be looked at there: the event leaves at the next wake.
void view_publish_machine(struct station *s) {
    s->changed = true;
    daemon_wake(s->daemon);
}

// Where the machine is now is told some times a second and is of no use to who comes back later: nobody there, nothing made.
void view_publish_status(struct station *s) {
    if (s->daemon->serve != NULL && serve_is_watched(s->daemon->serve))
        view_publish_machine(s);
}

void view_flush(struct station *s) {
    if (!s->changed)
        return;
    s->changed = false;
    publish(s, "machine", view_machine(s));
}

void view_publish_job(const struct station *s, const char *state) {
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "machine", s->config.id);
    json_add_text(value, "job", s->job);
    json_add_text(value, "state", state);
    json_add_text(value, "record", s->record[0] != '\0' ? s->record : NULL);
    publish(s, "job", value);
}

void view_publish_alarm(const struct station *s, const char *text) {
    cJSON *value = cJSON_CreateObject();
    json_add_text(value, "machine", s->config.id);
    json_add_text(value, "text", text);
    publish(s, "alarm", value);
}
