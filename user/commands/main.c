/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The table of commands. */
#include "util/options.h"
#include "util/log.h"
#include "commands/commands.h"

#include <bpf/libbpf.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>
#include <unistd.h>

static int command_help(int argc, char **argv);
static int command_version(int argc, char **argv);

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
	const char *help;
} commands[] = {
	{"watch", command_watch,
	 "show a live table of this host's resolvers: which fail, how badly, why"},
	{"run", command_run, "run the daemon: count, serve /metrics and a status page, export"},
	{"replay", command_replay, "show the same for a capture, or for text printed by tcpdump"},
	{"report", command_report,
	 "write an incident report from a capture, tcpdump text or incidents file"},
	{"check", command_check,
	 "run a monitoring plugin: OK, WARNING, CRITICAL or UNKNOWN, and perfdata"},
	{"fleet", command_fleet, "ask Prometheus which resolver fails for how many hosts"},
	{"detach", command_detach, "remove the filters that a killed process left on interfaces"},
	{"version", command_version, "print the versions of dnsreach, libbpf and the kernel"},
	{"help", command_help, "print this help, or that of a command: help COMMAND"},
};

#define COMMANDS (sizeof(commands) / sizeof(commands[0]))

static void print_usage(FILE *out)
{
	size_t i;

	fprintf(out, "Usage: dnsreach COMMAND [OPTIONS]\n\nCommands:\n");
	for (i = 0; i < COMMANDS; i++)
		fprintf(out, "  %-10s %s\n", commands[i].name, commands[i].help);
	fprintf(out, "\nEach command has --help. Try: sudo dnsreach watch\n");
}

/* Runs command `argv[0]` with its arguments. Returns its exit code. */
static int command_run_named(int argc, char **argv)
{
	char name[32];
	size_t i;

	for (i = 0; i < COMMANDS; i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		snprintf(name, sizeof(name), "dnsreach %s", commands[i].name);
		argv[0] = name;
		return commands[i].run(argc, argv);
	}
	log_error("there is no command '%s'; try: dnsreach help", argv[0]);
	return EXIT_USAGE;
}

/* Prints the help of the command that is named, else the list of commands. */
static int command_help(int argc, char **argv)
{
	static char option[] = "--help";

	if (argc > 1 && strcmp(argv[1], "help") && *argv[1] != '-')
		return command_run_named(2, (char *[]){argv[1], option, NULL});
	print_usage(stdout);
	return EXIT_FINE;
}

static int command_version(int argc, char **argv)
{
	struct utsname u;
	int err;

	err = options_read(NULL, 0, "Usage: dnsreach version\n", argc, argv, NULL, NULL);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	uname(&u);
	printf("dnsreach %s\nlibbpf %s\nkernel %s\n", VERSION, libbpf_version_string(), u.release);
	return EXIT_FINE;
}

/* Opens closed standard descriptors: else the next open file would become one of them. */
static void open_standard_fds(void)
{
	int fd;

	do {
		fd = open("/dev/null", O_RDWR);
	} while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd >= 0)
		close(fd);
}

int main(int argc, char **argv)
{
	open_standard_fds();

	if (argc < 2) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"))
		argv[1] = "help";
	if (!strcmp(argv[1], "--version") || !strcmp(argv[1], "-V"))
		argv[1] = "version";
	return command_run_named(argc - 1, argv + 1);
}
