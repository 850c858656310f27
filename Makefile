# SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
# dnsreach. `make help` lists the targets; every variable below can be set on the command line.

PREFIX	?= /usr/local
SBINDIR	?= $(PREFIX)/sbin
MANDIR	?= $(PREFIX)/share/man
# Where systemd looks, whatever PREFIX is: /usr/local/lib is in its path too.
UNITDIR	?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
SHAREDIR ?= $(PREFIX)/share/dnsreach
DOCDIR	?= $(PREFIX)/share/doc/dnsreach
# What the runbook_url of the alerts begins with: where docs/ can be read by those on call.
RUNBOOKS ?= file://$(DOCDIR)/docs
LOGROTATEDIR ?= /etc/logrotate.d
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
# Debian's zsh looks in /usr/share/zsh/vendor-completions instead, and in this one below /usr/local.
ZSHDIR ?= $(PREFIX)/share/zsh/site-functions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
DESTDIR	?=
CC	?= gcc
CLANG	?= clang
PKG_CONFIG ?= pkg-config
# Beside the compiler, for another machine's objects: CC=aarch64-linux-gnu-gcc has aarch64-linux-gnu-ar.
ifeq ($(origin AR),default)
AR	:= $(patsubst %gcc,%ar,$(or $(filter %gcc,$(lastword $(CC))),gcc))
endif
BPFTOOL	?= $(shell PATH=$$PATH:/usr/sbin command -v bpftool || echo bpftool)
STRIP_BPF ?= $(shell command -v llvm-strip || ls /usr/bin/llvm-strip-* 2>/dev/null | tail -1)
CFLAGS	?= -O2 -g
# BIG_ENDIAN=1 builds on a big-endian machine, where nothing was tested.
BIG_ENDIAN ?=
UNTESTED := $(if $(BIG_ENDIAN),-DDNSREACH_BIG_ENDIAN)
ARGS	?=
# Each MODE has a directory of its own. asan: user space with AddressSanitizer and UBSan, in build/asan/.
# fuzz: the same for libFuzzer, in build/fuzz/.
MODE	?= release
# V=1 shows the commands.
V	?= 0

ifeq ($(V),0)
Q := @
say = @printf '  %-8s %s\n' $(1) $(2);
endif

B := build$(if $(filter-out release,$(MODE)),/$(MODE))
WARN := -Wall -Wextra -Wmissing-prototypes -Wstrict-prototypes -Wshadow -Wno-unused-parameter
ifneq ($(CI)$(WERROR),)
WARN += -Werror
endif
ifeq ($(MODE),asan)
SANITIZE := -fsanitize=address,undefined -fno-sanitize-recover=undefined -fno-omit-frame-pointer
endif
ifeq ($(MODE),fuzz)
override CC := $(CLANG)
WARN :=
SANITIZE := -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined
endif
PACKAGES := libbpf libmnl jansson libpcap inih libmicrohttpd gnutls yaml-0.1 libxcrypt libcurl zlib ncursesw
# Captures that zstd compressed are read where its library is installed.
ifneq ($(shell $(PKG_CONFIG) --exists libzstd 2>/dev/null && echo 1),)
PACKAGES += libzstd
HAVE_ZSTD := -DHAVE_ZSTD
endif
VERSION	:= $(shell sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -1)

USER_CFLAGS := -std=gnu11 -D_GNU_SOURCE= $(UNTESTED) $(CFLAGS) $(WARN) -Iinclude -Iuser -I$(B) -MMD -MP \
	-DVERSION='"$(VERSION)"' $(HAVE_ZSTD) $(shell $(PKG_CONFIG) --cflags $(PACKAGES) 2>/dev/null)
LIBS	:= $(shell $(PKG_CONFIG) --libs $(PACKAGES) 2>/dev/null) -lelf -lz -lm
# The machine that the object is for, by libbpf's names: bpf/compat.h asks how it orders memory.
BPF_ARCH := $(shell $(CC) -dumpmachine | sed 's/-.*//; s/x86_64\|i[3-6]86/x86/; s/s390x/s390/; s/aarch64/arm64/')
BPF_CFLAGS = $(UNTESTED) -O2 -g -target bpf -mcpu=v3 -fdebug-compilation-dir=. -D__TARGET_ARCH_$(BPF_ARCH) $(WARN) -Wno-missing-prototypes -Ivmlinux -Iinclude -MMD -MP

objects = $(patsubst %.c,$(B)/%.o,$(wildcard $(1)))
NATIVE_SOURCES := $(filter-out %.bpf.c,$(wildcard bpf/*.c bpf/*/*.c))
USER_SOURCES := $(wildcard user/*/*.c)
# The engine as native code, and all of user space but main(). A program takes out of them what it uses.
LIBRARIES := $(B)/libdnsreach.a $(B)/libnative.a
GENERATED := $(addprefix $(B)/,dnsreach.skel.h engine_layout.h status_page_files.h report_files.h)
link	= $(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) \
	$(filter %.o,$^) $(filter %.a,$^) $(LIBS) -o $@

UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
NET_TOOLS := $(addprefix $(B)/tests/,attached gso keeper forge masquerade redirect_peer scan squat stream_peer tap_wire verdict otlp_receiver)
PRELOADED := $(addprefix $(B)/tests/,clock.so no_cgroup_helper.so)
TEST_PROGRAMS := $(UNIT_TESTS) $(NET_TOOLS) $(addprefix $(B)/tests/,test_packet model_run model_two model_streams proof_run \
	verified play_hosts)
BENCHES := $(addprefix $(B)/tests/,bench_packets bench_tables bench_floor bench_blast bench_answer make_capture metrics_pages)
FUZZERS := $(patsubst tests/fuzz/%.c,$(B)/%,$(wildcard tests/fuzz/fuzz_*.c))

.DELETE_ON_ERROR:
.SECONDARY:
# The suites that make deb builds for.
SUITES ?= bookworm trixie

.PHONY: all run test test-long test-all check attack soak bench benches fuzz fuzzers model mutants-user demo fleet-demo fleet-scale packages deb rpm image dist \
	install uninstall clean help tests test-kernels test-arm64 format lint

BUILD = $(MAKE) --no-print-directory $(if $(findstring jobserver,$(MAKEFLAGS)),,-j$(shell nproc))

# Root builds as the owner of the tree: nothing that a later plain `make` must write is root's.
FOREIGN_ROOT := $(shell [ "$$(id -u)" = 0 ] && [ "$$(stat -c %u .)" != 0 ] && echo 1)
ifeq ($(AS_OWNER):$(FOREIGN_ROOT),:1)
all tests benches fuzzers:
	$(Q)deploy/as-owner $(MAKE) --no-print-directory AS_OWNER=1 $@
tests benches: all
else
all: $(B)/dnsreach $(B)/dnsreach.bpf.o compile_commands.json ## build build/dnsreach and its BPF object (default)

tests: $(TEST_PROGRAMS) $(PRELOADED) ## build the test programs

benches: $(BENCHES)

fuzzers: $(FUZZERS)
endif

run: packages ## install what is missing, build, and watch this host's resolvers (ARGS=... for options)
	$(Q)$(BUILD) all >&2
	$(Q)exec $(B)/dnsreach watch $(ARGS)

test: ## install what is missing, build, and run the tests (about 10 minutes)
	$(Q)deploy/packages build test
	$(Q)$(BUILD) WERROR=1 all tests
	$(Q)tests/run test

test-long: ## the tests that need more time and packages: sanitizers, mutants, fuzzers, soak, systemd, kernels
	$(Q)deploy/packages build test test-all
	$(Q)$(BUILD) WERROR=1 all tests
	$(Q)tests/run test-long

test-all: ## test, then test-long (about an hour)
	$(Q)failed=0; for part in test test-long; do $(MAKE) --no-print-directory $$part || failed=1; done; exit $$failed

check: test ## the same as test

lint: ## static analysis, layout, lengths, includes, shell scripts, man page
	$(Q)deploy/packages build test
	$(Q)$(BUILD) WERROR=1 all
	$(Q)tests/run style lint

demo: ## four resolvers in private network namespaces, and what dnsreach says of them
	$(Q)deploy/packages build demo
	$(Q)$(BUILD) all
	$(Q)tests/demo

fleet-demo: ## thirty hosts and a Prometheus: one resolver is stopped, who names it, and when?
	$(Q)deploy/packages build fleet-demo
	$(Q)$(BUILD) all
	$(Q)tests/fleet-demo

fleet-scale: ## 10,000 hosts for a real Prometheus with the shipped rules: what it costs, who is alerted, and when?
	$(Q)deploy/packages build fleet-demo
	$(Q)deploy/as-owner $(BUILD) build/tests/play_hosts
	$(Q)tests/fleet-scale

test-kernels: ## boot other kernels in emulation and run the tests there
	$(Q)deploy/packages build test kernels
	$(Q)$(BUILD) all tests
	$(Q)tests/kernels/test-kernels.sh

attack: ## the attacks and faults of the tests at their full size, with figures
	$(Q)deploy/packages build test fleet-demo
	$(Q)$(BUILD) all tests
	$(Q)FULL=1 tests/net/run forged syn_flood three_resolvers exhausted damaged hostile killed_at stopped_for

test-arm64: ## cross-build for arm64, and run the tests on its kernels in emulation
	$(Q)deploy/packages arm64
	$(Q)tests/arm64/run

# MINUTES=N
MINUTES ?= 30
soak: ## the daemon under mixed traffic and random faults (MINUTES=N)
	$(Q)deploy/packages build test
	$(Q)$(BUILD) all tests
	$(Q)tests/soak/run $(MINUTES)

bench: ## what a packet, a poll and a recording cost: goal, measured, verdict (build/bench.json)
	$(Q)deploy/packages build bench
	$(Q)$(BUILD) all benches
	$(Q)tests/bench/run
	$(Q)for n in 1 256 65536; do $(B)/tests/metrics_pages $$n || exit 1; done

# SECONDS=N for each target; what they find is kept below tests/capture/damaged and tests/fuzz.
SECONDS ?= 300
fuzz: ## libFuzzer on every parser (SECONDS=N each)
	$(Q)deploy/packages build fuzz
	$(Q)$(BUILD) MODE=fuzz fuzzers
	$(Q)deploy/as-owner tests/fuzz/run $(SECONDS)

# PACKETS=N random ones through the object in the kernel and through a model of docs/counters.md; SEED=N.
PACKETS ?= 10000000
SEED ?= 1

model: packages ## the engine against an independent model of docs/counters.md (PACKETS=N, SEED=N)
	$(Q)deploy/as-owner $(BUILD) $(B)/tests/model_run
	$(Q)$(B)/tests/model_run --engine kernel --packets $(PACKETS) --seed $(SEED)

mutants-user: ## bugs put into user space on purpose, each of which the tests must find
	$(Q)deploy/packages build test
	$(Q)$(BUILD) WERROR=1 all tests
	$(Q)tests/mutants/user.sh

packages: ## install what is missing to build
	$(Q)deploy/packages build

deb: ## Debian packages in build/deb, each built in a clean chroot of its suite (SUITES='bookworm trixie', ARCH=arm64 to cross-build)
	$(Q)deploy/packages deb
	$(Q)deploy/build-deb $(SUITES)

rpm: ## an RPM in build/rpm (not tried on Fedora)
	$(Q)deploy/packages build rpm
	$(Q)deploy/build-rpm

# For another architecture, of its Debian package.
image: ## a container image in build/image, an OCI archive (ARCH=arm64 to cross-build)
	$(Q)deploy/packages build image $(if $(ARCH),deb)
	$(Q)$(if $(ARCH),ARCH=$(ARCH) deploy/build-deb bookworm,$(BUILD) all)
	$(Q)deploy/build-image

dist: ## the tarball of a release in build/dist, from a clean checkout (SIGN_KEY=KEY signs it)
	$(Q)deploy/dist

SHARED := $(wildcard deploy/prometheus/*.yml) deploy/grafana/dnsreach.json
DOCUMENTS := README.md CHANGELOG.md SECURITY.md LICENSE

install: all ## install below DESTDIR and PREFIX
	install -D -m 0755 $(B)/dnsreach $(DESTDIR)$(SBINDIR)/dnsreach
	install -D -m 0644 docs/dnsreach.8 $(DESTDIR)$(MANDIR)/man8/dnsreach.8
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|' deploy/systemd/dnsreach.service > $(DESTDIR)$(UNITDIR)/dnsreach.service
	install -m 0644 deploy/systemd/dnsreach.socket $(DESTDIR)$(UNITDIR)/dnsreach.socket
	install -D -m 0644 deploy/systemd/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/dnsreach.conf
	install -D -m 0644 deploy/logrotate/dnsreach $(DESTDIR)$(LOGROTATEDIR)/dnsreach
	install -d $(DESTDIR)$(SHAREDIR)
	install -m 0644 $(SHARED) $(DESTDIR)$(SHAREDIR)
	sed 's|file:///usr/local/share/doc/dnsreach/docs|$(RUNBOOKS)|' deploy/prometheus/alerts.rules.yml > $(DESTDIR)$(SHAREDIR)/alerts.rules.yml
	install -D -m 0644 deploy/completion/dnsreach.bash $(DESTDIR)$(COMPLETIONDIR)/dnsreach
	install -D -m 0644 deploy/completion/dnsreach.zsh $(DESTDIR)$(ZSHDIR)/_dnsreach
	install -D -m 0644 deploy/completion/dnsreach.fish $(DESTDIR)$(FISHDIR)/dnsreach.fish
	install -d $(DESTDIR)$(DOCDIR)/docs
	install -m 0644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)
	install -m 0644 docs/*.md docs/*.png $(DESTDIR)$(DOCDIR)/docs

uninstall: ## remove what install placed
	rm -f $(DESTDIR)$(SBINDIR)/dnsreach $(DESTDIR)$(MANDIR)/man8/dnsreach.8 \
		$(DESTDIR)$(UNITDIR)/dnsreach.service $(DESTDIR)$(UNITDIR)/dnsreach.socket $(DESTDIR)$(SYSUSERSDIR)/dnsreach.conf \
		$(DESTDIR)$(COMPLETIONDIR)/dnsreach $(DESTDIR)$(ZSHDIR)/_dnsreach $(DESTDIR)$(FISHDIR)/dnsreach.fish $(DESTDIR)$(LOGROTATEDIR)/dnsreach
	rm -f $(patsubst %,$(DESTDIR)$(SHAREDIR)/%,$(notdir $(SHARED)))
	rm -f $(patsubst %,$(DESTDIR)$(DOCDIR)/%,$(DOCUMENTS) $(wildcard docs/*.md docs/*.png))
	rmdir $(DESTDIR)$(SHAREDIR) $(DESTDIR)$(DOCDIR)/docs $(DESTDIR)$(DOCDIR) 2>/dev/null || true

clean: ## remove all build results (downloads stay in build/kernels and build/userland)
	$(Q)if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name kernels ! -name userland -exec rm -rf {} +; fi
	$(Q)rm -f compile_commands.json

format: ## lay out the sources as .clang-format says
	$(Q)find bpf include user tests -name '*.[ch]' -exec clang-format -i {} +

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18
	@echo "  variables: PREFIX DESTDIR RUNBOOKS=URL CC CLANG CFLAGS MODE=asan|fuzz V=1 ARGS='...' (for run)"

# ---- the BPF object, and its skeleton ------------------------------------------------------

$(B)/dnsreach.bpf.o: bpf/dnsreach.bpf.c Makefile
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c $< -o $@ && $(STRIP_BPF) -g $@

$(B)/dnsreach.skel.h: $(B)/dnsreach.bpf.o
	$(call say,SKELETON,$@)$(BPFTOOL) gen skeleton $< name dnsreach > $@

# What is in the maps and where, as a word: another one does not fit. The types, and the code (without
# its comments) that says where something lies: places, hashes, keys. Other code may change.
WHERE_IT_LIES := $(patsubst %,include/%.h,dnsreach engine_limits percpu_counters sizes) \
	$(patsubst %,bpf/%.h,compat counters resolver flow_bucket flow_table expired samples asker stream_table)

$(B)/engine_layout.h: $(B)/dnsreach.bpf.o $(WHERE_IT_LIES)
	$(call say,LAYOUT,$@){ $(BPFTOOL) btf dump file $< format c && \
		cat $(WHERE_IT_LIES) | $(CC) -fpreprocessed -dD -E -P -w -; } | sha256sum | \
		sed 's/^\(.\{16\}\).*/#define ENGINE_LAYOUT "\1"/' > $@

# ---- the status page and the report's style, as text in headers ---------------------------------

STATUS_PAGE := $(wildcard user/*/status_page.html user/*/status_page.css user/*/status_page.js)

$(B)/status_page_files.h: $(STATUS_PAGE) Makefile
$(B)/report_files.h: user/report/report.css Makefile
$(B)/%_files.h:
	$(call say,PAGE,$@)mkdir -p $(@D) && for file in $(filter user/%,$^); do \
		name=$${file##*/}; echo "static const char $${name%.*}_$${name##*.}[] ="; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/\t"&\\n"/' $$file; echo ';'; done > $@

# ---- user space ----------------------------------------------------------------------------

$(B)/dnsreach: $(B)/user/commands/main.o $(LIBRARIES)
	$(link)

# Made anew, since what is gone from the tree must go from here too: the directories are newer then.
$(B)/libdnsreach.a: $(filter-out %/main.o,$(USER_SOURCES:%.c=$(B)/%.o)) $(sort $(dir $(USER_SOURCES)))
$(B)/libnative.a: $(NATIVE_SOURCES:%.c=$(B)/%.o) $(sort $(dir $(NATIVE_SOURCES)))
$(LIBRARIES):
	$(call say,AR,$@)rm -f $@ && $(AR) rcs $@ $(filter %.o,$^)

# A packet's headers lie at odd addresses, and the native engine reads them there: any CPU that runs this can.
$(B)/bpf/%.o: SANITIZE += -fno-sanitize=alignment

$(B)/%.o: %.c Makefile | $(GENERATED)
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) $(SANITIZE) -c $< -o $@

# ---- tests ---------------------------------------------------------------------------------

$(TEST_PROGRAMS) $(BENCHES) $(FUZZERS): $(LIBRARIES)
	$(link)

$(UNIT_TESTS): LIBS += -lcmocka
$(UNIT_TESTS): $(B)/tests/%: $(B)/tests/unit/%.o
$(NET_TOOLS): $(B)/tests/%: $(B)/tests/net/%.o
$(B)/tests/otlp_receiver: $(B)/tests/net/otlp_check.o
$(B)/tests/verified: $(B)/tests/kernels/verified.o
$(B)/tests/play_hosts: $(B)/tests/fleet/play_hosts.o
$(B)/tests/test_packet: $(call objects,tests/packet/*.c)
$(B)/tests/model_run: $(call objects,tests/model/*.c tests/packet/frames.c)
$(B)/tests/model_two: $(filter-out %/main.o,$(call objects,tests/model/*.c)) \
	$(call objects,tests/model/two_cpus/*.c tests/packet/frames.c)
$(B)/tests/model_streams: $(filter-out %/main.o,$(call objects,tests/model/*.c)) \
	$(call objects,tests/model/streams/*.c tests/packet/frames.c)
# Each access to memory is a call, to a scheduler and not to that runtime.
$(B)/tests/model/two_cpus/native.o: SANITIZE = -fsanitize=thread
$(B)/tests/proof_run: $(call objects,tests/proof/*.c tests/packet/frames.c)
# A call before each plain access, to the abstract machine. No access of more than a word.
$(B)/tests/proof/engine.o: SANITIZE = -fsanitize=thread -fno-tree-vectorize -fno-store-merging
$(FUZZERS): LIBS += -fsanitize=fuzzer
$(FUZZERS): $(B)/%: $(B)/tests/fuzz/%.o

# Preloaded into the program under test, which may be an ordinary or a sanitized one.
$(PRELOADED): $(B)/tests/%.so: tests/net/%.c
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(WARN) -Wno-missing-prototypes -shared -fPIC $< -o $@

# Their objects: tests/bench/NAME.o for bench_NAME, and what times and frames are made with.
$(filter $(B)/tests/bench_%,$(BENCHES)): $(B)/tests/bench_%: $(B)/tests/bench/%.o $(B)/tests/bench/measure.o
$(B)/tests/bench_packets $(B)/tests/bench_tables $(B)/tests/make_capture: $(B)/tests/packet/frames.o
$(B)/tests/bench_packets: $(call objects,tests/bench/calls.c tests/bench/translated.c tests/bench/machine.c \
	tests/bench/into.c tests/bench/segments.c)
$(B)/tests/make_capture: $(B)/tests/bench/make_capture.o
$(B)/tests/metrics_pages: $(B)/tests/bench/metrics_pages.o
$(call objects,tests/bench/packets.c tests/bench/floor.c tests/bench/into.c tests/bench/segments.c): $(B)/vary.skel.h $(B)/bare.skel.h

$(B)/tests/%.bpf.o: tests/bench/%.bpf.c Makefile
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -Itests/bench -c $< -o $@ && \
		$(STRIP_BPF) -g $@

$(B)/vary.skel.h $(B)/bare.skel.h: $(B)/%.skel.h: $(B)/tests/%.bpf.o
	$(call say,SKELETON,$@)$(BPFTOOL) gen skeleton $< name $* > $@

compile_commands.json: Makefile $(USER_SOURCES) $(NATIVE_SOURCES)
	@{ printf '['; comma=; for f in $(USER_SOURCES) $(NATIVE_SOURCES); do \
		printf '%s\n{"directory": "%s", "file": "%s", "arguments": ["cc", "-std=gnu11", "-Iinclude", "-Iuser", "-I$(B)", "-c", "%s"]}' \
			"$$comma" "$(CURDIR)" "$$f" "$$f"; comma=,; done; printf '\n]\n'; } > $@

# In build/arm64 are other trees: of packages, and a copy of this one.
-include $(filter-out $(B)/arm64/%,$(wildcard $(addprefix $(B)/,*.d */*.d */*/*.d */*/*/*.d)))
