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
COMPLETIONDIR ?= $(PREFIX)/share/bash-completion/completions
DESTDIR	?=
CC	?= gcc
CLANG	?= clang
BPFTOOL	?= $(shell PATH=$$PATH:/usr/sbin command -v bpftool || echo bpftool)
STRIP_BPF ?= $(shell command -v llvm-strip || ls /usr/bin/llvm-strip-* 2>/dev/null | tail -1)
CFLAGS	?= -O2 -g
ARGS	?=
# MODE=asan builds everything in user space with AddressSanitizer and UBSan, into build/asan/.
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
PACKAGES := libbpf libmnl jansson libpcap inih libmicrohttpd libcurl
VERSION	:= $(shell sed -n 's/^## \([0-9][0-9.]*\).*/\1/p' CHANGELOG.md 2>/dev/null | head -1)

USER_CFLAGS = -std=gnu11 -D_GNU_SOURCE= $(CFLAGS) $(WARN) $(SANITIZE) -Iinclude -Iuser -I$(B) -MMD -MP \
	-DVERSION='"$(VERSION)"' $(shell pkg-config --cflags $(PACKAGES) 2>/dev/null)
LIBS	= $(shell pkg-config --libs $(PACKAGES) 2>/dev/null) -lelf -lz -lm
# The machine that the object is for, by libbpf's names: bpf/kernel.h asks how it orders memory.
BPF_ARCH := $(shell $(CC) -dumpmachine | sed 's/-.*//; s/x86_64\|i[3-6]86/x86/; s/s390x/s390/; s/aarch64/arm64/')
BPF_CFLAGS = -O2 -g -target bpf -mcpu=v3 -D__TARGET_ARCH_$(BPF_ARCH) $(WARN) -Wno-missing-prototypes -Ivmlinux $(BPF_ABI) -MMD -MP
BPF_ABI = -Iinclude

USER_SOURCES := $(wildcard user/*/*.c)
NATIVE_SOURCES := bpf/native.c bpf/native_map.c
# What the tests link: everything but main().
TESTED_OBJECTS = $(filter-out $(B)/user/commands/main.o,$(USER_SOURCES:%.c=$(B)/%.o)) \
	$(NATIVE_SOURCES:%.c=$(B)/%.o)
UNIT_TESTS := $(patsubst tests/unit/%.c,$(B)/tests/%,$(wildcard tests/unit/test_*.c))
PACKET_SOURCES := $(wildcard tests/packet/*.c)
NET_TOOLS := $(addprefix $(B)/tests/,verified attached gso keeper otlp_receiver forge scan verdict clock.so)
MODEL_SOURCES := $(wildcard tests/model/*.c)
DIFFERENTIAL_SOURCES := $(wildcard tests/differential/*.c) tests/packet/frames.c
# To load the object and read its maps.
LOADED_OBJECTS := $(patsubst %,$(B)/user/%.o,datapath/loader datapath/handover datapath/map_reader \
	datapath/privileges health/snapshot util/address)
# The plain engine, with its own headers: see tests/plain.
PLAIN_OBJECTS := $(B)/tests/plain/native.o $(B)/tests/plain/native_map.o

.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all run test check attack soak bench fuzz fuzzers model demo fleet-demo packages test-packages bench-packages install \
	uninstall clean help tests test-kernels format lint

all: $(B)/dnsreach $(B)/dnsreach.bpf.o compile_commands.json ## build build/dnsreach and its BPF object (default)

run: packages ## install what is missing, build, and watch this host's resolvers (ARGS=... for options)
	$(Q)$(MAKE) --no-print-directory all >&2
	$(Q)exec $(B)/dnsreach watch $(ARGS)

test: test-packages ## install what is missing, build, and run all tests
	$(Q)$(MAKE) --no-print-directory WERROR=1 all tests
	$(Q)tests/run

check: test ## the same as test

demo: test-packages ## four resolvers in private network namespaces, and what dnsreach says of them
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/demo

lint: test-packages ## static analysis, layout, lengths, includes, shell scripts, man page
	$(Q)$(MAKE) --no-print-directory WERROR=1 all
	$(Q)tests/run style lint

fleet-demo: test-packages ## thirty hosts and a Prometheus: one resolver is stopped, who names it, and when?
	$(Q)$(MAKE) --no-print-directory all
	$(Q)tests/fleet-demo

tests: $(UNIT_TESTS) $(B)/tests/test_packet $(B)/tests/compare $(B)/tests/model_run $(NET_TOOLS) ## build the test programs

test-kernels: test-packages ## boot other kernels in emulation and run the tests there
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tests/kernels/test-kernels.sh

attack: test-packages ## the attacks and faults of the tests at their full size, with figures
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)FULL=1 tests/net/run forged three_resolvers exhausted damaged hostile killed_at stopped_for

# MINUTES=N
MINUTES ?= 30
soak: test-packages ## the daemon under mixed traffic and random faults (MINUTES=N)
	$(Q)$(MAKE) --no-print-directory all tests
	$(Q)tests/soak/run $(MINUTES)

BENCHES := $(patsubst %,$(B)/tests/bench_%,packets tables floor blast) $(B)/tests/make_capture $(B)/tests/metrics_pages

bench: bench-packages ## what a packet, a poll and a recording cost: goal, measured, verdict (build/bench.json)
	$(Q)$(MAKE) --no-print-directory all $(BENCHES)
	$(Q)tests/bench/run
	$(Q)for n in 1 256 65536; do $(B)/tests/metrics_pages $$n || exit 1; done

# SECONDS=N for each target; what they find is kept below tests/capture/damaged and tests/fuzz.
SECONDS ?= 300
FUZZ_TARGETS := $(patsubst tests/fuzz/%.c,%,$(wildcard tests/fuzz/fuzz_*.c))
FUZZED := $(wildcard $(patsubst %,user/%/*.c,util health capture view metrics report fleet)) $(NATIVE_SOURCES)

fuzz: test-packages ## libFuzzer on every parser (SECONDS=N each)
	$(Q)$(MAKE) --no-print-directory fuzzers
	$(Q)tests/fuzz/run $(SECONDS)

fuzzers: $(FUZZ_TARGETS:%=$(B)/fuzz/%)

FUZZ_FLAGS = -g -O1 -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize=alignment \
	-fno-sanitize-recover=undefined -std=gnu11 -D_GNU_SOURCE= -Iinclude -Iuser -I$(B) -MMD -MP
FUZZED_OBJECTS := $(FUZZED:%.c=$(B)/fuzz/%.o)

# What of other rooms a fuzzer needs; that of HTTP includes server.c itself.
$(B)/fuzz/fuzz_http: $(patsubst %,$(B)/fuzz/user/http/%.o,host listen peer request)

$(B)/fuzz/%.o: %.c | $(B)/status_page_files.h
	$(call say,CC,$@)mkdir -p $(@D) && $(CLANG) $(FUZZ_FLAGS) -c $< -o $@

$(B)/fuzz/%: $(B)/fuzz/tests/fuzz/%.o $(FUZZED_OBJECTS)
	$(call say,FUZZER,$@)$(CLANG) -fsanitize=fuzzer,address,undefined $^ \
		$$(pkg-config --libs jansson libpcap libmicrohttpd inih) -lm -o $@

# PACKETS=N random ones through the object in the kernel and through a model of the contract; SEED=N.
PACKETS ?= 10000000
SEED ?= 1

model: test-packages ## the engine against an independent model of the contract (PACKETS=N, SEED=N)
	$(Q)$(MAKE) --no-print-directory $(B)/tests/model_run
	$(Q)$(B)/tests/model_run --engine kernel --packets $(PACKETS) --seed $(SEED)

packages: ## install what is missing to build
	$(Q)deploy/packages build

test-packages:
	$(Q)deploy/packages build test

bench-packages:
	$(Q)deploy/packages build test bench

SHARED := $(wildcard deploy/prometheus/*.yml) deploy/grafana/dnsreach.json
DOCUMENTS := README.md CHANGELOG.md SECURITY.md LICENSE

install: all ## install below DESTDIR and PREFIX
	install -D -m 0755 $(B)/dnsreach $(DESTDIR)$(SBINDIR)/dnsreach
	install -D -m 0644 docs/dnsreach.8 $(DESTDIR)$(MANDIR)/man8/dnsreach.8
	install -d $(DESTDIR)$(UNITDIR)
	sed 's|@SBINDIR@|$(SBINDIR)|' deploy/systemd/dnsreach.service > $(DESTDIR)$(UNITDIR)/dnsreach.service
	install -m 0644 deploy/systemd/dnsreach.socket $(DESTDIR)$(UNITDIR)/dnsreach.socket
	install -D -m 0644 deploy/systemd/sysusers.conf $(DESTDIR)$(SYSUSERSDIR)/dnsreach.conf
	install -d $(DESTDIR)$(SHAREDIR)
	install -m 0644 $(SHARED) $(DESTDIR)$(SHAREDIR)
	install -D -m 0644 deploy/completion/dnsreach.bash $(DESTDIR)$(COMPLETIONDIR)/dnsreach
	install -d $(DESTDIR)$(DOCDIR)/docs
	install -m 0644 $(DOCUMENTS) $(DESTDIR)$(DOCDIR)
	install -m 0644 docs/*.md $(DESTDIR)$(DOCDIR)/docs

uninstall: ## remove what install placed
	rm -f $(DESTDIR)$(SBINDIR)/dnsreach $(DESTDIR)$(MANDIR)/man8/dnsreach.8 \
		$(DESTDIR)$(UNITDIR)/dnsreach.service $(DESTDIR)$(UNITDIR)/dnsreach.socket $(DESTDIR)$(SYSUSERSDIR)/dnsreach.conf \
		$(DESTDIR)$(COMPLETIONDIR)/dnsreach
	rm -f $(patsubst %,$(DESTDIR)$(SHAREDIR)/%,$(notdir $(SHARED)))
	rm -f $(patsubst %,$(DESTDIR)$(DOCDIR)/%,$(DOCUMENTS) $(wildcard docs/*.md))
	rmdir $(DESTDIR)$(SHAREDIR) $(DESTDIR)$(DOCDIR)/docs $(DESTDIR)$(DOCDIR) 2>/dev/null || true

clean: ## remove all build results (downloads stay in build/kernels and build/userland)
	$(Q)if [ -d build ]; then find build -mindepth 1 -maxdepth 1 ! -name kernels ! -name userland -exec rm -rf {} +; fi
	$(Q)rm -f compile_commands.json

format: ## lay out the sources as .clang-format says
	$(Q)clang-format -i $$(git ls-files '*.c' '*.h' | grep -v '^vmlinux/')

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  \1\t\2/p' Makefile | expand -t 18
	@echo "  variables: PREFIX DESTDIR CC CLANG CFLAGS MODE=asan V=1 ARGS='...' (for run)"

# ---- the BPF object, and its skeleton ------------------------------------------------------

$(B)/dnsreach.bpf.o: bpf/dnsreach.bpf.c Makefile
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c $< -o $@ && $(STRIP_BPF) -g $@

$(B)/dnsreach.skel.h: $(B)/dnsreach.bpf.o
	$(call say,SKELETON,$@)$(BPFTOOL) gen skeleton $< name dnsreach > $@

# What is in the maps and where, as a word: another one does not fit. The types, and the code (without
# its comments) that says where something lies: places, hashes, keys. Other code may change.
WHERE_IT_LIES := include/lane.h include/sizes.h $(patsubst %,bpf/%.h,kernel resolver bucket tuple \
	overflow transaction remembered)

$(B)/engine_layout.h: $(B)/dnsreach.bpf.o $(WHERE_IT_LIES)
	$(call say,LAYOUT,$@){ $(BPFTOOL) btf dump file $< format c && \
		cat $(WHERE_IT_LIES) | $(CC) -fpreprocessed -dD -E -P -w -; } | sha256sum | \
		sed 's/^\(.\{16\}\).*/#define ENGINE_LAYOUT "\1"/' > $@

$(B)/user/datapath/handover.o: $(B)/engine_layout.h

# ---- the status page, as text in a header -----------------------------------------------------

STATUS_PAGE := $(addprefix user/view/status_page.,html css js)

$(B)/status_page_files.h: $(STATUS_PAGE) Makefile
	$(call say,PAGE,$@)mkdir -p $(@D) && for file in $(STATUS_PAGE); do \
		echo "static const char status_page_$${file##*.}[] ="; \
		sed -e 's/[\\"]/\\&/g' -e 's/.*/\t"&\\n"/' $$file; echo ';'; done > $@

$(B)/user/view/status_page.o: $(B)/status_page_files.h

# ---- user space ----------------------------------------------------------------------------

$(B)/dnsreach: $(USER_SOURCES:%.c=$(B)/%.o) $(NATIVE_SOURCES:%.c=$(B)/%.o)
	$(call say,LINK,$@)$(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/user/datapath/loader.o: $(B)/dnsreach.skel.h

# A packet's headers lie at odd addresses, and bpf/quick.h reads them there: any CPU that runs this can.
$(B)/bpf/%.o: SANITIZE += -fno-sanitize=alignment

$(B)/%.o: %.c Makefile
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) $(USER_CFLAGS) -c $< -o $@

# ---- tests ---------------------------------------------------------------------------------

$(UNIT_TESTS): $(B)/tests/test_%: $(B)/tests/unit/test_%.o $(TESTED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -lcmocka -o $@

$(B)/tests/test_packet: $(PACKET_SOURCES:%.c=$(B)/%.o) $(NATIVE_SOURCES:%.c=$(B)/%.o) \
		$(LOADED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/model_run: $(MODEL_SOURCES:%.c=$(B)/%.o) $(B)/tests/packet/frames.o $(B)/user/health/counters.o \
		$(NATIVE_SOURCES:%.c=$(B)/%.o) $(LOADED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/attached $(B)/tests/gso $(B)/tests/keeper $(B)/tests/forge $(B)/tests/scan \
		$(B)/tests/verdict: $(B)/tests/%: $(B)/tests/net/%.o
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/verified: $(B)/tests/kernels/verified.o $(LOADED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/otlp_receiver: $(B)/tests/net/otlp_receiver.o $(B)/tests/net/otlp_check.o
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

# Preloaded into the program under test, which may be an ordinary or a sanitized one.
$(B)/tests/clock.so: tests/net/clock.c
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(WARN) -Wno-missing-prototypes -shared -fPIC $< -o $@

$(B)/tests/compare: $(DIFFERENTIAL_SOURCES:%.c=$(B)/%.o) $(PLAIN_OBJECTS) \
		$(NATIVE_SOURCES:%.c=$(B)/%.o) $(LOADED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/plain/%.o: tests/plain/%.c Makefile
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -Itests/plain $(USER_CFLAGS) -include tests/plain/names.h \
		-c $< -o $@

$(B)/tests/differential/side_plain_%.o: tests/differential/side_plain_%.c $(B)/plain.skel.h Makefile
	$(call say,CC,$<)mkdir -p $(@D) && $(CC) -Itests/plain $(USER_CFLAGS) -c $< -o $@

$(B)/tests/plain.bpf.o: BPF_ABI = -Itests/plain
$(B)/tests/plain.bpf.o: tests/plain/dnsreach.bpf.c Makefile
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -c $< -o $@ && \
		$(STRIP_BPF) -g $@

$(B)/plain.skel.h: $(B)/tests/plain.bpf.o
	$(call say,SKELETON,$@)$(BPFTOOL) gen skeleton $< name plain > $@

BENCH_OBJECTS := $(B)/tests/bench/measure.o $(B)/tests/packet/frames.o \
	$(LOADED_OBJECTS)
$(B)/tests/bench_packets: $(patsubst %,$(B)/%.o,tests/bench/calls tests/bench/translated \
	tests/bench/machine user/health/counters)

$(B)/tests/bench_packets $(B)/tests/bench_tables: $(B)/tests/bench_%: $(B)/tests/bench/%.o $(BENCH_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/bench_floor: $(B)/tests/bench/floor.o $(B)/tests/bench/measure.o
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/bench_blast: $(B)/tests/bench/blast.o $(B)/tests/bench/measure.o
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/bench/packets.o $(B)/tests/bench/floor.o: $(B)/vary.skel.h
$(B)/tests/bench/packets.o $(B)/tests/bench/floor.o: $(B)/bare.skel.h

$(B)/tests/%.bpf.o: tests/bench/%.bpf.c Makefile
	$(call say,BPF,$@)mkdir -p $(@D) && $(CLANG) $(BPF_CFLAGS) -Itests/bench -c $< -o $@ && \
		$(STRIP_BPF) -g $@

$(B)/vary.skel.h $(B)/bare.skel.h: $(B)/%.skel.h: $(B)/tests/%.bpf.o
	$(call say,SKELETON,$@)$(BPFTOOL) gen skeleton $< name $* > $@

$(B)/tests/make_capture: $(B)/tests/bench/make_capture.o $(B)/tests/packet/frames.o
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

$(B)/tests/metrics_pages: $(B)/tests/bench/metrics_pages.o $(TESTED_OBJECTS)
	$(call say,LINK,$@)mkdir -p $(@D) && $(CC) $(CFLAGS) $(SANITIZE) $(LDFLAGS) $^ $(LIBS) -o $@

compile_commands.json: Makefile $(USER_SOURCES) $(NATIVE_SOURCES)
	@{ printf '['; comma=; for f in $(USER_SOURCES) $(NATIVE_SOURCES); do \
		printf '%s\n{"directory": "%s", "file": "%s", "arguments": ["cc", "-std=gnu11", "-Iinclude", "-Iuser", "-I$(B)", "-c", "%s"]}' \
			"$$comma" "$(CURDIR)" "$$f" "$$f"; comma=,; done; printf '\n]\n'; } > $@

-include $(shell find $(B) -name '*.d' -type f 2>/dev/null)
