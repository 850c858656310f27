/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The settings that several commands share: what is counted, on which interfaces, and the
 * thresholds of a verdict. Their option rows are made here.
 */
#ifndef MONITOR_SETTINGS_H
#define MONITOR_SETTINGS_H

#include "datapath/guests.h"
#include "util/options.h"
#include "health/state.h"

#include <dnsreach.h>

struct settings {
	struct option_list interfaces, guests, ports, resolvers;
	double timeout_s;
	unsigned long long max_resolvers, max_in_flight, max_streams;
	double failure_threshold, error_threshold;
	int no_short_quotes, clsact, askers;
	int askers_exported; /* as metrics */
};

extern const struct settings settings_default;

/* Checks, as an option_check, that a text can be an interface's name; attaching finds if it is one.
 */
int interface_option_check(const char *text, char why[OPTION_WHY_SIZE]);

/* Checks, as an option_check, a pattern of names of interfaces, or the word for automatic. */
int guests_option_check(const char *text, char why[OPTION_WHY_SIZE]);

/* Rows for a command whose options struct `type` holds a struct settings at `at`: what to count. */
#define COUNTING_ROWS(type, at)                                                                    \
	OPTION_PORTS_ROW("port", 'p', "P[,P...]", "DNS ports to watch, at most 8 (default 53)",    \
			 type, at.ports, PORTS_MAX),                                               \
		OPTION_SECONDS_ROW("timeout", 't', "S",                                            \
				   "count a query as timed out after S seconds (default 5)", type, \
				   at.timeout_s, 0.01, 60),                                        \
		OPTION_WHOLE_ROW("max-resolvers", 0, "N",                                          \
				 "track at most N resolvers; count the rest together as "          \
				 "\"other\" (default 256)",                                        \
				 type, at.max_resolvers, 1, 65536),                                \
		OPTION_WHOLE_ROW("max-in-flight", 0, "N",                                          \
				 "track at most N open transactions at a time (default 65536)",    \
				 type, at.max_in_flight, 1, 4194304),                              \
		OPTION_WHOLE_ROW("max-streams", 0, "N",                                            \
				 "follow the messages of up to N TCP connections at a time "       \
				 "(default 4096; 0: of none)",                                     \
				 type, at.max_streams, 0, 1048576),                                \
		OPTION_PERCENT_ROW("failure-threshold", 0, "PERCENT",                              \
				   "call a resolver degraded from this percentage of failed "      \
				   "transactions on (default 5)",                                  \
				   type, at.failure_threshold, 0.0001, 1),                         \
		OPTION_PERCENT_ROW("error-threshold", 0, "PERCENT",                                \
				   "call a resolver degraded from this percentage of error "       \
				   "responses on (default 50)",                                    \
				   type, at.error_threshold, 0.0001, 1),                           \
		OPTION_FLAG_ROW("no-short-quotes", 0,                                              \
				"end no transaction by an ICMP message that quotes no message ID", \
				type, at.no_short_quotes)

/* Rows of COUNTING_ROWS, and those of a command that counts live. */
#define SETTINGS_ROWS(type, at)                                                                    \
	OPTION_LIST_ROW(                                                                           \
		"interface", 'i', "NAME",                                                          \
		"watch only interface NAME; repeat it or use commas; add lo to count the queries " \
		"that this host refuses to send (default: all that are up and not enslaved)",      \
		type, at.interfaces, 0, interface_option_check),                                   \
		OPTION_IMPLIED_LIST_ROW(                                                           \
			"guests", "PATTERN", GUESTS_AUTOMATIC,                                     \
			"count queries of containers and virtual machines where they enter this "  \
			"host, on the interfaces whose name fits PATTERN, as cali*; repeat it or " \
			"use commas; auto or no PATTERN: veth of other network namespaces and "    \
			"tap, without a default route (default: no guests)",                       \
			type, at.guests, guests_option_check),                                     \
		OPTION_RESOLVERS_ROW(                                                              \
			"resolver", 'r', "ADDRESS",                                                \
			"always give resolver ADDRESS its own row, as those of resolv.conf have",  \
			type, at.resolvers),                                                       \
		OPTION_FLAG_ROW("askers", 0,                                                       \
				"count also by the service, container or pod whose socket sends "  \
				"the query, and show the worst five of each resolver",             \
				type, at.askers),                                                  \
		OPTION_FLAG_ROW("clsact", 0, "attach by clsact even where the kernel has TCX",     \
				type, at.clsact),                                                  \
		COUNTING_ROWS(type, at)

/* Fills the configuration of the engine. Returns 0, or -EINVAL after a message (a wrong port). */
int settings_config(const struct settings *s, struct engine_config *ret);

/* Fills in the resolvers of --resolver. Returns how many, or -EINVAL after a message. */
int settings_resolvers(const struct settings *s, const struct engine_config *config,
		       struct resolver_key to[OPTION_LIST_MAX]);

struct thresholds settings_thresholds(const struct settings *s);

#endif
