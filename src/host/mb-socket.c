/* mb-socket.c: one non-blocking socket on the reactor: bytes in, a bounded queue out
 *
 * Copyright (C) 2026 the meshbot authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * It has one owner, who is told through a listener and ends it with mb_socket_close() (what is
 * queued still goes out) or mb_socket_abort(). From then on it belongs to the reactor.
 */
#include "mb-socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "mb-tls-stream.h"

#define CHUNKS_PER_WRITE 64
/* Who takes nothing of what lies ready for him for so long is let go, however little it is. The
 * kernel watches that by itself (tcp(7)), with a closed window as with a dead path. */
#define STALLED_MS 10000
/* A closed socket waits this long for the other side to take the last bytes and close too; a
 * plain close() with unread input would be a reset, and could destroy an answer on its way. */
#define LINGER_MS 2000
#define LINGER_BYTES (1024 * 1024)

struct _MbSocket {
  MbReactor *reactor; /* not owned */
  const MbSocketListener *listener;
  gpointer owner; /* not owned */
  int fd;         /* owned */
  MbWatch watch;
  MbTimer timer; /* reads again; after the close, its deadline */
  MbFlush flush;
  GByteArray *input;   /* (nullable) owned; what the listener has left */
  GQueue output;       /* (element-type GBytes) */
  gsize output_offset; /* bytes of the first chunk that are gone */
  gsize output_bytes;  /* still to write */
  gsize max_backlog;   /* bytes; 0 means no limit */
  MbTlsStream *tls;    /* (nullable) owned; until it is closed */
  MbSeat *seat;        /* (nullable) owned; until it is closed */
  gsize lingered;      /* bytes thrown away since the close */
  gboolean reading;
  gboolean is_asked_again; /* for what the listener has left */
  gboolean peer_done;      /* its side is closed */
  gboolean broken;         /* the owner is told in the next turn */
  gboolean overrun;
  gboolean closing; /* has no owner any more */
  gboolean freed;
};

static void
update_watch (MbSocket *self)
{
  guint32 events = 0;

  if (self->reading && !self->peer_done)
    events |= EPOLLIN;
  if (!self->peer_done)
    events |= EPOLLRDHUP;
  if (self->output_bytes > 0 && !self->flush.queued)
    events |= EPOLLOUT;
  if (self->tls != NULL && mb_tls_stream_wants_to_write (self->tls))
    events |= EPOLLOUT;
  mb_reactor_rewatch (self->reactor, &self->watch, events);
}

static void
drop_output (MbSocket *self)
{
  g_queue_clear_full (&self->output, (GDestroyNotify) g_bytes_unref);
  mb_reactor_add_backlog (self->reactor, -(gssize) self->output_bytes);
  self->output_bytes = 0;
  self->output_offset = 0;
}

static void
release (MbSocket *self)
{
  mb_reactor_unwatch (self->reactor, &self->watch);
  mb_reactor_disarm (self->reactor, &self->timer);
  mb_reactor_flush_cancel (self->reactor, &self->flush);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  g_clear_pointer (&self->tls, mb_tls_stream_free);
  g_clear_pointer (&self->seat, mb_seat_free);
  drop_output (self);
  g_clear_pointer (&self->input, g_byte_array_unref);
  self->freed = TRUE;
  g_rc_box_release (self);
}

static void
finish_linger (MbSocket *self)
{
  mb_reactor_disown (self->reactor, self);
  release (self);
}

static void
fail (MbSocket *self, gboolean overrun)
{
  drop_output (self);
  self->broken = TRUE;
  self->overrun = overrun;
  mb_reactor_rewatch (self->reactor, &self->watch, 0);
  mb_reactor_arm (self->reactor, &self->timer, 0);
}

static unsigned int
gather (MbSocket *self, struct iovec *chunks)
{
  unsigned int n = 0;
  gsize skip = self->output_offset;

  for (GList *link = self->output.head; link != NULL && n < CHUNKS_PER_WRITE; link = link->next) {
    gsize size = 0;
    const guint8 *data = g_bytes_get_data (link->data, &size);

    chunks[n].iov_base = (guint8 *) data + skip;
    chunks[n].iov_len = size - skip;
    skip = 0;
    n++;
  }
  return n;
}

static void
consume_output (MbSocket *self, gsize written)
{
  self->output_bytes -= written;
  mb_reactor_add_backlog (self->reactor, -(gssize) written);
  written += self->output_offset;
  while (self->output.head != NULL) {
    gsize size = g_bytes_get_size (self->output.head->data);

    if (written < size)
      break;
    written -= size;
    g_bytes_unref (g_queue_pop_head (&self->output));
  }
  self->output_offset = written;
}

static gssize
transmit (MbSocket *self, struct iovec *chunks, unsigned int n_chunks)
{
  struct msghdr header = {.msg_iov = chunks, .msg_iovlen = n_chunks};

  return self->tls != NULL ? mb_tls_stream_write (self->tls, chunks, n_chunks)
                           : sendmsg (self->fd, &header, MSG_NOSIGNAL);
}

/* Writes what the kernel takes. FALSE where the connection is broken. */
static gboolean
write_some (MbSocket *self)
{
  while (self->output_bytes > 0) {
    struct iovec chunks[CHUNKS_PER_WRITE];
    unsigned int n_chunks = gather (self, chunks);
    gssize written;

    /* The count and the queue say the same, or this would turn for ever. */
    g_return_val_if_fail (n_chunks > 0, FALSE);
    written = transmit (self, chunks, n_chunks);
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno == EAGAIN;
    consume_output (self, (gsize) written);
  }
  return TRUE;
}

static void
on_flush (gpointer data)
{
  MbSocket *self = data;

  if (self->broken)
    return;
  if (!write_some (self)) {
    if (self->closing)
      finish_linger (self);
    else
      fail (self, FALSE);
    return;
  }
  update_watch (self);
  if (self->output_bytes > 0)
    return;
  if (self->closing) {
    if (self->tls != NULL)
      mb_tls_stream_shut_down (self->tls);
    shutdown (self->fd, SHUT_WR);
    if (self->peer_done)
      finish_linger (self);
  } else if (self->listener->drained != NULL) {
    self->listener->drained (self->owner);
  }
}

static void
keep_input (MbSocket *self, const guint8 *bytes, gsize length)
{
  if (self->input == NULL)
    self->input = g_byte_array_new ();
  g_byte_array_append (self->input, bytes, (guint) length);
}

static void
hand_over_kept (MbSocket *self)
{
  GByteArray *input = g_steal_pointer (&self->input);
  gsize used = self->listener->data (self->owner, input->data, input->len);

  if (!self->freed && !self->closing && used < input->len) {
    g_byte_array_remove_range (input, 0, (guint) used);
    self->input = input;
  } else {
    g_byte_array_unref (input);
  }
}

static void
hand_over (MbSocket *self, guint8 *bytes, gsize length)
{
  gsize used = 0;

  if (self->input != NULL) {
    keep_input (self, bytes, length);
    hand_over_kept (self);
    return;
  }
  used = self->listener->data (self->owner, bytes, length);
  if (!self->freed && !self->closing && used < length)
    keep_input (self, bytes + used, length - used);
}

static void
end (MbSocket *self, MbSocketEnd why)
{
  mb_reactor_rewatch (self->reactor, &self->watch, 0);
  self->listener->ended (self->owner, why);
}

/* What TLS has taken from the kernel, the kernel will not tell of. */
static void
look_for_more (MbSocket *self)
{
  if (self->tls != NULL && mb_tls_stream_has_more (self->tls) && self->reading &&
      self->timer.index == 0 && !self->freed && !self->closing && !self->broken)
    mb_reactor_arm (self->reactor, &self->timer, 0);
}

static void
read_some (MbSocket *self)
{
  gsize size = 0;
  guint8 *scratch = mb_reactor_get_scratch (self->reactor, &size);
  gssize length = self->tls != NULL ? mb_tls_stream_read (self->tls, scratch, size)
                                    : recv (self->fd, scratch, size, 0);

  if (length > 0) {
    hand_over (self, scratch, (gsize) length);
    look_for_more (self);
  } else if (length == 0) {
    self->peer_done = TRUE;
    update_watch (self);
    end (self, MB_SOCKET_END_PEER);
  } else if (errno != EAGAIN && errno != EINTR) {
    end (self, MB_SOCKET_END_ERROR);
  } else if (self->tls != NULL) {
    update_watch (self);
  }
}

static void
linger (MbSocket *self, guint32 events)
{
  gsize size = 0;
  guint8 *scratch = mb_reactor_get_scratch (self->reactor, &size);
  ssize_t length = recv (self->fd, scratch, size, 0);

  if (length < 0 && (errno == EAGAIN || errno == EINTR)) {
    if ((events & (EPOLLHUP | EPOLLERR)) != 0)
      finish_linger (self);
    return;
  }
  if (length > 0)
    self->lingered += (gsize) length;
  if (length == 0 && self->output_bytes > 0) {
    self->peer_done = TRUE;
    update_watch (self);
  } else if (length <= 0 || self->lingered > LINGER_BYTES) {
    finish_linger (self);
  }
}

static void
on_event (gpointer data, guint32 events)
{
  MbSocket *self = g_rc_box_acquire (data);

  if ((events & EPOLLOUT) != 0 && self->output_bytes > 0)
    on_flush (self);
  if (!self->freed && self->closing && (events & ~(guint32) EPOLLOUT) != 0) {
    linger (self, events);
  } else if (!self->freed && !self->broken && !self->closing) {
    if ((events & (EPOLLIN | EPOLLRDHUP)) != 0 && self->reading) {
      /* While the listener has its leftovers still to see, reading on would pile them up. */
      if (self->timer.index == 0)
        read_some (self);
    } else if ((events & EPOLLRDHUP) != 0) {
      self->peer_done = TRUE;
      update_watch (self);
      self->listener->ended (self->owner, MB_SOCKET_END_PEER);
    } else if ((events & (EPOLLHUP | EPOLLERR)) != 0) {
      end (self, MB_SOCKET_END_ERROR);
    } else if (self->tls != NULL && mb_tls_stream_wants_to_write (self->tls)) {
      read_some (self);
    }
  }
  g_rc_box_release (self);
}

static void
go_on_reading (MbSocket *self)
{
  gboolean is_asked_again = self->is_asked_again;

  self->is_asked_again = FALSE;
  if (is_asked_again && self->input != NULL)
    hand_over_kept (self);
  else if (self->reading && self->tls != NULL && mb_tls_stream_has_more (self->tls))
    read_some (self);
  if (!self->freed)
    look_for_more (self);
}

static void
on_timer (gpointer data)
{
  MbSocket *self = g_rc_box_acquire (data);

  if (self->closing)
    finish_linger (self);
  else if (self->broken)
    self->listener->ended (
        self->owner, self->overrun ? MB_SOCKET_END_BACKLOG : MB_SOCKET_END_ERROR);
  else
    go_on_reading (self);
  g_rc_box_release (self);
}

/**
 * mb_socket_new:
 * @fd: (transfer full): a connected socket, non-blocking
 *
 * Nothing happens before it has a listener.
 *
 * Returns: (transfer full) (nullable): a socket, to be ended with mb_socket_close() or
 *   mb_socket_abort(); %NULL where the kernel does not take it (it is closed then)
 */
MbSocket *
mb_socket_new (MbReactor *reactor, int fd)
{
  MbSocket *self = g_rc_box_new0 (MbSocket);
  unsigned int stalled_ms = STALLED_MS;

  setsockopt (fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &stalled_ms, sizeof stalled_ms);
  self->reactor = reactor;
  self->fd = fd;
  self->reading = TRUE;
  g_queue_init (&self->output);
  mb_watch_init (&self->watch, on_event, self);
  mb_timer_init (&self->timer, on_timer, self);
  mb_flush_init (&self->flush, on_flush, self);
  if (!mb_reactor_watch (reactor, &self->watch, fd, EPOLLIN | EPOLLRDHUP)) {
    release (self);
    return NULL;
  }
  return self;
}

/**
 * mb_socket_set_listener:
 *
 * A socket that changes hands (an upgrade) keeps its unread input; the new listener is given it
 * in the next turn.
 */
void
mb_socket_set_listener (MbSocket *self, const MbSocketListener *listener, gpointer owner)
{
  self->listener = listener;
  self->owner = owner;
}

/**
 * mb_socket_set_reading:
 *
 * While not reading, that the other side goes away is still noticed.
 */
void
mb_socket_set_reading (MbSocket *self, gboolean reading)
{
  self->reading = reading;
  if (!self->broken && !self->closing)
    update_watch (self);
  look_for_more (self);
}

/**
 * mb_socket_read_again:
 *
 * Asks for what the listener has left, in the next turn: it has had its share of this one.
 */
void
mb_socket_read_again (MbSocket *self)
{
  self->is_asked_again = TRUE;
  if (!self->broken)
    mb_reactor_arm (self->reactor, &self->timer, 0);
}

/**
 * mb_socket_set_max_backlog:
 * @max_bytes: more than this in the queue breaks the connection; 0 means no limit
 */
void
mb_socket_set_max_backlog (MbSocket *self, gsize max_bytes)
{
  self->max_backlog = max_bytes;
}

/**
 * mb_socket_send:
 * @bytes: written at the end of this turn, together with what else is queued
 */
void
mb_socket_send (MbSocket *self, GBytes *bytes)
{
  if (self->broken || self->closing || g_bytes_get_size (bytes) == 0)
    return;
  g_queue_push_tail (&self->output, g_bytes_ref (bytes));
  self->output_bytes += g_bytes_get_size (bytes);
  mb_reactor_add_backlog (self->reactor, (gssize) g_bytes_get_size (bytes));
  if (self->max_backlog > 0 && self->output_bytes > self->max_backlog)
    fail (self, TRUE);
  else if ((self->watch.events & EPOLLOUT) == 0)
    mb_reactor_flush_later (self->reactor, &self->flush);
}

/**
 * mb_socket_set_tls:
 * @tls: from here on everything is sent and taken by it
 */
void
mb_socket_set_tls (MbSocket *self, MbTls *tls)
{
  self->tls = mb_tls_stream_new (tls, self->fd);
}

/**
 * mb_socket_set_seat:
 * @seat: (transfer full): held until the descriptor is closed
 */
void
mb_socket_set_seat (MbSocket *self, MbSeat *seat)
{
  g_clear_pointer (&self->seat, mb_seat_free);
  self->seat = seat;
}

gsize
mb_socket_get_backlog (MbSocket *self)
{
  return self->output_bytes;
}

/**
 * mb_socket_close:
 *
 * (transfer full): writes what is queued, says that nothing more comes, waits for the other side
 * to do the same, at most two seconds. The owner is told nothing any more.
 */
void
mb_socket_close (MbSocket *self)
{
  if (self->broken) {
    release (self);
    return;
  }
  self->closing = TRUE;
  self->reading = TRUE;
  self->listener = NULL;
  self->owner = NULL;
  g_clear_pointer (&self->input, g_byte_array_unref);
  mb_reactor_adopt (self->reactor, self, (GDestroyNotify) release);
  mb_reactor_arm_in (self->reactor, &self->timer, LINGER_MS);
  update_watch (self);
  if ((self->watch.events & EPOLLOUT) == 0)
    mb_reactor_flush_later (self->reactor, &self->flush);
}

/**
 * mb_socket_abort:
 *
 * (transfer full): closes at once; what is queued is lost.
 */
void
mb_socket_abort (MbSocket *self)
{
  release (self);
}
