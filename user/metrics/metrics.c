// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * All metrics, family by family. The labels are made before anything is visited, so that memory
 * can only run out when nothing is written yet. The families are in metrics_resolver.c and
 * metrics_self.c, the labels in metrics_labels.c.
 */
#include "metrics/metrics_parts.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct metric_family row_family(const struct counter_row *row, const char *labels,
				char room[FAMILY_LABELS_SIZE])
{
	struct metric_family family = {row->metric, METRIC_COUNTER, NULL, room, row->help};

	snprintf(room, FAMILY_LABELS_SIZE, "%s%s%s", labels, *labels && row->label ? ", " : "",
		 row->label ? row->label : "");
	return family;
}

size_t rows_end(const struct counter_row *rows, size_t from, size_t count)
{
	size_t end = from + 1;

	while (end < count && rows[end].exported == EXPORTED_COUNTER &&
	       !strcmp(rows[end].metric, rows[from].metric))
		end++;
	return end;
}

void sample_label(struct metric_sample *sample, const char *name, const char *value)
{
	if (name)
		sample->labels[sample->label_count++] = (struct metric_label){name, value};
}

double metric_start_s(const struct metric_family *family, const struct metrics_self *self)
{
	return strncmp(family->name, "process_", 8) ? self->started_s : self->process_started_s;
}

int metrics_visit(const struct metrics_source *source, const struct metric_visitor *visitor)
{
	struct attached_interfaces interfaces;
	struct labelled_resolvers resolvers;
	int err;

	err = labelled_make(source, &resolvers);
	if (err)
		return err;
	err = attached_make(source->status, &interfaces);
	if (err)
		goto free_resolvers;
	visit_resolvers(visitor, &resolvers);
	visit_self(visitor, source, &interfaces);
	free(interfaces.each);
free_resolvers:
	free(resolvers.each);
	return err;
}
