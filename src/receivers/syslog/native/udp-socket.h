// A UDP socket that the event loop watches, and what is declared of libuv for it.
#pragma once
#define _GNU_SOURCE
#define NAPI_VERSION 8
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

// Slots hold the largest datagram there is. They lie a few cache lines more than 64 KiB apart, or all
// of them would compete for the same lines. Pages that no datagram reaches are never touched.
enum { SLOTS = 64, SLOT_SIZE = 65536, SLOT_STEP = SLOT_SIZE + 192 };

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

// Memory that needs nothing undone but `socket_leave`; NULL where there is none. `fd` is the caller's to set.
Socket *socket_allocated(void);

// Lets go of one user's share; the last one's frees the memory.
void socket_leave(Socket *s);

// A descriptor bound to a numeric address, or -1 and the system's error.
int socket_bound(const char *host, uint32_t port, bool ipv6_only, int *error);

// Has the loop call `on_readable` when there are datagrams. Where it gives an errno instead of 0, the
// caller closes the descriptor and leaves.
int socket_watch(Socket *s, napi_env env, napi_value on_readable);

// Puts up to `wanted` more datagrams into the slots; false when the socket has no more than these.
bool socket_receive(Socket *s, size_t wanted);

// Calls back in so many milliseconds, read or not, and not before.
void socket_gather(Socket *s, uint32_t delay_ms);

// Lets go of the port at once, of the memory once the loop and JavaScript have let go of it.
void socket_close(Socket *s);
