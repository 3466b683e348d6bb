# lotgate: build, test, run. `make help` lists the targets.
#
# Every folder is a layer. A layer may include only its own headers and those of the layers that LAYER_x
# names below; the include path given to the compiler holds nothing else, so a forbidden include does not build.

comma := ,
# V=1 shows the commands
QUIET := $(if $(V),,@)
say = $(if $(V),:,echo) "  $(1) $(2)"
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
MAKEFLAGS += --no-builtin-rules
.DELETE_ON_ERROR:

VERSION := 0.1.0
CC ?= cc
ifeq ($(origin CC),default)
CC := gcc
endif
SANITIZER ?=
JOBS := $(shell nproc)
BUILD := build$(if $(SANITIZER),/$(SANITIZER))$(if $(filter-out gcc,$(CC)),/$(CC))

PACKAGES := libuv libserialport libcjson sqlite3 libsodium libmicrohttpd
WARNINGS := -Wall -Wextra -Werror -Wshadow -Wpointer-arith -Wcast-align -Wstrict-prototypes \
            -Wmissing-prototypes -Wvla -Wformat=2 -Wundef -Wno-unused-parameter
CFLAGS ?= -O2 -g
BASE_CFLAGS := -std=c11 -D_GNU_SOURCE -DLOTGATE_VERSION='"$(VERSION)"' $(WARNINGS) -fno-common -MMD -MP
ifneq ($(SANITIZER),)
CFLAGS := -O1 -g -fsanitize=$(SANITIZER) -fno-sanitize-recover=all -fno-omit-frame-pointer
LDFLAGS += -fsanitize=$(SANITIZER)
endif

# Which layers a layer may see (its own folder first).
LAYER_proto        := proto
LAYER_hook         := hook proto
LAYER_base         := hostd/base
LAYER_gate         := hostd/gate proto
LAYER_sim          := boards/sim hook proto
LAYER_wire         := hostd/wire hostd/gate proto boards/sim hook hostd/base
LAYER_ledger       := hostd/ledger hostd/base
LAYER_trace        := hostd/trace hostd/ledger hostd/base
LAYER_report       := hostd/report hostd/trace hostd/ledger hostd/base
LAYER_serve        := hostd/serve hostd/report hostd/trace hostd/ledger hostd/base
LAYER_cli          := hostd/cli hostd/report hostd/trace hostd/ledger hostd/base
LAYER_main         := hostd hostd/cli hostd/serve hostd/wire hostd/gate proto hook boards/sim hostd/report hostd/trace hostd/ledger hostd/base

DIR_proto  := proto
DIR_hook   := hook
DIR_base   := hostd/base
DIR_gate   := hostd/gate
DIR_sim    := boards/sim
DIR_wire   := hostd/wire
DIR_ledger := hostd/ledger
DIR_trace  := hostd/trace
DIR_report := hostd/report
DIR_serve  := hostd/serve
DIR_cli    := hostd/cli
DIR_main   := hostd
LAYERS := proto hook base gate sim wire ledger trace report serve cli

PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
# libcsv has no pkg-config file
PKG_LIBS   = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lcsv
ALL_INCLUDES := $(addprefix -I,$(LAYER_main))

# Programs in boards/sim have a main of their own and stay out of the library.
MAINS := boards/sim/sim_main.c
LIB_SOURCES := $(filter-out $(MAINS),$(foreach l,$(LAYERS),$(wildcard $(DIR_$(l))/*.c)))
MAIN_SOURCES := $(wildcard hostd/*.c)
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(BUILD)/%.o) $(BUILD)/gen/embedded.o
LIB := $(BUILD)/liblotgate.a

.PHONY: all
all: $(BUILD)/lotgate $(BUILD)/lotgate-sim ## build lotgate and the machine simulator

define layer_rule
$(BUILD)/$(DIR_$(1))/%.o: $(DIR_$(1))/%.c
	@mkdir -p $$(@D)
	@$$(call say,CC,$$<)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) $$(addprefix -I,$(LAYER_$(1))) $(PKG_CFLAGS) -c $$< -o $$@
endef
$(foreach l,$(LAYERS) main,$(eval $(call layer_rule,$(l))))

EMBEDDED := $(sort $(wildcard hostd/web/*.html hostd/web/*.css hostd/web/*.js hostd/web/*.svg hostd/web/*.json hostd/trace/*.json boards/profiles/*.json))
$(BUILD)/gen/embedded.c: $(EMBEDDED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "embedded.h"'; n=0; \
	for f in $(EMBEDDED); do \
	  printf '__asm__(".section .rodata\\n.global embed_%d\\nembed_%d:\\n.incbin \\"%s\\"\\n.global embed_%d_end\\nembed_%d_end:\\n.byte 0\\n.previous\\n");\nextern const unsigned char embed_%d[], embed_%d_end[];\n' $$n $$n $$f $$n $$n $$n $$n; n=$$((n+1)); done; \
	  n=0; for f in $(EMBEDDED); do s=$$(stat -c %s $$f); printf 'enum { EMBED_SIZE_%d = %d };\n' $$n $$s; n=$$((n+1)); done; \
	  echo 'const struct embedded_file embedded_files[] = {'; n=0; \
	  for f in $(EMBEDDED); do printf '    {"%s", embed_%d, EMBED_SIZE_%d},\n' $${f#*/} $$n $$n; n=$$((n+1)); done; echo '    {0, 0, 0}};'; } > $@
$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	$(QUIET)$(CC) -std=c11 $(CFLAGS) -Ihostd/base -c $< -o $@

$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	$(QUIET)ar qcs $@ $^ # q: members of different folders may have the same name

# The daemon without its main(), for tests and fuzzing.
DAEMON := $(BUILD)/libdaemon.a
$(DAEMON): $(filter-out $(BUILD)/hostd/main.o,$(MAIN_SOURCES:%.c=$(BUILD)/%.o))
	@rm -f $@
	$(QUIET)ar qcs $@ $^ # q: members of different folders may have the same name

$(BUILD)/lotgate: $(BUILD)/hostd/main.o $(DAEMON) $(LIB)
	@$(call say,LINK,$@)
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm -lpthread

$(BUILD)/lotgate-sim: $(BUILD)/boards/sim/sim_main.o $(LIB)
	@$(call say,LINK,$@)
	$(QUIET)$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm -lpthread

# --- tests: every program links the whole library and the helpers that lie beside the tests
TEST_INCLUDES := $(ALL_INCLUDES) -Iboards/glue -Iboards/grblhal/declarations -Itests/unit -Itests/sim -Itests/fault
# Helpers beside the tests belong to their folder; the simulation replaces the wire and all clocks, so it alone links its own.
support = $(patsubst %.c,$(BUILD)/%.o,$(filter-out $(wildcard tests/$(1)/test_*.c),$(wildcard tests/$(1)/*.c)))
SUPPORT := $(call support,unit) $(call support,sim) $(call support,fault)
PROGRAM_SOURCES := $(wildcard tests/unit/test_*.c tests/sim/test_*.c tests/fault/test_*.c)
PROGRAMS := $(PROGRAM_SOURCES:%.c=$(BUILD)/%)
TOOLS := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/tools/*.c))
BENCHES := $(patsubst %.c,$(BUILD)/%,$(wildcard tests/bench/*.c))
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
REPLAYS := $(FUZZERS:%=$(BUILD)/tests/fuzz/replay_%)
E2E := $(wildcard tests/e2e/test_*.py)
TEST_LIBS = $(PKG_LIBS) -lcmocka -lm -lpthread

$(SUPPORT): $(BUILD)/tests/%.o: tests/%.c
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(TEST_INCLUDES) $(PKG_CFLAGS) -c $< -o $@

# Runs the test firmwares; left out where simavr's library is not installed, and the tests say so.
FIRMWARE_TESTS := $(wildcard tests/firmware/test_*.py)
SIMAVR_RUN := $(if $(wildcard /usr/include/simavr/sim_avr.h),$(BUILD)/tests/firmware/simavr_run)
$(BUILD)/tests/firmware/simavr_run: tests/firmware/simavr_run.c $(BUILD)/tests/unit/judge.o $(BUILD)/tests/unit/judge_lines.o $(LIB)
	@mkdir -p $(@D)
	@$(call say,TEST,$<)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(TEST_INCLUDES) $(LDFLAGS) -o $@ $^ -lsimavr

# test_program FOLDER HELPERS LINKER-FLAGS
define test_program
$(BUILD)/tests/$(1)/%: tests/$(1)/%.c $(2) $(DAEMON) $(LIB)
	@mkdir -p $$(@D)
	@$$(call say,TEST,$$<)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(TEST_INCLUDES) $(PKG_CFLAGS) $$(LDFLAGS) $(3) -o $$@ $$< $(2) $(DAEMON) $(LIB) $$(TEST_LIBS)
endef
$(eval $(call test_program,unit,$(call support,unit),))
# The serial backend is tested with the real library over a pseudo-terminal: linked statically, its calls wrapped.
SERIAL_WRAPS := ioctl tcsetattr lstat __lxstat readlink
$(BUILD)/tests/unit/test_port_serial: private PKG_LIBS := $(subst -lserialport,-l:libserialport.a,$(PKG_LIBS))
$(BUILD)/tests/unit/test_port_serial: private LDFLAGS += $(SERIAL_WRAPS:%=-Wl,--wrap=%)
# The classifier as a firmware compiles it, beside the host's in one program: its names get a prefix.
FIRMWARE_JUDGE := $(BUILD)/tests/unit/firmware_judge.o
FIRMWARE_SOURCES := tests/unit/judge.c $(wildcard proto/gcode*.c)
$(FIRMWARE_JUDGE): $(FIRMWARE_SOURCES) tests/unit/judge.h $(wildcard proto/gcode*.h) Makefile
	@mkdir -p $(@D)/firmware
	@$(call say,CC,$@)
	$(QUIET)for f in $(FIRMWARE_SOURCES); do gcc -std=c11 -Os -DGCODE_GRBL_ONLY -fshort-enums -funsigned-char -Iproto -Itests/unit -c $$f -o $(@D)/firmware/$$(basename $$f .c).o; done
	$(QUIET)ld -r -o $@.whole $(patsubst %.c,$(@D)/firmware/%.o,$(notdir $(FIRMWARE_SOURCES)))
	$(QUIET)nm -g --defined-only $@.whole | awk '{print $$3, "firmware_" $$3}' > $@.names
	$(QUIET)objcopy --redefine-syms=$@.names $@.whole $@
$(BUILD)/tests/unit/test_gcode_firmware: $(FIRMWARE_JUDGE)
$(BUILD)/tests/unit/test_gcode_firmware: private TEST_LIBS := $(FIRMWARE_JUDGE) $(TEST_LIBS)
# The STM32 board's store, over a flash of the test's own; its headers have names that the host's have too.
BOARD_STORE := $(BUILD)/tests/unit/board_store.o
$(BOARD_STORE): $(wildcard boards/reference/stm32/store.[ch] boards/reference/stm32/pages.h boards/reference/common/*.h) Makefile
	@mkdir -p $(@D)
	@$(call say,CC,$@)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) -Iboards/reference/common -Ihook -Iproto -DPAGES_IN_RAM -Dboard_load=reference_load -Dboard_store=reference_store \
	  -c boards/reference/stm32/store.c -o $@
$(BUILD)/tests/unit/test_board_store: $(BOARD_STORE)
$(BUILD)/tests/unit/test_board_store: private TEST_LIBS := $(BOARD_STORE) $(TEST_LIBS)
$(eval $(call test_program,sim,$(call support,sim),-Wl$$(comma)--wrap=time_now_us$$(comma)--wrap=time_monotonic_us))
$(eval $(call test_program,fault,$(call support,fault),))
$(eval $(call test_program,tools,,))
$(eval $(call test_program,bench,$(call support,fault),))

# The corpora run through the same entry points under the ordinary compiler.
$(REPLAYS): $(BUILD)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(DAEMON) $(LIB)
	@mkdir -p $(@D)
	@$(call say,CC,$<)
	$(QUIET)$(CC) $(BASE_CFLAGS) $(CFLAGS) $(TEST_INCLUDES) $(PKG_CFLAGS) $(LDFLAGS) -o $@ $^ $(TEST_LIBS)

.PHONY: tests-built
tests-built: all firmware $(PROGRAMS) $(TOOLS) $(REPLAYS) $(SIMAVR_RUN) $(BUILD)/tests/bench/stalling_lotgate

.PHONY: unit
unit: tests-built ## build and run all but the end-to-end tests
	python3 tests/run.py BUILD=$(BUILD) $(PROGRAMS) $(REPLAYS)

# With CI set (as CI does), the unit level runs again under ASan with UBSan, and what has threads under TSan.
THREADED := test_base test_ledger_verify test_ledger_writer test_serve
CHECKED := build/address,undefined
# The fault sweep is left out: it writes to a ledger some 4,000 times, and its process is killed on purpose.
CI_TESTS = BUILD=$(CHECKED) $(patsubst %.c,$(CHECKED)/%,$(filter-out tests/fault/%,$(PROGRAM_SOURCES))) $(FUZZERS:%=$(CHECKED)/tests/fuzz/replay_%) \
    BUILD=build/thread $(patsubst %,build/thread/tests/unit/%,$(filter $(notdir $(basename $(PROGRAM_SOURCES))),$(THREADED)))
.PHONY: test
test: ## install what is missing, build, run every test (CI=true adds the sanitizers)
	@hostd/dist/deps.sh test
	@$(MAKE) -j$(JOBS) --no-print-directory tests-built
	$(if $(CI),@$(MAKE) -j$(JOBS) --no-print-directory tests-built SANITIZER=address$(comma)undefined)
	$(if $(CI),@$(MAKE) -j$(JOBS) --no-print-directory thread-tests-built SANITIZER=thread)
	@python3 tests/run.py BUILD=$(BUILD) $(PROGRAMS) $(REPLAYS) tests/check_house.sh $(FIRMWARE_TESTS) $(E2E) $(if $(CI),$(CI_TESTS))
.PHONY: thread-tests-built
thread-tests-built: all $(filter $(addprefix %/,$(THREADED)),$(PROGRAMS))

FUZZ_SECONDS ?= 20
FUZZ_FLAGS := -O1 -g -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
build/fuzz/fuzz_%: tests/fuzz/fuzz_%.c
	@$(MAKE) --no-print-directory CC=clang BUILD=build/fuzz CFLAGS="$(FUZZ_FLAGS)" LDFLAGS="-fsanitize=address,undefined" build/fuzz/libdaemon.a build/fuzz/liblotgate.a
	$(QUIET)clang $(BASE_CFLAGS) -O1 -g -fsanitize=fuzzer,address,undefined $(TEST_INCLUDES) $(PKG_CFLAGS) -o $@ $< build/fuzz/libdaemon.a build/fuzz/liblotgate.a $(PKG_LIBS) -lm -lpthread
.PHONY: fuzz
fuzz: $(FUZZERS:%=build/fuzz/fuzz_%) ## run each fuzz target for FUZZ_SECONDS (20)
	@for f in $(FUZZERS); do echo "== $$f"; mkdir -p build/fuzz/found/$$f; \
	  (cd build/fuzz/found/$$f && ../../fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=4096 -verbosity=1 . ../../../../tests/fuzz/corpus/$$f) > build/fuzz/$$f.log 2>&1 || { tail -40 build/fuzz/$$f.log; exit 1; }; grep '^Done' build/fuzz/$$f.log; done

.PHONY: soak
soak: tests-built ## long sweeps: 200 kills, 2,000 simulated days, 10 million lines judged by host and firmware, 100,000 pieces made anew
	LOTGATE_KILLS=200 LOTGATE_REBUILDS=1 LOTGATE_SEEDS=2000 LOTGATE_FUZZ_LINES=10000000 LOTGATE_AVR_LINES=100000 LOTGATE_STORE_STEPS=100000 LOTGATE_ALL_CUTS=1 python3 tests/run.py --limit 3600 BUILD=$(BUILD) \
	  $(filter $(BUILD)/tests/sim/%,$(PROGRAMS)) $(BUILD)/tests/unit/test_gcode_firmware $(BUILD)/tests/unit/test_board_store $(BUILD)/tests/unit/test_trace_custody tests/firmware/test_avr.py tests/e2e/test_kill9.py tests/e2e/test_firmware_qemu.py

.PHONY: sizes
UPDATE ?=
sizes: ## flash, RAM and stack of the classifier and the hook on microcontrollers (UPDATE=1 records them)
	@hostd/dist/deps.sh test
	@python3 tests/firmware/sizes.py $(if $(UPDATE),--update)

.PHONY: mutants
mutants: tests-built ## take out the lines that keep the invariants; the tests must notice
	python3 tests/mutants.py

.PHONY: bench
bench: ## measure speed and memory, side by side in one run (BENCH="relay gate fleet start stall ledger", LEDGER_JOBS=1000000 for the figures of a large ledger)
	@hostd/dist/deps.sh test
	@$(MAKE) -j$(JOBS) --no-print-directory all $(BENCHES) $(BUILD)/tests/tools/seed_ledger
	$(if $(LEDGER_JOBS),LEDGER_JOBS=$(LEDGER_JOBS)) $(if $(LEDGER_DATA),LEDGER_DATA=$(LEDGER_DATA)) python3 tests/bench/bench.py --build $(BUILD) $(BENCH)

.PHONY: bench-relay
bench-relay: ## the round trip beside socat and ser2net
	@$(MAKE) --no-print-directory bench BENCH=relay

include boards/reference/firmware.mk

.PHONY: demo
demo: ## a narrated tour that ends by itself
	@hostd/dist/deps.sh build
	@$(MAKE) -sj$(JOBS) --no-print-directory all
	@hostd/dist/demo.sh

.PHONY: fresh
fresh: ## try the README's commands in a bare Debian made by debootstrap (needs root)
	tests/fresh.sh

PREFIX ?= /usr/local
DESTDIR ?=
DIST := hostd/dist
.PHONY: install
install: all ## binary, man pages, completion, systemd unit, udev rules (DESTDIR, PREFIX)
	install -Dm755 $(BUILD)/lotgate $(DESTDIR)$(PREFIX)/bin/lotgate
	install -Dm755 $(BUILD)/lotgate-sim $(DESTDIR)$(PREFIX)/bin/lotgate-sim
	install -Dm644 $(DIST)/lotgate.1 $(DESTDIR)$(PREFIX)/share/man/man1/lotgate.1
	install -Dm644 $(DIST)/lotgate.json.5 $(DESTDIR)$(PREFIX)/share/man/man5/lotgate.json.5
	install -Dm644 $(DIST)/lotgate.json $(DESTDIR)$(PREFIX)/share/doc/lotgate/examples/lotgate.json
	$(BUILD)/lotgate completion bash | install -Dm644 /dev/stdin $(DESTDIR)$(PREFIX)/share/bash-completion/completions/lotgate
	sed 's|/usr/bin/lotgate|$(PREFIX)/bin/lotgate|' $(DIST)/lotgate.service | install -Dm644 /dev/stdin $(DESTDIR)$(PREFIX)/lib/systemd/system/lotgate.service
	install -Dm644 $(DIST)/lotgate.sysusers $(DESTDIR)$(PREFIX)/lib/sysusers.d/lotgate.conf
	install -Dm644 $(DIST)/99-lotgate.rules $(DESTDIR)$(PREFIX)/lib/udev/rules.d/99-lotgate.rules
	@[ -n "$(DESTDIR)" ] || echo "Now: systemd-sysusers && udevadm control --reload && systemctl daemon-reload; write /etc/lotgate/lotgate.json; systemctl enable --now lotgate"

.PHONY: deb
deb: all ## a Debian package in build/, with its dependencies
	@BUILD=$(BUILD) $(DIST)/deb.sh $(VERSION)

.PHONY: format
format: ## clang-format everything
	clang-format -i $$(git ls-files '*.c' '*.h')

.PHONY: check-style
check-style: ## the rules of the house, clang's warnings, clang-tidy, cppcheck
	bash tests/check_house.sh
	@$(MAKE) --no-print-directory CC=clang all
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
	  --suppress=missingIncludeSystem $(ALL_INCLUDES) -D_GNU_SOURCE -DLOTGATE_VERSION='"$(VERSION)"' $(LIB_SOURCES) $(MAIN_SOURCES)
	clang-tidy --quiet --checks=-clang-analyzer-security.insecureAPI.DeprecatedOrUnsafeBufferHandling,-clang-analyzer-valist.Uninitialized,-clang-analyzer-optin.performance.Padding --warnings-as-errors='*' $(LIB_SOURCES) $(MAIN_SOURCES) -- -std=c11 -D_GNU_SOURCE -DLOTGATE_VERSION='"$(VERSION)"' $(ALL_INCLUDES) $(PKG_CFLAGS)

.PHONY: deps
deps: ## install what the build needs (apt)
	@hostd/dist/deps.sh build

ARGS ?=
.PHONY: run
run: ## install what is missing, build, start lotgate (ARGS="..." are passed on)
	@hostd/dist/deps.sh build
	@$(MAKE) -sj$(JOBS) --no-print-directory all
	@exec $(BUILD)/lotgate serve $(ARGS)

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

-include $(LIB_OBJECTS:.o=.d) $(MAIN_SOURCES:%.c=$(BUILD)/%.d) $(wildcard $(BUILD)/tests/*/*.d)
