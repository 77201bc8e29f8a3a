/* main.c: options, signals, exit code
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
int
main (void)
{
  return 0;
}
