/* SPDX-License-Identifier: MIT */
/* Signals that end a program when it has told what it knows; see stop.h. */
#include "core/cli/stop.h"

#include <signal.h>
#include <stddef.h>

static volatile sig_atomic_t stop_signal;

static void
on_stop_signal(int number)
{
	stop_signal = number;
}

void
cli_stop_watch(void)
{
	struct sigaction action = { .sa_handler = on_stop_signal,
		.sa_flags = (int)SA_RESETHAND | SA_RESTART };

	sigemptyset(&action.sa_mask);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool
cli_is_stopped(void)
{
	return stop_signal != 0;
}
