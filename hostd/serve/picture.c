#include "picture.h"

#include <math.h>
#include <stdbool.h>

#include "exchange.h"
#include "json.h"

struct box {
    double left, bottom, right, top; // mm
    bool any;
};

struct moves {
    struct text work, rapid; // path data
    struct box all, worked;
};

static void box_add(struct box *box, double x, double y) {
    if (!box->any) {
        *box = (struct box){x, y, x, y, true};
        return;
    }
    box->left = fmin(box->left, x);
    box->right = fmax(box->right, x);
    box->bottom = fmin(box->bottom, y);
    box->top = fmax(box->top, y);
}

// Reads one [x_um, y_um, work] into millimetres.
static bool point(const cJSON *item, double *x, double *y, bool *work) {
    const cJSON *first = cJSON_GetArrayItem(item, 0), *second = cJSON_GetArrayItem(item, 1);
    const cJSON *third = cJSON_GetArrayItem(item, 2);
    if (!cJSON_IsNumber(first) || !cJSON_IsNumber(second))
        return false;
    *x = first->valuedouble / 1000;
    *y = second->valuedouble / 1000;
    *work = cJSON_IsTrue(third) || (cJSON_IsNumber(third) && third->valuedouble != 0);
    return isfinite(*x) && isfinite(*y);
}

static void collect(struct moves *moves, const cJSON *points) {
    double from_x = 0, from_y = 0, x, y;
    bool work, last_work = false, started = false;
    const cJSON *item;
    cJSON_ArrayForEach(item, points) {
        if (!point(item, &x, &y, &work))
            continue;
        box_add(&moves->all, x, y);
        if (started) {
            struct text *out = work ? &moves->work : &moves->rapid;
            if (!out->length || work != last_work)
                text_printf(out, "M%.3f %.3f", from_x, 0 - from_y);
            text_printf(out, "L%.3f %.3f", x, 0 - y);
            if (work) {
                box_add(&moves->worked, from_x, from_y);
                box_add(&moves->worked, x, y);
            }
            last_work = work;
        }
        started = true;
        from_x = x;
        from_y = y;
    }
}

// The longest of 1, 2, 5 times a power of ten that is not above `limit` (mm).
static double scale_length(double limit) {
    double power = pow(10, floor(log10(limit)));
    double times = limit / power;
    return power * (times >= 5 ? 5 : times >= 2 ? 2 : 1);
}

static const char style[] =
    "<style>:root{color-scheme:light dark}path,line{fill:none;vector-effect:non-scaling-stroke}"
    ".w{stroke:#0a58ca;stroke-width:1.6;stroke-linejoin:round;stroke-linecap:round}"
    ".r{stroke:#6b7280;stroke-width:1;stroke-dasharray:4 4;opacity:.55}"
    ".s{stroke:#374151;stroke-width:2}text{fill:#374151;font-family:system-ui,sans-serif}"
    "@media(prefers-color-scheme:dark){.w{stroke:#7db4ff}.r{stroke:#9ca3af}.s{stroke:#d1d5db}text{fill:#d1d5db}}"
    "</style>";

// Scale bar at the left, the size of what was worked at the right, under the picture.
static void legend(struct text *svg, const struct moves *moves, double left, double baseline, double width) {
    const struct box *box = moves->worked.any ? &moves->worked : &moves->all;
    double size = width / 20, bar = scale_length(width / 4);
    text_printf(svg, "<line class=\"s\" x1=\"%.3f\" y1=\"%.3f\" x2=\"%.3f\" y2=\"%.3f\"/>", left, baseline,
                left + bar, baseline);
    text_printf(svg, "<text x=\"%.3f\" y=\"%.3f\" font-size=\"%.3f\">%g mm</text>", left,
                baseline - size * 0.4, size, bar);
    text_printf(svg,
                "<text x=\"%.3f\" y=\"%.3f\" font-size=\"%.3f\" text-anchor=\"end\">%.1f × %.1f mm</text>",
                left + width, baseline, size, box->right - box->left, box->top - box->bottom);
}

void picture_write(struct text *svg, const cJSON *path, const char *title) {
    struct moves moves = {.all = {0}, .worked = {0}};
    text_init(&moves.work, svg->limit);
    text_init(&moves.rapid, svg->limit);
    collect(&moves, json_get(path, "points"));
    double width = fmax(moves.all.right - moves.all.left, 1),
           height = fmax(moves.all.top - moves.all.bottom, 1);
    double centre_x = (moves.all.left + moves.all.right) / 2,
           centre_y = (moves.all.top + moves.all.bottom) / 2;
    height = fmax(height, width * 0.3); // a line should not make a sliver
    width = fmax(width, height * 0.75);
    double margin = width * 0.05, foot = width * 0.13;
    double left = centre_x - width / 2, top = -centre_y - height / 2;
    text_printf(svg,
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"%.3f %.3f %.3f %.3f\" role=\"img\">",
                left - margin, top - margin, width + 2 * margin, height + 2 * margin + foot);
    text_puts(svg, "<title>");
    text_xml(svg, title);
    text_puts(svg, "</title>");
    text_puts(svg, style);
    if (moves.all.any) {
        const struct text *layers[] = {&moves.rapid, &moves.work};
        for (int i = 0; i < 2; i++)
            if (layers[i]->length)
                text_printf(svg, "<path class=\"%c\" d=\"%s\"/>", "rw"[i], layers[i] -> data);
        legend(svg, &moves, left, top + height + margin * 0.6 + foot * 0.8, width);
    } else {
        text_puts(
            svg,
            "<text x=\"0.5\" y=\"0\" font-size=\"0.1\" text-anchor=\"middle\">no path was recorded</text>");
    }
    text_puts(svg, "</svg>\n");
    svg->failed = svg->failed || moves.work.failed || moves.rapid.failed;
    text_free(&moves.work);
    text_free(&moves.rapid);
}

void handle_picture(struct exchange *x) {
    struct lg_error error;
    cJSON *args = exchange_arguments(x);
    if (!args)
        return;
    cJSON *path = exchange_read(x, "job.path", args, &error);
    cJSON_Delete(args);
    if (!path) {
        exchange_error(x, &error);
        return;
    }
    struct text svg;
    text_init(&svg, PICTURE_MAX);
    picture_write(&svg, path, x->id);
    cJSON_Delete(path);
    exchange_text(x, 200, "image/svg+xml", &svg);
    if (x->status == 200) {
        MHD_del_response_header(x->response, "Content-Security-Policy",
                                MHD_get_response_header(x->response, "Content-Security-Policy"));
        MHD_add_response_header(x->response, "Content-Security-Policy",
                                "default-src 'none'; style-src 'unsafe-inline'");
    }
}
