/* SPDX-License-Identifier: MIT */
/* `faultpost-relay queue`: looks at a queue, or changes one of a relay that
 * does not run. */
#ifndef FAULTPOST_RELAY_MAIN_QUEUE_H
#define FAULTPOST_RELAY_MAIN_QUEUE_H

/* argv begins with the word "queue"; returns the exit code. */
int main_queue(int argc, char **argv);

#endif
