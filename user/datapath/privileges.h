/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The capabilities this process has and keeps. Loading takes three (capabilities(7)): CAP_BPF,
 * CAP_NET_ADMIN and CAP_PERFMON; from then on two are enough, for new interfaces and the sweep.
 */
#ifndef DATAPATH_PRIVILEGES_H
#define DATAPATH_PRIVILEGES_H

/* Checks the capabilities for loading. Returns 0, or -EPERM after a message that names the missing.
 */
int privileges_check_loading(void);

/* Drops all but CAP_BPF and CAP_NET_ADMIN, for good. Returns 0 or -errno. */
int privileges_keep_running(void);

/*
 * Drops every capability, for good, and root becomes nobody; before untrusted input is read, after
 * its file is open. Returns 0, or -errno after a message.
 */
int privileges_drop_all(void);

/* Drops every capability, for good; the user stays. Returns 0 or -errno. */
int privileges_drop_capabilities(void);

/*
 * Drops all but the two capabilities that read /proc/PID/fd of any process (CAP_SYS_PTRACE,
 * CAP_DAC_READ_SEARCH), for good. Returns 0 or -errno.
 */
int privileges_keep_reading_processes(void);

/* Returns whether this process may read /proc/PID/fd of other users' processes. */
int privileges_can_read_processes(void);

/* Becomes `uid` with the three capabilities of loading, for tests. Returns 0 or -errno. */
int privileges_become_user(unsigned uid);

#endif
