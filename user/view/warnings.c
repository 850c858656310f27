// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* When the numbers are not the whole truth. Where the words are shown is for others. */
#include "view/warnings.h"

#include "util/address.h"
#include "health/counters.h"

static int untracked(const struct status *status, struct buffer *out)
{
	unsigned long long count = 0;
	size_t i;

	for (i = 0; i < status->count; i++)
		count += status->resolvers[i].now->counters.n[COUNTER_UNTRACKED];
	if (count)
		buffer_add(out, "%llu queries not followed: no room in flight (%u)", count,
			   status->snapshot->in_flight_capacity);
	return count > 0;
}

static int unparsed(const struct status *status, struct buffer *out)
{
	const struct self_counters *self = &status->snapshot->self;
	unsigned long long count = self_sum(self, SELF_UNPARSED_SHORT, SELF_UNPARSED_MALFORMED);
	const char *separator = ": ";
	unsigned int i;

	if (!count)
		return 0;
	buffer_add(out, "%llu packets not followed", count);
	for (i = SELF_UNPARSED_SHORT; i <= SELF_UNPARSED_MALFORMED; i++) {
		if (!self->n[i])
			continue;
		buffer_add(out, "%s%s %llu", separator, self_rows[i].name,
			   (unsigned long long)self->n[i]);
		separator = ", ";
	}
	return 1;
}

static int forgotten(const struct status *status, struct buffer *out)
{
	unsigned long long count = status->snapshot->self.n[SELF_FORGOTTEN];

	if (count)
		buffer_add(out, "%llu timed-out transactions forgotten early (late is too low)",
			   count);
	return count > 0;
}

static int busy(const struct status *status, struct buffer *out)
{
	unsigned long long count = status->snapshot->self.n[SELF_BUSY];

	if (count)
		buffer_add(out, "%llu map operations stayed busy: counts may be off by that",
			   count);
	return count > 0;
}

static int other(const struct status *status, struct buffer *out)
{
	size_t i;

	for (i = 0; i < status->count; i++) {
		const struct resolver_snapshot *now = status->resolvers[i].now;

		if (!resolver_is_other(&now->key) || !now->counters.n[COUNTER_QUERIES])
			continue;
		buffer_add(out, "more resolvers than fit (%u): the rest is under other",
			   status->snapshot->resolvers_capacity);
		return 1;
	}
	return 0;
}

int warning_text(const struct status *status, enum warning warning, struct buffer *out)
{
	static int (*const texts[])(const struct status *, struct buffer *) = {
		[WARNING_UNTRACKED] = untracked, [WARNING_UNPARSED] = unparsed,
		[WARNING_FORGOTTEN] = forgotten, [WARNING_BUSY] = busy,
		[WARNING_OTHER] = other,
	};

	_Static_assert(sizeof(texts) / sizeof(*texts) == WARNING_MAX, "a warning has no text");
	return texts[warning](status, out);
}
