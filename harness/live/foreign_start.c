/* SPDX-License-Identifier: MIT */
/* The script that starts a program of others; see foreign_start.h. */
#include "harness/live/foreign_start.h"

static const char first_lines[] =
    "set -e\n"
    "here=$(pwd) root=${FAULTPOST_RELAY_ROOT:-}\n"
    "say() { echo \"$*\" >&2; exit 1; }\n"
    "fake=$(ls \"$root\"/usr/lib/*/faketime/libfaketime.so.1"
    " /usr/lib/*/faketime/libfaketime.so.1 2>/dev/null | head -n 1)\n"
    "[ -n \"$fake\" ] || say \"libfaketime is missing (package libfaketime)\"\n"
    /* Whoever a process becomes must get to what it needs. */
    "chmod 711 .\n"
    "cp -a /etc etc\n"
    "person() {\n"
    "    grep -q \"^$1:\" etc/group || echo \"$1:x:$3:\" >>etc/group\n"
    "    grep -q \"^$1:\" etc/passwd ||"
    " echo \"$1:x:$2:$3::/nonexistent:/usr/sbin/nologin\" >>etc/passwd\n"
    "}\n";

static const char next_lines[] =
    "{ echo 127.0.0.1 localhost; [ ! -f hosts ] || cat hosts; } >etc/hosts\n"
    "rm -f etc/resolv.conf\n"
    "echo nameserver 127.0.0.1 >etc/resolv.conf\n"
    "mount --bind etc /etc\n"
    "if [ -n \"$root\" ]; then\n"
    "    mkdir program; mount --bind \"$root\" program; root=$here/program\n"
    "fi\n"
    /* libfaketime(1) has files there, named by numbers of processes, which are
     * the same in each cage, and leaves them. */
    "[ ! -d /dev/shm ] || mount -t tmpfs tmpfs /dev/shm\n"
    "cp \"$fake\" faketime.so\n"
    "export FAKETIME=%x$FAULTPOST_TIME_SCALE FAKETIME_FOLLOW_FILE=$here/clock"
    " FAKETIME_NO_CACHE=1 NO_FAKE_STAT=1\n";

static void
put_people(const char *people, struct buf *out)
{
	struct slice rest = slice_cstr(people), person, field;

	while (slice_split(&rest, ' ', &person)) {
		buf_append_cstr(out, "person");
		while (slice_split(&person, ':', &field))
			buf_printf(out, " %.*s", SLICE_ARG(field));
		buf_append_byte(out, '\n');
	}
}

void
foreign_start_format(const struct foreign_program *program, struct buf *out)
{
	buf_append_cstr(out, first_lines);
	buf_printf(out,
	    "[ -x \"$root%s\" ] || say \"%s is missing (package %s)\"\n",
	    program->path, program->name, program->package);
	put_people(program->people, out);
	buf_append_cstr(out, next_lines);
	buf_append_cstr(out, program->script);
}

void
foreign_command(const struct adapter_start *start, struct adapter_words *out)
{
	(void)start;
	adapter_words_add(out, SLICE("sh"));
	adapter_words_add(out, SLICE(FOREIGN_START_FILE));
}

const char *
foreign_side_log(const struct plan *plan, enum plan_log log)
{
	(void)plan;
	(void)log;
	return NULL;
}
