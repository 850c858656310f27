/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The engine as it is without options: for what measures the shipped object. */
#ifndef DEFAULT_CONFIG_H
#define DEFAULT_CONFIG_H

#include <arpa/inet.h>
#include <dnsreach.h>

static inline struct engine_config default_config(void)
{
	return (struct engine_config){.timeout_ns = TIMEOUT_DEFAULT_NS,
				      .max_resolvers = RESOLVERS_DEFAULT,
				      .max_in_flight = IN_FLIGHT_DEFAULT,
				      .max_streams = STREAMS_DEFAULT,
				      .ports = {htons(53)},
				      .port_count = 1,
				      .short_quotes = 1,
				      .guests = 1};
}

#endif
