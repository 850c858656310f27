/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * One case, run on either engine: the shipped BPF object by BPF_PROG_TEST_RUN, or the same lines
 * compiled natively. Each packet that is run must come back unchanged with TC_ACT_UNSPEC; after
 * each case the four laws must hold for every resolver.
 */
#ifndef RIG_H
#define RIG_H

#include "frames.h"

#include <dnsreach.h>

enum rig_engine { ENGINE_NATIVE, ENGINE_KERNEL };

enum { FAMILIES_BOTH, FAMILY_4_ONLY, FAMILY_6_ONLY };

struct test_case {
	const char *name;
	void (*run)(void);
	int families;
	int native_only; /* why is said in the case */
	int kernel_only; /* more than one CPU */
	int guests;	 /* packets of guests, too: their programs are loaded */
	struct test_case *next;
};

extern struct test_case *cases;

#define CASE_OF(name_, ...)                                                                        \
	static void name_(void);                                                                   \
	static struct test_case case_##name_ = {.name = #name_, .run = name_, __VA_ARGS__};        \
	__attribute__((constructor)) static void add_##name_(void)                                 \
	{                                                                                          \
		case_##name_.next = cases;                                                         \
		cases = &case_##name_;                                                             \
	}                                                                                          \
	static void name_(void)
#define CASE(name_) CASE_OF(name_, .families = FAMILIES_BOTH)
#define CASE_V4(name_) CASE_OF(name_, .families = FAMILY_4_ONLY)
#define CASE_V6(name_) CASE_OF(name_, .families = FAMILY_6_ONLY)
#define CASE_GUESTS(name_) CASE_OF(name_, .families = FAMILIES_BOTH, .guests = 1)
#define CASE_KERNEL(name_) CASE_OF(name_, .kernel_only = 1)
#define CASE_NATIVE(name_) CASE_OF(name_, .native_only = 1)

/* Interfaces that exist for the kernel engine. */
extern uint32_t link_a, link_b;
#define LINK_LO LOOPBACK_IFINDEX

/* To be called first in a case that wants another configuration than the default. */
void restart(const struct engine_config *config);
struct engine_config ordinary_config(void);
/* For cases without messages over TCP: the verifier is much faster with a program without them. */
struct engine_config config_without_streams(void);

void at(double seconds);       /* the clock from now on */
void from_cgroup(uint64_t id); /* the sender of queries from now on */
void queries(struct frame f);
void outcomes(struct frame f);
/* On the host's side of a guest's interface. */
void guest_queries(struct frame f);
void guest_outcomes(struct frame f);
void run_sweep(void);
void reserve(const char *address);
/* Makes an interface a port of a bridge, or of a bond, until the case ends. */
void make_port(uint32_t port, uint32_t master, int is_bridge);

/* Shorthands: an ordinary one with what `...` sets. */
#define query(...) queries(udp_frame((struct udp_spec){__VA_ARGS__}))
#define response(...) outcomes(udp_frame((struct udp_spec){.response = 1, ##__VA_ARGS__}))
#define guest_query(...) guest_queries(udp_frame((struct udp_spec){__VA_ARGS__}))
#define guest_response(...)                                                                        \
	guest_outcomes(udp_frame((struct udp_spec){.response = 1, ##__VA_ARGS__}))
#define guest_icmp(...) guest_outcomes(icmp_frame((struct icmp_spec){__VA_ARGS__}))
#define icmp(...) outcomes(icmp_frame((struct icmp_spec){__VA_ARGS__}))

/* "other" too, and with "@guest" behind it a guest's; 0 without an entry. */
uint64_t counter_of(const char *address, enum counter c);
uint64_t guest_counter(enum counter c); /* of the ordinary resolver's row of guests */
uint64_t self_of(enum self_counter c);
uint64_t in_flight(void);
int has_entry(const char *address);
uint64_t rtt_bucket(unsigned i);
uint64_t moment_of(const char *address, enum moment m); /* in ns */

/* What was counted of an asker of this resolver; OTHER_ASKERS: of those without a row. */
#define OTHER_ASKERS ~0ULL
struct asker_counters asker_of(const char *address, uint64_t cgroup);
/* Have the sweep take an asker out of the index; and then move its counts and free its number. */
void unlink_asker(uint32_t number);
void move_asker(uint32_t number, uint32_t to, struct asker_counters counts);

/* Samples of a kind since the case began: how many, and the latest. How many were dropped. */
unsigned samples_of(enum sample_kind kind);
struct sample latest_of(enum sample_kind kind);
unsigned samples_seen(void); /* of ICMP messages */
struct sample latest_sample(void);
uint64_t samples_dropped(void);

void expect_(const char *file, int line, const char *what, uint64_t got, uint64_t want);
#define expect(got, want) expect_(__FILE__, __LINE__, #got, got, want)
#define want(counter, n)                                                                           \
	expect_(__FILE__, __LINE__, #counter, counter_of(frame_resolver(), COUNTER_##counter), n)
#define want_guest(counter, n)                                                                     \
	expect_(__FILE__, __LINE__, "guest " #counter, guest_counter(COUNTER_##counter), n)
#define want_of(address, counter, n)                                                               \
	expect_(__FILE__, __LINE__, #counter, counter_of(address, COUNTER_##counter), n)
#define want_self(counter, n)                                                                      \
	expect_(__FILE__, __LINE__, "SELF_" #counter, self_of(SELF_##counter), n)
#define want_in_flight(n) expect_(__FILE__, __LINE__, "in flight", in_flight(), n)

/* Of one engine at a time, for main(). */
void rig_count_askers(void); /* in every case, with another cgroup for each packet */
void rig_open(enum rig_engine kind, int guests);
void rig_close(void);
void rig_laws(void);
extern int failures;

#endif
