#!/usr/bin/env python3
"""Takes out, one at a time, the lines that keep the invariants, and expects the tests to notice.

Each mutant names a file, the text that keeps an invariant, what stands there instead, and the test program that must
fail. A copy of the project is changed, never the project itself. `make mutants` runs them all
(`tests/mutants.py hook: store:` those whose invariant begins so); a mutant that survives is a test that cannot fail.
"""
import os
import shutil
import subprocess
import sys
import tempfile

SIMULATION = "tests/sim/test_simulation"

# invariant, file, what keeps it, what the mutant has instead, the tests of which one must fail
MUTANTS = [
    ("1: work waits while locked", "hostd/gate/gate_line.c",
     "[LOCKED] = {PASS, WAIT, FOCUS, HOLD,", "[LOCKED] = {PASS, WAIT, FOCUS, PASS,", [SIMULATION]),
    ("1: work waits for the durable start", "hostd/gate/gate_line.c",
     "[ARMED] = {PASS, WAIT, FOCUS, START,", "[ARMED] = {PASS, WAIT, FOCUS, PASS,", [SIMULATION]),
    ("1: the next job's work waits behind M2", "hostd/gate/gate_line.c",
     "[ENDING] = {PASS, WAIT, WAIT, WAIT,", "[ENDING] = {PASS, WAIT, PASS, PASS,", ["tests/unit/test_gate_states", "tests/unit/test_gate_invariants", "tests/unit/test_gate_corners", SIMULATION]),
    ("1: the commit is synchronous", "hostd/ledger/store.c",
     "PRAGMA synchronous=FULL", "PRAGMA synchronous=OFF", ["tests/fault/test_ledger_faults"]),
    ("2: a reset is realtime", "proto/grbl.c",
     "{0x18, 0x18, ALL, GRBL_RESET}", "{0x18, 0x18, ALL, GRBL_DATA}", [SIMULATION]),
    ("3: a fault shuts the gate", "hostd/gate/gate_line.c",
     "!g->identity_ok || g->faults || ", "!g->identity_ok || ", [SIMULATION, "tests/unit/test_gate_invariants"]),
    ("3: what is not understood is held", "proto/gcode_classify.c",
     "return GCODE_UNKNOWN;", "return GCODE_SETUP;", ["tests/unit/test_gcode_classify"]),
    ("4: lotgate's own poll is taken out", "hostd/gate/gate_machine.c",
     "        g->own.poll = false;\n        return TAKE_OUT;", "        g->own.poll = false;", ["tests/unit/test_gate_machine"]),
    ("5: an end is written", "hostd/facts.c",
     "station_post_facts(s, &post_end, args, facts);", "cJSON_Delete(args);", [SIMULATION]),
    ("hook: nothing runs while locked", "hook/hook.c",
     "    } else if (hook->state != LINK_RUNNING) {\n        return BLOCK;", "    } else if (hook->state == LINK_EXPIRED) {\n        return BLOCK;", ["tests/unit/test_hook"]),
    ("hook: expired is like locked", "hook/hook.c",
     "    } else if (hook->state != LINK_RUNNING) {\n        return BLOCK;", "    } else if (hook->state == LINK_LOCKED) {\n        return BLOCK;", ["tests/unit/test_hook"]),
    ("hook: a nonce pair opens one job", "hook/hook_frames.c",
     "    hook->flags |= PAIR_USED;", "", ["tests/unit/test_hook_attacks"]),
    ("hook: a nonce pair opens one job, in the model", "hook/hook_frames.c",
     "    hook->flags |= PAIR_USED;", "", ["tests/sim/test_link_model"]),
    ("hook: each HELLO has a nonce of its own", "hook/hook_frames.c",
     "    port->random(port->context, hook->secret.hook_nonce);", "", ["tests/unit/test_hook_attacks"]),
    ("hook: no key, no OPEN", "proto/link.c", "return !different;", "return true;", ["tests/unit/test_link"]),
    ("hook: guesses cost time", "hook/hook_frames.c",
     "    hook->left[LEFT_DEAF] = hook->wait;", "", ["tests/unit/test_hook_attacks"]),
    ("hook: PAIR needs the button", "hook/hook_frames.c",
     "        return LINK_ERR_PAIRED;", "        (void)frame;", ["tests/unit/test_hook_attacks"]),
    ("hook: the key survives a power cut", "hook/hook_store.c",
     "(uint8_t)(SLOT - found.offset)", "found.offset % LG_HOOK_STORE", ["tests/unit/test_hook_store"]),
    ("hook: a slot counts last", "hook/hook_store.c",
     "    slot[0] = 0;\n", "", ["tests/unit/test_hook_store"]),
    ("hook: damage is not unpaired", "hook/hook_store.c",
     "found.mark != 0 || found.damaged", "found.mark != 0", ["tests/unit/test_hook_store"]),
    ("link: no sender's line goes out behind a frame that may stand open", "hostd/gate/gate_line.c",
     " || gate_own_ends_frame(g)", "", ["tests/unit/test_gate_link"]),
    ("link: an ok that stuck to a cut EVENT is the sender's", "hostd/gate/gate_machine.c",
     "        return length - 2;\n    while (at", "        return length;\n    while (at", ["tests/unit/test_gate_link"]),
    ("store: a record that may have been cut is made firm", "boards/reference/stm32/store.c",
     "    write_slot(store.page, store.next);\n", "", ["tests/unit/test_board_store"]),
    ("store: a page is erased before it is moved into", "boards/reference/stm32/store.c",
     "    page_erase(store.page);\n", "    if (end_of(store.page))\n        page_erase(store.page);\n", ["tests/unit/test_board_store"]),
    ("store: a record counts when it is whole", "boards/reference/stm32/store.c",
     "found[CHECK] != check_of(found)", "found[CHECK] == PAGE_ERASED", ["tests/unit/test_board_store"]),
    ("store: the newer page counts", "boards/reference/stm32/store.c",
     " || found[GENERATION] < store.record[GENERATION]", "", ["tests/unit/test_board_store"]),
    ("store: what was a store is not unpaired", "boards/reference/stm32/store.c",
     "damaged ? DAMAGED : 0", "0", ["tests/unit/test_board_store"]),
    ("store: nothing is erased while the machine works", "boards/reference/stm32/store.c",
     "    if (append())\n        return true;", "    if (store.next == SLOTS)\n        move();\n    else if (append())\n        return true;", ["tests/unit/test_board_store"]),
    ("hook: a job has one source", "hook/hook.c",
     "hook->state == LINK_RUNNING && hook->source == source)", "hook->state == LINK_RUNNING)", ["tests/unit/test_hook"]),
    ("hook: M2 ends the job", "hook/hook.c",
     "    if (ends)\n", "    if (ends && false)\n", ["tests/unit/test_hook"]),
    ("hook: frames come over the paired line alone", "hook/hook.c",
     "        return source == LINK_USB ? frames(hook, line, length) : LG_HOOK_DENY;", "        return frames(hook, line, length);", ["tests/unit/test_hook_attacks"]),
    ("hook: an overlong frame is dropped whole", "hook/hook_byte.c",
     "        hook->collected = FRAME_DROPPED;\n        return", "        hook->collected = NOT_A_FRAME;\n        return", ["tests/unit/test_hook_byte"]),
    ("hook: a frame ends with its crc", "hook/hook_byte.c",
     "    if (!lg_hook_frame_ends(frame, frame + hook->collected))\n", "", ["tests/unit/test_hook_byte"]),
    ("hook: a lost line end is not the next line's", "hook/hook_byte.c",
     "        if (collected == FRAME_OVER && !line_end)", "        if (false)", ["tests/unit/test_hook_byte"]),
    ("hook: a line behind a frame is not swallowed", "hook/hook.c",
     "    return length ? LG_HOOK_DENY : LG_HOOK_CONSUMED;", "    return LG_HOOK_CONSUMED;", ["tests/unit/test_hook_attacks"]),
    ("link: a key that was never taken is forgotten", "hostd/gate/gate_link_key.c",
     "    drop_key(l, 1);\n", "    if (slot == 1)\n        drop_key(l, 1);\n", ["tests/unit/test_gate_link"]),
    ("hook: while locked the words of a line count", "hook/hook.c",
     "block->shape == GCODE_WORDS_LINE && is_free(hook, source)", "block->shape == GCODE_WORDS_LINE", ["tests/unit/test_hook"]),
    ("hook: a frame in the scratch is not mixed with a line", "hook/hook.c",
     "    lg_hook_take_scratch(hook);\n", "", ["tests/unit/test_hook_byte"]),
    ("hook: an error leaves doubt", "hook/hook.c",
     "    hook->modal.doubt = true;", "", ["tests/unit/test_hook"]),
    ("hook: a denied line leaves no trace", "hook/hook.c",
     "    if (verdict != BLOCK)\n        follow(hook, block);", "    follow(hook, block);", ["tests/unit/test_hook"]),
    ("hook: a flood of blocked lines floods nobody", "hook/hook.c",
     "        hook->left[LEFT_QUIET] = 1000;", "", ["tests/unit/test_hook_attacks"]),
    ("hook: silence expires", "hook/hook.c",
     "        lg_hook_enter(hook, LINK_EXPIRED);", "        lg_hook_enter(hook, LINK_OPENED);", ["tests/unit/test_hook"]),
    ("link: SipHash is SipHash", "proto/siphash.c", "{13, 21, 17, 16}", "{13, 20, 17, 16}", ["tests/unit/test_siphash"]),
    ("link: no frame is longer than its limit", "proto/link.c",
     "length > LINK_FRAME_MAX || ", "", ["tests/unit/test_link"]),
    ("wire: a piece of a reply waits for its end", "hostd/wire/machine.c",
     "    if (now < m->piece_at)\n        return true;\n", "", ["tests/unit/test_wire_machine"]),
    ("wire: a piece leaves alone when its end is long in coming", "hostd/wire/machine.c",
     "    if (m->piece_at < deadline)\n        deadline = m->piece_at;\n", "", ["tests/unit/test_wire_machine"]),
    ("wire: no more waits than a line", "hostd/wire/channel.c",
     " && c->length <= CHANNEL_LINE_MAX", "", ["tests/unit/test_wire_machine", "tests/unit/test_wire_channel"]),
    ("wire: what others told a gate leaves before the loop waits", "hostd/wire/wire.c",
     "    machine_touch(machine);\n", "", ["tests/unit/test_wire_machine"]),
    ("config: one door is one machine's", "hostd/config.c",
     "strcmp(m->tcp[t], address) == 0", "strcmp(m->tcp[t], address) == 2", ["tests/unit/test_config"]),
    ("5: an end that the ledger refuses is written bare", "hostd/replies.c",
     "    station_post_next(s, &post_bare_end, args);", "    cJSON_Delete(args);\n    (void)post_bare_end;\n    forget_job(s);", [SIMULATION]),
    ("gate: a tool change is no end", "hostd/gate/gate_status.c",
     "    bool tool = g->job.tool_us && ", "    bool tool = false && g->job.tool_us && ", ["tests/unit/test_gate_states"]),
    ("gate: a byte order mark is nothing to the machine", "hostd/gate/gate_line.c",
     "line->utf8 && line->length >= 3", "false && line->length >= 3", ["tests/unit/test_gate_corners", "tests/unit/test_gate_machine", "tests/unit/test_gate_states", "tests/unit/test_gate_senders"]),
    ("office: no release out of an open recall", "hostd/trace/ops_lot.c",
     "    return check_recall(ledger, lot, error) && documents_check", "    return documents_check", ["tests/unit/test_trace_recall"]),
    ("office: a unit of a recalled lot stays", "hostd/trace/ops_order.c",
     " ||\n            !check_recall(ledger, json_text(item, \"unit\"), error))", ")", ["tests/unit/test_trace_recall"]),
    ("office: an order of a recalled lot stays", "hostd/trace/ops_order.c",
     "    if (!units->child && !check_order_recall(ledger, order, error))\n        return false;\n", "    (void)check_order_recall;\n", ["tests/unit/test_trace_recall"]),
    ("office: a material's name counts beside its hazards", "hostd/trace/common_hazard.c",
     "    if (name_misleads)", "    if (name_misleads || json_get(material, \"hazards\"))", ["tests/unit/test_trace_quality"]),
    ("office: roles are asked", "hostd/trace/common_people.c",
     "    if (rank_of(role) <= 0)", "    if (rank_of(role) <= 3)", ["tests/unit/test_trace_quality"]),
    ("ledger: an emptied file is no new ledger", "hostd/ledger/files.c",
     "    if (!gone && !emptied)", "    if (!gone && (!emptied || true))", ["tests/unit/test_ledger_open", "tests/fault/test_ledger_faults"]),
    ("ledger: a missing row is told by its own name", "hostd/ledger/compare.c",
     "column >= 0 ? key_order(a, b, column, order) : 0", "0 * (column >= 0 ? key_order(a, b, column, order) : 0)", ["tests/unit/test_ledger_verify"]),
    ("5: a crash's open jobs are ended", "hostd/trace/ops_host.c",
     "host_lost", "completed", ["tests/unit/test_trace_jobs", "tests/unit/test_trace_session"]),
]


def run(command, where, limit=600):
    return subprocess.run(command, cwd=where, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=limit)


def failing(tree, tests):
    """The first of the tests that fails in the tree, or None."""
    for test in tests:
        if not os.path.exists(os.path.join(tree, test + ".c")):
            continue
        built = run(["make", "--no-print-directory", f"build/{test}"], tree)
        if built.returncode != 0:
            sys.exit(f"mutant does not build:\n{built.stdout.decode()[-2000:]}")
        try:
            if run([f"build/{test}"], tree, 300).returncode != 0:
                return test
        except subprocess.TimeoutExpired:
            return test + " (hangs)"
    return None


def main():
    survivors = 0
    tree = os.path.join(tempfile.mkdtemp(), "lotgate")
    shutil.copytree(".", tree, ignore=shutil.ignore_patterns(".git", "fuzz", "fresh-root", "thread", "address*"))
    mutants = [mutant for mutant in MUTANTS if mutant[0].startswith(tuple(sys.argv[1:] or [""]))]
    for invariant, path, keeps, instead, tests in mutants:
        name = os.path.join(tree, path)
        with open(name, encoding="utf-8") as file:
            text = file.read()
        if keeps not in text:
            print(f"STALE    {invariant}: {path} has no \"{keeps}\"")
            survivors += 1
            continue
        with open(name, "w", encoding="utf-8") as file:
            file.write(text.replace(keeps, instead, 1))
        found = failing(tree, tests)
        print(f"{'caught  ' if found else 'SURVIVED'} {invariant}{f' by {found}' if found else ''}", flush=True)
        survivors += found is None
        with open(name, "w", encoding="utf-8") as file:
            file.write(text)
    shutil.rmtree(os.path.dirname(tree))
    print(f"{len(mutants) - survivors} passed, {survivors} failed")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
