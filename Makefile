# SPDX-License-Identifier: MIT
#
# libsociety: one non-recursive makefile. `make help` lists what it can do.
#
# Everything built stands in build/<variant>-<compiler>/. A variable that asks a program (pkg-config, ldconfig) is expanded when a
# recipe needs it and not before: on a bare machine `make demo` and `make check` install what is missing first, and then
# call make again.

VERSION := 0.1.0
ABI     := 0
GIT_ABI := 0

ifeq ($(origin CC),default)
CC := gcc
endif
AR      ?= ar
VARIANT ?= release
JOBS    ?= $(shell nproc)

PREFIX     ?= /usr/local
bindir     ?= $(PREFIX)/bin
libdir     ?= $(PREFIX)/lib
includedir ?= $(PREFIX)/include
datadir    ?= $(PREFIX)/share
mandir     ?= $(datadir)/man
docdir     ?= $(datadir)/doc/libsociety
compdir    ?= $(datadir)/bash-completion/completions

B    := build/$(VARIANT)-$(notdir $(lastword $(CC)))
DEPS := sh tests/check/install-deps.sh

# ---- Sources ------------------------------------------------------------------------------------------------------------

LIB_SRC     := $(wildcard libsociety/*.c)
# The second library, the only part that is linked with libgit2.
GIT_SRC     := $(wildcard libsociety/git/*.c)
HEADERS     := $(wildcard include/society/*.h)
COMMON_SRC  := $(wildcard tools/common/*.c)
TOOL_SRC    := $(wildcard tools/society*.c)
# A larger tool has a folder for its parts: tools/NAME/ belongs to society-NAME.
PART_SRC    := $(foreach t,$(TOOL_SRC:tools/society-%.c=%),$(wildcard tools/$t/*.c))
# An example that is a unit test is built and run with the tests.
UNIT_EXAMPLE_SRC := examples/unit_test.c
EXAMPLE_SRC := $(filter-out $(UNIT_EXAMPLE_SRC),$(wildcard examples/*.c))
HARNESS_SRC := $(wildcard tests/harness/*.c)
INSIDE_SRC  := $(wildcard tests/harness/internal/*.c)
# Programs that are linked with the static library and see its insides, and those that come through the door.
INSIDE_KINDS := unit faults stress bench formats
DOOR_KINDS   := api tools
# The same, for the second library.
GIT_PROG_SRC := $(wildcard tests/git/*.c)
GIT_HARNESS_SRC := $(wildcard tests/harness/git/*.c)
INSIDE_PROG_SRC := $(foreach k,$(INSIDE_KINDS),$(wildcard tests/$k/*.c))
DOOR_PROG_SRC   := $(foreach k,$(DOOR_KINDS),$(wildcard tests/$k/*.c))
# Fuzz targets, which only clang builds (VARIANT=fuzz). One that links parts of the tools names their sources here.
FUZZ_SRC := $(wildcard tests/fuzz/fuzz_*.c)
FUZZ_PARTS_fuzz_beads  := $(addprefix tools/common/,task_beads.c json.c compose.c output.c escape.c)
FUZZ_PARTS_fuzz_escape := tools/common/escape.c
FUZZ_PARTS_fuzz_mcp    := $(wildcard tools/common/*.c tools/mcp/*.c)
FUZZ_PARTS_fuzz_splice := $(wildcard tools/common/*.c)
# What people pick today, beside us: each program is its own file, those that they share, and the peer's library.
PEERS           := society floor sqlite lmdb redis maildir
PEER_DIR        := tests/bench/peers
PEER_SHARED_SRC := $(addprefix $(PEER_DIR)/,measure.c crew.c record.c)
PEER_SRC        := $(PEERS:%=$(PEER_DIR)/%.c) $(PEER_DIR)/stamp.c
MAN1 := $(wildcard tools/*.1)
MAN3 := $(wildcard libsociety/man/*.3)
MAN5 := $(wildcard libsociety/man/*.5)
MAN7 := $(wildcard libsociety/man/*.7)

LIBSO    := $(B)/lib/libsociety.so.$(VERSION)
LIBLINKS := $(B)/lib/libsociety.so $(B)/lib/libsociety.so.$(ABI)
LIBA     := $(B)/lib/libsociety.a
MAP      := libsociety/libsociety.map
GITSO    := $(B)/lib/libsociety-git.so.$(VERSION)
GITLINKS := $(B)/lib/libsociety-git.so $(B)/lib/libsociety-git.so.$(GIT_ABI)
GITA     := $(B)/lib/libsociety-git.a
GITMAP   := libsociety/git/libsociety-git.map
TOOLS    := $(TOOL_SRC:tools/%.c=$(B)/bin/%)
# The tools that are linked with libsociety-git.
GIT_TOOLS := society-worktree
EXAMPLES := $(EXAMPLE_SRC:%.c=$(B)/%)
UNIT_EXAMPLES := $(UNIT_EXAMPLE_SRC:%.c=$(B)/%)
objects   = $(1:%.c=$(B)/obj/%.o)
programs  = $(1:%.c=$(B)/%)
COMMON_A  := $(if $(COMMON_SRC),$(B)/lib/libcommon.a)
HARNESS_A := $(if $(HARNESS_SRC),$(B)/lib/libharness.a)
INSIDE_A  := $(if $(INSIDE_SRC),$(B)/lib/libinside.a)

# ---- Flags --------------------------------------------------------------------------------------------------------------

WARNINGS := -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wcast-qual \
            -Wformat=2 -Wundef -Wvla

HARDENING := -D_FORTIFY_SOURCE=2 -fstack-protector-strong
FLAGS_release  := -O2 -g $(HARDENING)
FLAGS_debug    := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
FLAGS_tsan     := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
FLAGS_coverage := -O0 -g --coverage
FLAGS_fuzz     := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
LINK_debug     := -fsanitize=address,undefined
LINK_tsan      := -fsanitize=thread
LINK_coverage  := --coverage
LINK_fuzz      := -fsanitize=address,undefined
ifndef FLAGS_$(VARIANT)
$(error VARIANT=$(VARIANT) is none of release debug tsan coverage fuzz)
endif
ifeq ($(LTO),1)
ifneq ($(findstring clang,$(CC)),)
$(error LTO=1 is for gcc)
endif
FLAGS_release += -flto=auto -ffat-lto-objects
LINK_release  += -O2 -flto=auto
endif

comma := ,
PACKAGES := jansson libmd
# Asked once, and only by a recipe.
PACKAGE_CFLAGS = $(eval PACKAGE_CFLAGS := $$(shell pkg-config --cflags $(PACKAGES) 2>/dev/null))$(PACKAGE_CFLAGS)
PACKAGE_LIBS   = $(eval PACKAGE_LIBS := $$(shell pkg-config --libs $(PACKAGES) 2>/dev/null))$(PACKAGE_LIBS)
GIT_CFLAGS     = $(eval GIT_CFLAGS := $$(shell pkg-config --cflags libgit2 2>/dev/null))$(GIT_CFLAGS)
GIT_LIBS       = $(eval GIT_LIBS := $$(shell pkg-config --libs libgit2 2>/dev/null))$(GIT_LIBS)
CMOCKA_LIBS    = $(eval CMOCKA_LIBS := $$(shell pkg-config --libs cmocka 2>/dev/null))$(CMOCKA_LIBS)

CPPFLAGS_ALL  = -D_GNU_SOURCE -Iinclude $(CPPFLAGS)
CFLAGS_ALL    = -std=gnu11 -fPIC -pthread $(FLAGS_$(VARIANT)) $(WARNINGS) $(if $(WERROR),-Werror) $(CFLAGS)
LDFLAGS_ALL   = -pthread -Wl,-z,relro,-z,now -Wl,--as-needed $(LINK_$(VARIANT)) $(LDFLAGS)
COMPILE       = $(CC) $(CPPFLAGS_ALL) $(CPPFLAGS_HERE) $(CFLAGS_ALL) -MMD -MP -c -o $@ $<
# What the public headers declare is marked SOC_PUBLIC (public.h) where it is defined; the rest stays hidden.
$(call objects,$(LIB_SRC)): CPPFLAGS_HERE = -fvisibility=hidden $(PACKAGE_CFLAGS)
$(call objects,$(GIT_SRC)): CPPFLAGS_HERE = -fvisibility=hidden -iquote libsociety $(PACKAGE_CFLAGS) $(GIT_CFLAGS)
$(call objects,$(COMMON_SRC) $(TOOL_SRC) $(PART_SRC)): CPPFLAGS_HERE = -iquote tools
$(B)/obj/tests/%: CPPFLAGS_HERE = -iquote libsociety -iquote tests -iquote .
$(B)/obj/tests/fuzz/%: CPPFLAGS_HERE = -iquote libsociety -iquote tests -iquote tools $(PACKAGE_CFLAGS)

# ---- Building -----------------------------------------------------------------------------------------------------------

.PHONY: all lib tools examples tests
.DELETE_ON_ERROR:
.SECONDARY:
all: lib tools examples
lib: $(LIBSO) $(LIBLINKS) $(LIBA) $(GITSO) $(GITLINKS) $(GITA)
tools: $(TOOLS)
examples: $(EXAMPLES)
tests: all $(call programs,$(INSIDE_PROG_SRC) $(DOOR_PROG_SRC) $(GIT_PROG_SRC)) $(UNIT_EXAMPLES)
# One kind of them: tests-unit and so on.
KINDS := $(INSIDE_KINDS) $(DOOR_KINDS) git
.PHONY: $(KINDS:%=tests-%)
$(foreach k,$(KINDS),$(eval tests-$k: $(call programs,$(wildcard tests/$k/*.c))))
tests-tools tests-stress tests-bench tests-git tests-faults: all
tests-api: $(UNIT_EXAMPLES)
# society-mcp beside the official clients; what those need stands here.
MCP_PACKAGES := $(CURDIR)/build/mcp

# What the objects were made with. A missing package ends the build here, with its name.
FLAGS_NOW = $(CC) | $(CPPFLAGS_ALL) | $(CFLAGS_ALL) | $(LDFLAGS_ALL) | $(PACKAGE_CFLAGS) $(PACKAGE_LIBS) $(GIT_CFLAGS) $(GIT_LIBS)
.PHONY: always
always:
$(B)/flags: always
	@$(DEPS) require build $(CC)
	@mkdir -p $(@D)
	@echo '$(FLAGS_NOW)' | cmp -s - $@ || echo '$(FLAGS_NOW)' >$@
$(B)/tests-possible: always
	@$(DEPS) require tests
	@mkdir -p $(@D) && test -e $@ || touch $@

$(B)/obj/%.o: %.c $(B)/flags
	@mkdir -p $(@D)
	$(COMPILE)
$(call objects,$(INSIDE_PROG_SRC) $(DOOR_PROG_SRC) $(GIT_PROG_SRC) $(FUZZ_SRC) $(UNIT_EXAMPLE_SRC) $(GIT_HARNESS_SRC) $(HARNESS_SRC) $(INSIDE_SRC)): | $(B)/tests-possible

ARCHIVE = rm -f $@ && $(AR) rcs $@ $^
$(LIBA): $(call objects,$(LIB_SRC))
$(GITA): $(call objects,$(GIT_SRC))
$(COMMON_A): $(call objects,$(COMMON_SRC))
$(HARNESS_A): $(call objects,$(HARNESS_SRC))
$(INSIDE_A): $(call objects,$(INSIDE_SRC))
$(LIBA) $(GITA) $(COMMON_A) $(HARNESS_A) $(INSIDE_A):
	@mkdir -p $(@D)
	$(ARCHIVE)

# $(call link_library,SONAME) links a shared library.
link_library = $(CC) -shared $(filter-out -pie,$(CFLAGS_ALL)) $(LDFLAGS_ALL) -Wl,-soname,$1 -Wl,--version-script=$(filter %.map,$^) \
    $(if $(filter release,$(VARIANT)),-Wl$(comma)-z$(comma)defs) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PACKAGE_LIBS)
$(LIBSO): $(call objects,$(LIB_SRC)) $(MAP)
	@mkdir -p $(@D)
	$(call link_library,libsociety.so.$(ABI))
# What it uses of the first library's insides is in it, hidden: so the two need not be of one release.
$(GITSO): $(call objects,$(GIT_SRC)) $(LIBA) $(GITMAP)
	@mkdir -p $(@D)
	$(call link_library,libsociety-git.so.$(GIT_ABI)) $(GIT_LIBS)
$(LIBLINKS): $(LIBSO)
$(GITLINKS): $(GITSO)
$(LIBLINKS) $(GITLINKS):
	ln -sf $(<F) $@

SHARED = -L$(B)/lib -lsociety $(PACKAGE_LIBS)
# What the tool of this name is linked with, too. (libinotifytools has no .pc file.)
also_shared = $(if $(filter $1,$(GIT_TOOLS)),-lsociety-git)$(if $(filter $1,society-guard),-linotifytools)
# $(call link,RPATH) links a program with the shared library.
link = $(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(if $1,-Wl$(comma)-rpath$(comma)'$1') -o $@ $(filter %.o,$^) $(filter %.a,$^) $(SHARED)
# The objects of a tool: its own, and those of its folder.
tool_objects = $(call objects,tools/$1.c $(wildcard tools/$(1:society-%=%)/*.c))
$(foreach t,$(TOOL_SRC:tools/%.c=%),$(eval $(B)/bin/$t: $(call tool_objects,$t)))
$(TOOLS): $(COMMON_A) | $(LIBLINKS) $(GITLINKS)
	@mkdir -p $(@D)
	$(call link,$$ORIGIN/../lib) $(call also_shared,$(@F))
$(EXAMPLES): $(B)/%: $(B)/obj/%.o | $(LIBLINKS)
	@mkdir -p $(@D)
	$(call link,$$ORIGIN/../lib)
$(UNIT_EXAMPLES): $(B)/%: $(B)/obj/%.o | $(LIBLINKS)
	@mkdir -p $(@D)
	$(call link,$$ORIGIN/../lib) $(CMOCKA_LIBS)
$(call programs,$(DOOR_PROG_SRC)): $(B)/%: $(B)/obj/%.o $(HARNESS_A) | $(LIBLINKS)
	@mkdir -p $(@D)
	$(call link,$$ORIGIN/../../lib) $(CMOCKA_LIBS)
$(call programs,$(INSIDE_PROG_SRC)): $(B)/%: $(B)/obj/%.o $(INSIDE_A) $(HARNESS_A) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PACKAGE_LIBS) $(CMOCKA_LIBS)
$(call programs,$(GIT_PROG_SRC)): $(B)/%: $(B)/obj/%.o $(call objects,$(GIT_HARNESS_SRC)) $(GITA) $(INSIDE_A) $(HARNESS_A) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PACKAGE_LIBS) $(GIT_LIBS) $(CMOCKA_LIBS)
$(call objects,$(GIT_PROG_SRC) $(GIT_HARNESS_SRC)): CPPFLAGS_HERE = -iquote libsociety/git -iquote libsociety -iquote tests -iquote . $(GIT_CFLAGS)

# Two benchmarks are of crews too.
$(B)/tests/bench/crowd $(B)/tests/bench/sleepers: $(B)/obj/$(PEER_DIR)/crew.o
# One parses beside cJSON where that is installed.
$(B)/tests/bench/history: private PACKAGE_LIBS += $(if $(wildcard /usr/include/cjson/cJSON.h),-lcjson)
PEER_LIBS_sqlite := -lsqlite3
PEER_LIBS_lmdb   := -llmdb
PEER_LIBS_redis  := -lhiredis
$(PEERS:%=$(B)/$(PEER_DIR)/%): $(call objects,$(PEER_SHARED_SRC))
$(B)/$(PEER_DIR)/stamp: $(B)/obj/$(PEER_DIR)/record.o
$(call programs,$(PEER_SRC)): $(B)/%: $(B)/obj/%.o $(HARNESS_A) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PEER_LIBS_$(@F)) $(PACKAGE_LIBS)
.PHONY: peers
peers: tools $(call programs,$(PEER_SRC))

FUZZERS := $(call programs,$(FUZZ_SRC))
$(foreach t,$(FUZZ_SRC:tests/fuzz/%.c=%),$(eval $(B)/tests/fuzz/$t: $(call objects,$(FUZZ_PARTS_$t))))
$(FUZZERS): $(B)/%: $(B)/obj/%.o $(INSIDE_A) $(HARNESS_A) $(LIBA)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) -fsanitize=fuzzer -o $@ $(filter %.o,$^) $(filter %.a,$^) $(PACKAGE_LIBS)
.PHONY: fuzzers
fuzzers: $(FUZZERS)

-include $(patsubst %.c,$(B)/obj/%.d,$(LIB_SRC) $(GIT_SRC) $(COMMON_SRC) $(TOOL_SRC) $(PART_SRC) $(EXAMPLE_SRC) $(UNIT_EXAMPLE_SRC) $(HARNESS_SRC) \
    $(GIT_HARNESS_SRC) $(INSIDE_SRC) $(INSIDE_PROG_SRC) $(DOOR_PROG_SRC) $(GIT_PROG_SRC) $(FUZZ_SRC) $(PEER_SHARED_SRC) $(PEER_SRC))

# ---- Installing ---------------------------------------------------------------------------------------------------------

.PHONY: install uninstall
D = $(DESTDIR)
TOOL_NAMES := $(notdir $(TOOLS))
SEARCHED = $(shell { echo /lib; echo /usr/lib; PATH="$$PATH:/sbin:/usr/sbin" ldconfig -v -N -X 2>/dev/null | sed -n 's/^\(\/[^:]*\):.*/\1/p'; })
INSTALLED_RPATH = $(if $(filter $(libdir),$(SEARCHED)),,$(libdir))
PC := society.pc society-git.pc
COMPLETION := $(wildcard tools/completion/society.bash)
INSTALLED_FILES = $(TOOL_NAMES:%=$(bindir)/%) $(addprefix $(libdir)/,$(notdir $(LIBSO) $(LIBLINKS) $(LIBA) $(GITSO) $(GITLINKS) $(GITA))) \
    $(PC:%=$(libdir)/pkgconfig/%) $(HEADERS:include/%=$(includedir)/%) \
    $(MAN1:tools/%=$(mandir)/man1/%) $(MAN3:libsociety/man/%=$(mandir)/man3/%) \
    $(MAN5:libsociety/man/%=$(mandir)/man5/%) $(MAN7:libsociety/man/%=$(mandir)/man7/%) \
    $(if $(COMPLETION),$(patsubst %,$(compdir)/%,$(sort society $(TOOL_NAMES)))) $(docdir)/LICENSE $(docdir)/README.md

install: lib tools
	install -d $(D)$(bindir) $(D)$(libdir)/pkgconfig $(D)$(includedir)/society $(D)$(docdir)
	$(foreach t,$(TOOL_NAMES),$(CC) $(CFLAGS_ALL) $(LDFLAGS_ALL) $(if $(INSTALLED_RPATH),-Wl$(comma)-rpath$(comma)$(INSTALLED_RPATH)) \
	    -o $(D)$(bindir)/$t $(call tool_objects,$t) $(COMMON_A) $(SHARED) $(call also_shared,$t) &&) true
	install -m 755 $(LIBSO) $(GITSO) $(D)$(libdir)/
	ln -sf $(notdir $(LIBSO)) $(D)$(libdir)/libsociety.so.$(ABI)
	ln -sf libsociety.so.$(ABI) $(D)$(libdir)/libsociety.so
	ln -sf $(notdir $(GITSO)) $(D)$(libdir)/libsociety-git.so.$(GIT_ABI)
	ln -sf libsociety-git.so.$(GIT_ABI) $(D)$(libdir)/libsociety-git.so
	install -m 644 $(LIBA) $(GITA) $(D)$(libdir)/
	install -m 644 $(HEADERS) $(D)$(includedir)/society/
	$(foreach p,$(PC),sed -e 's|@prefix@|$(PREFIX)|' -e 's|@libdir@|$(libdir)|' -e 's|@includedir@|$(includedir)|' \
	    -e 's|@version@|$(VERSION)|' pkgconfig/$p.in >$(D)$(libdir)/pkgconfig/$p && chmod 644 $(D)$(libdir)/pkgconfig/$p &&) true
	install -m 644 LICENSE $(wildcard README.md) $(D)$(docdir)/
	$(foreach s,1 3 5 7,$(if $(MAN$s),install -d $(D)$(mandir)/man$s && install -m 644 $(MAN$s) $(D)$(mandir)/man$s/ &&)) true
ifneq ($(COMPLETION),)
	install -d $(D)$(compdir)
	install -m 644 $(COMPLETION) $(D)$(compdir)/society
	for name in $(filter-out society,$(TOOL_NAMES)); do ln -sf society $(D)$(compdir)/$$name; done
endif
	@if test -z "$(D)" && test "$$(id -u)" = 0; then PATH="$$PATH:/sbin:/usr/sbin" ldconfig; fi

uninstall:
	rm -f $(addprefix $(D),$(INSTALLED_FILES))
	-@rmdir $(D)$(includedir)/society $(D)$(docdir) 2>/dev/null || true

# ---- Running ------------------------------------------------------------------------------------------------------------

.PHONY: demo run-demo bench run-bench bench-peers run-bench-peers clean format tidy help
WITH_BIN = PATH="$(abspath $(B))/bin:$(abspath $(B))/examples:$$PATH" SOCIETY_BUILD="$(abspath $(B))" SOCIETY_SRC="$(CURDIR)"

demo:
	@$(DEPS) install demo
	@$(MAKE) --no-print-directory -s -j$(JOBS) all
	@$(MAKE) --no-print-directory -s run-demo
run-demo:
	@$(WITH_BIN) bash examples/demo.sh

bench:
	@$(DEPS) require tests
	@$(MAKE) --no-print-directory -s -j$(JOBS) tests-bench
	@$(MAKE) --no-print-directory -s run-bench
run-bench:
	@test -e tests/bench/run.sh || { echo "there is no tests/bench/run.sh"; exit 1; }
	@$(WITH_BIN) bash tests/bench/run.sh

# The packages of npm that one peer needs; build/ is the only place that they go to.
NPM_PEERS   := proper-lockfile@4.1.2 chokidar@4.0.3
PEER_MODULES = build/peers/node_modules
$(PEER_MODULES): Makefile
	@mkdir -p build/peers && rm -rf $@
	npm install --silent --no-audit --no-fund --no-save --prefix build/peers $(NPM_PEERS)
	@touch $@
bench-peers:
	@$(DEPS) install peers
	@$(MAKE) --no-print-directory -s -j$(JOBS) peers $(PEER_MODULES)
	@$(MAKE) --no-print-directory -s run-bench-peers
run-bench-peers:
	@$(WITH_BIN) PEER_MODULES="$(CURDIR)/$(PEER_MODULES)" bash $(PEER_DIR)/run.sh

clean:
	rm -rf build

# ---- Checking -----------------------------------------------------------------------------------------------------------
# Each part can be run alone. A part adds its numbers to $(RESULTS), and `make check` runs all parts and prints the sum.

RESULTS := build/check/results
RUN      = @mkdir -p $(dir $(RESULTS)); $(WITH_BIN) tests/run -r $(RESULTS) -n $(@:run-%=%)
SUB      = @$(MAKE) --no-print-directory -s -j$(JOBS) WERROR=1
PARTS   := format source tidy build unit api git faults tools stress fuzz tsan valgrind man install python coverage

COVERED        := log.c rotate.c reader.c segment.c lock.c cursor.c tail.c
VALGRIND_TESTS := strbuf json crc32c record log reader segment cursor state tail inbox memtree memfs simclock

LONG_PARTS     := stress faults fuzz tools mcp mutants model
# How long check-long may take. Each of its long loops (tests/harness/limit.h, is_late of tap.sh, a fuzz target) gets its part: six of
# the stress tests one after the other, four of the faults in two builds and the fuzz targets side by side, and the rest is for
# what takes the time that it takes.
HOURS          ?= 8
LOOP_SECONDS    = $(shell awk 'BEGIN { printf "%d", $(HOURS) * 3600 / (10 + (8 + $(words $(FUZZ_SRC))) / $(JOBS)) }')
# No loop is as long; who does not end by itself is ended.
LONG_LIMIT      = $(shell echo $$(($${SOCIETY_SECONDS:-36000} * 4 + 3600)))

.PHONY: check check-long coverage $(sort $(PARTS:%=check-%) $(LONG_PARTS:%=check-%)) $(sort $(PARTS:%=run-%) $(LONG_PARTS:%=run-%)) run-checks
check:
	@$(DEPS) install check
	@RESULTS=$(RESULTS) bash tests/check/all.sh $(MAKE) $(PARTS)
check-long:
	@$(DEPS) install long
	@SOCIETY_LONG=1 SOCIETY_SECONDS=$(LOOP_SECONDS) RESULTS=$(RESULTS) bash tests/check/all.sh $(MAKE) $(LONG_PARTS)

check-mcp:
	@$(DEPS) install mcp
	$(SUB) CC=gcc tests-tools
	$(SUB) CC=gcc run-mcp
run-mcp:
	@mkdir -p $(dir $(RESULTS)); node=$$(tests/mcp/packages.sh $(MCP_PACKAGES)) && MCP_NODE=$$node MCP_PACKAGES=$(MCP_PACKAGES) \
	    $(WITH_BIN) tests/run -r $(RESULTS) -n mcp -t $(if $(SOCIETY_LONG),3600,300) -v $(call test_scripts,mcp)

test_programs = $(patsubst %.c,$(B)/%,$(wildcard $(1:%=tests/%/test_*.c)))
test_scripts  = $(wildcard $(1:%=tests/%/test_*.sh))

check-format check-source check-tidy: check-%: run-%
run-format run-tidy: run-%:
	$(RUN) -t 600 tests/check/test_$*.sh
run-source:
	$(RUN) tests/check/test_source.sh tests/check/test_layers.sh tests/check/test_headers.sh

check-build:
	$(SUB) CC=clang tests
	$(SUB) CC=gcc tests
	@mkdir -p $(dir $(RESULTS)); echo "build 2 0 0" >>$(RESULTS); echo "2 passed, 0 failed, 0 skipped"
# In the long run also without the address sanitizer, under which memory can't be made to run out.
check-faults:
	$(SUB) CC=gcc VARIANT=debug tests-faults
	$(SUB) CC=gcc VARIANT=debug run-faults
	$(if $(SOCIETY_LONG),$(SUB) CC=gcc tests-faults && $(MAKE) --no-print-directory -s CC=gcc run-faults)
check-unit check-api check-git check-tools: check-%:
	$(SUB) CC=gcc VARIANT=debug tests-$*
	$(SUB) CC=gcc VARIANT=debug run-$*
tests-unit: tests-formats
run-unit:
	$(RUN) -j$(JOBS) $(call test_programs,unit formats) $(call test_scripts,unit formats)
run-api:
	$(RUN) -j$(JOBS) $(call test_programs,api) $(UNIT_EXAMPLES) $(call test_scripts,api)
run-git:
	$(RUN) -j$(JOBS) $(call test_programs,git) $(call test_scripts,git)
run-faults:
	$(RUN) -j$(JOBS) -t $(if $(SOCIETY_LONG),$(LONG_LIMIT) -v,240) $(call test_programs,faults) $(call test_scripts,faults)
run-tools:
	$(RUN) -j$(JOBS) -t $(if $(SOCIETY_LONG),$(LONG_LIMIT),240) $(call test_scripts,tools)
# In the long run the programs also with the sanitizers.
check-stress:
	$(SUB) CC=gcc tests-stress
	$(SUB) CC=gcc run-stress
	$(if $(SOCIETY_LONG),$(SUB) CC=gcc VARIANT=debug tests-stress && $(MAKE) --no-print-directory -s CC=gcc VARIANT=debug run-stress-sanitized)
run-stress:
	$(RUN) -t $(if $(SOCIETY_LONG),$(LONG_LIMIT) -v,400) $(call test_programs,stress) $(call test_scripts,stress)
.PHONY: run-stress-sanitized
run-stress-sanitized:
	$(RUN) -t $(if $(SOCIETY_LONG),$(LONG_LIMIT) -v,600) $(call test_programs,stress)
# Seeded mistakes, and what catches them; MUTANTS names some.
check-mutants:
	$(SUB) CC=gcc tests
	$(SUB) CC=gcc run-mutants
run-mutants:
	$(RUN) -v -t 3600 tests/mutants/run.sh
check-model:
	@$(DEPS) require long
	$(SUB) run-model
run-model:
	$(RUN) -v -t 3600 tests/model/run.sh
check-fuzz:
	$(SUB) CC=clang VARIANT=fuzz fuzzers
	$(SUB) CC=clang VARIANT=fuzz run-fuzz
run-fuzz:
	$(RUN) -j$(JOBS) -t $(if $(SOCIETY_LONG),$(LONG_LIMIT) -v,120) -w "bash tests/fuzz/one.sh" $(FUZZERS)
THREAD_TESTS := $(patsubst %.c,$(B)/%,$(wildcard tests/api/test_threads*.c))
thread-tests: $(THREAD_TESTS)
check-tsan:
	$(SUB) CC=gcc VARIANT=tsan thread-tests
	$(SUB) CC=gcc VARIANT=tsan run-tsan
run-tsan:
	$(RUN) -t 300 $(THREAD_TESTS)
check-valgrind:
	$(SUB) CC=gcc all tests-unit $(UNIT_EXAMPLE_SRC:%.c=build/release-gcc/%)
	$(SUB) -k CC=gcc run-valgrind
VALGRIND := valgrind --quiet --error-exitcode=99 --leak-check=full --show-leak-kinds=definite,possible \
            --errors-for-leak-kinds=definite
.PHONY: run-valgrind-programs run-valgrind-tools
run-valgrind: run-valgrind-programs run-valgrind-tools
run-valgrind-programs:
	$(RUN) -t 300 -w "$(VALGRIND)" $(filter $(VALGRIND_TESTS:%=$(B)/tests/unit/test_%),$(call test_programs,unit)) \
	    $(UNIT_EXAMPLES)
run-valgrind-tools:
	$(RUN) -t 300 tests/check/test_valgrind.sh
run-python:
	$(RUN) tests/python/test_module.sh tests/python/test_types.sh
# Needs npm's registry, and is no part of `make check`.
.PHONY: check-node run-node
check-node:
	@$(DEPS) install node
	$(SUB) CC=gcc all
	$(SUB) CC=gcc run-node
run-node:
	$(RUN) -v -t 600 tests/node/test_node.sh
# Needs npm's registry and some minutes at the first time, and is no part of `make check` nor of .ci/run.
.PHONY: check-vscode run-vscode
check-vscode:
	@$(DEPS) install vscode
	$(SUB) CC=gcc all
	$(SUB) CC=gcc run-vscode
run-vscode:
	$(RUN) -v -t 1800 tests/vscode/test_vscode.sh
check-man check-install check-python: check-%:
	$(SUB) CC=gcc all
	$(SUB) CC=gcc run-$*
run-man:
	$(RUN) tests/check/test_pages.sh
run-install:
	$(RUN) tests/check/test_symbols.sh tests/check/test_install.sh tests/check/test_examples.sh tests/check/test_readme.sh
coverage check-coverage:
	$(SUB) CC=gcc VARIANT=coverage coverage-tests
	$(SUB) CC=gcc VARIANT=coverage run-coverage
# Without those that reach no file of $(COVERED) and take long when each line is counted.
COVERAGE_TESTS := $(filter-out %/test_glob %/test_glob_random %/test_own_random %/test_power %/test_sift %/test_simulation %/test_claim_own,$(call test_programs,unit faults)) \
    $(B)/tests/api/test_tail
.PHONY: coverage-tests thread-tests
coverage-tests: $(COVERAGE_TESTS)
run-coverage:
	@find $(B) -name '*.gcda' -delete
	@$(WITH_BIN) tests/run -j$(JOBS) -n coverage $(COVERAGE_TESTS) >$(B)/coverage.log || { cat $(B)/coverage.log; exit 1; }
	$(RUN) -v tests/check/coverage.sh
run-coverage: export LINES_COVERED = $(COVERED)
run-coverage: export OBJECTS = $(B)/obj/libsociety

format:
	@clang-format -i $$(sh tests/check/sources.sh)
tidy: check-tidy

help:
	@echo 'make [VARIANT=release|debug|tsan|coverage] [CC=gcc|clang] [LTO=1]   build into $(B)/'
	@echo 'make demo         install what is missing, build, and watch agents talk'
	@echo 'make check        install what is missing, build and run every test; one part: make check-PART'
	@echo '                  parts: $(PARTS)'
	@echo 'make check-mcp    society-mcp with the official clients, inspector and conformance suite (npm)'
	@echo 'make check-node   the Node package, with what it needs from npm'
	@echo 'make check-vscode the VS Code extension in code-server and Chromium (npm, minutes)'
	@echo 'make check-long   the stress, fault and fuzz tests at length, in about HOURS=$(HOURS), and:'
	@echo '     check-mutants   that the tests catch seeded mistakes (MUTANTS="NAME…": only these)'
	@echo '     check-model     the model of claims, with spin'
	@echo 'make coverage     lines reached of $(COVERED)'
	@echo 'make bench        measure append, wake and watch beside their floors'
	@echo 'make bench-peers  the same work done by us, SQLite, LMDB, Redis, Maildir, flock and tail, and Node; installs what is missing'
	@echo 'make install      [PREFIX=/usr/local] [DESTDIR=] [bindir= libdir= includedir= mandir=]; make uninstall'
	@echo 'make format, make tidy, make clean'
