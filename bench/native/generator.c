// generator: sends syslog messages over loopback as fast as asked, or writes them to a file.
//
//   generator -p PORT -n COUNT [-u | -F file] [-r messages/s] [-f 3164|5424] [-c connections] [-s size] [-k keys]
//
// TCP with newlines unless -u (UDP by sendmmsg, cut up by the kernel). Each message has `seq=` with ten digits and `tns=` with
// CLOCK_MONOTONIC in nanoseconds, so that whoever reads it can count loss and measure latency. With -k the
// process id of RFC 3164 goes round so many numbers. Ten of
// each hundred messages are warnings (PRI 132, `result=failed`), the others informational (PRI 134).
// Prints one line of JSON: how many were sent, how many of them were warnings, when it began and how long it took.
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { TEMPLATES = 800, WARNINGS_PERCENT = 10, MAX_BATCH = 256, MAX_LENGTH = 4096, MAX_CONNECTIONS = 256, MAX_SEGMENTS = 64, MAX_SEND = 65000 };

typedef struct {
  char bytes[MAX_LENGTH];
  int length, seq_at, time_at, pid_at;
} Template;

static Template templates[TEMPLATES];
static int format = 3164, size = 200, keys = 0;

static uint64_t clock_ns(clockid_t id) {
  struct timespec t;
  clock_gettime(id, &t);
  return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static void digits(char *at, int count, uint64_t value) {
  for (int i = count - 1; i >= 0; i--, value /= 10) at[i] = '0' + value % 10;
}

static void build(Template *t, int index) {
  static const char *apps[] = {"sshd", "nginx", "kernel", "cron", "postfix/smtpd", "systemd", "app-server", "dockerd"};
  static const char *users[] = {"alice", "bob", "carol", "dave", "erin", "frank", "grace", "heidi"};
  static const char filler[] = " the quick brown fox jumps over the lazy dog while packing five dozen liquor jugs";
  const char *app = apps[index % 8];
  int warning = index % 100 < WARNINGS_PERCENT, pri = 128 + (warning ? 4 : 6), pid = 1000 + index, n;
  char stamp[64];
  struct timespec now;
  struct tm parts;
  clock_gettime(CLOCK_REALTIME, &now);
  gmtime_r(&now.tv_sec, &parts);
  if (format == 3164) {
    strftime(stamp, sizeof stamp, "%b %e %H:%M:%S", &parts);
    n = sprintf(t->bytes, "<%d>%s host%02d %s[%0*d]: ", pri, stamp, index % 16, app, keys ? 6 : 4, pid);
    t->pid_at = n - 9;
  } else {
    strftime(stamp, sizeof stamp, "%Y-%m-%dT%H:%M:%S", &parts);
    n = sprintf(t->bytes, "<%d>1 %s.%06ldZ host%02d.example.com %s %d ID%d [ex@32473 iut=\"3\" src=\"App\"] ", pri, stamp,
                now.tv_nsec / 1000, index % 16, app, pid, index % 100);
  }
  t->seq_at = n + 4;
  t->time_at = n + 19;
  n += sprintf(t->bytes + n, "seq=0000000000 tns=0000000000000000000 user=%s action=login result=%s src=10.0.%d.%d",
               users[index % 8], warning ? "failed" : "ok", index % 256, index * 7 % 256);
  for (int k = 0; n < size; k++) t->bytes[n++] = filler[k % (sizeof filler - 1)];
  t->length = n;
}

static int put(char *at, uint64_t seq, uint64_t time) {
  Template *t = &templates[seq % TEMPLATES];
  memcpy(at, t->bytes, t->length);
  digits(at + t->seq_at, 10, seq);
  digits(at + t->time_at, 19, time);
  if (keys) digits(at + t->pid_at, 6, seq % keys);
  return t->length;
}

// Sends `count` messages from `seq` on; 0, or -1 with errno.
static int write_lines(int fd, uint64_t seq, int count, uint64_t time) {
  static char bytes[MAX_BATCH * (MAX_LENGTH + 1)];
  size_t length = 0, done = 0;
  for (int i = 0; i < count; i++) {
    length += put(bytes + length, seq + i, time);
    bytes[length++] = '\n';
  }
  while (done < length) {
    ssize_t written = write(fd, bytes + done, length - done);
    if (written < 0 && errno != EINTR) return -1;
    if (written > 0) done += written;
  }
  return 0;
}

// Datagrams of one length side by side are one send, which the kernel cuts up (UDP_SEGMENT): sent one by one,
// they take longer to send than to receive. Whoever receives them gets them one by one.
static int send_datagrams(int fd, uint64_t seq, int count, uint64_t time) {
  static char bytes[MAX_BATCH * MAX_LENGTH], control[MAX_BATCH][CMSG_SPACE(sizeof(uint16_t))];
  static struct iovec parts[MAX_BATCH];
  static struct mmsghdr messages[MAX_BATCH];
  size_t at = 0, length = 0;
  int sends = 0, segments = 0;
  for (int i = 0; i < count; i++) {
    size_t next = put(bytes + at, seq + i, time);
    if (!segments || next != length || segments == MAX_SEGMENTS || parts[sends - 1].iov_len + next > MAX_SEND) {
      parts[sends++] = (struct iovec){.iov_base = bytes + at, .iov_len = 0};
      length = next;
      segments = 0;
    }
    parts[sends - 1].iov_len += next;
    segments += 1;
    at += next;
    struct msghdr *message = &messages[sends - 1].msg_hdr;
    *message = (struct msghdr){.msg_iov = &parts[sends - 1], .msg_iovlen = 1};
    if (segments == 1) continue;
    message->msg_control = control[sends - 1];
    message->msg_controllen = sizeof control[0];
    struct cmsghdr *head = CMSG_FIRSTHDR(message);
    *head = (struct cmsghdr){.cmsg_level = SOL_UDP, .cmsg_type = UDP_SEGMENT, .cmsg_len = CMSG_LEN(sizeof(uint16_t))};
    *(uint16_t *)CMSG_DATA(head) = length;
  }
  for (int done = 0; done < sends;) {
    int sent = sendmmsg(fd, messages + done, sends - done, 0);
    // Refused: nobody listens yet, or any more; they count as sent and lost.
    if (sent < 0 && errno != EINTR && errno != ECONNREFUSED) return -1;
    if (sent < 0 && errno == ECONNREFUSED) sent = 1;
    if (sent > 0) done += sent;
  }
  return 0;
}

// Sleeps, then spins the last tenth of a millisecond.
static void wait_until(uint64_t due) {
  uint64_t now;
  while ((now = clock_ns(CLOCK_MONOTONIC)) < due) {
    if (due - now < 200000) continue;
    uint64_t rest = due - now - 100000;
    nanosleep(&(struct timespec){rest / 1000000000, rest % 1000000000}, NULL);
  }
}

static int connected(int port, int udp) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, udp ? SOCK_DGRAM : SOCK_STREAM, 0), buffer = 4 << 20;
  if (udp) setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &buffer, sizeof buffer);
  if (connect(fd, (void *)&address, sizeof address)) {
    perror("connect");
    exit(1);
  }
  return fd;
}

int main(int argc, char **argv) {
  const char *file = NULL;
  int port = 0, udp = 0, connections = 1, option;
  double rate = 0;
  uint64_t count = 0;
  while ((option = getopt(argc, argv, "p:n:uF:r:f:c:s:k:")) != -1) switch (option) {
      case 'p': port = atoi(optarg); break;
      case 'n': count = strtoull(optarg, NULL, 10); break;
      case 'u': udp = 1; break;
      case 'F': file = optarg; break;
      case 'r': rate = atof(optarg); break;
      case 'f': format = atoi(optarg); break;
      case 'c': connections = atoi(optarg); break;
      case 's': size = atoi(optarg); break;
      case 'k': keys = atoi(optarg); break;
      default: return 2;
    }
  if (!count || (!port && !file) || connections < 1 || connections > MAX_CONNECTIONS || size > MAX_LENGTH - 600 ||
      keys < 0 || keys > 1000000 || (keys && format != 3164)) {
    fprintf(stderr, "generator -p PORT -n COUNT [-u | -F file] [-r messages/s] [-f 3164|5424] [-c connections] [-s size] [-k keys]\n");
    return 2;
  }
  for (int i = 0; i < TEMPLATES; i++) build(&templates[i], i);
  int fds[MAX_CONNECTIONS];
  if (file) connections = 1;
  for (int i = 0; i < connections; i++) fds[i] = file ? open(file, O_CREAT | O_WRONLY | O_APPEND, 0644) : connected(port, udp);
  if (file && fds[0] < 0) return perror(file), 1;

  int batch = udp ? 64 : MAX_BATCH;
  if (rate > 0 && rate / 10000 < batch) batch = rate < 10000 ? 1 : rate / 10000;
  uint64_t began_at = clock_ns(CLOCK_REALTIME), from = clock_ns(CLOCK_MONOTONIC), sent = 0;
  for (int turn = 0; sent < count; turn++) {
    int now = count - sent < (uint64_t)batch ? (int)(count - sent) : batch;
    if (rate > 0) wait_until(from + (uint64_t)(sent * 1e9 / rate));
    int fd = fds[turn % connections];
    uint64_t time = clock_ns(CLOCK_MONOTONIC);
    if (udp ? send_datagrams(fd, sent, now, time) : write_lines(fd, sent, now, time)) {
      perror("send");
      break;
    }
    sent += now;
  }
  double seconds = (clock_ns(CLOCK_MONOTONIC) - from) / 1e9;
  uint64_t rest = sent % 100, warnings = sent / 100 * WARNINGS_PERCENT + (rest < WARNINGS_PERCENT ? rest : WARNINGS_PERCENT);
  printf("{\"sent\":%lu,\"warnings\":%lu,\"beganAtMs\":%.3f,\"seconds\":%.4f}\n", sent, warnings, began_at / 1e6, seconds);
  return 0;
}
