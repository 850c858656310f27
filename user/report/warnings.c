// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Warnings at the top of a report: what of the recording is not in its numbers, or not certain. */
#include "report/sections.h"

#include "health/status.h"
#include "report/phrase.h"

#define N(number) ((unsigned long long)(number))

static void warnings_add_lines(struct document *document)
{
	const struct report_source *source = document->source;
	char lines[PHRASE_SIZE];

	if (source->dns_lost)
		document_add_warning(document,
				     "%s not be read. The numbers below are too low. "
				     "The last section says why.",
				     phrase_count(source->dns_lost, "line about DNS or ICMP could",
						  "lines about DNS or ICMP could", lines));
	if (source->unreadable && source->kind == REPORT_OF_CAPTURE)
		document_add_warning(document, "%s not be read. The last section says why.",
				     phrase_count(source->unreadable, "packet could",
						  "packets could", lines));
}

static void warnings_add_damage(struct document *document)
{
	const struct report_source *source = document->source;
	char packets[PHRASE_SIZE];

	if (source->damaged)
		document_add_warning(document,
				     "the recording is damaged. %s before the damage; "
				     "nothing behind it is in this report.",
				     phrase_count(source->packets, "packet was read",
						  "packets were read", packets));
	if (source->cut)
		document_add_warning(document,
				     "the snap length of the capture cut %s. ICMP "
				     "messages may be missing. " MARK_CODE "tcpdump -s 0" MARK_END
				     " records whole packets.",
				     phrase_count(source->cut, "packet", "packets", packets));
}

/* Adds the packets that the engine could not follow, by reason. */
static void warnings_add_unparsed(struct document *document)
{
	static const struct {
		enum self_counter counter;
		const char *one, *many;
	} rows[] = {
		{SELF_UNPARSED_SHORT, "too short", "too short"},
		{SELF_UNPARSED_FRAGMENT, "a fragment without a whole DNS header",
		 "fragments without a whole DNS header"},
		{SELF_UNPARSED_EXTENSION, "with too many IPv6 extension headers",
		 "with too many IPv6 extension headers"},
		{SELF_UNPARSED_MAPPED, "with an IPv4-mapped IPv6 address",
		 "with IPv4-mapped IPv6 addresses"},
		{SELF_UNPARSED_SEGMENTS, "beyond the 16 messages of a packet that are read",
		 "beyond the 16 messages of a packet that are read"},
		{SELF_UNPARSED_MALFORMED, "malformed (a length is wrong)",
		 "malformed (a length is wrong)"},
		{SELF_UNPARSED_TUNNEL, "inside a tunnel (record on the tunnel's own interface)",
		 "inside a tunnel (record on the tunnel's own interface)"},
	};
	const struct status *totals = document->source->totals;
	struct buffer parts = {0};
	char packets[PHRASE_SIZE];
	__u64 sum = 0, count;
	size_t i;

	for (i = 0; totals && i < sizeof(rows) / sizeof(*rows); i++) {
		count = totals->snapshot->self.n[rows[i].counter];
		phrase_add_count(&parts, count, rows[i].one, rows[i].many);
		sum += count;
	}
	if (sum)
		document_add_warning(document, "%s not be followed, and may be about DNS: %s.",
				     phrase_count(sum, "packet could", "packets could", packets),
				     parts.text ? parts.text : "");
	document->failed |= parts.failed;
	buffer_free(&parts);
}

static void warnings_add_times(struct document *document)
{
	const struct report_source *source = document->source;
	char packets[PHRASE_SIZE];

	if (source->odd_times)
		document_add_warning(document,
				     "%s the time of a wrong clock. Each takes the time "
				     "of its neighbour.",
				     phrase_count(source->odd_times, "packet has", "packets have",
						  packets));
	if (source->times_uncertain)
		document_add_warning(document,
				     "the times may be differences (" MARK_CODE
				     "tcpdump -ttt" MARK_END "), but are read as %s.",
				     source->offsets ? "times since the first packet"
						     : "times of day");
}

/* Adds what a file of incidents does not give: torn lines, and those beyond the room of a report.
 */
static void warnings_add_incident_lines(struct document *document)
{
	const struct report_source *source = document->source;
	char words[PHRASE_SIZE];

	if (source->left_out)
		document_add_paragraph(document,
				       "Warning: the file has %llu more incidents, all older than "
				       "these. They are left out.",
				       N(source->left_out));
	if (source->unreadable && source->kind == REPORT_OF_INCIDENTS)
		document_add_paragraph(document,
				       "Warning: %s could not be read: torn, as a crash or a full "
				       "disk leaves one, or not an incident. The last section says "
				       "why.",
				       phrase_count(source->unreadable, "line", "lines", words));
}

void section_add_warnings(struct document *document)
{
	warnings_add_incident_lines(document);
	warnings_add_lines(document);
	warnings_add_damage(document);
	warnings_add_unparsed(document);
	warnings_add_times(document);
}
