// Reads a UDP socket many datagrams at a time (recvmmsg), for batched-udp-listener.ts, which decides
// everything but the system calls. Why it is written so: docs/decisions/0008-datagrams-in-batches.md.
//
// An operator asks: can this crash the collector? It keeps no pointer to memory of JavaScript's: each
// read is given a buffer and looks at its bounds.
#include "udp-socket.h"
#include <arpa/inet.h>
#include <errno.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A row of the table that `read` fills: where the datagram ends, the sender's scope, its IPv6 address.
// Before the rows stands whether more is waiting that the chunk had no room for.
enum { HEAD = 1, ROW = 6 };

// In Linux since 4.12; missing from older C libraries' headers.
enum { MEMINFO = 55, MEMINFO_DROPS = 8, MEMINFO_FIELDS = 9 };

static const napi_type_tag SOCKET_TAG = {0x6c6e6d7475647062ull, 0x9d1c2f5ab7e84c03ull};

// Of libuv: see udp-socket.c.
extern char *uv_err_name_r(int code, char *name, size_t length);

static napi_value failure(napi_env env, int error, const char *doing) {
  char name[32], text[96];
  uv_err_name_r(-error, name, sizeof name);
  snprintf(text, sizeof text, "%s %s", doing, name);
  napi_throw_error(env, name, text);
  return NULL;
}

static void collected(napi_env env, void *data, void *hint) {
  (void)env;
  (void)hint;
  socket_leave(data);
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

// open(address, port, ipv6Only, onReadable): binds. Throws what the system says, as its `code`.
static napi_value call_open(napi_env env, napi_callback_info info) {
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
  Socket *s = socket_allocated();
  if (!s) return failure(env, ENOMEM, "open");
  int error;
  s->fd = socket_bound(host, port, ipv6_only, &error);
  if (s->fd < 0) return socket_leave(s), failure(env, error, "bind");
  error = socket_watch(s, env, values[3]);
  if (error != 0) {
    close(s->fd);
    return socket_leave(s), failure(env, error, "open");
  }
  // From here on its parts have owners, and closing it is enough.
  if (napi_create_external(env, s, collected, NULL, &external) != napi_ok) {
    socket_close(s);
    return socket_leave(s), failure(env, ENOMEM, "open");
  }
  if (napi_type_tag_object(env, external, &SOCKET_TAG) != napi_ok) {
    socket_close(s);
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

// read(socket, chunk, offset, table): lays datagrams side by side into `chunk` from `offset` on, a row
// for each into `table`. Gives their number. A chunk of 64 KiB always has room for one at least.
static napi_value call_read(napi_env env, napi_callback_info info) {
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
    if (s->next == s->end) more = socket_receive(s, most - rows);
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
static napi_value call_gather(napi_env env, napi_callback_info info) {
  napi_value values[2];
  Socket *s;
  uint32_t delay;
  if (!arguments(env, info, 2, values, &s)) return NULL;
  if (napi_get_value_uint32(env, values[1], &delay) != napi_ok) return failure(env, EINVAL, "gather");
  socket_gather(s, delay);
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
static napi_value call_sender(napi_env env, napi_callback_info info) {
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
static napi_value call_address(napi_env env, napi_callback_info info) {
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
static napi_value call_receive_buffer(napi_env env, napi_callback_info info) {
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
static napi_value call_drops(napi_env env, napi_callback_info info) {
  napi_value values[1], result;
  Socket *s;
  uint32_t fields[MEMINFO_FIELDS] = {0};
  socklen_t length = sizeof fields;
  if (!arguments(env, info, 1, values, &s)) return NULL;
  if (s->closing || getsockopt(s->fd, SOL_SOCKET, MEMINFO, fields, &length) != 0) fields[MEMINFO_DROPS] = 0;
  return napi_create_uint32(env, fields[MEMINFO_DROPS], &result) == napi_ok ? result : NULL;
}

static napi_value call_close(napi_env env, napi_callback_info info) {
  napi_value values[1];
  Socket *s;
  if (arguments(env, info, 1, values, &s)) socket_close(s);
  return NULL;
}

NAPI_MODULE_INIT() {
  const napi_property_descriptor calls[] = {
      {.utf8name = "open", .method = call_open},
      {.utf8name = "read", .method = call_read},
      {.utf8name = "gather", .method = call_gather},
      {.utf8name = "sender", .method = call_sender},
      {.utf8name = "address", .method = call_address},
      {.utf8name = "receiveBuffer", .method = call_receive_buffer},
      {.utf8name = "drops", .method = call_drops},
      {.utf8name = "close", .method = call_close},
  };
  return napi_define_properties(env, exports, sizeof calls / sizeof *calls, calls) == napi_ok ? exports : NULL;
}
