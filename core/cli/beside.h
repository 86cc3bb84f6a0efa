/* SPDX-License-Identifier: MIT */
/*
 * Files that stand where this program does: wherever it is installed, unpacked
 * or built, what belongs to it is found from there.
 */
#ifndef FAULTPOST_CLI_BESIDE_H
#define FAULTPOST_CLI_BESIDE_H

/* The path NAME from the folder of this program's file, whether or not it
 * exists; malloc'd.  NULL: the kernel does not tell where that is. */
char *cli_beside(const char *name);

#endif
