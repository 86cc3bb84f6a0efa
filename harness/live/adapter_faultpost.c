/* SPDX-License-Identifier: MIT */
/* faultpost-relay under test; see adapter.h. */
#include "harness/live/adapter.h"
#include "harness/live/relay_file.h"

#define CONFIG_FILE "relay.json"

/* Nothing: what it is given is what a scenario says. */
static const char *
faultpost_unable(const struct plan *plan, const json_t *scenario)
{
	(void)scenario;
	(void)plan;
	return NULL;
}

/* It trusts the authority of the hosts, which has signed its own certificate,
 * too. */
static void
faultpost_files(
    const struct adapter_setting *setting, struct adapter_files *out)
{
	if (setting->authority.len > 0)
		buf_append(adapter_files_add(out, RELAY_FILE_AUTHORITY),
		    setting->authority);
	if (setting->certificate.len > 0) {
		buf_append(adapter_files_add(out, RELAY_FILE_CERTIFICATE),
		    setting->certificate_pem);
		buf_append(
		    adapter_files_add(out, RELAY_FILE_KEY), setting->key_pem);
	}
	relay_file_format(setting->scenario, setting->plan,
	    setting->authority.len > 0, setting->certificate,
	    &setting->name_server, adapter_files_add(out, CONFIG_FILE));
}

static void
faultpost_command(const struct adapter_start *start, struct adapter_words *out)
{
	char ready[16];

	(void)snprintf(ready, sizeof(ready), "%d", start->ready_fd);
	adapter_words_add(out, SLICE("faultpost-relay"));
	adapter_words_add(out, SLICE("--config"));
	adapter_words_add(out, SLICE(CONFIG_FILE));
	adapter_words_add(out, SLICE("--ready-fd"));
	adapter_words_add(out, slice_cstr(ready));
	adapter_words_add(out, SLICE("--clock-fd"));
	adapter_words_add(out, start->clock);
	if (start->places.len > 0) {
		adapter_words_add(out, SLICE("--places-fd"));
		adapter_words_add(out, start->places);
	}
}

const struct adapter adapter_faultpost = {
	.name = "faultpost",
	.program = "faultpost-relay",
	.clock = ADAPTER_CLOCK_SHARED,
	.control = RELAY_FILE_CONTROL,
	.unable = faultpost_unable,
	.files = faultpost_files,
	.command = faultpost_command,
	.side_log = relay_file_log,
};
