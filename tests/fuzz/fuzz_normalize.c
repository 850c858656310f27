// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The normaliser of tcpdump's text under libFuzzer: bytes to logical lines, without the grammar.
 * `make fuzz` runs it; see tests/fuzz/run.
 */
#include "fed.h"

#include "capture/tcpdump_normalize.h"

#include <string.h>

struct bytes {
	const uint8_t *at;
	size_t left;
};

static ssize_t read_bytes(void *context, void *to, size_t room)
{
	struct bytes *b = context;
	size_t n = b->left < room ? b->left : room;

	memcpy(to, b->at, n);
	b->at += n;
	b->left -= n;
	return (ssize_t)n;
}

/* Single spaces, none at the ends, nothing that moves a terminal. */
static void check_form(const char *form)
{
	size_t length = strlen(form), i;

	MUST(length <= LOGICAL_MAX);
	MUST(!length || (form[0] != ' ' && form[length - 1] != ' '));
	for (i = 0; i < length; i++) {
		MUST((unsigned char)form[i] >= ' ' && form[i] != 0x7f);
		MUST(form[i] != ' ' || form[i + 1] != ' ');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct normalizer n;
	struct bytes bytes = {data, size};
	struct logical_line line;
	size_t lines = 0, i;

	normalizer_init(&n, read_bytes, &bytes);
	while (normalizer_next(&n, &line) > 0) {
		MUST(++lines <= size + 1);
		MUST(line.number && line.number <= size + 1);
		MUST(line.form_count >= 1 && line.form_count <= FORM_MAX);
		MUST(line.kind == LOGICAL_ENTRY || line.form_count == 1);
		for (i = 0; i < line.form_count; i++)
			check_form(line.text[i]);
	}
	MUST(!bytes.left);
	return 0;
}
