#!/usr/bin/env python3
"""make sizes: flash, static RAM and deepest stack of the classifier, link, MAC and hook, per target and part.

Built as for a Grbl, linked with tests/firmware/minimal.c and --gc-sections. Flash and RAM are read from the linker's map:
the sections that are left of each part's objects; `runtime` is what comes from the compiler's own library. RAM counts the
firmware's struct lg_hook to the hook. The stack is the longest way through the calls in the disassembly, each function with
what -fstack-usage says of it (on an AVR return addresses included; of library functions the pushes are counted); the port's
own functions are not in it. The figures are compared with tests/data/sizes.txt, which --update rewrites.
"""
import argparse
import os
import re
import sys
import tempfile

from toolchain import PARTS, TARGETS, TOP

FIGURES = os.path.join(TOP, "tests/data/sizes.txt")
MAIN = "tests/firmware/minimal.c"
ROWS = [*PARTS, "runtime"]
COLUMNS = ["flash", "ram", "stack"]
BUDGETED = ["link", "classifier", "mac", "runtime"]  # what the budget of flash is for
GROWTH_MAX = 48  # bytes by which a figure may pass the recorded one before it has to be recorded anew
FORBIDDEN = {
    "soft-float": r"__(add|sub|mul|div|neg|eq|ne|lt|gt|le|ge|cmp|unord)[sdt]f[23]$|__(fix|float|extend|trunc)\w*[sd][fi]"
                  r"|__aeabi_([fd](add|r?sub|mul|div|cmp|2|neg)|u?[il]2[fd])",
    "soft-divide": r"__u?(div|mod|divmod)[qhspd]i[34]$|__u?divmod\w+$|__aeabi_u?[il]div",
    "allocation": r"_*(malloc|calloc|realloc|free|s?brk|alloca)(_r)?$",
}


def part_of(path):
    """The row that an object counts to; None for the firmware's own."""
    name = os.path.basename(path)
    for part, sources in PARTS.items():
        if name in {source.replace("/", "_").removesuffix(".c") + ".o" for source in sources}:
            return part
    return "runtime" if "libgcc.a" in path else None


def read_map(text):
    """(section, size, object) for what the linker has kept."""
    text = text[text.index("Linker script and memory map"):]
    for match in re.finditer(r"^ (\.?[\w.$]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", text, re.M):
        section, address, size, path = match[1], int(match[2], 16), int(match[3], 16), match[4]
        if size and (address or section.startswith(".text")):
            yield section, size, path


def count(map_text):
    figures = {row: {"flash": 0, "ram": 0} for row in ROWS}
    for section, size, path in read_map(map_text):
        row = part_of(path)
        if row is None and "minimal" in path and section == ".bss.hook":
            row = "hook"
        if row is None:
            continue
        if re.match(r"\.(text|rodata|data|progmem|literal|irom)|\.srodata|\.sdata", section):
            figures[row]["flash"] += size
        if re.match(r"\.(s?data|s?bss)|COMMON", section):
            figures[row]["ram"] += size
    return figures


def constants_in_ram(target, figures, map_text):
    """An AVR's start-up code copies .rodata to RAM."""
    if not target.prefix.startswith("avr"):
        return
    for section, size, path in read_map(map_text):
        if section.startswith(".rodata") and part_of(path):
            figures[part_of(path)]["ram"] += size


# --- the stack

CALL = re.compile(r"\s(r?call|r?jmp|bl|b|b\.w|b\.n|blx|jal|j|tail|c\.j|c\.jal|call0|callx0|call|br\w\w)\s.*<([\w.$]+)(\+0x[0-9a-f]+)?>")
PUSHES = re.compile(r"\spush\s+(\{[^}]*\}|r\d+)")


def read_calls(disassembly):
    """{function: called functions}, {function: bytes pushed}"""
    calls, pushed, function = {}, {}, None
    for line in disassembly.splitlines():
        head = re.match(r"[0-9a-f]+ <([\w.$]+)>:", line)
        if head:
            function = head[1]
            calls.setdefault(function, set())
            pushed.setdefault(function, 0)
            continue
        if function is None:
            continue
        push = PUSHES.search(line)
        if push:
            pushed[function] += 4 * (push[1].count(",") + 1) if push[1].startswith("{") else 1
        call = CALL.search(line)
        target = call[2] if call else (re.search(r"\b(\w+) <([\w.$]+)>", line) or [None, None, None])[2]
        if target and target != function and (not call or not call[3]):
            calls[function].add(target)
    return calls, pushed


def read_frames(folder):
    frames = {}
    for name in os.listdir(folder):
        if name.endswith(".su"):
            for line in open(os.path.join(folder, name), encoding="ascii"):
                where, size, kind = line.split("\t")
                if kind.startswith("dynamic"):
                    raise RuntimeError(f"{where} has a frame of changing size")
                function = where.split(":")[3]
                frames[function] = max(frames.get(function, 0), int(size))
    return frames


def deepest(function, calls, frames, known, way=()):
    if function in way:
        raise RuntimeError("recursion: " + " > ".join((*way, function)))
    if function not in known:
        below = max((deepest(called, calls, frames, known, (*way, function)) for called in calls.get(function, ())), default=0)
        known[function] = frames.get(function, 0) + below
    return known[function]


def stacks(target, elf, folder):
    """{row: deepest stack of a call into it}"""
    calls, pushed = read_calls(target.run("objdump", "-d", elf))
    frames = read_frames(folder)
    address = (3 if "2560" in target.name else 2) if target.prefix.startswith("avr") else 0
    for function in calls:
        frames.setdefault(function, pushed[function] + address)
    # The verbs' functions are called through a table, all from one place.
    verbs = {function for function in calls if function.startswith("on_")}
    reader = [function for function in calls if function.startswith("lg_hook_frame")]
    if verbs and not reader:
        raise RuntimeError("nobody calls the verbs' functions: the name of their caller has changed")
    for function in reader:
        calls[function] |= verbs
    known, rows = {}, {}
    for part, sources in PARTS.items():
        names = set()
        for source in sources:
            obj = os.path.join(folder, source.replace("/", "_").removesuffix(".c") + ".o")
            names |= {line.split()[-1] for line in target.run("nm", obj).splitlines() if re.search(r" [tT] ", line)}
        rows[part] = max((deepest(name, calls, frames, known) for name in names if name in calls), default=0)
    return rows


def measure(target):
    """({row: {column: bytes}}, forbidden symbols)"""
    with tempfile.TemporaryDirectory() as folder:
        objects = target.compile([*sum(PARTS.values(), []), MAIN], folder, "-fstack-usage")
        elf, map_file = os.path.join(folder, "a.elf"), os.path.join(folder, "a.map")
        target.link(objects, elf, f"-Wl,-Map={map_file}")
        os.unlink(os.path.join(folder, "tests_firmware_minimal.su"))
        with open(map_file, encoding="utf-8") as file:
            map_text = file.read()
        figures = count(map_text)
        constants_in_ram(target, figures, map_text)
        for row, stack in stacks(target, elf, folder).items():
            figures[row]["stack"] = stack
        figures["runtime"]["stack"] = 0
        symbols = [line.split()[-1] for line in target.run("nm", elf).splitlines()]
    found = [f"{symbol} ({kind})" for kind, form in FORBIDDEN.items() for symbol in symbols if re.match(form, symbol)]
    return figures, found


def totals(figures):
    """What the budgets are for."""
    return {
        "flash": sum(figures[row]["flash"] for row in BUDGETED),
        "ram": sum(row["ram"] for row in figures.values()),
        "stack": max(figures[row]["stack"] for row in BUDGETED),
    }


def over_budget(target, figures):
    sums = totals(figures)
    return [f"{column}: {sums[column]} of {most} bytes" for column, most in target.budget.items() if sums[column] > most]


# --- the recorded figures

def recorded():
    """{(target, row): {column: bytes}}, {target: compiler}"""
    figures, compilers = {}, {}
    if not os.path.exists(FIGURES):
        return figures, compilers
    for line in open(FIGURES, encoding="ascii"):
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if words[1] == "gcc":
            compilers[words[0]] = words[2]
        else:
            figures[words[0], words[1]] = dict(zip(COLUMNS, map(int, words[2:])))
    return figures, compilers


def grown(target, figures):
    """What has grown since it was recorded with the same compiler."""
    before, compilers = recorded()
    if compilers.get(target.name) != target.version():
        return []
    return [f"{row} {column}: {before[target.name, row][column]} -> {values[column]} bytes"
            for row, values in figures.items() if (target.name, row) in before
            for column in COLUMNS if values[column] > before[target.name, row][column] + GROWTH_MAX]


def record(all_figures):
    with open(FIGURES, "w", encoding="ascii") as file:
        file.write("# Bytes of flash, static RAM and deepest stack, as `make sizes` measured them. `make sizes UPDATE=1` rewrites this.\n")
        for target, figures in all_figures:
            file.write(f"{target.name} gcc {target.version()}\n")
            for row, values in figures.items():
                file.write(f"{target.name} {row} {' '.join(str(values[column]) for column in COLUMNS)}\n")


def cell(value, before):
    return f"{value}" if before in (None, value) else f"{value} ({value - before:+})"


def show(target, figures):
    before, _ = recorded()
    rows = [(row, values) for row, values in figures.items()]
    for row, values in rows:
        old = before.get((target.name, row), {})
        print(f"{target.name:<12}{row:<12}" + "".join(f"{cell(values[c], old.get(c)):>14}" for c in COLUMNS))
    sums = totals(figures)
    everything = sum(values["flash"] for values in figures.values())
    limits = "".join(f"{sums[c]}/{target.budget[c]}".rjust(14) if c in target.budget else f"{sums[c]}".rjust(14) for c in COLUMNS)
    print(f"{target.name:<12}{'of budget':<12}{limits}")
    print(f"{target.name:<12}{'with hook':<12}{everything:>14}{sums['ram']:>14}{figures['hook']['stack']:>14}\n")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--update", action="store_true", help="rewrite tests/data/sizes.txt")
    options = parser.parse_args()
    bad, missed, all_figures = [], [], []
    print(f"{'target':<12}{'part':<12}" + "".join(f"{c:>14}" for c in COLUMNS) + "   bytes; in brackets: since recorded\n")
    for target in TARGETS:
        if target.missing():
            print(f"{target.name}: {target.missing()}\n")
            continue
        figures, forbidden = measure(target)
        show(target, figures)
        all_figures.append((target, figures))
        bad += [f"{target.name}: {text}" for text in forbidden]
        for text in over_budget(target, figures):
            (missed if target.aim else bad).append(f"{target.name}: {text}")
    if options.update:
        record(all_figures)
    for text in missed:
        print("not reached yet: " + text)
    for text in bad:
        print("OVER: " + text)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main())
