/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The commands, one file each. Each returns the exit code of the process. */
#ifndef COMMANDS_COMMANDS_H
#define COMMANDS_COMMANDS_H

enum { EXIT_FINE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

int command_watch(int argc, char **argv);
int command_run(int argc, char **argv);
int command_replay(int argc, char **argv);
int command_report(int argc, char **argv);
int command_check(int argc, char **argv); /* exit codes of a monitoring plugin */
int command_fleet(int argc, char **argv); /* the same exit codes */
int command_detach(int argc, char **argv);

#endif
