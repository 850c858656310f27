/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Runs every case on both engines and in both families, in a network namespace of its own, and
 * prints TAP. Usage: test_packet [--ordinary-user|--askers] [NAME]   (only cases with this in
 * their name). With --askers each case counts askers too, three of them in turn.
 * With --ordinary-user the kernel engine is loaded by uid 65534 with the three capabilities.
 */
#include "rig.h"

#include "datapath/privileges.h"

#include <errno.h>
#include <net/if.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int number, failed;

static int wanted(const struct test_case *c, int v)
{
	if (c->families == FAMILY_4_ONLY)
		return v == 4;
	if (c->families == FAMILY_6_ONLY)
		return v == 6;
	return 1;
}

static void run_case(const struct test_case *c, enum rig_engine kind)
{
	const char *engine = kind == ENGINE_KERNEL ? "kernel" : "native";

	number++;
	if (kind == ENGINE_KERNEL && c->native_only) {
		printf("ok %d - %s ipv%d %s # SKIP for the native engine alone\n", number, engine,
		       family, c->name);
		return;
	}
	failures = 0;
	rig_open(kind, c->guests);
	c->run();
	rig_laws();
	rig_close();
	failed += !!failures;
	printf("%sok %d - %s ipv%d %s\n", failures ? "not " : "", number, engine, family, c->name);
}

/* In order of definition: constructors have put the last one first. */
static struct test_case *reversed(struct test_case *list)
{
	struct test_case *done = NULL, *next;

	for (; list; list = next) {
		next = list->next;
		list->next = done;
		done = list;
	}
	return done;
}

static void make_links(void)
{
	/* A service's user cannot; in a virtual machine of the tests' own it need not. */
	if (unshare(CLONE_NEWNET) && !getenv("DNSREACH_TEST_IN_PLACE")) {
		fprintf(stderr, "test_packet: no network namespace of its own: %s\n",
			strerror(errno));
		exit(1);
	}
	if (!if_nametoindex("link_a") &&
	    system("ip link add link_a type veth peer name link_b") != 0)
		exit(1);
	link_a = if_nametoindex("link_a");
	link_b = if_nametoindex("link_b");
}

int main(int argc, char **argv)
{
	int user = argc > 1 && !strcmp(argv[1], "--ordinary-user"), kind;
	int askers = argc > 1 && !strcmp(argv[1], "--askers");
	const char *name = argv[1 + user + askers];
	const struct test_case *c;

	setvbuf(stdout, NULL, _IOLBF, 0);
	make_links();
	if (user && privileges_become_user(65534)) {
		fprintf(stderr, "test_packet: cannot become an ordinary user\n");
		return 1;
	}
	if (askers)
		rig_count_askers();
	cases = reversed(cases);
	for (kind = user ? ENGINE_KERNEL : ENGINE_NATIVE; kind <= ENGINE_KERNEL; kind++) {
		for (family = 4; family <= 6; family += 2) {
			for (c = cases; c; c = c->next) {
				if (c->kernel_only && kind == ENGINE_NATIVE)
					continue;
				if (wanted(c, family) && (!name || strstr(c->name, name)))
					run_case(c, kind);
			}
		}
	}
	printf("1..%d\n", number);
	return failed ? 1 : 0;
}
