/* SPDX-License-Identifier: MIT */
/*
 * A case that a relay which runs elsewhere is judged by: its log, which another
 * process reads as it is written, and the places of its hosts; see main_run.h.
 */
#include "core/cli/cli.h"
#include "core/cli/follow.h"
#include "harness/main_run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* ---- the log ---- */

/* Where it is written to from now on.  It is another process that waits for
 * more: signals stay as they are. */
struct cli_follow *
run_external_open_log(const struct run_external *e, struct err *err)
{
	sigset_t before;
	struct cli_follow *follow;

	(void)sigprocmask(SIG_SETMASK, NULL, &before);
	follow = cli_follow_open(e->log, err);
	if (follow != NULL && !cli_follow_skip(follow, err))
		cli_follow_close(&follow);
	(void)sigprocmask(SIG_SETMASK, &before, NULL);
	return follow;
}

/* A process of its own waits for it, and gives it on line by line. */
_Noreturn static void
give_log(struct cli_follow *follow)
{
	struct slice line;
	struct err err;

	for (;;)
		switch (cli_follow_next(follow, &line, &err)) {
		case CLI_FOLLOW_LINE:
			fwrite(line.at, 1, line.len, stdout);
			putchar('\n');
			break;
		case CLI_FOLLOW_REST:
		case CLI_FOLLOW_ANEW:
			if (fflush(stdout) != 0)
				_exit(1);
			break;
		case CLI_FOLLOW_ERROR:
			(void)cli_report(&err, CLI_TROUBLE);
			_exit(1);
		case CLI_FOLLOW_END:
			_exit(0);
		}
}

/* Signals of a terminal are the run's to answer, which ends the giver. */
static void
take_no_signals(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)setpgid(0, 0);
}

static bool
giver_fork(pid_t *giver, struct cli_follow *follow, const int ends[2])
{
	const pid_t maker = getpid();

	*giver = fork();
	if (*giver != 0)
		return *giver > 0;
	(void)close(ends[0]);
	take_no_signals();
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != maker || dup2(ends[1], STDOUT_FILENO) < 0)
		_exit(1);
	give_log(follow);
}

/* Its lines come from *fd. */
static bool
giver_start(pid_t *giver, int *fd, struct cli_follow *follow, struct err *err)
{
	int ends[2];
	bool good;

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0)
		return err_set(err, "no sockets: %s", strerror(errno));
	*fd = ends[0];
	good = (fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 &&
		   giver_fork(giver, follow, ends)) ||
	    err_set(err, "no process: %s", strerror(errno));
	(void)close(ends[1]);
	if (!good)
		(void)close(ends[0]);
	return good;
}

static bool
follow_log(const struct run_external *e, bool is_first, struct run_stage *stage,
    struct err *err)
{
	struct cli_follow *later =
	    is_first ? NULL : run_external_open_log(e, err);
	struct cli_follow *follow = is_first ? e->follow : later;
	bool good = follow != NULL &&
	    giver_start(&stage->giver, &stage->elsewhere.log_fd, follow, err);

	cli_follow_close(&later);
	return good;
}

/* ---- a case ---- */

static utime
wall_clock(void)
{
	struct timespec now;

	clock_gettime(CLOCK_REALTIME, &now);
	return (utime)now.tv_sec * UTIME_S + now.tv_nsec / 1000;
}

bool
run_external_begin(const struct run *run, struct plan *plan, bool is_first,
    struct run_stage *stage, struct err *err)
{
	const struct run_external *e = &run->external;
	struct live_elsewhere *elsewhere = &stage->elsewhere;

	if (!placement_make(&stage->places, plan, &e->bindings, err) ||
	    !follow_log(e, is_first, stage, err)) {
		placement_fini(&stage->places);
		return false;
	}
	stage->zone = placement_zone_new(&stage->places, plan->relay.zone);
	elsewhere->relay = e->relay;
	elsewhere->client = e->client;
	elsewhere->places = &stage->places;
	elsewhere->limit = e->limit;
	elsewhere->names = e->has_names ? &e->names : NULL;
	elsewhere->zone = stage->zone;
	plan_move(plan, wall_clock());
	return true;
}

void
run_external_end(struct run_stage *stage)
{
	(void)kill(stage->giver, SIGKILL);
	(void)waitpid(stage->giver, NULL, 0);
	zone_destroy(&stage->zone);
	placement_fini(&stage->places);
}
