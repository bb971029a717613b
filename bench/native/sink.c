// sink: an HTTP server that counts what it is sent.
//
//   sink PORT [-r answer]
//
// Answers every request 200 with the body `answer`. Counts requests, their bytes, and events: lines or
// objects with `seq=` that was not counted yet (an event may repeat its text in a title). Keeps the
// latency of each, from its `tns=` (CLOCK_MONOTONIC, nanoseconds). On SIGUSR1 prints one line of JSON,
// on SIGUSR2 too, and starts counting anew; SIGTERM ends it.
#define _GNU_SOURCE
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MAX_SAMPLES = 10000, MAX_FDS = 4096, MAX_SEQ = 1 << 26 };

typedef struct {
  char *bytes;
  size_t length, capacity;
} Connection;

static Connection connections[MAX_FDS];
static uint64_t requests, body_bytes, events, repeated, opened, last_ms;
static uint64_t *latencies;
static size_t samples;
static uint8_t *seen; // a bit for each seq
static char answer[4096];
static int answer_length;

static uint64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t number(const char *at, int digits) {
  uint64_t value = 0;
  for (int i = 0; i < digits && at[i] >= '0' && at[i] <= '9'; i++) value = value * 10 + at[i] - '0';
  return value;
}

static void count(const char *at, const char *end) {
  uint64_t now = clock_ns(CLOCK_MONOTONIC), last = UINT64_MAX;
  body_bytes += end - at;
  last_ms = clock_ns(CLOCK_REALTIME) / 1000000;
  while ((at = memmem(at, end - at, "seq=", 4)) && end - at >= 38) {
    uint64_t seq = number(at + 4, 10), sent_at = number(at + 19, 19);
    at += 38;
    if (seq == last || seq >= MAX_SEQ) continue;
    last = seq;
    if (seen[seq >> 3] & 1 << (seq & 7)) {
      repeated++;
      continue;
    }
    seen[seq >> 3] |= 1 << (seq & 7);
    events++;
    if (samples < MAX_SAMPLES && sent_at && sent_at < now) latencies[samples++] = now - sent_at;
  }
}

static int by_value(const void *a, const void *b) {
  uint64_t x = *(uint64_t *)a, y = *(uint64_t *)b;
  return x < y ? -1 : x > y;
}

static double quantile(double q) { return samples ? latencies[(size_t)((samples - 1) * q)] / 1e6 : 0; }

// Sorts: asked often, of a million samples, that would take longer than to count them. The first ones tell enough.
static void report(int reset) {
  qsort(latencies, samples, sizeof *latencies, by_value);
  printf("{\"requests\":%lu,\"bytes\":%lu,\"events\":%lu,\"repeated\":%lu,\"connections\":%lu,\"lastMs\":%lu,"
         "\"p50Ms\":%.3f,\"p99Ms\":%.3f,\"maxMs\":%.3f}\n",
         requests, body_bytes, events, repeated, opened, last_ms, quantile(.5), quantile(.99), quantile(1));
  fflush(stdout);
  if (!reset) return;
  requests = body_bytes = events = repeated = last_ms = samples = 0;
  memset(seen, 0, MAX_SEQ / 8);
}

// The bytes of the first request, counted and answered; 0 while it is not complete.
static size_t serve(int fd, char *from, size_t length) {
  char *end = memmem(from, length, "\r\n\r\n", 4);
  if (!end) return 0;
  char *body = end + 4, *limit = from + length;
  *end = 0;
  char *declared = strcasestr(from, "\r\ncontent-length:"), *chunked = strcasestr(from, "\r\ntransfer-encoding: chunked");
  int expects = strcasestr(from, "\r\nexpect: 100-continue") != NULL;
  size_t size = declared ? strtoull(declared + 17, NULL, 10) : 0;
  *end = '\r';
  if (expects && body == limit && write(fd, "HTTP/1.1 100 Continue\r\n\r\n", 25) < 0) return 0;
  if (chunked) {
    for (char *at = body;;) {
      char *line = memmem(at, limit - at, "\r\n", 2);
      if (!line) return 0;
      size_t chunk = strtoul(at, NULL, 16);
      at = line + 2;
      if ((size_t)(limit - at) < chunk + 2) return 0;
      at += chunk + 2;
      if (chunk) continue;
      count(body, at);
      body = at;
      break;
    }
  } else {
    if ((size_t)(limit - body) < size) return 0;
    count(body, body + size);
    body += size;
  }
  requests++;
  if (write(fd, answer, answer_length) < 0) return 0;
  return body - from;
}

static void receive(int fd) {
  Connection *c = &connections[fd];
  if (c->length == c->capacity) c->bytes = realloc(c->bytes, (c->capacity = c->capacity ? c->capacity * 2 : 1 << 18) + 1);
  ssize_t got = read(fd, c->bytes + c->length, c->capacity - c->length);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (got <= 0) {
    close(fd);
    free(c->bytes);
    memset(c, 0, sizeof *c);
    return;
  }
  c->length += got;
  size_t done = 0, used;
  while (done < c->length && (used = serve(fd, c->bytes + done, c->length - done))) done += used;
  memmove(c->bytes, c->bytes + done, c->length - done);
  c->length -= done;
}

int main(int argc, char **argv) {
  const char *body = "{}";
  int one = 1;
  if (argc == 4 && !strcmp(argv[2], "-r")) body = argv[3];
  else if (argc != 2) return fprintf(stderr, "sink PORT [-r answer]\n"), 2;
  answer_length = snprintf(answer, sizeof answer,
                           "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s", strlen(body), body);
  latencies = malloc(MAX_SAMPLES * sizeof *latencies);
  seen = calloc(1, MAX_SEQ / 8);
  signal(SIGPIPE, SIG_IGN);
  sigset_t wanted;
  sigemptyset(&wanted);
  sigaddset(&wanted, SIGUSR1);
  sigaddset(&wanted, SIGUSR2);
  sigprocmask(SIG_BLOCK, &wanted, NULL);
  int signals = signalfd(-1, &wanted, SFD_NONBLOCK), server = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
  setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(argv[1])), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  if (bind(server, (void *)&address, sizeof address) || listen(server, 1024)) return perror("bind"), 1;
  int poll = epoll_create1(0);
  epoll_ctl(poll, EPOLL_CTL_ADD, server, &(struct epoll_event){.events = EPOLLIN, .data.fd = server});
  epoll_ctl(poll, EPOLL_CTL_ADD, signals, &(struct epoll_event){.events = EPOLLIN, .data.fd = signals});
  puts("{\"ready\":true}");
  fflush(stdout);
  for (;;) {
    struct epoll_event ready[256];
    int n = epoll_wait(poll, ready, 256, -1);
    for (int i = 0; i < n; i++) {
      int fd = ready[i].data.fd;
      struct signalfd_siginfo signal;
      if (fd == signals) {
        while (read(signals, &signal, sizeof signal) == sizeof signal) report(signal.ssi_signo == SIGUSR2);
      } else if (fd == server) {
        for (int c; (c = accept4(server, NULL, NULL, SOCK_NONBLOCK)) >= 0; opened++) {
          if (c >= MAX_FDS) return fprintf(stderr, "more than %d connections\n", MAX_FDS), 1;
          setsockopt(c, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
          epoll_ctl(poll, EPOLL_CTL_ADD, c, &(struct epoll_event){.events = EPOLLIN, .data.fd = c});
        }
      } else receive(fd);
    }
  }
}
