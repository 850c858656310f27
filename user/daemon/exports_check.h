/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Values of the options that say where things go: each is an option_check of util/options.h. */
#ifndef DAEMON_EXPORTS_CHECK_H
#define DAEMON_EXPORTS_CHECK_H

#include "util/options.h"

int check_listen(const char *text, char why[OPTION_WHY_SIZE]);	 /* "none" is fine */
int check_textfile(const char *text, char why[OPTION_WHY_SIZE]); /* ends in .prom */
int check_otlp(const char *text, char why[OPTION_WHY_SIZE]);	 /* a URL */
int check_otlp_header(const char *text, char why[OPTION_WHY_SIZE]);

#endif
