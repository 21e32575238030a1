// Swift does not see what only GNU declares.
#define _GNU_SOURCE

#include "CSpawn.h"

int chaos_spawn_close_others(posix_spawn_file_actions_t *actions) {
    return posix_spawn_file_actions_addclosefrom_np(actions, 3);
}
