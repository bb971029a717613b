// Reads a UDP socket many datagrams at a time (recvmmsg), for batched-udp-listener.ts, which decides
// everything but the system calls. Why it is written so: docs/decisions/0008-datagrams-in-batches.md.
//
// An operator asks: can this crash the collector? It keeps no pointer to memory of JavaScript's: each
// read is given a buffer and looks at its bounds. Datagrams arrive in memory of the socket's own.
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
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
extern char *uv_err_name_r(int code, char *name, size_t length);

// Slots hold the largest datagram there is. They lie a few cache lines more than 64 KiB apart, or all
// of them would compete for the same lines. Pages that no datagram reaches are never touched.
enum { SLOTS = 64, SLOT_SIZE = 65536, SLOT_STEP = SLOT_SIZE + 192 };

// A row of the table that `read` fills: where the datagram ends, the sender's scope, its IPv6 address.
// Before the rows stands whether more is waiting that the chunk had no room for.
enum { HEAD = 1, ROW = 6 };

// In Linux since 4.12; missing from older C libraries' headers.
enum { MEMINFO = 55, MEMINFO_DROPS = 8, MEMINFO_FIELDS = 9 };

typedef struct {
  napi_env env;
  napi_ref on_readable;
  napi_async_context context;
  napi_async_cleanup_hook_handle cleanup;
  void *poll, *timer;
  int fd;
  // Handles that the loop knows, and the object that JavaScript holds.
  int users;
  int open_handles;
  bool closing, gathering;
  // Datagrams that are in slots, and not handed over yet.
  int next, end;
  uint8_t *slots;
  struct mmsghdr messages[SLOTS];
  struct iovec parts[SLOTS];
  struct sockaddr_storage senders[SLOTS];
} Socket;

static const napi_type_tag SOCKET_TAG = {0x6c6e6d7475647062ull, 0x9d1c2f5ab7e84c03ull};

static napi_value failure(napi_env env, int error, const char *doing) {
  char name[32], text[96];
  uv_err_name_r(-error, name, sizeof name);
  snprintf(text, sizeof text, "%s %s", doing, name);
  napi_throw_error(env, name, text);
  return NULL;
}

static void leave(Socket *s) {
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
  leave(s);
}

// Lets go of the port at once, of the memory once the loop and JavaScript have let go of it.
static void close_socket(Socket *s) {
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
  close_socket(data);
}

static void collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  leave(data);
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

// Arguments of a call; false with an exception where there are too few, or the first is no socket.
static bool arguments(napi_env env, napi_callback_info info, size_t wanted, napi_value *values, Socket **s) {
  size_t count = wanted;
  bool ours = false;
  if (napi_get_cb_info(env, info, &count, values, NULL, NULL) == napi_ok && count >= wanted &&
      (!s || (napi_check_object_type_tag(env, values[0], &SOCKET_TAG, &ours) == napi_ok && ours &&
              napi_get_value_external(env, values[0], (void **)s) == napi_ok)))
    return true;
  failure(env, EINVAL, "arguments");
  return false;
}

static int bound(const char *host, uint32_t port, bool ipv6_only, int *error) {
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

// Memory that needs nothing undone but `free`; NULL where there is none.
static Socket *allocated(void) {
  Socket *s = calloc(1, sizeof *s);
  if (!s) return NULL;
  s->slots = malloc((size_t)SLOTS * SLOT_STEP);
  s->poll = calloc(1, uv_handle_size(UV_POLL));
  s->timer = calloc(1, uv_handle_size(UV_TIMER));
  s->users = 1;
  if (!s->slots || !s->poll || !s->timer) return leave(s), NULL;
  for (int i = 0; i < SLOTS; i++) {
    s->parts[i] = (struct iovec){.iov_base = s->slots + (size_t)i * SLOT_STEP, .iov_len = SLOT_SIZE};
    s->messages[i].msg_hdr = (struct msghdr){.msg_name = &s->senders[i], .msg_iov = &s->parts[i], .msg_iovlen = 1};
  }
  return s;
}

// Has the loop tell of datagrams. False where that cannot be; the caller then frees what there is.
static bool watched(napi_env env, Socket *s, napi_value on_readable) {
  struct uv_loop_s *loop;
  napi_value name;
  if (napi_get_uv_event_loop(env, &loop) != napi_ok) return false;
  if (napi_create_string_latin1(env, "UDPBATCH", NAPI_AUTO_LENGTH, &name) != napi_ok) return false;
  if (napi_create_reference(env, on_readable, 1, &s->on_readable) != napi_ok) return false;
  if (napi_async_init(env, NULL, name, &s->context) != napi_ok) {
    napi_delete_reference(env, s->on_readable);
    return false;
  }
  if (uv_poll_init(loop, s->poll, s->fd) != 0) {
    napi_delete_reference(env, s->on_readable);
    napi_async_destroy(env, s->context);
    return false;
  }
  uv_timer_init(loop, s->timer);
  uv_handle_set_data(s->poll, s);
  uv_handle_set_data(s->timer, s);
  s->users += 2;
  s->open_handles = 2;
  return true;
}

// open(address, port, ipv6Only, onReadable): binds. Throws what the system says, as its `code`.
static napi_value socket_open(napi_env env, napi_callback_info info) {
  napi_value values[4], external;
  char host[96];
  size_t length;
  uint32_t port;
  bool ipv6_only;
  napi_valuetype type;
  if (!arguments(env, info, 4, values, NULL)) return NULL;
  if (napi_get_value_string_utf8(env, values[0], host, sizeof host, &length) != napi_ok ||
      length + 1 >= sizeof host || napi_get_value_uint32(env, values[1], &port) != napi_ok || port > 65535 ||
      napi_get_value_bool(env, values[2], &ipv6_only) != napi_ok || napi_typeof(env, values[3], &type) != napi_ok ||
      type != napi_function)
    return failure(env, EINVAL, "open");
  Socket *s = allocated();
  if (!s) return failure(env, ENOMEM, "open");
  int error;
  s->env = env;
  s->fd = bound(host, port, ipv6_only, &error);
  if (s->fd < 0) return leave(s), failure(env, error, "bind");
  if (!watched(env, s, values[3])) {
    close(s->fd);
    return leave(s), failure(env, ENOMEM, "open");
  }
  // From here on its parts have owners, and closing it is enough.
  int started = uv_poll_start(s->poll, UV_READABLE, became_readable);
  if (started != 0 || napi_add_async_cleanup_hook(env, environment_ends, s, &s->cleanup) != napi_ok ||
      napi_create_external(env, s, collected, NULL, &external) != napi_ok) {
    close_socket(s);
    return leave(s), failure(env, started != 0 ? -started : ENOMEM, "open");
  }
  if (napi_type_tag_object(env, external, &SOCKET_TAG) != napi_ok) {
    close_socket(s);
    return failure(env, ENOMEM, "open");
  }
  return external;
}

static void write_row(int32_t *row, size_t end, const struct sockaddr_storage *from) {
  const struct sockaddr_in6 *six = (const void *)from;
  row[0] = (int32_t)end;
  row[1] = 0;
  if (from->ss_family == AF_INET6) {
    row[1] = (int32_t)six->sin6_scope_id;
    memcpy(row + 2, &six->sin6_addr, 16);
  } else {
    row[2] = row[3] = 0;
    row[4] = (int32_t)htonl(0xffff);
    memcpy(row + 5, &((const struct sockaddr_in *)from)->sin_addr, 4);
  }
}

// Puts more datagrams into the slots; false when the socket has no more than these.
static bool receive(Socket *s, size_t wanted) {
  int count, most = wanted < SLOTS ? (int)wanted : SLOTS;
  for (int i = 0; i < most; i++) s->messages[i].msg_hdr.msg_namelen = sizeof s->senders[i];
  do count = recvmmsg(s->fd, s->messages, (unsigned)most, MSG_DONTWAIT, NULL);
  while (count < 0 && errno == EINTR);
  s->next = 0;
  s->end = count > 0 ? count : 0;
  return count == most;
}

// read(socket, chunk, offset, table): lays datagrams side by side into `chunk` from `offset` on, a row
// for each into `table`. Gives their number. A chunk of 64 KiB always has room for one at least.
static napi_value socket_read(napi_env env, napi_callback_info info) {
  napi_value values[4], result;
  Socket *s;
  void *data;
  int32_t *table;
  size_t size, fields;
  uint32_t offset;
  napi_typedarray_type type;
  if (!arguments(env, info, 4, values, &s)) return NULL;
  if (napi_get_buffer_info(env, values[1], &data, &size) != napi_ok ||
      napi_get_value_uint32(env, values[2], &offset) != napi_ok || offset > size || size > INT32_MAX ||
      napi_get_typedarray_info(env, values[3], &type, &fields, (void **)&table, NULL, NULL) != napi_ok ||
      type != napi_int32_array || fields < HEAD + ROW)
    return failure(env, EINVAL, "read");
  size_t at = offset, rows = 0, most = (fields - HEAD) / ROW;
  table[0] = 0;
  for (bool more = !s->closing; more;) {
    if (s->next == s->end) more = receive(s, most - rows);
    for (; s->next < s->end && rows < most; s->next++, rows++) {
      size_t length = s->messages[s->next].msg_len;
      if (length > size - at) break;
      memcpy((uint8_t *)data + at, s->parts[s->next].iov_base, length);
      at += length;
      write_row(table + HEAD + rows * ROW, at, &s->senders[s->next]);
    }
    if (s->next < s->end) table[0] = 1;
    if (s->next < s->end || rows == most) break;
  }
  return napi_create_uint32(env, (uint32_t)rows, &result) == napi_ok ? result : NULL;
}

// gather(socket, milliseconds): calls onReadable then, read or not, and not before.
static napi_value socket_gather(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Socket *s;
  uint32_t delay;
  if (!arguments(env, info, 2, values, &s)) return NULL;
  if (napi_get_value_uint32(env, values[1], &delay) != napi_ok) return failure(env, EINVAL, "gather");
  if (s->closing || s->gathering) return NULL;
  s->gathering = true;
  uv_poll_stop(s->poll);
  uv_timer_start(s->timer, gathered, delay, 0);
  return NULL;
}

// The text of an IPv6 address: IPv4 as such, link-local ones with their interface, as Node has it.
static napi_value address_text(napi_env env, const struct in6_addr *address, uint32_t scope) {
  char text[INET6_ADDRSTRLEN + 1 + IF_NAMESIZE];
  napi_value result;
  bool is_ipv4 = IN6_IS_ADDR_V4MAPPED(address);
  inet_ntop(is_ipv4 ? AF_INET : AF_INET6, is_ipv4 ? address->s6_addr + 12 : address->s6_addr, text, INET6_ADDRSTRLEN);
  if (IN6_IS_ADDR_LINKLOCAL(address) && scope != 0) {
    size_t length = strlen(text);
    text[length] = '%';
    if (!if_indextoname(scope, text + length + 1)) text[length] = '\0';
  }
  return napi_create_string_latin1(env, text, NAPI_AUTO_LENGTH, &result) == napi_ok ? result : NULL;
}

// sender(table, index): the address in the row that begins at `index`.
static napi_value sender_of_row(napi_env env, napi_callback_info info) {
  napi_value values[2];
  int32_t *table;
  size_t fields;
  uint32_t index;
  napi_typedarray_type type;
  struct in6_addr address;
  if (!arguments(env, info, 2, values, NULL)) return NULL;
  if (napi_get_typedarray_info(env, values[0], &type, &fields, (void **)&table, NULL, NULL) != napi_ok ||
      type != napi_int32_array || napi_get_value_uint32(env, values[1], &index) != napi_ok || fields < ROW ||
      index > fields - ROW)
    return failure(env, EINVAL, "sender");
  memcpy(&address, table + index + 2, sizeof address);
  return address_text(env, &address, (uint32_t)table[index + 1]);
}

// address(socket): [address, port] as bound.
static napi_value socket_address(napi_env env, napi_callback_info info) {
  napi_value values[1], pair, text, port;
  Socket *s;
  if (!arguments(env, info, 1, values, &s)) return NULL;
  struct sockaddr_storage name = {0};
  socklen_t length = sizeof name;
  if (s->closing) return failure(env, EBADF, "address");
  if (getsockname(s->fd, (struct sockaddr *)&name, &length) != 0) return failure(env, errno, "address");
  int32_t row[ROW];
  struct in6_addr address;
  write_row(row, 0, &name);
  memcpy(&address, row + 2, sizeof address);
  // The port stands at the same place for both families.
  uint16_t number = ntohs(((struct sockaddr_in *)&name)->sin_port);
  text = address_text(env, &address, (uint32_t)row[1]);
  if (!text || napi_create_array_with_length(env, 2, &pair) != napi_ok ||
      napi_create_uint32(env, number, &port) != napi_ok || napi_set_element(env, pair, 0, text) != napi_ok ||
      napi_set_element(env, pair, 1, port) != napi_ok)
    return NULL;
  return pair;
}

// receiveBuffer(socket, bytes): asks for so much, and gives what the kernel says there is.
static napi_value socket_receive_buffer(napi_env env, napi_callback_info info) {
  napi_value values[2], result;
  Socket *s;
  int32_t bytes;
  socklen_t length = sizeof bytes;
  if (!arguments(env, info, 2, values, &s)) return NULL;
  if (napi_get_value_int32(env, values[1], &bytes) != napi_ok) return failure(env, EINVAL, "receiveBuffer");
  if (s->closing) return failure(env, EBADF, "receiveBuffer");
  if (setsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes) != 0 ||
      getsockopt(s->fd, SOL_SOCKET, SO_RCVBUF, &bytes, &length) != 0)
    return failure(env, errno, "receiveBuffer");
  return napi_create_int32(env, bytes, &result) == napi_ok ? result : NULL;
}

// drops(socket): datagrams for which the receive buffer had no room, since it was bound, modulo 2^32.
static napi_value socket_drops(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  Socket *s;
  uint32_t fields[MEMINFO_FIELDS] = {0};
  socklen_t length = sizeof fields;
  if (!arguments(env, info, 1, values, &s)) return NULL;
  if (s->closing || getsockopt(s->fd, SOL_SOCKET, MEMINFO, fields, &length) != 0) fields[MEMINFO_DROPS] = 0;
  return napi_create_uint32(env, fields[MEMINFO_DROPS], &result) == napi_ok ? result : NULL;
}

static napi_value socket_close(napi_env env, napi_callback_info info) {
  napi_value values[1];
  Socket *s;
  if (arguments(env, info, 1, values, &s)) close_socket(s);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor calls[] = {
      {.utf8name = "open", .method = socket_open},
      {.utf8name = "read", .method = socket_read},
      {.utf8name = "gather", .method = socket_gather},
      {.utf8name = "sender", .method = sender_of_row},
      {.utf8name = "address", .method = socket_address},
      {.utf8name = "receiveBuffer", .method = socket_receive_buffer},
      {.utf8name = "drops", .method = socket_drops},
      {.utf8name = "close", .method = socket_close},
  };
  return napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls) == napi_ok ? exports : NULL;
}
