/* mb-fingerprint.c: the right certificate matches, nothing else does
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-fingerprint.h"

#include "mb-error.h"

/* "abc" in place of DER: the digests are those of FIPS 180-2. */
#define PEM "-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n"
#define ABC_256 \
  "BA:78:16:BF:8F:01:CF:EA:41:41:40:DE:5D:AE:22:23:B0:03:61:A3:96:17:7A:9C:B4:10:FF:61:F2:00:15:AD"
#define ABC_256_LOWER \
  "ba:78:16:bf:8f:01:cf:ea:41:41:40:de:5d:ae:22:23:b0:03:61:a3:96:17:7a:9c:b4:10:ff:61:f2:00:15:ad"
#define ABC_384                                                                                      \
  "CB:00:75:3F:45:A3:5E:8B:B5:A0:3D:69:9A:C6:50:07:27:2C:32:AB:0E:DE:D1:63:1A:8B:60:5A:43:FF:5B:ED:" \
  "80:86:07:2B:A1:E7:CC:23:58:BA:EC:A1:34:C8:25:A7"

typedef struct {
  const char *what;
  const char *hash;
  const char *hex;
  gint64 error; /* -1 means none */
  const char *pem;
  gboolean matches;
} Case;

static const Case CASES[] = {
    {"sha-256", "sha-256", ABC_256, -1, PEM, TRUE},
    {"any case", "SHA-256", ABC_256_LOWER, -1, PEM, TRUE},
    {"sha-384", "sha-384", ABC_384, -1, PEM, TRUE},
    {"other certificate", "sha-256", ABC_256, -1,
        "-----BEGIN CERTIFICATE-----\nYWJk\n-----END CERTIFICATE-----\n", FALSE},
    {"no certificate", "sha-256", ABC_256, -1, NULL, FALSE},
    {"empty certificate", "sha-256", ABC_256, -1,
        "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n", FALSE},
    {"half a certificate", "sha-256", ABC_256, -1, "-----BEGIN CERTIFICATE-----\nYWJj", FALSE},
    {"sha-1", "sha-1", ABC_256, MB_ERROR_SECURITY, NULL, FALSE},
    {"digest of another length", "sha-384", ABC_256, MB_ERROR_BAD_REQUEST, NULL, FALSE},
    {"too long", "sha-256", ABC_256 ":00", MB_ERROR_BAD_REQUEST, NULL, FALSE},
    {"no colons", "sha-256", "BA7816BF", MB_ERROR_BAD_REQUEST, NULL, FALSE},
    {"no hexadecimal", "sha-256", "ZZ:78", MB_ERROR_BAD_REQUEST, NULL, FALSE},
    {"nothing", "sha-256", "", MB_ERROR_BAD_REQUEST, NULL, FALSE},
};

static void
test_table (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (CASES); i++) {
    g_autoptr (GError) error = NULL;
    MbFingerprint fingerprint = {.size = 0};
    gboolean is_parsed = mb_fingerprint_parse (&fingerprint, CASES[i].hash, CASES[i].hex, &error);

    g_test_message ("%s", CASES[i].what);
    g_assert_cmpint (is_parsed, ==, error == NULL);
    g_assert_cmpint (error != NULL ? error->code : -1, ==, CASES[i].error);
    g_assert_cmpint (mb_fingerprint_matches (&fingerprint, CASES[i].pem), ==, CASES[i].matches);
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/fingerprint/matches-only-its-certificate", test_table);
  return g_test_run ();
}
