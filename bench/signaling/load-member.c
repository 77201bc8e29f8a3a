/* load-member.c: one member of a room that loads a server: its socket, its words, its room-mates
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Every signal carries the instant it was due, its sender's number, and a count for each pair, so
 * that the receiver knows how long it took, and whether one is missing, late or another than it was.
 */
#include "load-member.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "mb-json-scan.h"
#include "mb-ws-frame.h"

#define SCRATCH_BYTES (1024 * 1024)
#define MESSAGE_MAX (256 * 1024)
#define ID_SIZE 64
#define SDP_LINE \
  "a=candidate:1 1 udp 1677729535 192.0.2.7 46154 typ srflx raddr 10.0.0.7 rport 46154\\r\\n"
/* How much of a flood is written at once. */
#define FLOOD_BATCH 50
/* The sample key of RFC 6455 section 1.3, and what it is answered with. */
#define WS_KEY "dGhlIHNhbXBsZSBub25jZQ=="
#define WS_ACCEPT "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="

typedef struct {
  char id[ID_SIZE];
  guint32 n_sent;
} Mate;

typedef struct {
  Mate others[LOAD_ROOM_MAX];
  unsigned int n_others;
  guint32 last_from[LOAD_ROOM_MAX]; /* counts seen, by the sender's place in the room */
} Room;

struct _LoadMember {
  Load *load; /* not owned */
  int fd;
  LoadState state;
  unsigned int number;
  gboolean wants_out;
  guint64 began_ns;
  MbWsParser *parser;  /* (nullable) owned */
  GByteArray *greeted; /* (nullable) owned; the answer to the handshake as far as it came */
  GByteArray *out;     /* (nullable) owned; what the socket did not take */
  Room *room;          /* (nullable) owned */
  unsigned int n_under_way;
  unsigned int next_mate;
};

guint64
load_now_ns (void)
{
  struct timespec now;

  clock_gettime (CLOCK_MONOTONIC, &now);
  return (guint64) now.tv_sec * 1000000000u + (guint64) now.tv_nsec;
}

LoadMember *
load_get_member (Load *load, unsigned int number)
{
  return &load->members[number];
}

static void
lose (LoadMember *self)
{
  if (self->state == LOAD_STATE_GONE)
    return;
  if (self->state < LOAD_STATE_READY)
    self->load->n_opening--;
  close (self->fd);
  self->state = LOAD_STATE_GONE;
  self->load->n_gone++;
}

static void
watch (LoadMember *self, gboolean out)
{
  struct epoll_event event = {.events = EPOLLIN | (out ? EPOLLOUT : 0), .data.ptr = self};

  if (self->wants_out != out)
    epoll_ctl (self->load->epoll_fd, EPOLL_CTL_MOD, self->fd, &event);
  self->wants_out = out;
}

static void
put (LoadMember *self, const void *bytes, gsize length)
{
  gssize written = 0;

  if (self->out == NULL || self->out->len == 0)
    written = write (self->fd, bytes, length);
  if (written < 0 && errno != EAGAIN) {
    lose (self);
    return;
  }
  written = MAX (written, 0);
  if ((gsize) written == length)
    return;
  if (self->out == NULL)
    self->out = g_byte_array_new ();
  g_byte_array_append (
      self->out, (const guint8 *) bytes + written, (guint) (length - (gsize) written));
  watch (self, TRUE);
}

static void
put_text (LoadMember *self, const char *text, gsize length)
{
  static GByteArray *frame;
  static guint32 key = 0x9e3779b9;

  if (frame == NULL)
    frame = g_byte_array_new ();
  key = key * 1664525u + 1013904223u;
  g_byte_array_set_size (frame, 0);
  mb_ws_append_frame (frame, MB_WS_TEXT, text, length, (const guint8 *) &key);
  put (self, frame->data, frame->len);
}

static void
put_event (LoadMember *self, const char *event, const char *fields)
{
  g_autofree char *text = self->load->dialect == LOAD_SIO
                              ? g_strdup_printf ("42[\"%s\",{%s}]", event, fields)
                              : g_strdup_printf ("{\"type\":\"%s\",%s}", event, fields);

  put_text (self, text, strlen (text));
}

/* The scratch buffer is shared: a signal is built, sent and forgotten. */
static GString *
build_signal (LoadMember *self, Mate *mate, guint64 due_ns)
{
  static GString *text;

  if (text == NULL)
    text = g_string_sized_new (4096);
  g_string_printf (text,
      self->load->dialect == LOAD_SIO ? "42[\"signal\",{\"to\":\"%s\",\"data\":"
                                      : "{\"type\":\"signal\",\"to\":\"%s\",\"data\":",
      mate->id);
  g_string_append_printf (text,
      "{\"type\":\"offer\",\"t\":%" G_GUINT64_FORMAT ",\"s\":%u,\"q\":%u,\"sdp\":", due_ns,
      self->number, ++mate->n_sent);
  g_string_append (text, self->load->padding);
  g_string_append (text, self->load->dialect == LOAD_SIO ? "}}]" : "}}");
  return text;
}

gboolean
load_member_can_signal (LoadMember *self)
{
  return self->state == LOAD_STATE_JOINED && self->room->n_others > 0;
}

/**
 * load_member_signal:
 * @due_ns: when it was to be sent; its latency counts from then
 *
 * Sends one signal to the next room-mate in turn.
 */
void
load_member_signal (LoadMember *self, guint64 due_ns)
{
  Mate *mate = &self->room->others[self->next_mate++ % self->room->n_others];
  GString *text = build_signal (self, mate, due_ns);

  self->n_under_way++;
  self->load->n_sent++;
  put_text (self, text->str, text->len);
}

/**
 * load_member_fill:
 *
 * Sends until as many are under way as may be; a flood sends until the socket is full.
 */
void
load_member_fill (LoadMember *self)
{
  if (self->load->flooding) {
    for (unsigned int i = 0; i < FLOOD_BATCH && load_member_can_signal (self) &&
                             (self->out == NULL || self->out->len == 0);
         i++)
      load_member_signal (self, 0);
    watch (self, TRUE);
    return;
  }
  while (self->load->sending && load_member_can_signal (self) &&
         self->n_under_way < self->load->window)
    load_member_signal (self, load_now_ns ());
}

static void
add_mate (LoadMember *self, MbJsonSpan id)
{
  Room *room = self->room;

  if (room == NULL || room->n_others >= self->load->room_size - 1 ||
      !mb_json_span_copy_string (id, "id", room->others[room->n_others].id, ID_SIZE, NULL)) {
    self->load->n_misunderstood++;
    return;
  }
  if (++room->n_others == self->load->room_size - 1)
    self->load->n_complete++;
}

static void
take_peers (LoadMember *self, MbJsonSpan event)
{
  MbJsonSpan peers = {0};
  MbJsonSpan peer;
  MbJsonIter iter;

  if (!mb_json_find (event, "peers", &peers)) {
    self->load->n_misunderstood++;
    return;
  }
  mb_json_iter_init (&iter, peers);
  while (mb_json_iter_next (&iter, NULL, &peer))
    add_mate (self, peer);
  self->state = LOAD_STATE_JOINED;
  histogram_add (&self->load->join, load_now_ns () - self->began_ns);
}

/* Counts what came, and lets its sender send the next. */
static void
take_signal (LoadMember *self, MbJsonSpan event)
{
  static const char *const NAMES[] = {"t", "s", "q", "sdp"};
  MbJsonSpan values[G_N_ELEMENTS (NAMES)] = {0};
  MbJsonSpan data = {0};
  Load *load = self->load;
  gint64 due_ns = 0;
  gint64 from = 0;
  gint64 count = 0;
  LoadMember *sender = NULL;
  guint32 *last = NULL;

  mb_json_find (event, "data", &data);
  mb_json_find_many (data, NAMES, values, G_N_ELEMENTS (NAMES));
  if (!mb_json_span_read_integer (values[0], "t", 0, G_MAXINT64, &due_ns, NULL) ||
      !mb_json_span_read_integer (values[1], "s", 0, load->n_members - 1, &from, NULL) ||
      !mb_json_span_read_integer (values[2], "q", 1, G_MAXUINT32, &count, NULL)) {
    load->n_misunderstood++;
    return;
  }
  last = &self->room->last_from[(guint64) from % load->room_size];
  if (count != (gint64) *last + 1)
    load->n_out_of_order++;
  *last = (guint32) count;
  if (values[3].length != strlen (load->padding) ||
      memcmp (values[3].text, load->padding, values[3].length) != 0)
    load->n_altered++;
  load->n_delivered++;
  histogram_add (&load->latency, load_now_ns () - (guint64) due_ns);
  sender = &load->members[from];
  sender->n_under_way--;
  load_member_fill (sender);
}

static void
become_ready (LoadMember *self)
{
  Load *load = self->load;
  g_autofree char *fields = NULL;

  self->state = LOAD_STATE_READY;
  load->n_opening--;
  load->n_ready++;
  if (load->room_size == 0)
    return;
  self->room = g_new0 (Room, 1);
  fields = g_strdup_printf ("\"roomId\":\"%s-%u\",\"displayName\":\"peer-%u\"", load->room_prefix,
      self->number / load->room_size, self->number);
  put_event (self, "join-room", fields);
}

static void
take_event (LoadMember *self, const char *text, gsize length)
{
  MbJsonSpan name = {0};
  MbJsonSpan event = {0};
  MbJsonSpan id = {0};

  if (!mb_json_scan (text, length, MB_JSON_DEPTH, &event, NULL)) {
    self->load->n_misunderstood++;
    return;
  }
  if (self->load->dialect == LOAD_SIO) {
    MbJsonIter iter;

    mb_json_iter_init (&iter, event);
    mb_json_iter_next (&iter, NULL, &name);
    mb_json_iter_next (&iter, NULL, &event);
  } else {
    mb_json_find (event, "type", &name);
  }
  if (mb_json_span_equals (name, "signal"))
    take_signal (self, event);
  else if (mb_json_span_equals (name, "peers"))
    take_peers (self, event);
  else if (mb_json_span_equals (name, "peer-joined") && mb_json_find (event, "peerId", &id))
    add_mate (self, id);
  else if (mb_json_span_equals (name, "room-error"))
    self->load->n_misunderstood++;
}

static gboolean
begins (const char *text, gsize length, const char *prefix)
{
  return length >= strlen (prefix) && memcmp (text, prefix, strlen (prefix)) == 0;
}

static void
take_text (LoadMember *self, const char *text, gsize length)
{
  gboolean is_sio = self->load->dialect == LOAD_SIO;

  if (is_sio && length == 1 && *text == '2') {
    put_text (self, "3", 1);
  } else if (self->state == LOAD_STATE_GREETING) {
    if (is_sio && begins (text, length, "0{"))
      put_text (self, "40", 2);
    else if (begins (text, length, is_sio ? "40{" : "{\"type\":\"welcome\""))
      become_ready (self);
  } else if (self->load->flooding && self->load->sending) {
    return;
  } else if (!is_sio) {
    take_event (self, text, length);
  } else if (begins (text, length, "42")) {
    take_event (self, text + 2, length - 2);
  }
}

static void
take_frames (LoadMember *self, guint8 *bytes, gsize length)
{
  MbWsMessage message;
  MbWsResult result = MB_WS_MESSAGE;

  mb_ws_parser_feed (self->parser, bytes, length);
  while (self->state != LOAD_STATE_GONE &&
         (result = mb_ws_parser_next (self->parser, &message, NULL, NULL)) == MB_WS_MESSAGE) {
    if (message.opcode == MB_WS_TEXT) {
      take_text (self, (const char *) message.data, message.length);
    } else if (message.opcode == MB_WS_PING) {
      g_autoptr (GByteArray) pong = g_byte_array_new ();
      static const guint8 KEY[4] = {0};

      mb_ws_append_frame (pong, MB_WS_PONG, message.data, message.length, KEY);
      put (self, pong->data, pong->len);
    } else if (message.opcode == MB_WS_CLOSE) {
      lose (self);
    }
  }
  if (result == MB_WS_FAILED)
    lose (self);
}

/* The handshake's answer ends in an empty line; frames may stand right behind it. */
static void
take_upgrade (LoadMember *self, const guint8 *bytes, gsize length)
{
  g_autoptr (GByteArray) answer = NULL;
  const char *end = NULL;

  if (self->greeted == NULL)
    self->greeted = g_byte_array_new ();
  g_byte_array_append (self->greeted, bytes, (guint) length);
  end = g_strstr_len ((const char *) self->greeted->data, (gssize) self->greeted->len, "\r\n\r\n");
  if (end == NULL)
    return;
  answer = g_steal_pointer (&self->greeted);
  if (!begins ((const char *) answer->data, answer->len, "HTTP/1.1 101") ||
      g_strstr_len ((const char *) answer->data, end - (const char *) answer->data, WS_ACCEPT) ==
          NULL) {
    g_printerr ("refused: %.*s\n", (int) MIN (answer->len, 200), (const char *) answer->data);
    lose (self);
    return;
  }
  self->state = LOAD_STATE_GREETING;
  self->parser = mb_ws_parser_new (MB_WS_CLIENT, MESSAGE_MAX);
  length = answer->len - (gsize) (end + 4 - (const char *) answer->data);
  if (length > 0)
    take_frames (self, (guint8 *) end + 4, length);
}

static void
on_readable (LoadMember *self)
{
  static guint8 scratch[SCRATCH_BYTES];
  gssize length = read (self->fd, scratch, sizeof scratch);

  if (length < 0 && errno == EAGAIN)
    return;
  if (length <= 0)
    lose (self);
  else if (self->state == LOAD_STATE_UPGRADING)
    take_upgrade (self, scratch, (gsize) length);
  else
    take_frames (self, scratch, (gsize) length);
}

static void
ask_for_upgrade (LoadMember *self)
{
  g_autofree char *request = NULL;
  int fault = 0;
  socklen_t size = sizeof fault;

  getsockopt (self->fd, SOL_SOCKET, SO_ERROR, &fault, &size);
  if (fault != 0) {
    lose (self);
    return;
  }
  self->state = LOAD_STATE_UPGRADING;
  watch (self, FALSE);
  request = g_strdup_printf ("GET %s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\nUpgrade: websocket\r\n"
                             "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                             "Sec-WebSocket-Key: " WS_KEY "\r\n\r\n",
      self->load->dialect == LOAD_SIO ? "/socket.io/?EIO=4&transport=websocket" : "/ws",
      self->load->port);
  put (self, request, strlen (request));
}

static void
on_writable (LoadMember *self)
{
  if (self->state == LOAD_STATE_CONNECTING) {
    ask_for_upgrade (self);
    return;
  }
  if (self->out != NULL && self->out->len > 0) {
    gssize written = write (self->fd, self->out->data, self->out->len);

    if (written < 0 && errno != EAGAIN)
      lose (self);
    else if (written > 0)
      g_byte_array_remove_range (self->out, 0, (guint) written);
    return;
  }
  if (self->load->flooding && self->load->sending)
    load_member_fill (self);
  else
    watch (self, FALSE);
}

/**
 * load_turn:
 * @wait_ms: how long to wait where nothing happens
 */
void
load_turn (Load *load, int wait_ms)
{
  struct epoll_event events[256];
  int n = epoll_wait (load->epoll_fd, events, G_N_ELEMENTS (events), wait_ms);

  for (int i = 0; i < n; i++) {
    LoadMember *member = events[i].data.ptr;

    if (member->state != LOAD_STATE_GONE && (events[i].events & EPOLLOUT) != 0)
      on_writable (member);
    if (member->state != LOAD_STATE_GONE &&
        (events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
      on_readable (member);
  }
}

/**
 * load_member_open:
 *
 * Begins to connect; the rest happens in load_turn().
 */
void
load_member_open (Load *load, unsigned int number)
{
  LoadMember *self = &load->members[number];
  struct sockaddr_in address = {.sin_family = AF_INET,
      .sin_port = htons (load->port),
      .sin_addr.s_addr = htonl (INADDR_LOOPBACK)};
  struct epoll_event event = {.events = EPOLLIN | EPOLLOUT, .data.ptr = self};
  int one = 1;

  self->load = load;
  self->number = number;
  self->began_ns = load_now_ns ();
  self->state = LOAD_STATE_CONNECTING;
  load->n_opening++;
  self->fd = socket (AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  setsockopt (self->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (self->fd < 0 || (connect (self->fd, (struct sockaddr *) &address, sizeof address) < 0 &&
                          errno != EINPROGRESS)) {
    lose (self);
    return;
  }
  self->wants_out = TRUE;
  epoll_ctl (load->epoll_fd, EPOLL_CTL_ADD, self->fd, &event);
}

/* As long as a session description of that size, with line ends that are escaped. */
static char *
make_padding (unsigned int size)
{
  GString *padding = g_string_new ("\"");
  gsize wanted = MAX (size, 200) - 170;

  while (padding->len + strlen (SDP_LINE) < wanted)
    g_string_append (padding, SDP_LINE);
  while (padding->len < wanted)
    g_string_append_c (padding, 'x');
  g_string_append_c (padding, '"');
  return g_string_free (padding, FALSE);
}

/**
 * load_init:
 * @size: of a signal, in bytes, about
 */
void
load_init (Load *load, unsigned int n_members, unsigned int size)
{
  load->epoll_fd = epoll_create1 (EPOLL_CLOEXEC);
  load->n_members = n_members;
  load->members = g_new0 (LoadMember, n_members);
  load->padding = make_padding (size);
  load->room_prefix = g_strdup_printf ("load-%d", (int) getpid ());
}

void
load_clear (Load *load)
{
  for (unsigned int i = 0; i < load->n_members; i++) {
    LoadMember *member = &load->members[i];

    if (member->state != LOAD_STATE_NEW)
      lose (member);
    g_clear_pointer (&member->parser, mb_ws_parser_free);
    g_clear_pointer (&member->greeted, g_byte_array_unref);
    g_clear_pointer (&member->out, g_byte_array_unref);
    g_free (member->room);
  }
  g_free (load->members);
  g_free (load->padding);
  g_free (load->room_prefix);
  close (load->epoll_fd);
}
