/* SPDX-License-Identifier: MIT */
/*
 * Postfix under test; see adapter.h.  It runs as a shell script puts it
 * together: with an /etc of its own, of which only its cage knows, and
 * libfaketime(1) in all of its processes, whose clock is the time of a file
 * and whose patience in select(2) and its kin is shorter by a rate.
 */
#include "harness/live/adapter.h"
#include "harness/live/beyond.h"
#include "harness/live/postfix_file.h"

static const char start_script[] =
    "set -e\n"
    "here=$(pwd) root=${FAULTPOST_RELAY_ROOT:-}\n"
    "say() { echo \"$*\" >&2; exit 1; }\n"
    "fake=$(ls \"$root\"/usr/lib/*/faketime/libfaketime.so.1"
    " /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)\n"
    "[ -n \"$fake\" ] || say \"libfaketime is missing (package libfaketime)\"\n"
    "[ -x \"$root/usr/lib/postfix/sbin/master\" ] ||"
    " say \"Postfix is missing (package postfix)\"\n"
    /* Whoever a process becomes must get to what it needs. */
    "chmod 711 .\n"
    "cp -a /etc etc\n"
    "for name in postfix:6001:6001 postdrop:6006:6006; do\n"
    "    IFS=: read -r user uid gid <<END\n$name\nEND\n"
    "    grep -q \"^$user:\" etc/group || echo \"$user:x:$gid:\" >>etc/group\n"
    "    grep -q \"^$user:\" etc/passwd ||"
    " echo \"$user:x:$uid:$gid::/nonexistent:/usr/sbin/nologin\" >>etc/passwd\n"
    "done\n"
    "{ echo 127.0.0.1 localhost; cat hosts; } >etc/hosts\n"
    "rm -f etc/resolv.conf\n"
    "echo nameserver 127.0.0.1 >etc/resolv.conf\n"
    "mount --bind etc /etc\n"
    "if [ -n \"$root\" ]; then\n"
    "    mkdir program; mount --bind \"$root\" program; root=$here/program\n"
    "    export LD_LIBRARY_PATH=$root/usr/lib/postfix\n"
    "fi\n"
    "cp \"$fake\" faketime.so\n"
    "cd queue 2>/dev/null || { mkdir queue data conf; cd queue\n"
    "mkdir active bounce corrupt defer deferred flush hold incoming private"
    " maildrop public pid saved trace\n"
    "chmod 700 *; chmod 730 maildrop; chmod 710 public; chmod 755 pid\n"
    "chown postfix ../data *; chown root pid\n"
    "chgrp postdrop public maildrop; }\n"
    "cd ..\n"
    "for file in main.cf master.cf; do\n"
    "    sed \"s|@HERE@|$here|g; s|@ROOT@|$root|g\" $file >conf/$file\n"
    "done\n"
    /* What is as new as the clock, Postfix reads again until it is not. */
    "touch -d '-1 hour' conf/* transport\n"
    ": >log\n"
    "tail -n +1 -F log 2>/dev/null &\n"
    "export LD_PRELOAD=$here/faketime.so FAKETIME=%x$FAULTPOST_TIME_SCALE"
    " FAKETIME_FOLLOW_FILE=$here/clock FAKETIME_NO_CACHE=1 NO_FAKE_STAT=1\n"
    "exec \"$root/usr/lib/postfix/sbin/master\" -c \"$here/conf\" -d\n";

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
	buf_append_cstr(adapter_files_add(out, "start.sh"), start_script);
}

static void
postfix_command(const struct adapter_start *start, struct adapter_words *out)
{
	(void)start;
	adapter_words_add(out, SLICE("sh"));
	adapter_words_add(out, SLICE("start.sh"));
}

static const char *
postfix_side_log(const struct plan *plan, enum plan_log log)
{
	(void)plan;
	(void)log;
	return NULL;
}

const struct adapter adapter_postfix = {
	.name = "postfix",
	.program = "/bin/sh",
	.clock = ADAPTER_CLOCK_FILE,
	.dialect = &reader_postfix,
	.unable = postfix_unable,
	.files = postfix_files,
	.command = postfix_command,
	.side_log = postfix_side_log,
};
