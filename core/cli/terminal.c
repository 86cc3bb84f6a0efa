/* SPDX-License-Identifier: MIT */
/* Colours and widths; see terminal.h. */
#include "core/cli/terminal.h"

#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool
cli_wants_colour(const char *no_color, const char *term)
{
	return (no_color == NULL || no_color[0] == '\0') &&
	    isatty(STDOUT_FILENO) &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

bool
cli_wants_progress(const char *term)
{
	return isatty(STDERR_FILENO) &&
	    (term == NULL || strcmp(term, "dumb") != 0);
}

size_t
cli_columns(void)
{
	struct winsize size;

	if (!isatty(STDOUT_FILENO) ||
	    ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0)
		return 0;
	return size.ws_col;
}
