// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The status page: the three files that the build puts into status_page_files.h. */
#include "view/status_page.h"

#include "health/status.h"
#include "status_page_files.h"

#include <string.h>

const char status_page_policy[] = "default-src 'none'; script-src 'self'; style-src 'self'; "
				  "connect-src 'self'; img-src data:; "
				  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const char *const status_page_style = status_page_css;
const char *const status_page_script = status_page_js;

/*
 * Writes the meanings of the causes and of the joined verdicts, which the script reads from the
 * page. They need no escaping.
 */
static void write_causes(struct buffer *out)
{
	unsigned int cause, verdict;

	for (cause = CAUSE_NONE + 1; cause < CAUSE_MAX; cause++)
		buffer_add(out, "<dt data-cause>%s</dt><dd>%s</dd>\n", cause_name(cause),
			   cause_meaning(cause));
	for (verdict = JOINED_NONE + 1; verdict < JOINED_MAX; verdict++)
		buffer_add(out, "<dt data-joined>%s</dt><dd>%s</dd>\n", joined_name(verdict),
			   joined_meaning(verdict));
}

void status_page_write(struct buffer *out, const char *version)
{
	const char *rest = status_page_html, *mark;

	while ((mark = strchr(rest, '@'))) {
		buffer_add_bytes(out, rest, (size_t)(mark - rest));
		if (!strncmp(mark, "@CAUSES@", 8)) {
			write_causes(out);
			rest = mark + 8;
		} else if (!strncmp(mark, "@VERSION@", 9)) {
			buffer_add(out, "%s", version);
			rest = mark + 9;
		} else {
			buffer_add(out, "@");
			rest = mark + 1;
		}
	}
	buffer_add(out, "%s", rest);
}
