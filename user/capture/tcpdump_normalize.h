/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The normaliser: bytes to logical lines. A logical line is one line of tcpdump as it was printed:
 * without what stood before its time (of a log, a list, a quotation), and with its parts joined
 * where it was wrapped. Where the joints are not certain, there are several forms, and the grammar
 * says which of them is a line of tcpdump.
 */
#ifndef CAPTURE_TCPDUMP_NORMALIZE_H
#define CAPTURE_TCPDUMP_NORMALIZE_H

#include "capture/tcpdump_decode.h"
#include "capture/tcpdump_dump.h"

#define LOGICAL_MAX 4096 /* bytes; of a longer line the rest is left out */
#define PREFIX_MAX 512	 /* bytes of what stands before the time */
#define PARTS_MAX 128	 /* lines that one line of tcpdump may be wrapped in */

enum logical_kind {
	LOGICAL_ENTRY, /* begins with a time */
	LOGICAL_LOOSE, /* a line that belongs to none */
};

/* The width of a line as fold, an editor and a terminal count it. */
enum line_width { WIDTH_CHARS, WIDTH_COLUMNS, WIDTH_BYTES, WIDTH_MAX };

/*
 * A wrapped line is put together by spaces, where it was wrapped between words, or as it is at a
 * fixed width: without what looks like the prefix of its first part, or with it.
 */
#define FORM_WORDS 0
#define FORM_MAX (1 + 2 * WIDTH_MAX)

struct logical_line {
	enum logical_kind kind;
	__u64 number;	    /* of the line of the text in which it begins */
	size_t form_count;  /* those that differ from each other */
	int is_after_entry; /* LOGICAL_LOOSE: no blank line since an entry */
	int is_apart;	    /* LOGICAL_ENTRY: words or a blank line stand before it, and none
			       stood before the entry above it */
	int is_wrapped;	    /* LOGICAL_ENTRY: it takes several lines of the text */
	const struct text_dump *dump; /* LOGICAL_ENTRY: what stands below it */
	const char *text[FORM_MAX]; /* single spaces, none at the ends; valid until the next call */
};

struct text_part {
	size_t offset, length;	 /* in `parts` */
	size_t width[WIDTH_MAX]; /* of the line that it is of */
	size_t stripped;	 /* characters of the prefix that stood before it */
	int is_split;		 /* the line was too long: joined with the next as it is */
};

struct normalizer {
	struct decoder decoder;
	struct text_line line, ahead; /* the current line, and the one behind it */
	int has_ahead, has_line;
	size_t at;	    /* in the current line: what is not taken yet */
	int is_after_entry; /* since the last entry only loose lines, and none of them blank */
	int has_fractions;  /* the times of the text have one */
	int is_time_cut;    /* the time of the entry that has begun goes on in the next line */
	int is_after_blank; /* a blank line stood behind the last part */
	size_t prefix_length;
	char prefix[PREFIX_MAX];
	int has_words_before, has_blank_before; /* the entry that has begun */
	int is_apart;				/* see struct logical_line */
	int is_blank_above;			/* the line above the current one is blank */
	__u64 entry_number;
	struct text_dump dump; /* below the entry that has begun */
	size_t part_count, used;
	struct text_part part[PARTS_MAX];
	char parts[2 * LOGICAL_MAX]; /* the parts of the entry, as they stand in the text */
	char form[FORM_MAX][LOGICAL_MAX + 1];
};

void normalizer_init(struct normalizer *n, decode_read_fn *read, void *context);

/* Find the next logical line. Returns 1, 0 at the end, -errno. */
int normalizer_next(struct normalizer *n, struct logical_line *ret);

#endif
