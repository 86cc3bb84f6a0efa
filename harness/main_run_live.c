/* SPDX-License-Identifier: MIT */
/*
 * What `faultpost run --live` needs of the machine, and what it leaves there:
 * the files of a run that failed.
 */
#include "core/cli/beside.h"
#include "core/cli/cli.h"
#include "core/cli/file.h"
#include "harness/live/live_cage.h"
#include "harness/main_run.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/stat.h>
#include <unistd.h>

#define TIME_SCALE_MAX 1000000.0
#define KEPT_BYTES_MAX ((size_t)1 << 30) /* of one file */

bool
run_live_read_scale(struct run *run, const char *value, struct err *err)
{
	char *end;

	errno = 0;
	run->time_scale = strtod(value, &end);
	return (errno == 0 && end != value && *end == '\0' &&
		   run->time_scale > 0 && run->time_scale <= TIME_SCALE_MAX) ||
	    err_set(err,
		"--time-scale %s is wrong; expected a number above 0, at most "
		"%g",
		value, TIME_SCALE_MAX);
}

bool
run_live_read_relay(struct run *run, const char *value, struct err *err)
{
	struct slice rest = slice_cstr(value), name;

	(void)slice_split(&rest, ':', &name);
	run->relay = value;
	run->adapter = adapter_named(name, err);
	run->relay_root =
	    name.len < strlen(value) ? value + name.len + 1 : NULL;
	if (run->adapter == NULL)
		return false;
	return run->adapter->program != NULL ||
	    run_external_read_relay(run, run->relay_root, err);
}

/* The relay stands beside this program, or has a path. */
static bool
open_relay(struct run *run, struct err *err)
{
	const char *name = run->adapter->program;
	char *beside = name[0] != '/' ? cli_beside(name) : NULL;
	const char *path = beside != NULL ? beside : name;

	run->relay_fd = open(path, O_PATH | O_CLOEXEC);
	if (run->relay_fd < 0)
		(void)err_set(err, "--live needs %s%s%s: %s",
		    beside != NULL ? name : "",
		    beside != NULL ? " beside faultpost: " : "", path,
		    strerror(errno));
	free(beside);
	return run->relay_fd >= 0;
}

/* What the scripts of adapters find in their environment. */
static bool
set_environment(const struct run *run, struct err *err)
{
	char scale[32], root[PATH_MAX] = "";

	if (run->relay_root != NULL && realpath(run->relay_root, root) == NULL)
		return err_set(
		    err, "--relay %s: %s", run->relay_root, strerror(errno));
	(void)snprintf(scale, sizeof(scale), "%g", run_live_scale(run));
	return (setenv("FAULTPOST_RELAY_ROOT", root, 1) == 0 &&
		   setenv("FAULTPOST_TIME_SCALE", scale, 1) == 0) ||
	    err_set(err, "no memory for the environment");
}

double
run_live_scale(const struct run *run)
{
	return run->time_scale > 0 ? run->time_scale : LIVE_FOREIGN_SCALE;
}

/* Options that say nothing without --live; NULL: none is given. */
static const char *
live_option(const struct run *run)
{
	if (run->keeps)
		return "keep";
	if (run->time_scale > 0)
		return "time-scale";
	return run->adapter != &adapter_faultpost ? "relay"
						  : run_external_option(run);
}

bool
run_live_prepare(struct run *run, struct err *err)
{
	struct err lack;

	if (!run->is_live) {
		if (live_option(run) == NULL)
			return true;
		return err_set(
		    err, "--%s: expected --live with it", live_option(run));
	}
	if (run->adapter->program != NULL && run_external_option(run) != NULL)
		return err_set(err,
		    "--%s: expected --relay external:ADDRESS with it",
		    run_external_option(run));
	if (run->list || run->check)
		return true;
	if (run->adapter->program == NULL)
		return run_external_prepare(run, err);
	if (!open_relay(run, err) || !set_environment(run, err))
		return false;
	if (!live_cage_check(&lack)) {
		/* It would have to find addresses elsewhere. */
		if (run->adapter != &adapter_faultpost)
			return err_set(err, "--relay %s needs namespaces: %s",
			    run->adapter->name, lack.msg);
		run->is_bare = true;
		fprintf(stderr,
		    "faultpost run: note: no namespaces here (%s): addresses "
		    "are in 127.0.0.0/8, and ports are others\n",
		    lack.msg);
	}
	return true;
}

/* ---- what is kept ---- */

static void
add_log(void *owner, struct slice line)
{
	buf_append(owner, line);
}

static void
add_event(void *owner, const struct transcript_event *ev)
{
	transcript_format(owner, ev);
}

/* What a tape shows, as files have it. */
static bool
write_tape(const struct tape *tape, const char *folder, struct err *err)
{
	struct buf log = { 0 }, transcript = { 0 }, path = { 0 };
	bool good;

	tape_play(tape, NULL, &log, add_log, NULL);
	tape_play(tape, NULL, &transcript, NULL, add_event);
	buf_printf(&path, "%s/mail_logs", folder);
	good = cli_write_file(buf_cstr(&path), buf_slice(&log), err);
	buf_clear(&path);
	buf_printf(&path, "%s/transcript.jsonl", folder);
	good = good &&
	    cli_write_file(buf_cstr(&path), buf_slice(&transcript), err);
	buf_fini(&log);
	buf_fini(&transcript);
	buf_fini(&path);
	return good;
}

static bool
copy_file(const char *name, const char *folder, struct err *err)
{
	struct buf path = { 0 };
	size_t len = 0;
	char *text = cli_read_file(name, KEPT_BYTES_MAX, &len, err);
	bool good = text != NULL;

	buf_printf(&path, "%s/%s", folder, name);
	good =
	    good && cli_write_file(buf_cstr(&path), slice_of(text, len), err);
	buf_fini(&path);
	free(text);
	return good;
}

/* The relay's files stand where the run does; its sockets are nothing to keep.
 */
static bool
copy_files(const char *folder, struct err *err)
{
	DIR *here = opendir(".");
	const struct dirent *entry;
	struct stat st;
	bool good = true;

	if (here == NULL)
		return err_set(err, "where it ran: %s", strerror(errno));
	while (good && (entry = readdir(here)) != NULL)
		if (lstat(entry->d_name, &st) == 0 && S_ISREG(st.st_mode))
			good = copy_file(entry->d_name, folder, err);
	(void)closedir(here);
	return good;
}

const char *
run_live_folder(void)
{
	const char *folder = getenv("TMPDIR");

	return folder != NULL && folder[0] != '\0' ? folder : "/tmp";
}

void
run_live_keep(const struct run *run, const struct result *result,
    const struct tape *tape, struct buf *text)
{
	struct buf folder = { 0 };
	struct err err;
	char *path;

	if (result->is_stopped || (!run->keeps && result_held(result)))
		return;
	buf_printf(&folder, "%s/faultpost-live-XXXXXX", run_live_folder());
	path = slice_dup(buf_slice(&folder));
	if (mkdtemp(path) == NULL)
		buf_printf(text, "%s: note: nothing is kept: %s: %s\n",
		    result->plan->name, path, strerror(errno));
	else if (write_tape(tape, path, &err) &&
	    (run->adapter->program == NULL || copy_files(path, &err)))
		buf_printf(text, "%s: note: its files are kept in %s\n",
		    result->plan->name, path);
	else
		buf_printf(text, "%s: note: only some files are in %s: %s\n",
		    result->plan->name, path, err.msg);
	free(path);
	buf_fini(&folder);
}
