/* How fast C alone sends the bench's job: the yardstick. One thread, epoll, PIPELINING; no queue, no look-ups, nothing on disk.
 * Built by loads.py with the system's compiler.
 *
 *   client [-o] NETWORK PORT RECIPIENTS DOMAINS ADDRESSES BODY CONNECTIONS
 *
 *   -o    overlapped: the end of a message, and MAIL, RCPT and DATA of the next one, go out in one write. Otherwise each
 *         group waits for all replies to the one before.
 *
 * Who gets what from where follows from the job as in loads.Job; BODY is a file with the text, ready for the wire. Every pair of
 * sending address and domain has as many connections as it has messages, CONNECTIONS at most. Each reply is matched with its
 * command; one that is not as wanted ends the program with 1.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum { READ = 4096, LINE = 1024, HEAD = 512 };
enum stage { GREETING, EHLO, MAIL, QUIT };

/* What is still to be sent from one sending address to one domain: every *step*-th recipient from *next* on. */
struct pair {
    long sender, domain, next, step;
};

struct connection {
    int fd;
    struct pair *pair;
    enum stage stage;
    long number;        /* of the recipient whose DATA has been sent, -1 without */
    const char *wanted; /* first digits of the replies to come, one a letter */
    int used;
    char line[LINE];    /* the begun line of a reply */
};

static int overlapped, poll_fd;
static long network, port, recipients, domains, addresses, per_pair, open_connections;
static char *body;
static size_t body_size;

static void need(int condition, const char *what) {
    if (!condition) {
        perror(what);
        exit(1);
    }
}

static void read_body(const char *name) {
    struct stat facts;
    FILE *file = fopen(name, "rb");
    need(file && !fstat(fileno(file), &facts), name);
    body_size = (size_t)facts.st_size;
    need((body = malloc(body_size)) && fread(body, 1, body_size, file) == body_size, name);
    fclose(file);
}

static long take(struct pair *pair) {
    long number = pair->next;
    if (number >= recipients)
        return -1;
    pair->next += pair->step;
    return number;
}

static int group(char *text, long number) {
    return snprintf(text, HEAD, "MAIL FROM:<news@sender.test>\r\nRCPT TO:<r%ld@d%05ld.test>\r\nDATA\r\n", number,
                    number % domains + 1);
}

static void send_parts(struct connection *c, struct iovec *parts, int count) {
    ssize_t size = 0;
    for (int i = 0; i < count; i++)
        size += (ssize_t)parts[i].iov_len;
    need(writev(c->fd, parts, count) == size, "a write"); /* the socket's buffer has room for a message */
}

static void say(struct connection *c, enum stage stage, const char *wanted, const char *text, int size) {
    c->stage = stage;
    c->wanted = wanted;
    send_parts(c, &(struct iovec){(void *)text, (size_t)size}, 1);
}

/* Begin the next message of the pair, or say good-bye. */
static void begin(struct connection *c) {
    char text[HEAD];
    c->number = take(c->pair);
    if (c->number < 0)
        say(c, QUIT, "2", "QUIT\r\n", 6);
    else
        say(c, MAIL, "223", text, group(text, c->number));
}

/* Send the content of the message that was begun; overlapped, the next one begins with it. */
static void finish(struct connection *c) {
    char head[HEAD], tail[HEAD] = ".\r\n";
    int size = snprintf(head, HEAD,
                        "From: news@sender.test\r\nTo: r%ld@d%05ld.test\r\nSubject: News\r\nMessage-ID: <%ld@sender.test>\r\n\r\n",
                        c->number, c->number % domains + 1, c->number);
    int tail_size = 3;
    c->number = overlapped ? take(c->pair) : -1;
    c->wanted = c->number < 0 ? "2" : "2223";
    if (c->number >= 0)
        tail_size += group(tail + 3, c->number);
    send_parts(c, (struct iovec[]){{head, (size_t)size}, {body, body_size}, {tail, (size_t)tail_size}}, 3);
}

/* All wanted replies have come. Returns 0 when the connection is done with. */
static int go_on(struct connection *c) {
    switch (c->stage) {
    case GREETING: say(c, EHLO, "2", "EHLO bench.sender.test\r\n", 24); return 1;
    case QUIT: return 0;
    default:
        if (c->number >= 0)
            finish(c);
        else
            begin(c);
        return 1;
    }
}

/* One line of a reply. Returns 0 when the connection is done with. */
static int reply(struct connection *c) {
    if (c->line[3] == '-')
        return 1;
    if (*c->wanted != c->line[0]) {
        fprintf(stderr, "unwanted: %s", c->line);
        exit(1);
    }
    return *++c->wanted ? 1 : go_on(c);
}

static int serve(struct connection *c) {
    char buffer[READ];
    ssize_t size = read(c->fd, buffer, READ);
    need(size > 0, "a connection");
    for (char *at = buffer, *end = buffer + size; at < end;) {
        char *newline = memchr(at, '\n', (size_t)(end - at));
        int part = (int)((newline ? newline + 1 : end) - at);
        need(c->used + part < LINE, "a long line");
        memcpy(c->line + c->used, at, (size_t)part);
        c->used += part;
        at += part;
        if (newline) {
            c->line[c->used] = 0;
            c->used = 0;
            if (!reply(c))
                return 0;
        }
    }
    return 1;
}

static struct sockaddr_in address(unsigned long second, unsigned long third, unsigned long fourth, long at_port) {
    unsigned long bits = (unsigned long)network << 24 | second << 16 | third << 8 | fourth;
    return (struct sockaddr_in){
        .sin_family = AF_INET, .sin_port = htons((unsigned short)at_port), .sin_addr.s_addr = htonl((in_addr_t)bits)};
}

static void connect_one(struct pair *pair) {
    int one = 1, room = (int)body_size + 4 * HEAD;
    unsigned long index = (unsigned long)pair->domain;
    struct sockaddr_in own = address(0, 0, 11 + (unsigned long)pair->sender, 0);
    struct sockaddr_in other = address(1 + index / 62500, 1 + index / 250 % 250, 1 + index % 250, port);
    struct connection *c = calloc(1, sizeof *c);
    *c = (struct connection){.fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), .pair = pair, .number = -1, .wanted = "2"};
    setsockopt(c->fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room);
    setsockopt(c->fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof one);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    need(!bind(c->fd, (struct sockaddr *)&own, sizeof own), "bind");
    need(!connect(c->fd, (struct sockaddr *)&other, sizeof other) || errno == EINPROGRESS, "connect");
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    need(!epoll_ctl(poll_fd, EPOLL_CTL_ADD, c->fd, &event), "epoll");
    open_connections++;
}

/* The recipients of a domain are every domains-th; its sending addresses take them in turn. */
static void open_pairs(void) {
    struct pair *pair = calloc((size_t)(domains * addresses), sizeof *pair);
    for (long domain = 0; domain < domains; domain++)
        for (long sender = 0; sender < addresses; sender++, pair++) {
            long turn = ((sender - domain) % addresses + addresses) % addresses;
            *pair = (struct pair){sender, domain, domain + turn * domains, domains * addresses};
            long messages = pair->next < recipients ? (recipients - 1 - pair->next) / pair->step + 1 : 0;
            for (long count = 0; count < messages && count < per_pair; count++)
                connect_one(pair);
        }
}

static int read_options(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "o")) != -1;) {
        if (option != 'o')
            return 0;
        overlapped = 1;
    }
    if (argc - optind != 7)
        return 0;
    long *numbers[] = {&network, &port, &recipients, &domains, &addresses, NULL, &per_pair};
    for (int i = 0; i < 7; i++) {
        if (numbers[i])
            *numbers[i] = atol(argv[optind + i]);
        else
            read_body(argv[optind + i]);
    }
    return 1;
}

int main(int argc, char **argv) {
    struct rlimit files;
    struct epoll_event events[256];
    if (!read_options(argc, argv))
        return 2;
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    setrlimit(RLIMIT_NOFILE, &files);
    need((poll_fd = epoll_create1(0)) >= 0, "epoll");
    open_pairs();
    while (open_connections) {
        int count = epoll_wait(poll_fd, events, 256, -1);
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (!serve(c)) {
                close(c->fd);
                free(c);
                open_connections--;
            }
        }
    }
    return 0;
}
