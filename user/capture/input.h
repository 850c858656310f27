/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Bytes from a file or standard input, with a look at the first ones that loses none, of a pipe
 * either. What the bytes are is for others.
 */
#ifndef CAPTURE_INPUT_H
#define CAPTURE_INPUT_H

#include <linux/types.h>
#include <stddef.h>
#include <sys/types.h>

#define INPUT_BUFFER 65536

struct decompressor;

struct input {
	const char *name; /* for messages; points into what input_open() was given */
	int fd;
	struct decompressor *stream;
	size_t start, end; /* what is in the buffer, not yet taken */
	__u64 done, all;   /* bytes of the file taken so far; in all, 0: not known */
	int damaged;	   /* compressed data was damaged: what comes behind it is lost */
	unsigned char buffer[INPUT_BUFFER];
};

/* Open FILE, or standard input for "-"; gzip and Zstandard are decompressed. 0, or -errno after one
 * message. */
int input_open(struct input *in, const char *path);
void input_close(struct input *in);

/* The next bytes, `want` of them (at most INPUT_BUFFER) or all there are; -errno. Takes none. */
ssize_t input_peek(struct input *in, size_t want, const unsigned char **bytes);

/* Returns where text begins: behind a byte order mark of UTF-8 and white space, or `length`. */
size_t input_text_begin(const unsigned char *bytes, size_t length);

/* Read up to `room` bytes; 0 at the end, or where compressed data is damaged (after a message);
 * -errno. */
ssize_t input_read(struct input *in, void *to, size_t room);

/* One message on stderr, `dnsreach: FILE: ...`. Returns `code`. */
int input_error(const struct input *in, int code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
