#!/usr/bin/env bash
# The rules of the house, checked by machine. Prints TAP. Run from the project's top: make check-style.
set -u
shopt -s lastpipe # so that the counts survive the pipes
export LC_ALL=C
count=0 bad=0
report() { # verdict text; details on standard input become notes
    count=$((count + 1))
    [ "$1" = ok ] || bad=$((bad + 1))
    sed 's/^/# /'
    printf '%s %d - %s\n' "$1" "$count" "$2"
}
# expect_none TEXT: passes when standard input is empty
expect_none() {
    local found
    found=$(cat)
    if [ -z "$found" ]; then report ok "$1" </dev/null; else report "not ok" "$1" <<<"$found"; fi
}
skip() { count=$((count + 1)); printf 'ok %d - %s # SKIP %s\n' "$count" "$1" "$2"; }

sources=$(git ls-files '*.c' '*.h')
c_files=$(git ls-files '*.c')

git ls-tree --name-only HEAD | grep -vxE 'hook|proto|hostd|tests|boards|Makefile|README\.md|LICENSE|\..*' |
    expect_none "the top level holds only what the layout names"

# proto is for firmware too: no header beyond the freestanding ones, except <math.h> in the meter.
for f in proto/*.[ch]; do
    allowed='<stdint\.h>|<stddef\.h>|<stdbool\.h>|"[a-z0-9_]+\.h"'
    case $f in proto/meter*) allowed="$allowed|<math\\.h>" ;; esac
    grep -HnE '^#include' "$f" | grep -vE "#include ($allowed)"
done | expect_none "proto includes freestanding headers only"
for f in proto/*.c; do
    case $f in proto/meter*) continue ;; esac
    gcc -std=c11 -ffreestanding -nostdlib -Wall -Wextra -Werror -Iproto -c "$f" -o /dev/null 2>&1
done | expect_none "proto compiles freestanding"
# The hook is compiled into firmwares: the same, and it sees proto alone.
grep -HnE '^#include' hook/*.[ch] | grep -vE '#include (<stdint\.h>|<stddef\.h>|<stdbool\.h>|"[a-z0-9_]+\.h")' |
    expect_none "hook includes freestanding headers only"
for f in hook/*.c; do
    gcc -std=c11 -ffreestanding -nostdlib -Wall -Wextra -Werror -Ihook -Iproto -c "$f" -o /dev/null 2>&1
done | expect_none "hook compiles freestanding, on proto alone"
grep -nE 'float|double' hook/*.[ch] proto/link*.[ch] proto/siphash.[ch] proto/crc16.[ch] proto/gcode*.[ch] proto/grbl*.[ch] | grep -vE ':[0-9]+: *//|//.*(float|double)' |
    expect_none "the scanner, the replies, the link and the hook use no floating point"

grep -HnE '#include <(stdio|unistd|fcntl|time|sys/|pthread|uv|sqlite3|sys|signal|termios|poll)' hostd/gate/*.[ch] |
    expect_none "the gate includes no I/O, clock or thread header"
grep -lE '\b(malloc|calloc|realloc|free)\(' hostd/gate/*.c | grep -vx 'hostd/gate/gate.c' |
    expect_none "only gate_create and gate_free allocate in the gate"

# The glue to other firmwares compiles against our own declarations of what it calls.
board_glue() { # compiler flags...
    "$@" -Iproto -Ihook -Wall -Wextra -Wno-unused-parameter -Werror -c -o /dev/null 2>&1
}
{
    for cc in gcc arm-none-eabi-gcc; do
        echo '#include <string.h>' | "$cc" -E -o /dev/null - 2>/dev/null || continue # not there, or without a C library
        board_glue "$cc" -std=c11 -Iboards/glue boards/glue/lotgate.c
        board_glue "$cc" -std=c11 -Iboards/grblhal/declarations -DLOTGATE_SERIAL_NUMBER='"SN"' boards/grblhal/lotgate.c
    done
    command -v g++ >/dev/null && for board in grbl_esp32 fluidnc marlin; do
        board_glue g++ -std=c++11 -Iboards/glue -Iboards/$board/declarations boards/$board/lotgate_port.cpp
    done
} | expect_none "the glue to other firmwares compiles"

# SQL stands in hostd/ledger alone.
grep -HnE 'sqlite3_|"(SELECT|INSERT|UPDATE|DELETE|CREATE|PRAGMA|BEGIN|COMMIT)\b' $(git ls-files 'hostd/*.c' 'hostd/*.h' | grep -v '^hostd/ledger/') |
    expect_none "only the ledger holds SQL"

grep -HnE '\b(strcpy|strcat|sprintf|vsprintf|gets|strtok|atoi|atof|system|popen)\(' $(git ls-files 'proto/*.c' 'hook/*.c' 'hostd/*.c' 'boards/*.c') |
    expect_none "no banned function"

if command -v pmccabe >/dev/null; then
    # shellcheck disable=SC2086
    pmccabe $c_files 2>/dev/null | awk '$5 > 70 {print $5 " lines: " $NF " " $6 " " $7}' |
        expect_none "no function is longer than 70 lines"
else
    skip "no function is longer than 70 lines" "pmccabe is not installed"
fi
# shellcheck disable=SC2086
wc -l $sources | awk '$2 != "total" && $1 > 700 {print $2 ": " $1 " lines"}' |
    expect_none "no file has grown past 700 lines"

if command -v clang-format >/dev/null; then
    # shellcheck disable=SC2086
    clang-format --dry-run -Werror $sources 2>&1 | grep -E 'error:' | head -20 |
        expect_none "the sources are formatted (make format)"
else
    skip "the sources are formatted" "clang-format is not installed"
fi

for d in $(git ls-files | grep / | xargs -n1 dirname | sort -u | grep -vE '/corpus/|^tests/data|^\.ci|profiles/|^tests/fuzz/corpus'); do
    case $d in tests/*|.*|*/declarations*) continue ;; esac
    [ -f "$d/README.md" ] || echo "$d"
done | expect_none "every folder says what lives in it"

python3 tests/tools/link_vectors.py --check 2>&1 | expect_none "the link's vectors are those of their own tool"

grep -rnE '/(work|home)/[a-z]|/tmp/bash_jobs' $(git ls-files) | grep -v '^tests/check_house.sh' | head |
    expect_none "no machine paths"
echo "1..$count"
exit $((bad != 0))
