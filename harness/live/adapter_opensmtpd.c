/* SPDX-License-Identifier: MIT */
/*
 * OpenSMTPD under test; see adapter.h: what of a scenario it can be given, its
 * files, and how a script puts it together.
 */
#include "harness/live/adapter.h"
#include "harness/live/beyond.h"
#include "harness/live/foreign_start.h"
#include "harness/live/opensmtpd_file.h"

#include <signal.h>

static const struct foreign_program program = {
	.name = "OpenSMTPD",
	.package = "opensmtpd",
	.path = "/usr/sbin/smtpd",
	.people = "opensmtpd:6003:6003 opensmtpq:6004:6004",
	.script =
	    "echo lookup file bind >>etc/resolv.conf\n"
	    /* Its folders are not to be chosen. */
	    "for folder in /var/spool /var/lib /run; do"
	    " mount -t tmpfs tmpfs $folder; done\n"
	    "mkdir -p -m 711 /var/spool/smtpd\n"
	    "mkdir -p /var/lib/opensmtpd/empty /run/opensmtpd\n"
	    "if [ -n \"$root\" ]; then\n"
	    "    mkdir libexec\n"
	    "    cp -a \"$root/usr/libexec/opensmtpd\" libexec\n"
	    "    mkdir -p /usr/libexec 2>/dev/null\n"
	    "    mount --bind libexec /usr/libexec\n"
	    "fi\n"
	    /* Its processes change their root, and see the clock there, too. */
	    "for jail in /var/spool/smtpd /var/lib/opensmtpd/empty; do\n"
	    "    mkdir -p \"$jail$here\"; : >\"$jail$here/clock\"\n"
	    "    mount --bind clock \"$jail$here/clock\"\n"
	    "done\n"
	    /* libevent(3) is as exact as its clock. */
	    "export EVENT_PRECISE_TIMER=1\n"
	    ": >log\n"
	    "tail -n +1 -F --pid=$$ log 2>/dev/null &\n"
	    /* What it does first of all is due when its clock has moved. */
	    "{ tail -n +1 -F --pid=$$ log 2>/dev/null |"
	    " grep -q -m 1 'smtp: will accept' &&"
	    " touch -r clock -d '+1 second' clock; } &\n"
	    /* Its processes wait for each other as they begin, 10 s by their
	     * clock; where the machine is too busy for that it begins again. */
	    "smtpd= is_over=\n"
	    "trap 'is_over=1; [ -z \"$smtpd\" ] || kill $smtpd 2>/dev/null || :' TERM\n"
	    "while said=$(wc -l <log) code=0; do\n"
	    "    LD_PRELOAD=$here/faketime.so \"$root/usr/sbin/smtpd\" -d -v"
	    " -T transfer -T scheduler -f \"$here/smtpd.conf\" >>log 2>&1 &\n"
	    "    smtpd=$!\n"
	    "    [ -z \"$is_over\" ] || kill $smtpd 2>/dev/null || :\n"
	    "    while wait $smtpd || code=$?; kill -0 $smtpd 2>/dev/null; do"
	    " code=0; done\n"
	    "    [ -z \"$is_over\" ] && tail -n +$((said + 1)) log |"
	    " grep -q 'imsg_wait: Connection timed out' || exit $code\n"
	    "done\n",
};

static bool
format_files(const struct plan *plan, struct buf *config, struct buf *hosts,
    const char **why)
{
	struct zone *names = zone_new();
	bool good = opensmtpd_config_format(plan, config, hosts, names, why);

	zone_destroy(&names);
	return good;
}

/* Its listener does not take SMTPUTF8. */
static bool
is_beyond_ascii(struct slice address)
{
	for (size_t i = 0; i < address.len; i++)
		if ((unsigned char)address.at[i] >= 0x80)
			return true;
	return false;
}

static bool
injects_utf8(const struct plan *plan)
{
	bool any = false;

	for (size_t i = 0; i < plan->inject_count; i++) {
		const struct plan_inject *said = &plan->injects[i];

		any |= is_beyond_ascii(said->from);
		for (size_t r = 0; r < said->to.count; r++)
			any |= is_beyond_ascii(said->to.at[r]);
	}
	return any;
}

static const char *
opensmtpd_unable(const struct plan *plan, const json_t *scenario)
{
	static const char *const delivery[] = { "port", NULL };
	/* Its waits are its own; what is expected of them shows it. */
	static const char *const bounce[] = { "initial_wait", "max_wait",
		"max_time", NULL };
	const struct beyond_keys keys = { delivery, bounce };
	struct buf config = { 0 }, hosts = { 0 };
	const char *why = beyond_find(scenario, &keys);

	if (why == NULL && injects_utf8(plan))
		return "its \"inject\" has addresses in UTF-8";
	if (why == NULL)
		(void)format_files(plan, &config, &hosts, &why);
	buf_fini(&config);
	buf_fini(&hosts);
	return why;
}

static void
opensmtpd_files(
    const struct adapter_setting *setting, struct adapter_files *out)
{
	struct buf *config = adapter_files_add(out, "smtpd.conf");
	struct buf *hosts = adapter_files_add(out, "hosts");
	const char *why;
	bool good = format_files(setting->plan, config, hosts, &why);

	/* opensmtpd_unable() has said so. */
	assert(good);
	foreign_start_format(
	    &program, adapter_files_add(out, FOREIGN_START_FILE));
}

static void
opensmtpd_names(const struct plan *plan, struct zone *out)
{
	struct buf config = { 0 }, hosts = { 0 };
	const char *why;

	(void)opensmtpd_config_format(plan, &config, &hosts, out, &why);
	buf_fini(&config);
	buf_fini(&hosts);
}

const struct adapter adapter_opensmtpd = {
	.name = "opensmtpd",
	.program = FOREIGN_START_PROGRAM,
	.clock = ADAPTER_CLOCK_FILE,
	.nudge = SIGSTOP,
	.connect_timeout = 300 * UTIME_S,
	.dialect = &reader_opensmtpd,
	.unable = opensmtpd_unable,
	.files = opensmtpd_files,
	.names = opensmtpd_names,
	.command = foreign_command,
	.side_log = foreign_side_log,
};
