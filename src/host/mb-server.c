/* mb-server.c: placeholder until the first real file of this layer
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
typedef int mb_placeholder;
