/* SPDX-License-Identifier: MIT */
/*
 * Files that are part of the program; cmake/Embed.cmake makes the functions of
 * them.
 */
#ifndef FAULTPOST_PAGE_FILES_H
#define FAULTPOST_PAGE_FILES_H

#include "core/base/slice.h"

/* harness/report/page/: page.html, page.css, page.js, lanes.js, scenario.js */
struct slice page_html(void);
struct slice page_css(void);
struct slice page_js(void);
struct slice lanes_js(void);
struct slice scenario_js(void);

#endif
