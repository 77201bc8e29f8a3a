/* mb-candidate.c: one ICE candidate of a peer: what it says, and whether we want to send to it
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A candidate is an address that a stranger asks us to send packets to, from inside our network. So
 * names are never looked up, and addresses that reach the machine itself, everybody at once, or the
 * cloud's metadata service are refused; v4 addresses dressed as v6 too, since they would dodge the
 * rest.
 */
#include "mb-candidate.h"

#include <arpa/inet.h>
#include <string.h>

#include "mb-error.h"

struct _MbCandidateQueue {
  MbCandidatePolicy policy;
  unsigned int n_judged;
  GPtrArray *items; /* (element-type MbCandidate) */
};

void
mb_candidate_free (MbCandidate *self)
{
  g_free (self->foundation);
  g_free (self->protocol);
  g_free (self->address);
  g_free (self->type);
  g_free (self->related_address);
  g_free (self->ufrag);
  g_free (self);
}

static gboolean
parse_number (const char *text, guint64 max, guint64 *number)
{
  return *text != '\0' && strspn (text, "0123456789") == strlen (text) &&
         g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

static gboolean
is_type (const char *text)
{
  return g_str_equal (text, "host") || g_str_equal (text, "srflx") || g_str_equal (text, "prflx") ||
         g_str_equal (text, "relay");
}

/* RFC 8839: 1 to 32 ice-chars; libwebrtc's are numbers. */
static gboolean
is_foundation (const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && text[i] != '+' && text[i] != '/' && text[i] != '-')
      return FALSE;
  }
  return length >= 1 && length <= 32;
}

static gboolean
is_address_text (const char *text)
{
  gsize length = strlen (text);

  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i]) && strchr (".:-_%", text[i]) == NULL)
      return FALSE;
  }
  return length >= 1 && length <= 255;
}

/* "name value" pairs after the type; unknown ones are passed over. */
static gboolean
read_extensions (MbCandidate *self, char **words)
{
  guint64 number;

  for (unsigned int i = 0; words[i] != NULL && words[i + 1] != NULL; i += 2) {
    const char *value = words[i + 1];

    if (g_str_equal (words[i], "raddr") && self->related_address == NULL) {
      if (!is_address_text (value))
        return FALSE;
      self->related_address = g_strdup (value);
    } else if (g_str_equal (words[i], "rport")) {
      if (!parse_number (value, G_MAXUINT16, &number))
        return FALSE;
      self->related_port = (guint16) number;
    } else if (g_str_equal (words[i], "ufrag") && self->ufrag == NULL) {
      self->ufrag = g_strdup (value);
    }
  }
  return TRUE;
}

static gboolean
read_words (MbCandidate *self, char **words, const char *foundation)
{
  guint64 component;
  guint64 priority;
  guint64 port;

  if (!is_foundation (foundation) || !parse_number (words[1], 256, &component) || component == 0 ||
      !parse_number (words[3], G_MAXUINT32, &priority) || !is_address_text (words[4]) ||
      !parse_number (words[5], G_MAXUINT16, &port) || !g_str_equal (words[6], "typ") ||
      !is_type (words[7]))
    return FALSE;
  self->foundation = g_strdup (foundation);
  self->component = (unsigned int) component;
  self->protocol = g_ascii_strdown (words[2], -1);
  self->priority = (guint32) priority;
  self->address = g_strdup (words[4]);
  self->port = (guint16) port;
  self->type = g_strdup (words[7]);
  return read_extensions (self, words + 8);
}

/* Several spaces count as one. */
static char **
split_words (const char *text)
{
  g_auto (GStrv) words = g_strsplit (text, " ", -1);
  unsigned int n_kept = 0;

  for (unsigned int i = 0; words[i] != NULL; i++) {
    char *word = words[i];

    words[i] = NULL;
    if (*word != '\0')
      words[n_kept++] = word;
    else
      g_free (word);
  }
  words[n_kept] = NULL;
  return g_steal_pointer (&words);
}

/**
 * mb_candidate_parse:
 * @text: `candidate:FOUNDATION COMPONENT PROTOCOL PRIORITY ADDRESS PORT typ TYPE …` (RFC 8839);
 *   `a=` may stand before it
 *
 * Errors: MB_ERROR_BAD_REQUEST, MB_ERROR_TOO_LARGE over 512 bytes.
 *
 * Returns: (transfer full) (nullable)
 */
MbCandidate *
mb_candidate_parse (const char *text, GError **error)
{
  g_autoptr (MbCandidate) self = g_new0 (MbCandidate, 1);
  g_auto (GStrv) words = NULL;

  if (strnlen (text, MB_CANDIDATE_MAX_LENGTH + 1) > MB_CANDIDATE_MAX_LENGTH) {
    g_set_error (error, MB_ERROR, MB_ERROR_TOO_LARGE, "the candidate is longer than %d bytes",
        MB_CANDIDATE_MAX_LENGTH);
    return NULL;
  }
  if (g_str_has_prefix (text, "a="))
    text += strlen ("a=");
  words = split_words (text);
  if (!g_str_has_prefix (text, "candidate:") || g_strv_length (words) < 8 ||
      !read_words (self, words, words[0] + strlen ("candidate:"))) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the candidate is malformed");
    return NULL;
  }
  return g_steal_pointer (&self);
}

static gboolean
is_ip_address (const char *text)
{
  struct in6_addr address;

  return inet_pton (AF_INET, text, &address) == 1 || inet_pton (AF_INET6, text, &address) == 1;
}

/**
 * mb_candidate_to_text:
 * @self: a candidate
 *
 * Made anew from what was understood, so nothing else of the peer's text goes on.
 *
 * Returns: (transfer full): "candidate:…"
 */
char *
mb_candidate_to_text (const MbCandidate *self)
{
  GString *text = g_string_new (NULL);

  g_string_append_printf (text, "candidate:%s %u %s %u %s %u typ %s", self->foundation,
      self->component, self->protocol, self->priority, self->address, self->port, self->type);
  if (self->related_address != NULL && is_ip_address (self->related_address))
    g_string_append_printf (text, " raddr %s rport %u", self->related_address, self->related_port);
  return g_string_free (text, FALSE);
}

/* ---- addresses ---- */

typedef enum {
  CLASS_PUBLIC,
  CLASS_PRIVATE,
  CLASS_LOOPBACK,
  CLASS_FORBIDDEN,
  CLASS_USELESS, /* nearly every host says its own, and it leads nowhere without a zone */
} Class;

typedef struct {
  guint8 address[16];
  unsigned int prefix_bits;
  Class class;
  const char *what;
} Range;

/* The first that fits counts. */
static const Range V4_RANGES[] = {
    {{0}, 8, CLASS_FORBIDDEN, "an address of this network"},
    {{127}, 8, CLASS_LOOPBACK, "a loopback address"},
    {{169, 254}, 16, CLASS_FORBIDDEN, "a link-local or metadata address"},
    {{100, 100, 100, 200}, 32, CLASS_FORBIDDEN, "a metadata address"},
    {{192, 0, 0}, 24, CLASS_FORBIDDEN, "a special-purpose address"},
    {{224}, 4, CLASS_FORBIDDEN, "a multicast address"},
    {{240}, 4, CLASS_FORBIDDEN, "a reserved or broadcast address"},
    {{10}, 8, CLASS_PRIVATE, "a private address"},
    {{100, 64}, 10, CLASS_PRIVATE, "a private address"},
    {{172, 16}, 12, CLASS_PRIVATE, "a private address"},
    {{192, 168}, 16, CLASS_PRIVATE, "a private address"},
};

static const Range V6_RANGES[] = {
    {{[15] = 1}, 128, CLASS_LOOPBACK, "a loopback address"},
    {{0}, 8, CLASS_FORBIDDEN, "an unspecified or v4-in-v6 address"},
    {{0x00, 0x64, 0xff, 0x9b}, 32, CLASS_FORBIDDEN, "a v4-in-v6 address"},
    {{0x20, 0x01, 0x00, 0x00}, 32, CLASS_FORBIDDEN, "a v4-in-v6 address"},
    {{0x20, 0x02}, 16, CLASS_FORBIDDEN, "a v4-in-v6 address"},
    {{0xfe, 0x80}, 10, CLASS_USELESS, "a link-local address"},
    {{0xff}, 8, CLASS_FORBIDDEN, "a multicast address"},
    {{0xfd, 0x00, 0x0e, 0xc2}, 32, CLASS_FORBIDDEN, "a metadata address"},
    {{0xfe, 0xc0}, 10, CLASS_PRIVATE, "a private address"},
    {{0xfc}, 7, CLASS_PRIVATE, "a private address"},
};

static gboolean
is_in_range (const guint8 *address, const Range *range)
{
  for (unsigned int bit = 0; bit < range->prefix_bits; bit++) {
    guint8 mask = (guint8) (0x80 >> (bit % 8));

    if ((address[bit / 8] & mask) != (range->address[bit / 8] & mask))
      return FALSE;
  }
  return TRUE;
}

/* ISATAP hides a v4 address in the lower half, behind 0:5efe or 200:5efe (RFC 5214). */
static gboolean
is_isatap (const guint8 *address)
{
  return (address[8] & ~0x03) == 0 && address[9] == 0 && address[10] == 0x5e && address[11] == 0xfe;
}

static Class
classify (const guint8 *address, gboolean is_v6, const char **what)
{
  const Range *ranges = is_v6 ? V6_RANGES : V4_RANGES;
  gsize n_ranges = is_v6 ? G_N_ELEMENTS (V6_RANGES) : G_N_ELEMENTS (V4_RANGES);

  for (gsize i = 0; i < n_ranges; i++) {
    if (is_in_range (address, &ranges[i])) {
      *what = ranges[i].what;
      return ranges[i].class;
    }
  }
  if (is_v6 && is_isatap (address)) {
    *what = "a v4-in-v6 address";
    return CLASS_FORBIDDEN;
  }
  return CLASS_PUBLIC;
}

static gboolean
is_allowed (Class class, MbCandidatePolicy policy)
{
  switch (class) {
  case CLASS_PUBLIC:
    return TRUE;
  case CLASS_PRIVATE:
    return (policy & MB_CANDIDATE_POLICY_NO_PRIVATE) == 0;
  case CLASS_LOOPBACK:
    return (policy & MB_CANDIDATE_POLICY_LOOPBACK) != 0;
  case CLASS_FORBIDDEN:
  case CLASS_USELESS:
    break;
  }
  return FALSE;
}

/**
 * mb_candidate_judge:
 * @self: a candidate
 * @policy: what is allowed besides the rules that always hold
 *
 * Errors: MB_ERROR_SECURITY for an address that we do not send to, MB_ERROR_UNSUPPORTED for a host
 *   name, MB_ERROR_BAD_REQUEST for port 0; set with the verdict REFUSED alone.
 *
 * Returns: the verdict
 */
MbCandidateVerdict
mb_candidate_judge (const MbCandidate *self, MbCandidatePolicy policy, GError **error)
{
  guint8 address[16] = {0};
  const char *what = NULL;
  gboolean is_v6 = FALSE;
  Class class;

  if (!g_str_equal (self->protocol, "udp") || self->component != 1)
    return MB_CANDIDATE_VERDICT_IGNORED;
  if (inet_pton (AF_INET, self->address, address) != 1) {
    is_v6 = TRUE;
    if (inet_pton (AF_INET6, self->address, address) != 1) {
      if (g_str_has_suffix (self->address, ".local"))
        return MB_CANDIDATE_VERDICT_IGNORED;
      g_set_error (error, MB_ERROR, MB_ERROR_UNSUPPORTED,
          "the candidate's address %s is not an IP address", self->address);
      return MB_CANDIDATE_VERDICT_REFUSED;
    }
  }
  if (self->port == 0) {
    g_set_error (error, MB_ERROR, MB_ERROR_BAD_REQUEST, "the candidate has port 0");
    return MB_CANDIDATE_VERDICT_REFUSED;
  }
  class = classify (address, is_v6, &what);
  if (class == CLASS_USELESS)
    return MB_CANDIDATE_VERDICT_IGNORED;
  if (!is_allowed (class, policy)) {
    g_set_error (error, MB_ERROR, MB_ERROR_SECURITY, "the candidate %s is %s", self->address, what);
    return MB_CANDIDATE_VERDICT_REFUSED;
  }
  return MB_CANDIDATE_VERDICT_ACCEPTED;
}

/* ---- the queue ---- */

static void
free_candidate (gpointer data)
{
  mb_candidate_free (data);
}

MbCandidateQueue *
mb_candidate_queue_new (MbCandidatePolicy policy)
{
  MbCandidateQueue *self = g_new0 (MbCandidateQueue, 1);

  self->policy = policy;
  self->items = g_ptr_array_new_with_free_func (free_candidate);
  return self;
}

void
mb_candidate_queue_free (MbCandidateQueue *self)
{
  g_ptr_array_unref (self->items);
  g_free (self);
}

/* The action CLEAR_CANDIDATES: what waits belongs to a connection that is gone. */
void
mb_candidate_queue_clear (MbCandidateQueue *self)
{
  g_ptr_array_set_size (self->items, 0);
}

/* With the action BUILD: a new connection may have as many candidates as the one before. */
void
mb_candidate_queue_restart (MbCandidateQueue *self)
{
  self->n_judged = self->items->len;
}

/**
 * mb_candidate_queue_judge:
 * @self: the queue
 * @text: a candidate's text
 * @ufrag: (nullable): the usernameFragment that was sent beside it
 * @candidate: (out) (transfer full) (nullable): set with the verdict ACCEPTED alone
 *
 * Parses, counts and judges. Past 40 since the last mb_candidate_queue_restart () nothing is looked
 * at any more.
 *
 * Errors: those of mb_candidate_parse () and mb_candidate_judge (), and MB_ERROR_RATE_LIMITED; set
 *   with the verdict REFUSED alone.
 *
 * Returns: the verdict
 */
MbCandidateVerdict
mb_candidate_queue_judge (MbCandidateQueue *self, const char *text, const char *ufrag,
    MbCandidate **candidate, GError **error)
{
  g_autoptr (MbCandidate) parsed = NULL;
  MbCandidateVerdict verdict;

  if (self->n_judged >= MB_CANDIDATE_MAX_PER_PEER) {
    g_set_error (error, MB_ERROR, MB_ERROR_RATE_LIMITED, "the peer sent more than %d candidates",
        MB_CANDIDATE_MAX_PER_PEER);
    return MB_CANDIDATE_VERDICT_REFUSED;
  }
  parsed = mb_candidate_parse (text, error);
  if (parsed == NULL)
    return MB_CANDIDATE_VERDICT_REFUSED;
  verdict = mb_candidate_judge (parsed, self->policy, error);
  if (verdict == MB_CANDIDATE_VERDICT_IGNORED)
    return verdict;
  self->n_judged++;
  if (verdict != MB_CANDIDATE_VERDICT_ACCEPTED)
    return verdict;
  if (parsed->ufrag == NULL && ufrag != NULL && *ufrag != '\0')
    parsed->ufrag = g_strdup (ufrag);
  *candidate = g_steal_pointer (&parsed);
  return verdict;
}

/* @candidate: (transfer full) */
void
mb_candidate_queue_push (MbCandidateQueue *self, MbCandidate *candidate)
{
  if (self->items->len < MB_CANDIDATE_MAX_PER_PEER)
    g_ptr_array_add (self->items, candidate);
  else
    mb_candidate_free (candidate);
}

/**
 * mb_candidate_queue_take:
 * @self: the queue; empty afterwards
 * @remote_ufrag: (nullable): of the peer's description
 *
 * Returns: (transfer full) (element-type MbCandidate): those that belong to that description, or do
 *   not say to which they belong, in the order in which they came
 */
GPtrArray *
mb_candidate_queue_take (MbCandidateQueue *self, const char *remote_ufrag)
{
  GPtrArray *taken = g_steal_pointer (&self->items);

  self->items = g_ptr_array_new_with_free_func (free_candidate);
  for (unsigned int i = taken->len; i > 0; i--) {
    const MbCandidate *candidate = taken->pdata[i - 1];

    if (candidate->ufrag != NULL && g_strcmp0 (candidate->ufrag, remote_ufrag) != 0)
      g_ptr_array_remove_index (taken, i - 1);
  }
  return taken;
}
