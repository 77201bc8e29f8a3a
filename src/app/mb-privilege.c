/* mb-privilege.c: whom the process runs as
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-privilege.h"

#include <errno.h>
#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/types.h>
#include <unistd.h>

#include "mb-error.h"

/**
 * mb_privilege_drop:
 * @user: a name or a number of the machine's user database
 *
 * Becomes that user, with its groups, for good. Where the process is that user already nothing
 * happens. Before there is a second thread: GLib's may have been made, and do nothing that needs more.
 *
 * Returns: %FALSE with %MB_ERROR_USAGE where there is no such user, or the process may not become it
 */
gboolean
mb_privilege_drop (const char *user, GError **error)
{
  guint64 number = 0;
  const struct passwd *entry =
      g_ascii_string_to_unsigned (user, 10, 0, G_MAXUINT32 - 1, &number, NULL)
          ? getpwuid ((uid_t) number)
          : getpwnam (user);

  if (entry == NULL) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE, "there is no user %s on this machine", user);
    return FALSE;
  }
  if (geteuid () == entry->pw_uid && getuid () == entry->pw_uid)
    return TRUE;
  if (initgroups (entry->pw_name, entry->pw_gid) != 0 ||
      setresgid (entry->pw_gid, entry->pw_gid, entry->pw_gid) != 0 ||
      setresuid (entry->pw_uid, entry->pw_uid, entry->pw_uid) != 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_USAGE,
        "cannot become user %s: %s; start as root, or as %s", user, g_strerror (errno), user);
    return FALSE;
  }
  /* What a child would get back by a set-uid program. */
  prctl (PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  g_setenv ("HOME", entry->pw_dir, TRUE);
  g_setenv ("USER", entry->pw_name, TRUE);
  return TRUE;
}

gboolean
mb_privilege_is_root (void)
{
  return geteuid () == 0;
}
