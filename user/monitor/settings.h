/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What the commands that count live have in common: what to count, where, and when to call it
 * bad. The option rows of all of them are made from here.
 */
#ifndef MONITOR_SETTINGS_H
#define MONITOR_SETTINGS_H

#include "util/options.h"
#include "health/verdict.h"

#include <dnsreach.h>

struct settings {
	struct option_list interfaces, ports, resolvers;
	double timeout_s;
	unsigned long long max_resolvers, max_in_flight;
	double failure_threshold, error_threshold;
	int no_short_quotes, clsact;
};

extern const struct settings settings_default;

/* An option_check: can it be an interface's name? Whether it is one shows later. */
int check_interface(const char *text, char why[OPTION_WHY_SIZE]);

/* Rows for a command whose options struct holds a struct settings at `at`: what counts, and how. */
#define COUNTING_ROWS(type, at)                                                                    \
	{"port",                                                                                   \
	 'p',                                                                                      \
	 OPTION_PORTS,                                                                             \
	 "P[,P...]",                                                                               \
	 "DNS ports, at most 8; default: 53",                                                      \
	 offsetof(type, at.ports),                                                                 \
	 0,                                                                                        \
	 PORTS_MAX,                                                                                \
	 NULL},                                                                                    \
		{"timeout",                                                                        \
		 't',                                                                              \
		 OPTION_SECONDS,                                                                   \
		 "S",                                                                              \
		 "no outcome by then is timed out; default: 5",                                    \
		 offsetof(type, at.timeout_s),                                                     \
		 0.01,                                                                             \
		 60,                                                                               \
		 NULL},                                                                            \
		{"max-resolvers",                                                                  \
		 0,                                                                                \
		 OPTION_WHOLE,                                                                     \
		 "N",                                                                              \
		 "further ones count as `other`; default: 256",                                    \
		 offsetof(type, at.max_resolvers),                                                 \
		 1,                                                                                \
		 65536,                                                                            \
		 NULL},                                                                            \
		{"max-in-flight",                                                                  \
		 0,                                                                                \
		 OPTION_WHOLE,                                                                     \
		 "N",                                                                              \
		 "transactions open at a time; default: 65536",                                    \
		 offsetof(type, at.max_in_flight),                                                 \
		 1,                                                                                \
		 4194304,                                                                          \
		 NULL},                                                                            \
		{"failure-threshold",                                                              \
		 0,                                                                                \
		 OPTION_PERCENT,                                                                   \
		 "PERCENT",                                                                        \
		 "degraded from this share of failures on; default: 5",                            \
		 offsetof(type, at.failure_threshold),                                             \
		 0.0001,                                                                           \
		 1,                                                                                \
		 NULL},                                                                            \
		{"error-threshold",                                                                \
		 0,                                                                                \
		 OPTION_PERCENT,                                                                   \
		 "PERCENT",                                                                        \
		 "degraded from this share of error answers on; default: 50",                      \
		 offsetof(type, at.error_threshold),                                               \
		 0.0001,                                                                           \
		 1,                                                                                \
		 NULL},                                                                            \
	{                                                                                          \
		"no-short-quotes", 0, OPTION_FLAG, NULL,                                           \
			"ICMP that quotes no message ID ends nothing",                             \
			offsetof(type, at.no_short_quotes), 0, 0, NULL                             \
	}

/* Those, and what only a command that counts live has. */
#define SETTINGS_ROWS(type, at)                                                                    \
	{"interface",                                                                              \
	 'i',                                                                                      \
	 OPTION_LIST,                                                                              \
	 "NAME",                                                                                   \
	 "watch this one (repeat, or with commas; lo too, for what this host refuses to send); "   \
	 "default: all that are up and not enslaved",                                              \
	 offsetof(type, at.interfaces),                                                            \
	 0,                                                                                        \
	 0,                                                                                        \
	 check_interface},                                                                         \
		{"resolver",                                                                       \
		 'r',                                                                              \
		 OPTION_RESOLVERS,                                                                 \
		 "ADDRESS",                                                                        \
		 "always give this resolver its own row, as those of resolv.conf have",            \
		 offsetof(type, at.resolvers),                                                     \
		 0,                                                                                \
		 0,                                                                                \
		 NULL},                                                                            \
		{"clsact",                                                                         \
		 0,                                                                                \
		 OPTION_FLAG,                                                                      \
		 NULL,                                                                             \
		 "attach by clsact even where the kernel has TCX",                                 \
		 offsetof(type, at.clsact),                                                        \
		 0,                                                                                \
		 0,                                                                                \
		 NULL},                                                                            \
		COUNTING_ROWS(type, at)

/* What the engine is told. Returns 0, or -EINVAL after a message (a bad port). */
int settings_config(const struct settings *s, struct engine_config *ret);

/* The resolvers of --resolver. Returns how many, or -EINVAL after a message. */
int settings_resolvers(const struct settings *s, const struct engine_config *config,
		       struct resolver_key to[OPTION_LIST_MAX]);

struct thresholds settings_thresholds(const struct settings *s);

#endif
