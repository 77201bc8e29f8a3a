/* mb-ice.c: ICE to one peer, by libnice, on the media thread
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * All agents live in the media thread's context: no thread and no hand-over for any of them. Names
 * of STUN and TURN servers are looked up without waiting, since libnice takes addresses only.
 */
#include "mb-ice.h"

#include <nice/agent.h>
#include <nice/interfaces.h>
#include <string.h>

#include "mb-tls-tunnel.h"

#define COMPONENT 1
#define LOOPBACK "127.0.0.1"
#define SEND_AT_ONCE 32
#define STUN_PORT 3478
#define STUN_TLS_PORT 5349
#define LOOKUP_MS 2000 /* a name server that does not answer holds up nobody for longer */

struct _MbIce {
  const MbIceEvents *events; /* (nullable): NULL once closed */
  gpointer user_data;
  NiceAgent *agent;
  GMainContext *context; /* (nullable) not owned: the media thread's */
  unsigned int stream_id;
  GCancellable *cancellable; /* of what is being looked up */

  GPtrArray *tunnels;     /* (element-type MbTlsTunnel) to TURN servers */
  unsigned int n_lookups; /* of servers, that gathering waits for */
  GSource *patience;      /* (nullable) the end of that waiting */
  gboolean wants_gathering;

  GDestroyNotify done;
  gpointer done_data;
};

/* One STUN or TURN server: RFC 7064, RFC 7065, with user and password before the host. */
typedef struct {
  MbIce *ice; /* not owned: valid unless cancelled */
  gboolean is_turn;
  NiceRelayType relay;
  char *user;     /* (nullable) */
  char *password; /* (nullable) */
  char *host;
  unsigned int port;
} Server;

static void
server_free (Server *self)
{
  g_free (self->user);
  g_free (self->password);
  g_free (self->host);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Server, server_free)

static Server *
server_parse (const char *url)
{
  g_autoptr (Server) self = g_new0 (Server, 1);
  g_autofree char *scheme = NULL;
  g_autofree char *rest = NULL;
  const char *colon = strchr (url, ':');
  gboolean is_secure;
  char *query;
  char *host;
  char *at;

  if (colon == NULL)
    return NULL;
  scheme = g_strndup (url, (gsize) (colon - url));
  self->is_turn = g_str_has_prefix (scheme, "turn");
  is_secure = g_str_has_suffix (scheme, "s");
  rest = g_strdup (colon + 1);
  query = strchr (rest, '?');
  if (query != NULL)
    *query++ = '\0';
  self->relay = is_secure ? NICE_RELAY_TYPE_TURN_TLS : NICE_RELAY_TYPE_TURN_UDP;
  if (!is_secure && query != NULL && strstr (query, "transport=tcp") != NULL)
    self->relay = NICE_RELAY_TYPE_TURN_TCP;

  host = rest;
  at = strrchr (rest, '@');
  if (at != NULL) {
    *at = '\0';
    host = at + 1;
    at = strchr (rest, ':');
    if (at != NULL)
      *at++ = '\0';
    self->user = g_uri_unescape_string (rest, NULL);
    self->password = g_uri_unescape_string (at != NULL ? at : "", NULL);
  }
  self->port = is_secure ? STUN_TLS_PORT : STUN_PORT;
  at = strrchr (host, ':');
  if (at != NULL && strchr (at, ']') == NULL) {
    *at = '\0';
    self->port = (unsigned int) g_ascii_strtoull (at + 1, NULL, 10);
  }
  if (host[0] == '[' && g_str_has_suffix (host, "]")) {
    host[strlen (host) - 1] = '\0';
    host++;
  }
  self->host = g_strdup (host);
  return g_steal_pointer (&self);
}

static void
clear_patience (MbIce *self)
{
  if (self->patience != NULL)
    g_source_destroy (self->patience);
  g_clear_pointer (&self->patience, g_source_unref);
}

static void
start_gathering (MbIce *self)
{
  if ((self->n_lookups > 0 && self->patience != NULL) || !self->wants_gathering)
    return;
  clear_patience (self);
  self->wants_gathering = FALSE;
  if (!nice_agent_gather_candidates (self->agent, self->stream_id))
    g_warning ("no candidate for ICE could be gathered: has this host an address?");
}

static gboolean
on_patience_over (gpointer user_data)
{
  MbIce *self = user_data;

  clear_patience (self);
  start_gathering (self);
  return G_SOURCE_REMOVE;
}

static void
use_relay (
    MbIce *self, const Server *server, const char *address, unsigned int port, NiceRelayType type)
{
  if (server->user == NULL || !nice_agent_set_relay_info (self->agent, self->stream_id, COMPONENT,
                                  address, port, server->user, server->password, type))
    g_warning ("the TURN server was not accepted; its form is turn:user:password@host:port");
}

static void
use_server (MbIce *self, const Server *server, const char *address)
{
  if (server->is_turn)
    use_relay (self, server, address, server->port, server->relay);
  else
    g_object_set (self->agent, "stun-server", address, "stun-server-port", server->port, NULL);
}

static void
use_tunnel (MbIce *self, const Server *server)
{
  g_autoptr (GError) error = NULL;
  MbTlsTunnel *tunnel = mb_tls_tunnel_new (server->host, (guint16) server->port, &error);

  if (tunnel == NULL) {
    g_warning ("no way to the TURN server %s: %s", server->host, error->message);
    return;
  }
  g_ptr_array_add (self->tunnels, tunnel);
  use_relay (self, server, LOOPBACK, mb_tls_tunnel_get_port (tunnel), NICE_RELAY_TYPE_TURN_TCP);
}

static void
on_server_found (GObject *resolver, GAsyncResult *result, gpointer user_data)
{
  g_autoptr (Server) server = user_data;
  g_autoptr (GError) error = NULL;
  g_autofree char *address = NULL;
  GList *found = g_resolver_lookup_by_name_finish (G_RESOLVER (resolver), result, &error);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    return;
  if (found != NULL) {
    address = g_inet_address_to_string (found->data);
    use_server (server->ice, server, address);
    g_resolver_free_addresses (found);
  } else {
    g_warning ("the ICE server %s is not found: %s", server->host, error->message);
  }
  server->ice->n_lookups--; /* gathering may have begun without it */
  start_gathering (server->ice);
}

static void
add_server (MbIce *self, const char *url)
{
  g_autoptr (GResolver) resolver = NULL;
  g_autoptr (Server) server = server_parse (url);
  const char *host;

  if (server == NULL)
    return;
  if (server->is_turn && server->relay == NICE_RELAY_TYPE_TURN_TLS) {
    use_tunnel (self, server);
    return;
  }
  if (g_hostname_is_ip_address (server->host)) {
    use_server (self, server, server->host);
    return;
  }
  resolver = g_resolver_get_default ();
  server->ice = self;
  self->n_lookups++;
  if (self->patience == NULL) {
    self->patience = g_timeout_source_new (LOOKUP_MS);
    g_source_set_callback (self->patience, on_patience_over, self, NULL);
    g_source_attach (self->patience, self->context);
  }
  host = server->host;
  g_resolver_lookup_by_name_async (
      resolver, host, self->cancellable, on_server_found, g_steal_pointer (&server));
}

static void
on_candidate (NiceAgent *agent, NiceCandidate *candidate, MbIce *self)
{
  g_autofree char *text = nice_agent_generate_local_candidate_sdp (agent, candidate);

  if (self->events != NULL && text != NULL)
    self->events->candidate (
        self->user_data, g_str_has_prefix (text, "a=") ? text + strlen ("a=") : text);
}

static void
on_state (NiceAgent *agent, unsigned int stream_id, unsigned int component, unsigned int state,
    MbIce *self)
{
  g_debug ("ice %p: state %s", (void *) self,
      nice_component_state_to_string ((NiceComponentState) state));
  if (self->events == NULL)
    return;
  if (state == NICE_COMPONENT_STATE_CONNECTED || state == NICE_COMPONENT_STATE_READY)
    self->events->connected (self->user_data);
  else if (state == NICE_COMPONENT_STATE_FAILED)
    self->events->failed (self->user_data);
}

static void
on_receive (NiceAgent *agent, unsigned int stream_id, unsigned int component, unsigned int size,
    char *data, gpointer user_data)
{
  MbIce *self = user_data;

  if (self->events != NULL)
    self->events->receive (self->user_data, (const guint8 *) data, size);
}

static void
add_address (MbIce *self, const char *text)
{
  NiceAddress address;

  nice_address_init (&address);
  if (nice_address_set_from_string (&address, text))
    nice_agent_add_local_address (self->agent, &address);
}

/* libnice gathers no loopback candidates by itself, so on a host without any network nobody could
 * be met, not even on the same host. One address given turns discovery off: so all are given. */
static void
add_loopback (MbIce *self, gboolean always)
{
  GList *addresses = nice_interfaces_get_local_ips (FALSE);

  if (addresses == NULL || always) {
    for (GList *l = addresses; l != NULL; l = l->next)
      add_address (self, l->data);
    add_address (self, LOOPBACK);
  }
  g_list_free_full (addresses, g_free);
}

/**
 * mb_ice_new:
 * @context: (nullable): the media thread's
 *
 * No UPnP (libnice would open an HTTP server), no TCP, and keep-alives that notice when the peer is
 * gone.
 *
 * Returns: (transfer full): an agent; mb_ice_close() is its end
 */
MbIce *
mb_ice_new (GMainContext *context, const char *const *servers, MbIceFlags flags,
    const MbIceEvents *events, gpointer user_data)
{
  MbIce *self = g_new0 (MbIce, 1);

  self->events = events;
  self->user_data = user_data;
  self->context = context;
  self->cancellable = g_cancellable_new ();
  self->tunnels = g_ptr_array_new_with_free_func ((GDestroyNotify) mb_tls_tunnel_close);
  self->agent = nice_agent_new_full (context, NICE_COMPATIBILITY_RFC5245,
      NICE_AGENT_OPTION_ICE_TRICKLE | NICE_AGENT_OPTION_REGULAR_NOMINATION);
  g_object_set (self->agent, "upnp", FALSE, "ice-tcp", FALSE, "keepalive-conncheck", TRUE,
      "force-relay", (flags & MB_ICE_RELAY_ONLY) != 0, NULL);
  self->stream_id = nice_agent_add_stream (self->agent, COMPONENT);
  add_loopback (self, (flags & MB_ICE_WITH_LOOPBACK) != 0);
  for (gsize i = 0; servers != NULL && servers[i] != NULL; i++)
    add_server (self, servers[i]);
  g_signal_connect (self->agent, "new-candidate-full", G_CALLBACK (on_candidate), self);
  g_signal_connect (self->agent, "component-state-changed", G_CALLBACK (on_state), self);
  nice_agent_attach_recv (self->agent, self->stream_id, COMPONENT, context, on_receive, self);
  return self;
}

void
mb_ice_dup_credentials (MbIce *self, char **ufrag, char **password)
{
  nice_agent_get_local_credentials (self->agent, self->stream_id, ufrag, password);
}

/**
 * mb_ice_gather:
 * @is_controlling: as who made the offer is
 */
void
mb_ice_gather (MbIce *self, gboolean is_controlling)
{
  g_object_set (self->agent, "controlling-mode", is_controlling, NULL);
  self->wants_gathering = TRUE;
  start_gathering (self);
}

gboolean
mb_ice_set_remote (MbIce *self, const char *ufrag, const char *password)
{
  return nice_agent_set_remote_credentials (self->agent, self->stream_id, ufrag, password);
}

/**
 * mb_ice_add_candidate:
 * @candidate: the peer's, `candidate:…`, already checked
 *
 * One whose address is a name is passed over: names that peers give are not looked up.
 */
void
mb_ice_add_candidate (MbIce *self, const char *candidate)
{
  g_autofree char *line = g_strconcat ("a=", candidate, NULL);
  NiceCandidate *parsed =
      nice_agent_parse_remote_candidate_sdp (self->agent, self->stream_id, line);
  GSList *list;

  if (parsed == NULL)
    return;
  list = g_slist_prepend (NULL, parsed);
  nice_agent_set_remote_candidates (self->agent, self->stream_id, COMPONENT, list);
  g_slist_free_full (list, (GDestroyNotify) nice_candidate_free);
}

/**
 * mb_ice_send:
 *
 * What the socket does not take now is dropped, as the network would.
 */
void
mb_ice_send (MbIce *self, const MbDatagram *datagrams, unsigned int n_datagrams)
{
  GOutputVector vectors[SEND_AT_ONCE];
  NiceOutputMessage messages[SEND_AT_ONCE];

  while (n_datagrams > 0) {
    unsigned int n = MIN (n_datagrams, SEND_AT_ONCE);

    for (unsigned int i = 0; i < n; i++) {
      vectors[i] = (GOutputVector){datagrams[i].data, datagrams[i].size};
      messages[i] = (NiceOutputMessage){&vectors[i], 1};
    }
    nice_agent_send_messages_nonblocking (
        self->agent, self->stream_id, COMPONENT, messages, (int) n, NULL, NULL);
    datagrams += n;
    n_datagrams -= n;
  }
}

void
mb_ice_send_one (MbIce *self, const guint8 *data, gsize size)
{
  GOutputVector vector = {data, size};
  NiceOutputMessage message = {&vector, 1};

  nice_agent_send_messages_nonblocking (
      self->agent, self->stream_id, COMPONENT, &message, 1, NULL, NULL);
}

static void
on_closed (GObject *agent, GAsyncResult *result, gpointer user_data)
{
  MbIce *self = user_data;

  g_object_unref (self->agent);
  g_ptr_array_unref (self->tunnels);
  if (self->done != NULL)
    self->done (self->done_data);
  g_free (self);
}

/**
 * mb_ice_close:
 * @done: (nullable): called when the TURN servers know of it; where there are none, at once
 *
 * No event comes from here on, and @self is gone.
 */
void
mb_ice_close (MbIce *self, GDestroyNotify done, gpointer done_data)
{
  self->events = NULL;
  self->done = done;
  self->done_data = done_data;
  g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  clear_patience (self);
  g_signal_handlers_disconnect_by_data (self->agent, self);
  /* Without a context libnice would move its sockets to main's, and read them there meanwhile. */
  nice_agent_attach_recv (self->agent, self->stream_id, COMPONENT, self->context, NULL, NULL);
  nice_agent_close_async (self->agent, on_closed, self);
}
