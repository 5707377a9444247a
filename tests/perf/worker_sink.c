/* A mail server that takes everything and keeps nothing, as cheaply as possible, for measuring senders.
 *
 *   worker_sink PORT FILE DELAY ADDRESS...
 *
 * Listens on PORT of every ADDRESS. Replies DELAY milliseconds late, as over a long line. FILE ("-" for none) gets the recipient of every message that was accepted, one a line.
 * Prints "ready" when it listens, and "CONNECTIONS MESSAGES" when its standard input closes. One thread, epoll.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { READ_BYTES = 65536, LINE_BYTES = 1024, EVENTS = 256 };

struct session {
    int fd, in_content, closed;
    unsigned waiting;            /* replies that are on their way */
    size_t line_length;          /* bytes of the line that is not complete */
    unsigned window;             /* the last four bytes of content */
    char line[LINE_BYTES];
    char recipient[LINE_BYTES];
};

struct late {
    struct late *next;
    struct session *session;
    long due;                    /* milliseconds */
    size_t size;
    char text[];
};

static struct late *first, **last = &first;
static long delay;
static unsigned long connections, messages;
static FILE *record;

static const char EHLO_REPLY[] = "250-sink\r\n250-PIPELINING\r\n250-SIZE 52428800\r\n250-8BITMIME\r\n250 SMTPUTF8\r\n";

static size_t put(char *out, size_t used, const char *text) {
    size_t length = strlen(text);
    memcpy(out + used, text, length);
    return used + length;
}

static size_t answer(struct session *s, char *out, size_t used) {
    const char *line = s->line;
    if (!strncasecmp(line, "MAIL", 4)) return put(out, used, "250 2.1.0 Ok\r\n");
    if (!strncasecmp(line, "RCPT", 4)) {
        const char *from = strchr(line, '<'), *to = strrchr(line, '>');
        size_t length = from && to > from ? (size_t)(to - from - 1) : 0;
        if (length) memcpy(s->recipient, from + 1, length);
        s->recipient[length] = 0;
        return put(out, used, "250 2.1.5 Ok\r\n");
    }
    if (!strncasecmp(line, "DATA", 4)) {
        s->in_content = 1;
        s->window = 0x0d0a;      /* content that begins with the last dot is empty */
        return put(out, used, "354 go on\r\n");
    }
    if (!strncasecmp(line, "EHLO", 4)) return put(out, used, EHLO_REPLY);
    if (!strncasecmp(line, "QUIT", 4)) return put(out, used, "221 2.0.0 bye\r\n");
    if (!strncasecmp(line, "RSET", 4) || !strncasecmp(line, "NOOP", 4) || !strncasecmp(line, "HELO", 4))
        return put(out, used, "250 2.0.0 Ok\r\n");
    return put(out, used, "500 5.5.1 what?\r\n");
}

/* Reads content up to the last dot; the bytes used up. */
static size_t content(struct session *s, const char *data, size_t size) {
    size_t i = 0;
    while (i < size) {
        if ((s->window & 0xffff) != 0x0d0a && (s->window & 0xff) != '\r' && (s->window & 0xff) != '.') {
            const char *next = memchr(data + i, '\r', size - i);
            if (!next) { s->window = 0; return size; }
            i = (size_t)(next - data);
        }
        unsigned char byte = (unsigned char)data[i++];
        unsigned long long wide = ((unsigned long long)s->window << 8) | byte;
        s->window = (unsigned)wide;
        if ((wide & 0xffffffffffULL) == 0x0d0a2e0d0aULL) { s->in_content = 0; return i; }
    }
    return i;
}

static long now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Writes at once or later; 0 when the session is of no more use. */
static int say(struct session *s, const char *text, size_t size) {
    if (!delay) return write(s->fd, text, size) == (ssize_t)size;
    struct late *reply = malloc(sizeof *reply + size);
    *reply = (struct late){.session = s, .due = now() + delay, .size = size};
    memcpy(reply->text, text, size);
    *last = reply;
    last = &reply->next;
    s->waiting++;
    return 1;
}

static void finish(struct session *s) {
    if (!s->closed) close(s->fd);
    s->closed = 1;
    if (!s->waiting) free(s);
}

/* Writes what is due; the milliseconds until more is, -1 for never. */
static int write_late(void) {
    while (first) {
        struct late *reply = first;
        struct session *s = reply->session;
        long left = reply->due - now();
        if (left > 0) return (int)left;
        first = reply->next;
        if (!first) last = &first;
        s->waiting--;
        if (!s->closed && write(s->fd, reply->text, reply->size) < 0) shutdown(s->fd, SHUT_RDWR);
        if (s->closed) finish(s);
        free(reply);
    }
    return -1;
}

static int serve(struct session *s) {
    static char data[READ_BYTES], out[READ_BYTES * 4];
    ssize_t size = read(s->fd, data, sizeof data);
    if (size <= 0) return size < 0 && errno == EAGAIN;
    size_t used = 0, at = 0;
    while (at < (size_t)size) {
        if (s->in_content) {
            at += content(s, data + at, (size_t)size - at);
            if (!s->in_content) {
                char text[64];
                snprintf(text, sizeof text, "250 2.0.0 Ok: queued as %lX\r\n", ++messages);
                used = put(out, used, text);
                if (record) { fputs(s->recipient, record); fputc('\n', record); }
            }
            continue;
        }
        char byte = data[at++];
        if (byte != '\n') {
            if (s->line_length < LINE_BYTES - 1) s->line[s->line_length++] = byte;
            continue;
        }
        s->line[s->line_length] = 0;
        s->line_length = 0;
        used = answer(s, out, used);
    }
    return !used || say(s, out, used);
}

static int listen_on(const char *address, int port) {
    struct sockaddr_storage name = {0};
    socklen_t length;
    if (strchr(address, ':')) {
        struct sockaddr_in6 *six = (struct sockaddr_in6 *)&name;
        six->sin6_family = AF_INET6;
        six->sin6_port = htons((unsigned short)port);
        inet_pton(AF_INET6, address, &six->sin6_addr);
        length = sizeof *six;
    } else {
        struct sockaddr_in *four = (struct sockaddr_in *)&name;
        four->sin_family = AF_INET;
        four->sin_port = htons((unsigned short)port);
        inet_pton(AF_INET, address, &four->sin_addr);
        length = sizeof *four;
    }
    int fd = socket(name.ss_family, SOCK_STREAM | SOCK_NONBLOCK, 0), one = 1;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&name, length) || listen(fd, 4096)) { perror(address); exit(1); }
    return fd;
}

static void welcome(int poll, int listener) {
    int fd, one = 1;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct session *s = calloc(1, sizeof *s);
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = s};
        s->fd = fd;
        connections++;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
        if (epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) || !say(s, "220 sink\r\n", 10)) finish(s);
    }
}

int main(int count, char **words) {
    if (count < 5) { fprintf(stderr, "usage: worker_sink PORT FILE DELAY ADDRESS...\n"); return 2; }
    delay = atol(words[3]);
    struct rlimit files;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    signal(SIGPIPE, SIG_IGN);
    if (strcmp(words[2], "-") && !(record = fopen(words[2], "w"))) { perror(words[2]); return 1; }
    int poll = epoll_create1(0), listeners = count - 4;
    struct session *doors = calloc((size_t)listeners + 1, sizeof *doors);
    for (int i = 0; i < listeners; i++) {
        struct epoll_event event = {.events = EPOLLIN, .data.ptr = &doors[i]};
        doors[i].fd = listen_on(words[4 + i], atoi(words[1]));
        epoll_ctl(poll, EPOLL_CTL_ADD, doors[i].fd, &event);
    }
    struct epoll_event end = {.events = EPOLLIN, .data.ptr = &doors[listeners]};
    epoll_ctl(poll, EPOLL_CTL_ADD, 0, &end);
    puts("ready");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(poll, events, EVENTS, write_late());
        for (int i = 0; i < ready; i++) {
            struct session *s = events[i].data.ptr;
            if (s == &doors[listeners]) {
                printf("%lu %lu\n", connections, messages);
                if (record) fclose(record);
                return 0;
            }
            if (s >= doors && s < doors + listeners) welcome(poll, s->fd);
            else if (!serve(s)) finish(s);
        }
    }
}
