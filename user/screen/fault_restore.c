// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* See fault_restore.h. Apart from terminal.c, because term.h defines some hundred common words. */
#include "screen/fault_restore.h"

#include <curses.h>
#include <signal.h>
#include <string.h>
#include <term.h>
#include <unistd.h>

#define RESTORE_SIZE 256
#define FAULT_STACK 16384

static struct termios modes_before;
static char restore_text[RESTORE_SIZE];
static size_t restore_length;
static char fault_stack[FAULT_STACK];

static const int fault_signals[] = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGQUIT, SIGSYS};

#define FAULT_SIGNALS (sizeof(fault_signals) / sizeof(*fault_signals))

/* Calls async-signal-safe functions only (signal-safety(7)). */
static void on_fault(int number)
{
	if (write(STDOUT_FILENO, restore_text, restore_length) < 0)
		restore_length = 0;
	tcsetattr(STDIN_FILENO, TCSANOW, &modes_before);
	raise(number); /* the action is the default one again: SA_RESETHAND */
}

static const char *find_capability(const char *name)
{
	const char *text = tigetstr(name);

	return text == (const char *)-1 ? NULL : text;
}

/* Appends a capability, without the delays in it ("$<5>", terminfo(5)). */
static void add_capability(const char *name)
{
	const char *text = find_capability(name);

	while (text && *text && restore_length < sizeof(restore_text)) {
		if (text[0] == '$' && text[1] == '<') {
			text += strcspn(text, ">");
			text += *text == '>';
		} else {
			restore_text[restore_length++] = *text++;
		}
	}
}

void fault_restore_begin(const struct termios *before)
{
	const stack_t stack = {.ss_sp = fault_stack, .ss_size = sizeof(fault_stack)};
	struct sigaction action = {.sa_handler = on_fault, .sa_flags = SA_RESETHAND | SA_ONSTACK};
	struct sigaction earlier;
	size_t i;

	modes_before = *before;
	restore_length = 0;
	add_capability("sgr0");
	add_capability("rmkx");
	add_capability("cnorm");
	add_capability("rmcup");
	sigaltstack(&stack, NULL);
	for (i = 0; i < FAULT_SIGNALS; i++)
		/* A sanitizer's own handler stays. */
		if (!sigaction(fault_signals[i], NULL, &earlier) && earlier.sa_handler == SIG_DFL)
			sigaction(fault_signals[i], &action, NULL);
}

void fault_restore_end(void)
{
	struct sigaction now;
	size_t i;

	for (i = 0; i < FAULT_SIGNALS; i++)
		if (!sigaction(fault_signals[i], NULL, &now) && now.sa_handler == on_fault)
			signal(fault_signals[i], SIG_DFL);
}

int terminal_moves_cursor(void)
{
	return find_capability("cup") != NULL;
}
