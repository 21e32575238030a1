#ifndef CHAOS_CSPAWN_H
#define CHAOS_CSPAWN_H

#include <spawn.h>

/// Has a process that is started get no files but standard input, output and error.
///
/// Returns 0, or the number of an error.
int chaos_spawn_close_others(posix_spawn_file_actions_t *actions);

#endif
