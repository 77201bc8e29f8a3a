/* mb-jwt.c: good tokens of three algorithms are taken, forged and stale ones are not
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "mb-jwt.h"

#include <gnutls/abstract.h>
#include <gnutls/crypto.h>
#include <string.h>

#include "mb-base64url.h"
#include "mb-error.h"
#include "mb-json-scan.h"

#define NOW_S G_GINT64_CONSTANT (1800000000)
#define SECRET "0123456789abcdef0123456789abcdef"
#define GOOD "{\"exp\":1800000060,\"iss\":\"me\",\"aud\":\"you\"}"

/* What signs a test's token. */
typedef enum {
  BY_SECRET,
  BY_OTHER_SECRET,
  BY_RSA,
  BY_EC,
  BY_NOTHING,
  BY_PUBLIC_PEM, /* the public key taken for a secret */
} Signer;

typedef struct {
  gnutls_privkey_t rsa;
  gnutls_privkey_t ec;
  char *rsa_pem; /* owned */
  char *ec_pem;  /* owned */
} Keys;

static Keys keys;

static char *
export_pem (gnutls_privkey_t private)
{
  gnutls_pubkey_t public = NULL;
  gnutls_datum_t pem = {0};
  char *text = NULL;

  g_assert_cmpint (gnutls_pubkey_init (&public), ==, 0);
  g_assert_cmpint (gnutls_pubkey_import_privkey (public, private, 0, 0), ==, 0);
  g_assert_cmpint (gnutls_pubkey_export2 (public, GNUTLS_X509_FMT_PEM, &pem), ==, 0);
  text = g_strndup ((char *) pem.data, pem.size);
  gnutls_free (pem.data);
  gnutls_pubkey_deinit (public);
  return text;
}

static gnutls_privkey_t
generate (gnutls_pk_algorithm_t kind, unsigned int bits)
{
  gnutls_privkey_t key = NULL;

  g_assert_cmpint (gnutls_privkey_init (&key), ==, 0);
  g_assert_cmpint (gnutls_privkey_generate (key, kind, bits, 0), ==, 0);
  return key;
}

static void
append_number (GString *out, const char *name, const gnutls_datum_t *number)
{
  g_string_append_printf (out, ",\"%s\":\"", name);
  mb_base64url_append (out, number->data, number->size);
  g_string_append_c (out, '"');
}

/* A JWK of @private's public half. */
static char *
export_jwk (gnutls_privkey_t private, const char *more)
{
  GString *jwk = g_string_new (NULL);
  gnutls_datum_t a = {0};
  gnutls_datum_t b = {0};
  gnutls_ecc_curve_t curve = GNUTLS_ECC_CURVE_INVALID;
  gboolean is_rsa = private == keys.rsa;

  if (is_rsa)
    g_assert_cmpint (
        gnutls_privkey_export_rsa_raw2 (private, &a, &b, NULL, NULL, NULL, NULL, NULL, NULL, 0), ==,
        0);
  else
    g_assert_cmpint (gnutls_privkey_export_ecc_raw2 (private, &curve, &a, &b, NULL, 0), ==, 0);
  g_string_append_printf (
      jwk, "{%s%s", is_rsa ? "\"kty\":\"RSA\"" : "\"kty\":\"EC\",\"crv\":\"P-256\"", more);
  append_number (jwk, is_rsa ? "n" : "x", &a);
  append_number (jwk, is_rsa ? "e" : "y", &b);
  g_string_append_c (jwk, '}');
  gnutls_free (a.data);
  gnutls_free (b.data);
  return g_string_free (jwk, FALSE);
}

static void
append_public_signature (GString *token, gnutls_privkey_t key, gboolean is_ec)
{
  gnutls_datum_t data = {.data = (unsigned char *) token->str, .size = (unsigned int) token->len};
  gnutls_datum_t signature = {0};
  gnutls_datum_t halves[2] = {0};
  guint8 raw[64] = {0};

  g_assert_cmpint (
      gnutls_privkey_sign_data2 (
          key, is_ec ? GNUTLS_SIGN_ECDSA_SHA256 : GNUTLS_SIGN_RSA_SHA256, 0, &data, &signature),
      ==, 0);
  g_string_append_c (token, '.');
  if (!is_ec) {
    mb_base64url_append (token, signature.data, signature.size);
  } else {
    g_assert_cmpint (gnutls_decode_rs_value (&signature, &halves[0], &halves[1]), ==, 0);
    for (int i = 0; i < 2; i++) {
      gsize size = MIN (halves[i].size, 32);

      memcpy (raw + 32 * (i + 1) - size, halves[i].data + halves[i].size - size, size);
      gnutls_free (halves[i].data);
    }
    mb_base64url_append (token, raw, sizeof raw);
  }
  gnutls_free (signature.data);
}

static void
append_mac (GString *token, const char *secret)
{
  guint8 mac[32];

  gnutls_hmac_fast (GNUTLS_MAC_SHA256, secret, strlen (secret), token->str, token->len, mac);
  g_string_append_c (token, '.');
  mb_base64url_append (token, mac, sizeof mac);
}

static char *
make_token (const char *header, const char *claims, Signer signer)
{
  GString *token = g_string_new (NULL);

  mb_base64url_append (token, header, strlen (header));
  g_string_append_c (token, '.');
  mb_base64url_append (token, claims, strlen (claims));
  switch (signer) {
  case BY_SECRET:
    append_mac (token, SECRET);
    break;
  case BY_OTHER_SECRET:
    append_mac (token, "0123456789abcdef0123456789abcdeX");
    break;
  case BY_RSA:
    append_public_signature (token, keys.rsa, FALSE);
    break;
  case BY_EC:
    append_public_signature (token, keys.ec, TRUE);
    break;
  case BY_NOTHING:
    g_string_append_c (token, '.');
    break;
  case BY_PUBLIC_PEM:
    append_mac (token, keys.rsa_pem);
    break;
  }
  return g_string_free (token, FALSE);
}

static GPtrArray *
take_key (MbJwtKey *key)
{
  GPtrArray *set = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_jwt_key_free);

  g_assert_nonnull (key);
  g_ptr_array_add (set, key);
  return set;
}

static char *
check (const char *token, GPtrArray *set, GError **error)
{
  static const char *const AUDIENCES[] = {"them", "you", NULL};
  MbJwtExpectation expectation = {
      .keys = set, .issuer = "me", .audiences = AUDIENCES, .now_us = NOW_S * G_USEC_PER_SEC};
  gint64 expires_us = 0;
  gboolean is_key_unknown = FALSE;

  return mb_jwt_check (token, &expectation, &expires_us, &is_key_unknown, error);
}

static void
assert_refused (const char *token, GPtrArray *set)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *claims = check (token, set, &error);

  g_assert_null (claims);
  g_assert_error (error, MB_ERROR, MB_ERROR_UNAUTHORIZED);
}

static void
assert_taken (const char *token, GPtrArray *set)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *claims = check (token, set, &error);

  g_assert_no_error (error);
  g_assert_nonnull (claims);
}

static void
test_good (void)
{
  g_autoptr (GPtrArray) secret = take_key (mb_jwt_key_new_secret (SECRET, 32, NULL));
  g_autoptr (GPtrArray) rsa =
      take_key (mb_jwt_key_new_pem (keys.rsa_pem, strlen (keys.rsa_pem), NULL));
  g_autoptr (GPtrArray) ec =
      take_key (mb_jwt_key_new_pem (keys.ec_pem, strlen (keys.ec_pem), NULL));
  g_autofree char *hs256 = make_token ("{\"alg\":\"HS256\",\"typ\":\"JWT\"}", GOOD, BY_SECRET);
  g_autofree char *rs256 = make_token ("{\"alg\":\"RS256\",\"kid\":\"any\"}", GOOD, BY_RSA);
  g_autofree char *own = mb_jwt_make (g_ptr_array_index (secret, 0), GOOD);

  assert_taken (hs256, secret);
  assert_taken (own, secret);
  assert_taken (rs256, rsa);
  /* Halves of a signature begin with a zero in one of 128. */
  for (int i = 0; i < 300; i++) {
    g_autofree char *es256 = make_token ("{\"alg\":\"ES256\"}", GOOD, BY_EC);

    assert_taken (es256, ec);
  }
}

static const struct {
  const char *claims;
  gboolean good;
} CLAIMS[] = {
    {GOOD, TRUE},
    {"{\"exp\":1800000060.75,\"iss\":\"me\",\"aud\":[\"x\",\"you\"],\"nbf\":1799999990.5}", TRUE},
    {"{\"exp\":1799999971,\"iss\":\"me\",\"aud\":\"you\"}", TRUE},
    {"{\"exp\":1799999970,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1799999000,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"nbf\":1800000030,\"iss\":\"me\",\"aud\":\"you\"}", TRUE},
    {"{\"exp\":1800000060,\"nbf\":1800000031,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":null,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":\"1800000060\",\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":-1,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1e999,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1e300,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":true,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":[1800000060],\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"nbf\":\"0\",\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me2\",\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"iss\":[\"me\"],\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"aud\":\"you\"}", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me\",\"aud\":\"others\"}", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me\",\"aud\":[]}", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me\",\"aud\":{\"you\":1}}", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me\"}", FALSE},
    {"[\"exp\"]", FALSE},
    {"exp", FALSE},
    {"{\"exp\":1800000060,\"iss\":\"me\",\"aud\":\"you\"} ,", FALSE},
    {"{\"x\":[[[[[[[[[]]]]]]]]],\"exp\":1800000060,\"iss\":\"me\",\"aud\":\"you\"}", FALSE},
};

static void
test_claims (void)
{
  g_autoptr (GPtrArray) set = take_key (mb_jwt_key_new_secret (SECRET, 32, NULL));

  for (gsize i = 0; i < G_N_ELEMENTS (CLAIMS); i++) {
    g_autofree char *token = make_token ("{\"alg\":\"HS256\"}", CLAIMS[i].claims, BY_SECRET);

    g_test_message ("%s", CLAIMS[i].claims);
    if (CLAIMS[i].good)
      assert_taken (token, set);
    else
      assert_refused (token, set);
  }
}

static const struct {
  const char *header;
  Signer signer;
} FORGED[] = {
    {"{\"alg\":\"none\"}", BY_NOTHING},
    {"{\"alg\":\"None\"}", BY_SECRET},
    {"{\"alg\":\"nOnE\"}", BY_NOTHING},
    {"{\"alg\":\"\"}", BY_SECRET},
    {"{\"alg\":null}", BY_SECRET},
    {"{}", BY_SECRET},
    {"[]", BY_SECRET},
    {"alg", BY_SECRET},
    {"{\"alg\":[\"HS256\"]}", BY_SECRET},
    {"{\"alg\":\"hs256\"}", BY_SECRET},
    {"{\"alg\":\"HS512\"}", BY_SECRET},
    {"{\"alg\":\"HS384\"}", BY_SECRET},
    {"{\"alg\":\"RS256\"}", BY_SECRET},
    {"{\"alg\":\"RS256\"}", BY_RSA},
    {"{\"alg\":\"HS256\"}", BY_OTHER_SECRET},
    {"{\"alg\":\"HS256\"}", BY_NOTHING},
    {"{\"alg\":\"HS256\",\"crit\":[\"exp\"]}", BY_SECRET},
    {"{\"alg\":\"HS256\",\"b64\":false,\"crit\":[\"b64\"]}", BY_SECRET},
    {"{\"alg\":\"HS256\",\"typ\":\"secevent+jwt\"}", BY_SECRET},
    {"{\"alg\":\"HS256\",\"typ\":7}", BY_SECRET},
    {"{\"alg\":\"HS256\",\"kid\":7}", BY_SECRET},
    {"{\"alg\":\"HS256\",\"jwk\":{\"kty\":\"oct\",\"k\":\"AAAA\"}}", BY_OTHER_SECRET},
    {"{\"alg\":\"HS256\",\"jku\":\"http://127.0.0.1/keys\"}", BY_OTHER_SECRET},
    {"{\"alg\":\"HS256\",\"kid\":\"../../dev/null\"}", BY_OTHER_SECRET},
};

static void
test_forged (void)
{
  g_autoptr (GPtrArray) set = take_key (mb_jwt_key_new_secret (SECRET, 32, NULL));

  for (gsize i = 0; i < G_N_ELEMENTS (FORGED); i++) {
    g_autofree char *token = make_token (FORGED[i].header, GOOD, FORGED[i].signer);

    g_test_message ("%s", FORGED[i].header);
    assert_refused (token, set);
  }
}

static void
test_confusion (void)
{
  g_autoptr (GPtrArray) rsa =
      take_key (mb_jwt_key_new_pem (keys.rsa_pem, strlen (keys.rsa_pem), NULL));
  g_autofree char *as_secret = make_token ("{\"alg\":\"HS256\"}", GOOD, BY_PUBLIC_PEM);
  g_autofree char *as_rsa = make_token ("{\"alg\":\"RS256\"}", GOOD, BY_PUBLIC_PEM);
  g_autofree char *by_ec = make_token ("{\"alg\":\"ES256\"}", GOOD, BY_EC);
  g_autofree char *unsigned_one = make_token ("{\"alg\":\"none\"}", GOOD, BY_NOTHING);
  g_autofree char *zeroes = g_strdup ("eyJhbGciOiJFUzI1NiJ9.e30."
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                                      "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
  g_autoptr (GPtrArray) ec =
      take_key (mb_jwt_key_new_pem (keys.ec_pem, strlen (keys.ec_pem), NULL));

  assert_refused (as_secret, rsa);
  assert_refused (as_rsa, rsa);
  assert_refused (by_ec, rsa);
  assert_refused (unsigned_one, rsa);
  assert_refused (zeroes, ec);
}

/* Whatever one character of a good token is changed to, it is good no more. */
static void
test_tampered (void)
{
  g_autoptr (GPtrArray) set = take_key (mb_jwt_key_new_secret (SECRET, 32, NULL));
  g_autofree char *token = make_token ("{\"alg\":\"HS256\"}", GOOD, BY_SECRET);

  assert_taken (token, set);
  for (gsize i = 0; token[i] != '\0'; i++) {
    char was = token[i];

    token[i] = was == 'A' ? 'B' : 'A';
    assert_refused (token, set);
    token[i] = '\0';
    assert_refused (token, set);
    token[i] = was;
  }
}

static void
test_shape (void)
{
  static const char *const TOKENS[] = {"", ".", "..", "...", "a.b", "a.b.c.d", "e30.e30.",
      "e30.e30.AAAA", "eyJhbGciOiJIUzI1NiJ9", "eyJhbGciOiJIUzI1NiJ9..AAAA", "\xff.\xff.\xff"};
  g_autoptr (GPtrArray) set = take_key (mb_jwt_key_new_secret (SECRET, 32, NULL));
  g_autofree char *padding = g_strnfill (MB_JWT_MAX_BYTES, 'x');
  g_autofree char *claims =
      g_strdup_printf ("{\"exp\":1800000060,\"iss\":\"me\",\"aud\":\"you\",\"x\":\"%s\"}", padding);
  g_autofree char *too_long = make_token ("{\"alg\":\"HS256\"}", claims, BY_SECRET);

  for (gsize i = 0; i < G_N_ELEMENTS (TOKENS); i++)
    assert_refused (TOKENS[i], set);
  assert_refused (too_long, set);
}

static void
test_set (void)
{
  g_autofree char *rsa = export_jwk (keys.rsa, ",\"kid\":\"r\",\"use\":\"sig\",\"alg\":\"RS256\"");
  g_autofree char *ec = export_jwk (keys.ec, ",\"kid\":\"e\"");
  g_autofree char *text = g_strdup_printf (
      "{\"keys\":[{\"kty\":\"oct\",\"kid\":\"s\",\"k\":\"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY\"},"
      "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"},7,%s,%s]}",
      rsa, ec);
  g_autoptr (GPtrArray) set = mb_jwt_key_read_set (text, strlen (text), NULL);
  g_autofree char *by_rsa = make_token ("{\"alg\":\"RS256\",\"kid\":\"r\"}", GOOD, BY_RSA);
  g_autofree char *by_ec = make_token ("{\"alg\":\"ES256\",\"kid\":\"e\"}", GOOD, BY_EC);
  g_autofree char *unnamed = make_token ("{\"alg\":\"ES256\"}", GOOD, BY_EC);
  g_autofree char *crossed = make_token ("{\"alg\":\"ES256\",\"kid\":\"r\"}", GOOD, BY_EC);
  g_autofree char *secret = make_token ("{\"alg\":\"HS256\",\"kid\":\"s\"}", GOOD, BY_SECRET);
  g_autofree char *foreign = make_token ("{\"alg\":\"RS256\",\"kid\":\"q\"}", GOOD, BY_RSA);
  MbJwtExpectation expectation = {.keys = set, .now_us = NOW_S * G_USEC_PER_SEC};
  gint64 expires_us = 0;
  gboolean is_key_unknown = FALSE;

  g_assert_cmpuint (set->len, ==, 2);
  assert_taken (by_rsa, set);
  assert_taken (by_ec, set);
  assert_taken (unnamed, set);
  assert_refused (crossed, set);
  assert_refused (secret, set);
  g_assert_null (mb_jwt_check (foreign, &expectation, &expires_us, &is_key_unknown, NULL));
  g_assert_true (is_key_unknown);
  g_assert_null (mb_jwt_check (crossed, &expectation, &expires_us, &is_key_unknown, NULL));
  g_assert_false (is_key_unknown);
}

static void
test_bad_keys (void)
{
  static const char *const SETS[] = {"", "{}", "[]", "{\"keys\":7}", "{\"keys\":[]}",
      "{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
      "{\"keys\":[{\"kty\":\"RSA\"}]}",
      "{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"AAAA\",\"y\":\"AAAA\"}]}"};
  gnutls_privkey_t small = generate (GNUTLS_PK_RSA, 1024);
  g_autofree char *pem = export_pem (small);
  g_autoptr (GError) error = NULL;

  gnutls_privkey_deinit (small);
  for (gsize i = 0; i < G_N_ELEMENTS (SETS); i++) {
    g_autoptr (GError) fault = NULL;

    g_assert_null (mb_jwt_key_read_set (SETS[i], strlen (SETS[i]), &fault));
    g_assert_error (fault, MB_ERROR, MB_ERROR_USAGE);
  }
  g_assert_null (mb_jwt_key_new_secret (SECRET, 31, NULL));
  g_assert_null (mb_jwt_key_new_pem ("x", 1, NULL));
  g_assert_null (mb_jwt_key_new_pem ("-----BEGIN RSA PRIVATE KEY-----", 31, NULL));
  g_assert_null (mb_jwt_key_new_pem (pem, strlen (pem), &error));
  g_assert_error (error, MB_ERROR, MB_ERROR_USAGE);
}

int
main (int argc, char **argv)
{
  int status = 0;

  g_test_init (&argc, &argv, NULL);
  keys.rsa = generate (GNUTLS_PK_RSA, 2048);
  keys.ec = generate (GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1));
  keys.rsa_pem = export_pem (keys.rsa);
  keys.ec_pem = export_pem (keys.ec);
  g_test_add_func ("/jwt/good-ones-are-taken", test_good);
  g_test_add_func ("/jwt/claims-are-checked-to-the-second", test_claims);
  g_test_add_func ("/jwt/forged-headers-are-refused", test_forged);
  g_test_add_func ("/jwt/a-public-key-is-no-secret", test_confusion);
  g_test_add_func ("/jwt/every-changed-character-is-noticed", test_tampered);
  g_test_add_func ("/jwt/other-shapes-are-refused", test_shape);
  g_test_add_func ("/jwt/a-set-has-keys-for-one-thing-each", test_set);
  g_test_add_func ("/jwt/weak-and-broken-keys-are-refused", test_bad_keys);
  status = g_test_run ();
  gnutls_privkey_deinit (keys.rsa);
  gnutls_privkey_deinit (keys.ec);
  g_free (keys.rsa_pem);
  g_free (keys.ec_pem);
  return status;
}
