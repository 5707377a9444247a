/* A mail server that takes everything and keeps nothing: one thread, epoll, PIPELINING. It counts what each recipient
 * number ("r123@…") received, so that losses and duplicates show. Built by loads.py with the system's compiler.
 *
 *   sink [OPTION …] ADDRESS PORT RECIPIENTS    prints "ready"; on SIGTERM one JSON object with counts and its own CPU time.
 * It ends with its parent, and not on Ctrl-C: the bench ends it.
 *
 *   -s N      every N-th destination is slow: each answer takes …
 *   -m MS     … so many milliseconds
 *   -r N      every N-th destination refuses …
 *   -a IP     … this sending address, as one that is blocked
 *   -c FILE   certificate and key (PEM): it offers STARTTLS. Only when built with -DTLS and -lssl -lcrypto.
 *
 * Destinations are told by the address that was connected to, as loads.Job.mx_address() gives them. "quick" counts
 * messages at those that are not slow, "quick_end" is when the last of them came, in seconds of CLOCK_MONOTONIC.
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
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#ifdef TLS
#include <openssl/ssl.h>
#endif

enum { LINE = 1024, READ = 65536, OUT = 65536 };

struct connection {
    int fd;
    int in_data;   /* reading content */
    int matched;   /* how much of "\r\n.\r\n" has been seen */
    int used;      /* bytes in line */
    int is_slow, is_refused;
    int pending;   /* chunks that wait */
    int closed;    /* its end is known: freed when nothing waits any more */
    long number;   /* of the open transaction's recipient, -1 without */
#ifdef TLS
    SSL *tls;
    int begin_tls; /* after the answers so far */
#endif
    char line[LINE];
};

/* Bytes of a slow destination that wait for their time. All wait equally long, so they are a queue. */
struct chunk {
    struct chunk *next;
    struct connection *to;
    double due;
    int last; /* then the connection is closed */
    size_t size;
    char bytes[];
};

static struct { struct chunk *first, **end; double delay; } queue = {.end = &queue.first};
static volatile sig_atomic_t stopping;
static unsigned char *received;
static long recipients, messages, connections, duplicates, unknown, quick;
static double quick_end;
static long slow_every, refuse_every;
static in_addr_t refused_address;
#ifdef TLS
static SSL_CTX *tls;
#endif

static void stop(int number) { (void)number; stopping = 1; }

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void out(char *reply, int *length, const char *text) {
    int size = (int)strlen(text);
    if (*length + size <= OUT) {
        memcpy(reply + *length, text, (size_t)size);
        *length += size;
    }
}

static void release(struct connection *c) {
    if (!c->closed || c->pending)
        return;
#ifdef TLS
    SSL_free(c->tls);
#endif
    free(c);
}

static void end(struct connection *c) {
    if (!c->closed) {
        c->closed = 1;
        close(c->fd);
    }
    release(c);
}

/* Returns 0 when the connection can't be written to. */
static int put(struct connection *c, const char *bytes, size_t size, int last) {
    if (!c->is_slow)
        return write(c->fd, bytes, size) == (ssize_t)size && !last;
    struct chunk *chunk = malloc(sizeof *chunk + size);
    *chunk = (struct chunk){.to = c, .due = now() + queue.delay, .last = last, .size = size};
    memcpy(chunk->bytes, bytes, size);
    *queue.end = chunk;
    queue.end = &chunk->next;
    c->pending++;
    return 1;
}

/* Write what is due; returns the milliseconds until the next is. */
static int write_due(void) {
    double time = now();
    struct chunk *chunk;
    while ((chunk = queue.first) && chunk->due <= time) {
        struct connection *c = chunk->to;
        if (!(queue.first = chunk->next))
            queue.end = &queue.first;
        c->pending--;
        if (c->closed)
            release(c);
        else if (write(c->fd, chunk->bytes, chunk->size) != (ssize_t)chunk->size || chunk->last)
            end(c);
        free(chunk);
    }
    double wait = chunk && chunk->due - time < 1 ? chunk->due - time : 1;
    return (int)(wait * 1000) + 1;
}

static void accept_message(struct connection *c) {
    messages++;
    if (c->number < 0 || c->number >= recipients)
        unknown++;
    else if (received[c->number]++)
        duplicates++;
    c->number = -1;
    if (slow_every && !c->is_slow) {
        quick++;
        quick_end = now();
    }
}

static void greet_client(struct connection *c, char *reply, int *length) {
    out(reply, length, "250-sink\r\n250-PIPELINING\r\n");
#ifdef TLS
    if (tls && !c->tls)
        out(reply, length, "250-STARTTLS\r\n");
#else
    (void)c;
#endif
    out(reply, length, "250-SIZE 52428800\r\n250 8BITMIME\r\n");
}

/* Returns 0 when the connection is to be closed. */
static int command(struct connection *c, char *reply, int *length) {
    const char *line = c->line;
    if (!strncasecmp(line, "EHLO", 4))
        greet_client(c, reply, length);
    else if (c->is_refused && strncasecmp(line, "QUIT", 4))
        out(reply, length, strncasecmp(line, "MAIL", 4) ? "503 5.5.1 No transaction\r\n"
            : "550 5.7.1 Service unavailable; client host blocked using bl.example\r\n");
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
#ifdef TLS
    } else if (!strncasecmp(line, "STARTTLS", 8) && tls && !c->tls) {
        c->begin_tls = 1;
        out(reply, length, "220 2.0.0 Go on\r\n");
#endif
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

/* Read commands and content, collect the answers. Returns 0 when the connection is to be closed after them, -1 at once. */
static int converse(struct connection *c, const char *at, const char *end, char *reply, int *length) {
    while (at < end) {
        if (c->in_data) {
            at = content(c, at, end, reply, length);
            continue;
        }
        const char *newline = memchr(at, '\n', (size_t)(end - at));
        int part = (int)((newline ? newline + 1 : end) - at);
        if (c->used + part >= LINE)
            return -1;
        memcpy(c->line + c->used, at, (size_t)part);
        c->used += part;
        at += part;
        if (newline) {
            c->line[c->used] = 0;
            c->used = 0;
            if (!command(c, reply, length))
                return 0;
        }
    }
    return 1;
}

#ifdef TLS
static void read_credentials(const char *file) {
    tls = SSL_CTX_new(TLS_server_method());
    if (SSL_CTX_use_certificate_chain_file(tls, file) != 1 || SSL_CTX_use_PrivateKey_file(tls, file, SSL_FILETYPE_PEM) != 1)
        exit(1);
}

/* The same as serve() for a connection that is encrypted. */
static int serve_tls(struct connection *c, char *buffer, size_t size) {
    static char plain[READ], reply[OUT];
    int length = 0, open = 1, got;
    BIO_write(SSL_get_rbio(c->tls), buffer, (int)size);
    while (open > 0 && (got = SSL_read(c->tls, plain, READ)) > 0)
        open = converse(c, plain, plain + got, reply, &length);
    if (open > 0 && SSL_get_error(c->tls, got) != SSL_ERROR_WANT_READ)
        open = -1;
    if (open >= 0 && length)
        SSL_write(c->tls, reply, length);
    char *sealed;
    long waiting = BIO_get_mem_data(SSL_get_wbio(c->tls), &sealed);
    if (waiting > 0 && !put(c, sealed, (size_t)waiting, !open))
        return 0;
    (void)BIO_reset(SSL_get_wbio(c->tls));
    return open > 0 || (open == 0 && c->pending);
}

static void begin_tls(struct connection *c) {
    c->begin_tls = 0;
    c->tls = SSL_new(tls);
    SSL_set_bio(c->tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_set_accept_state(c->tls);
}
#endif

/* Returns 0 when the connection is to be closed now. */
static int serve(struct connection *c) {
    static char buffer[READ], reply[OUT];
    int length = 0;
    ssize_t size = read(c->fd, buffer, READ);
    if (size <= 0)
        return size < 0 && (errno == EAGAIN || errno == EINTR);
#ifdef TLS
    if (c->tls)
        return serve_tls(c, buffer, (size_t)size);
#endif
    int open = converse(c, buffer, buffer + size, reply, &length);
    if (open < 0 || (length && !put(c, reply, (size_t)length, !open)))
        return 0;
#ifdef TLS
    if (c->begin_tls)
        begin_tls(c);
#endif
    return open || c->pending;
}

/* The number of the destination that an address stands for. */
static long destination(in_addr_t address) {
    unsigned long bits = ntohl(address);
    return (long)((bits >> 16 & 255) - 1) * 62500 + (long)((bits >> 8 & 255) - 1) * 250 + (long)(bits & 255) - 1;
}

static void welcome(int fd, in_addr_t client, int poll) {
    int one = 1;
    struct sockaddr_in own;
    socklen_t size = sizeof own;
    struct connection *c = calloc(1, sizeof *c);
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    getsockname(fd, (struct sockaddr *)&own, &size);
    long number = destination(own.sin_addr.s_addr);
    c->fd = fd;
    c->number = -1;
    c->is_slow = slow_every && number % slow_every == 1;
    c->is_refused = refuse_every && number % refuse_every == 2 && client == refused_address;
    connections++;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = c};
    epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event);
    if (!put(c, "220 sink ESMTP\r\n", 16, 0))
        end(c);
}

static int read_options(int argc, char **argv) {
    for (int option; (option = getopt(argc, argv, "s:m:r:a:c:")) != -1;) {
        switch (option) {
        case 's': slow_every = atol(optarg); break;
        case 'm': queue.delay = atof(optarg) / 1000; break;
        case 'r': refuse_every = atol(optarg); break;
        case 'a': refused_address = inet_addr(optarg); break;
#ifdef TLS
        case 'c': read_credentials(optarg); break;
#endif
        default: return 0;
        }
    }
    return argc - optind == 3;
}

static void print_counts(void) {
    long distinct = 0;
    for (long i = 0; i < recipients; i++)
        distinct += received[i] > 0;
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    double cpu = (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
                 (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
    printf("{\"messages\":%ld,\"distinct\":%ld,\"duplicates\":%ld,\"unknown\":%ld,\"connections\":%ld,\"quick\":%ld,"
           "\"quick_end\":%.3f,\"cpu\":%.3f}\n",
           messages, distinct, duplicates, unknown, connections, quick, quick_end, cpu);
}

int main(int argc, char **argv) {
    if (!read_options(argc, argv))
        return 2;
    recipients = atol(argv[optind + 2]);
    received = calloc((size_t)recipients, 1);
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    int one = 1, listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0), poll = epoll_create1(0);
    struct sockaddr_in name = {.sin_family = AF_INET, .sin_port = htons((unsigned short)atoi(argv[optind + 1]))};
    inet_pton(AF_INET, argv[optind], &name.sin_addr);
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (bind(listener, (struct sockaddr *)&name, sizeof name) || listen(listener, 4096))
        return perror("sink"), 1;
    struct epoll_event event = {.events = EPOLLIN, .data.ptr = NULL}, events[256];
    epoll_ctl(poll, EPOLL_CTL_ADD, listener, &event);
    puts("ready");
    fflush(stdout);
    while (!stopping) {
        int count = epoll_wait(poll, events, 256, write_due());
        for (int i = 0; i < count; i++) {
            struct connection *c = events[i].data.ptr;
            if (c) {
                if (!serve(c))
                    end(c);
                continue;
            }
            struct sockaddr_in client;
            socklen_t size = sizeof client;
            int fd;
            while ((fd = accept4(listener, (struct sockaddr *)&client, &size, SOCK_NONBLOCK)) >= 0)
                welcome(fd, client.sin_addr.s_addr, poll);
        }
    }
    print_counts();
    return 0;
}
