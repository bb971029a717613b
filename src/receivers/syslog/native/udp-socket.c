// The socket's life and its system calls. Datagrams arrive in memory of the socket's own.
#include "udp-socket.h"
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

// What is used of libuv, declared here since its header comes with Node's whole headers only. These
// have been the same in every libuv 1.x, which is what Node promises to addons.
enum { UV_POLL = 8, UV_TIMER = 13, UV_READABLE = 1 };
extern size_t uv_handle_size(int type);
extern void *uv_handle_get_data(const void *handle);
extern void uv_handle_set_data(void *handle, void *data);
extern int uv_poll_init(struct uv_loop_s *loop, void *poll, int fd);
extern int uv_poll_start(void *poll, int events, void (*readable)(void *poll, int status, int events));
extern int uv_poll_stop(void *poll);
extern int uv_timer_init(struct uv_loop_s *loop, void *timer);
extern int uv_timer_start(void *timer, void (*due)(void *timer), uint64_t delay_ms, uint64_t repeat_ms);
extern void uv_close(void *handle, void (*closed)(void *handle));

void socket_leave(Socket *s) {
  if (--s->users > 0) return;
  free(s->slots);
  free(s->poll);
  free(s->timer);
  free(s);
}

static void handle_closed(void *handle) {
  Socket *s = uv_handle_get_data(handle);
  // The last one: from here on the environment may end.
  if (--s->open_handles == 0 && s->cleanup) napi_remove_async_cleanup_hook(s->cleanup);
  socket_leave(s);
}

void socket_close(Socket *s) {
  if (s->closing) return;
  s->closing = true;
  uv_close(s->poll, handle_closed);
  uv_close(s->timer, handle_closed);
  close(s->fd);
  napi_delete_reference(s->env, s->on_readable);
  napi_async_destroy(s->env, s->context);
}

static void environment_ends(napi_async_cleanup_hook_handle hook, void *data) {
  (void)hook;
  socket_close(data);
}

static void notify(Socket *s) {
  napi_env env = s->env;
  napi_handle_scope scope;
  if (napi_open_handle_scope(env, &scope) != napi_ok) return;
  napi_value callback, global, result, error;
  bool pending = false;
  if (napi_get_reference_value(env, s->on_readable, &callback) == napi_ok && callback &&
      napi_get_global(env, &global) == napi_ok)
    napi_make_callback(env, s->context, global, callback, 0, NULL, &result);
  if (napi_is_exception_pending(env, &pending) == napi_ok && pending &&
      napi_get_and_clear_last_exception(env, &error) == napi_ok)
    napi_fatal_exception(env, error);
  napi_close_handle_scope(env, scope);
}

static void became_readable(void *poll, int status, int events) {
  Socket *s = uv_handle_get_data(poll);
  (void)events;
  if (status < 0) {
    // libuv stops at an error of the socket: taking it clears it, and the socket works on.
    int error;
    socklen_t length = sizeof error;
    getsockopt(s->fd, SOL_SOCKET, SO_ERROR, &error, &length);
    uv_poll_start(s->poll, UV_READABLE, became_readable);
  }
  notify(s);
}

static void gathered(void *timer) {
  Socket *s = uv_handle_get_data(timer);
  s->gathering = false;
  notify(s);
  if (!s->closing && !s->gathering) uv_poll_start(s->poll, UV_READABLE, became_readable);
}

int socket_bound(const char *host, uint32_t port, bool ipv6_only, int *error) {
  char service[8];
  snprintf(service, sizeof service, "%u", port);
  struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = SOCK_DGRAM}, *found;
  *error = EINVAL;
  if (getaddrinfo(host, service, &hints, &found) != 0) return -1;
  int one = 1, fd = socket(found->ai_family, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0 || (ipv6_only && setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one) != 0) ||
      bind(fd, found->ai_addr, found->ai_addrlen) != 0) {
    *error = errno;
    if (fd >= 0) close(fd);
    fd = -1;
  }
  freeaddrinfo(found);
  return fd;
}

Socket *socket_allocated(void) {
  Socket *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->slots = malloc((size_t)SLOTS * SLOT_STEP);
  s->poll = calloc(1, uv_handle_size(UV_POLL));
  s->timer = calloc(1, uv_handle_size(UV_TIMER));
  s->users = 1;
  if (!s->slots || !s->poll || !s->timer) return socket_leave(s), NULL;
  for (int i = 0; i < SLOTS; i++) {
    s->parts[i] = (struct iovec){.iov_base = s->slots + (size_t)i * SLOT_STEP, .iov_len = SLOT_SIZE};
    s->messages[i].msg_hdr = (struct msghdr){.msg_name = &s->senders[i], .msg_iov = &s->parts[i], .msg_iovlen = 1};
  }
  return s;
}

int socket_watch(Socket *s, napi_env env, napi_value on_readable) {
  s->env = env;
  struct uv_loop_s *loop;
  napi_value name;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return ENOMEM;
  if (napi_create_string_latin1(env, "UDPBATCH", NAPI_AUTO_LENGTH, &name) != napi_ok) return ENOMEM;
  if (napi_create_reference(env, on_readable, 1, &s->on_readable) != napi_ok) return ENOMEM;
  if (napi_async_init(env, NULL, name, &s->context) != napi_ok) {
    napi_delete_reference(env, s->on_readable);
    return ENOMEM;
  }
  int failed = uv_poll_init(loop, s->poll, s->fd);
  if (failed != 0) {
    napi_delete_reference(env, s->on_readable);
    napi_async_destroy(env, s->context);
    return -failed;
  }
  uv_timer_init(loop, s->timer);
  uv_handle_set_data(s->poll, s);
  uv_handle_set_data(s->timer, s);
  s->users += 2;
  s->open_handles = 2;
  uv_poll_start(s->poll, UV_READABLE, became_readable);
  napi_add_async_cleanup_hook(env, environment_ends, s, &s->cleanup);
  return 0;
}

bool socket_receive(Socket *s, size_t wanted) {
  int count, most = wanted < SLOTS ? (int)wanted : SLOTS;
  for (int i = 0; i < most; i++) s->messages[i].msg_hdr.msg_namelen = sizeof s->senders[i];
  do count = recvmmsg(s->fd, s->messages, (unsigned)most, MSG_DONTWAIT, NULL);
  while (count < 0 && errno == EINTR);
  s->next = 0;
  s->end = count > 0 ? count : 0;
  return count == most;
}

void socket_gather(Socket *s, uint32_t delay_ms) {
  if (s->closing || s->gathering) return;
  s->gathering = true;
  uv_poll_stop(s->poll);
  uv_timer_start(s->timer, gathered, delay_ms, 0);
}
