/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* `dnsreach detach`: removes the filters that a killed process left on clsact. */
#include "util/options.h"
#include "commands/commands.h"
#include "datapath/attach.h"

#include <stdio.h>

int command_detach(int argc, char **argv)
{
	size_t count = 0;
	int err;

	err = options_read(NULL, 0,
			   "Usage: dnsreach detach\n\n"
			   "Removes the filters that a killed process left on clsact, from all\n"
			   "interfaces of this network namespace. With TCX nothing is ever left.\n",
			   argc, argv, NULL, NULL);
	if (err)
		return err > 0 ? EXIT_FINE : EXIT_USAGE;
	if (attachment_remove_leftovers(&count))
		return EXIT_FAILED;
	if (count)
		printf("Removed %zu filter%s of a killed process.\n", count, count == 1 ? "" : "s");
	else
		printf("No filter was left attached.\n");
	return EXIT_FINE;
}
