# lotgate: build, test, run. `make help` lists the targets.
#
# Every folder is a layer. A layer may include only its own headers and those of the layers that LAYER_x
# names below; the include path given to the compiler holds nothing else, so a forbidden include does not build.

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
LAYER_base         := hostd/base
LAYER_gate         := hostd/gate proto
LAYER_sim          := boards/sim proto
LAYER_wire         := hostd/wire hostd/gate proto boards/sim hostd/base
LAYER_ledger       := hostd/ledger hostd/base
LAYER_trace        := hostd/trace hostd/ledger hostd/base
LAYER_report       := hostd/report hostd/trace hostd/ledger hostd/base
LAYER_serve        := hostd/serve hostd/report hostd/trace hostd/ledger hostd/base
LAYER_cli          := hostd/cli hostd/report hostd/trace hostd/ledger hostd/base
LAYER_main         := hostd hostd/cli hostd/serve hostd/wire hostd/gate proto boards/sim hostd/report hostd/trace hostd/ledger hostd/base

DIR_proto  := proto
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
LAYERS := proto base gate sim wire ledger trace report serve cli

PKG_CFLAGS = $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
PKG_LIBS   = $(shell pkg-config --libs $(PACKAGES) 2>/dev/null)
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
	$(CC) $(BASE_CFLAGS) $(CFLAGS) $$(addprefix -I,$(LAYER_$(1))) $(PKG_CFLAGS) -c $$< -o $$@
endef
$(foreach l,$(LAYERS) main,$(eval $(call layer_rule,$(l))))

EMBEDDED := $(sort $(wildcard hostd/web/*.html hostd/web/*.css hostd/web/*.js hostd/web/*.svg hostd/web/*.json boards/profiles/*.json))
$(BUILD)/gen/embedded.c: $(EMBEDDED) Makefile
	@mkdir -p $(@D)
	@{ echo '#include "embedded.h"'; n=0; \
	for f in $(EMBEDDED); do \
	  printf '__asm__(".section .rodata\\n.global embed_%d\\nembed_%d:\\n.incbin \\"%s\\"\\n.global embed_%d_end\\nembed_%d_end:\\n.byte 0\\n.previous\\n");\nextern const unsigned char embed_%d[], embed_%d_end[];\n' $$n $$n $$f $$n $$n $$n $$n; n=$$((n+1)); done; \
	  n=0; for f in $(EMBEDDED); do s=$$(stat -c %s $$f); printf 'enum { EMBED_SIZE_%d = %d };\n' $$n $$s; n=$$((n+1)); done; \
	  echo 'const struct embedded_file embedded_files[] = {'; n=0; \
	  for f in $(EMBEDDED); do printf '    {"%s", embed_%d, EMBED_SIZE_%d},\n' $${f#*/} $$n $$n; n=$$((n+1)); done; echo '    {0, 0, 0}};'; } > $@
$(BUILD)/gen/embedded.o: $(BUILD)/gen/embedded.c
	$(CC) -std=c11 $(CFLAGS) -Ihostd/base -c $< -o $@

$(LIB): $(LIB_OBJECTS)
	@rm -f $@
	ar rcs $@ $^

$(BUILD)/lotgate: $(MAIN_SOURCES:%.c=$(BUILD)/%.o) $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm -lpthread

$(BUILD)/lotgate-sim: $(BUILD)/boards/sim/sim_main.o $(LIB)
	$(CC) $(LDFLAGS) -o $@ $^ $(PKG_LIBS) -lm -lpthread

# --- unit tests: one program per tests/unit/test_*.c, cmocka, everything linked
UNIT_TESTS := $(patsubst tests/unit/%.c,$(BUILD)/tests/unit/%,$(wildcard tests/unit/test_*.c))
$(BUILD)/tests/unit/%: tests/unit/%.c $(LIB)
	@mkdir -p $(@D)
	$(CC) $(BASE_CFLAGS) $(CFLAGS) $(ALL_INCLUDES) -Itests $(PKG_CFLAGS) $(LDFLAGS) -o $@ $< $(LIB) $(PKG_LIBS) -lcmocka -lm -lpthread

.PHONY: unit
unit: $(UNIT_TESTS) ## build and run the unit tests alone
	@failed=0; for t in $(UNIT_TESTS); do echo "== $$t"; ASAN_OPTIONS=allow_user_segv_handler=0 $$t || failed=1; done; exit $$failed

.PHONY: clean
clean: ## remove what was built
	rm -rf build

.PHONY: help
help: ## this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | sort | awk -F'\t' '{printf "  make %-14s %s\n", $$1, $$2}'

-include $(LIB_OBJECTS:.o=.d) $(MAIN_SOURCES:%.c=$(BUILD)/%.d)
