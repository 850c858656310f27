/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The status as one line of JSON, written and parsed: `watch --json` and the daemon's
 * /api/v1/status (keys: docs/json.md). The counters' names come from health/counters.c.
 */
#ifndef VIEW_STATUS_JSON_H
#define VIEW_STATUS_JSON_H

#include "health/counters.h"
#include "health/asker.h"
#include "health/status.h"
#include "util/buffer.h"
#include "util/json.h"

/* The keys that only a replay adds. */
struct replay_info {
	const char *source; /* the file */
	__u64 packets;
	const char *engine; /* "native", "kernel" */
	int date_known, zone_known;
	__u64 odd_times; /* packets that had the time of a wrong clock */
};

/* Writes one object and a newline; `info` NULL: live. Returns 0 or -ENOMEM. */
int status_json_write(struct buffer *out, const struct status *status,
		      const struct replay_info *info);

/* Writes the object to `fd` at once. Returns 0 or -errno. */
int status_json_print(int fd, const struct status *status, const struct replay_info *info);

/* Sets the keys of a resolver: address ("other"), port and origin (null for `other`), transport. */
void status_json_set_key(struct json_build *build, json_t *object, const struct resolver_key *key);

/* Returns the askers as an array, with what is left behind them. */
json_t *status_json_askers(struct json_build *build, const struct asker_sum *askers, size_t count,
			   const struct asker_sum *rest);

/* Parses the key `origin`; without it, as from older versions, it is host. */
void status_json_parse_origin(struct json_get *get, const json_t *object, struct resolver_key *key);

/* Sets a counter by its row, in the objects that hold it, which are created when missing. */
void status_json_set_counter(struct json_build *build, json_t *object,
			     const struct counter_row *row, __u64 number);

/* Sets all counters that rows of this transport show. */
void status_json_set_counters(struct json_build *build, json_t *object,
			      const struct resolver_counters *counters, __u8 transport);

/* Parses the transport of a resolver. */
void status_json_parse_transport(struct json_get *get, const json_t *object,
				 struct resolver_key *key);

/* Parses address, port, transport and origin of a resolver that is not `other`. */
void status_json_parse_key(struct json_get *get, const json_t *object, struct resolver_key *key);

#define PARSED_HOST_SIZE 256

/* `status` points into the other members. */
struct parsed_status {
	struct status status;
	struct snapshot snapshot; /* at_ns stays 0 */
	struct resolver_status *judged;
	struct status_interface *interfaces;
	struct cgroup_name *asker_names; /* of the snapshot's askers */
	char host[PARSED_HOST_SIZE];
};

/*
 * Parses one object, which may come from any program. Counters that it lacks are 0. Returns 0,
 * freed by parsed_status_free(); -ENOMEM; or -EINVAL and in `error` the first value that is not as
 * documented.
 */
int status_json_parse(const char *text, size_t length, struct parsed_status *ret,
		      char error[JSON_ERROR_SIZE]);

/* Moves what was parsed to a place of its own, which must be empty or freed. */
void parsed_status_move(struct parsed_status *to, struct parsed_status *from);

void parsed_status_free(struct parsed_status *parsed);

#endif
