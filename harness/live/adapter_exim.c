/* SPDX-License-Identifier: MIT */
/*
 * Exim under test; see adapter.h: what of a scenario it can be given, its
 * file, and how a script puts it together.
 */
#include "harness/live/adapter.h"
#include "harness/live/beyond.h"
#include "harness/live/exim_file.h"
#include "harness/live/foreign_start.h"

#include <signal.h>

static const struct foreign_program program = {
	.name = "Exim",
	.package = "exim4-daemon-light",
	.path = "/usr/sbin/exim4",
	.people = EXIM_USER ":6002:6002",
	.script =
	    /* It has the right to become anybody, so that the linker does not
	     * heed the environment. */
	"if [ -n \"$root\" ]; then\n"
	"    ls -d \"$root\"/usr/lib/*-linux-*"
	" >/etc/ld.so.conf.d/faultpost.conf 2>/dev/null || :\n"
	"    ldconfig -X\n"
	"fi\n"
	"[ -d spool ] || { mkdir spool; chown " EXIM_USER ": spool; }\n"
	"mkdir -p /etc/exim4\n"
	"sed \"s|@HERE@|$here|g; s|@ROOT@|$root|g\" exim.conf"
	" >/etc/exim4/exim4.conf\n"
	"chmod 644 /etc/exim4/exim4.conf\n"
	/* What its processes say stands among the lines of its log. */
	": >log; chown " EXIM_USER ": log; ln -f log spool/mainlog\n"
	"tail -n +1 -F log 2>/dev/null &\n"
	"echo \"$here/faketime.so\" >/etc/ld.so.preload\n"
	"exec \"$root/usr/sbin/exim4\" -bdf -q24h"
	" -d-all+deliver+receive+retry+transport+pid+exec 2>>log\n",
};

static const char *
exim_unable(const struct plan *plan, const json_t *scenario)
{
	static const char *const delivery[] = { "connect_timeout",
		"command_timeout", "body_timeout", "eod_timeout", "port",
		NULL };
	static const char *const bounce[] = { "initial_wait", "max_wait",
		"max_time", NULL };
	const struct beyond_keys keys = { delivery, bounce };
	struct buf text = { 0 };
	const char *why = beyond_find(scenario, &keys);

	if (why == NULL)
		(void)exim_file_format(plan, &text, &why);
	buf_fini(&text);
	return why;
}

static void
exim_files(const struct adapter_setting *setting, struct adapter_files *out)
{
	const char *why;
	bool good = exim_file_format(
	    setting->plan, adapter_files_add(out, "exim.conf"), &why);

	/* exim_unable() has said so. */
	assert(good);
	foreign_start_format(
	    &program, adapter_files_add(out, FOREIGN_START_FILE));
}

const struct adapter adapter_exim = {
	.name = "exim",
	.program = FOREIGN_START_PROGRAM,
	.clock = ADAPTER_CLOCK_FILE,
	/* As its own timer, when the time between two queue runs has passed. */
	.nudge = SIGALRM,
	.dialect = &reader_exim,
	.unable = exim_unable,
	.files = exim_files,
	.command = foreign_command,
	.side_log = foreign_side_log,
};
