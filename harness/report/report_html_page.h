/* SPDX-License-Identifier: MIT */
/* The page of a run with a section of somebody else's before its scenarios. */
#ifndef FAULTPOST_REPORT_HTML_PAGE_H
#define FAULTPOST_REPORT_HTML_PAGE_H

#include "harness/report/report.h"

/* Begins the page as report_html does; the section is HTML and may be empty. */
void report_html_begin_with(struct slice section, struct buf *out);

#endif
