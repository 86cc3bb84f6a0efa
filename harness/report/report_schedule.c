/* SPDX-License-Identifier: MIT */
/* Schedules for programs: "requeue" of `--format json`. */
#include "harness/report/report_json_impl.h"

static double
seconds(utime span)
{
	return (double)span / UTIME_S;
}

static json_t *
wait_json(const struct schedule_row *row, const struct schedule_wait *wait)
{
	json_t *object = json_object();

	json_object_set_new(
	    object, "line", json_integer((json_int_t)wait->line));
	json_object_set_new(
	    object, "seconds", json_real(seconds(wait->till - row->accepted)));
	json_object_set_new(object, "prescribed",
	    wait->prescribed == UTIME_NEVER
		? json_null()
		: json_real(seconds(wait->prescribed - row->accepted)));
	json_object_set_new(object, "by", json_string(schedule_wait_by(wait)));
	json_object_set_new(object, "differs", json_boolean(wait->differs));
	return object;
}

json_t *
schedule_json(const struct schedule *s)
{
	json_t *list = json_array();

	for (size_t i = 0; i < schedule_count(s); i++) {
		const struct schedule_row *row = schedule_row(s, i);
		json_t *object = json_object(), *rounds = json_array();
		json_t *domain = json_string(row->domain);

		json_object_set_new(
		    object, "mid", json_integer((json_int_t)row->mid));
		json_object_set_new(object, "domain",
		    domain != NULL ? domain
				   : json_string("(bytes that are not UTF-8)"));
		json_object_set_new(object, "profile",
		    json_stringn(row->profile.at, row->profile.len));
		for (size_t k = 0; k < row->count; k++)
			json_array_append_new(
			    rounds, wait_json(row, &row->waits[k]));
		json_object_set_new(object, "rounds", rounds);
		json_array_append_new(list, object);
	}
	return list;
}
