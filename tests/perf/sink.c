/* A mail server that takes everything and keeps nothing: one thread, epoll, PIPELINING. It counts what each recipient
 * number ("r123@…") received, so that losses and duplicates show. Built by throughput.py with the system's compiler.
 *
 *   sink ADDRESS PORT RECIPIENTS    prints "ready"; on SIGTERM one JSON object with counts and its own CPU time.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 1024, READ = 65536, OUT = 16384 };

struct connection {
    int fd;
    int in_data;   /* reading content */
    int matched;   /* how much of "\r\n.\r\n" has been seen */
    int used;      /* bytes in line */
    long number;   /* of the open transaction's recipient, -1 without */
    char line[LINE];
};

static volatile sig_atomic_t stopping;
static unsigned char *received;
static long recipients, messages, connections, duplicates, unknown;

static void stop(int number) { (void)number; stopping = 1; }

static void out(char *reply, int *length, const char *text) {
    int size = (int)strlen(text);
    if (*length + size <= OUT) {
        memcpy(reply + *length, text, (size_t)size);
        *length += size;
    }
}

static void accept_message(struct connection *c) {
    messages++;
    if (c->number < 0 || c->number >= recipients)
        unknown++;
    else if (received[c->number]++)
        duplicates++;
    c->number = -1;
}

/* Returns 0 when the connection is to be closed. */
static int command(struct connection *c, char *reply, int *length) {
    const char *line = c->line;
    if (!strncasecmp(line, "EHLO", 4))
        out(reply, length, "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250 8BITMIME\r\n");
    else if (!strncasecmp(line, "MAIL", 4))
        out(reply, length, "250 2.1.0 Ok\r\n");
    else if (!strncasecmp(line, "RCPT", 4)) {
        const char *at = strchr(line, '<');
        c->number = at && at[1] == 'r' ? atol(at + 2) : -1;
        out(reply, length, "250 2.1.5 Ok\r\n");
    } else if (!strncasecmp(line, "DATA", 4)) {
        c->in_data = 1;
        c->matched = 2; /* content begins at the start of a line */
        out(reply, length, "354 Go on\r\n");
    } else if (!strncasecmp(line, "QUIT", 4)) {
        out(reply, length, "221 2.0.0 Bye\r\n");
        return 0;
    } else
        out(reply, length, "250 2.0.0 Ok\r\n");
    return 1;
}

static const char *content(struct connection *c, const char *at, const char *end, char *reply, int *length) {
    static const char mark[] = "\r\n.\r\n";
    while (at < end) {
        if (c->matched == 0) {
            at = memchr(at, '\r', (size_t)(end - at));
            if (!at)
                return end;
        }
        if (*at == mark[c->matched])
            c->matched++;
        else
            c->matched = *at == '\r';
        at++;
        if (c->matched == 5) {
            c->in_data = c->matched = 0;
            accept_message(c);
            out(reply, length, "250 2.0.0 Ok\r\n");
            return at;
        }
    }
    return at;
}

static int serve(struct connection *c, char *buffer) {
    char reply[OUT];
    int length = 0, open = 1;
    ssize_t size = read(c->fd, buffer, READ);
    if (size <= 0)
        return size < 0 && (errno == EAGAIN || errno == EINTR);
    const char *at = buffer, *end = buffer + size;
    while (at < end && open) {
        if (c->in_data) {
            at = content(c, at, end, reply, &length);
            continue;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        int part = (int)((newline ? newline + 1 : end) - at);
        if (c->used + part >= LINE)
            return 0;
        memcpy(c->line + c->used, at, (size_t)part);
        c->used += part;
        at += part;
        if (newline) {
            c->line[c->used] = 0;
            open = command(c, reply, &length);
            c->used = 0;
        }
    }
    if (length && write(c->fd, reply, (size_t)length) != length)
        return 0;
    return open;
}

int main(int argc, char **argv) {
    if (argc != 4)
        return 2;
    recipients = atol(argv[3]);
    received = calloc((size_t)recipients, 1);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[2]))};
    inet_pton(AF_INET, argv[1], &name.sin_addr);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 4096))
        return perror("sink"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    static char buffer[READ];
    while (!stopping) {
        int count = epoll_wait(poll, events, 256, 1000);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!c) {
                int fd;
                while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
                    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
                    c = calloc(1, sizeof *c);
                    c->fd = fd;
                    c->number = -1;
                    connections++;
                    event.data.ptr = c;
                    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
                    if (write(fd, "220 sink ESMTP\r\n", 16) != 16)
                        continue;
                }
            } else if (!serve(c, buffer)) {
                close(c->fd);
                free(c);
            }
        }
    }
    long distinct = 0;
    for (long i = 0; i < recipients; i++)
        distinct += received[i] > 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"messages\":%ld,\"distinct\":%ld,\"duplicates\":%ld,\"unknown\":%ld,\"connections\":%ld,\"cpu\":%.3f}\n",
           messages, distinct, duplicates, unknown, connections, cpu);
    return 0;
}
