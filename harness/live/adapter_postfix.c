/* SPDX-License-Identifier: MIT */
/*
 * Postfix under test; see adapter.h: what of a scenario it can be given, its
 * files, and how a script puts it together.
 */
#include "harness/live/adapter.h"
#include "harness/live/beyond.h"
#include "harness/live/foreign_start.h"
#include "harness/live/postfix_file.h"

static const struct foreign_program program = {
	.name = "Postfix",
	.package = "postfix",
	.path = "/usr/lib/postfix/sbin/master",
	.people = "postfix:6001:6001 postdrop:6006:6006",
	.script =
	    "[ -z \"$root\" ] || export LD_LIBRARY_PATH=$root/usr/lib/postfix\n"
	    "cd queue 2>/dev/null || { mkdir queue data conf; cd queue\n"
	    "mkdir active bounce corrupt defer deferred flush hold incoming"
	    " private maildrop public pid saved trace\n"
	    "chmod 700 *; chmod 730 maildrop; chmod 710 public; chmod 755 pid\n"
	    "chown postfix ../data *; chown root pid\n"
	    "chgrp postdrop public maildrop; }\n"
	    "cd ..\n"
	    "for file in main.cf master.cf; do\n"
	    "    sed \"s|@HERE@|$here|g; s|@ROOT@|$root|g\" $file >conf/$file\n"
	    "done\n"
	    /* What is as new as the clock, it reads again until it is not. */
	    "touch -d '-1 hour' conf/* transport\n"
	    ": >log\n"
	    "tail -n +1 -F log 2>/dev/null &\n"
	    "export LD_PRELOAD=$here/faketime.so\n"
	    "exec \"$root/usr/lib/postfix/sbin/master\" -c \"$here/conf\" -d\n",
};

static const char *
postfix_unable(const struct plan *plan, const json_t *scenario)
{
	static const char *const delivery[] = { "connect_timeout",
		"greeting_timeout", "command_timeout", "data_timeout",
		"body_timeout", "eod_timeout", "port", NULL };
	static const char *const bounce[] = { "initial_wait", "max_wait",
		"max_time", NULL };
	const struct beyond_keys keys = { delivery, bounce };
	struct buf transport = { 0 }, hosts = { 0 };
	const char *why = beyond_find(scenario, &keys);

	if (why == NULL)
		(void)postfix_transport_format(plan, &transport, &hosts, &why);
	buf_fini(&transport);
	buf_fini(&hosts);
	return why;
}

static void
postfix_files(const struct adapter_setting *setting, struct adapter_files *out)
{
	struct buf *transport = adapter_files_add(out, "transport");
	struct buf *hosts = adapter_files_add(out, "hosts");
	const char *why;
	bool good =
	    postfix_transport_format(setting->plan, transport, hosts, &why);

	/* postfix_unable() has said so. */
	assert(good);
	postfix_main_format(setting->plan, adapter_files_add(out, "main.cf"));
	postfix_master_format(
	    setting->plan, adapter_files_add(out, "master.cf"));
	foreign_start_format(
	    &program, adapter_files_add(out, FOREIGN_START_FILE));
}

const struct adapter adapter_postfix = {
	.name = "postfix",
	.program = FOREIGN_START_PROGRAM,
	.clock = ADAPTER_CLOCK_FILE,
	.dialect = &reader_postfix,
	.unable = postfix_unable,
	.files = postfix_files,
	.command = foreign_command,
	.side_log = foreign_side_log,
};
