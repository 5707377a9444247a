/* A line between two network namespaces of its own that takes its time, where the kernel has no netem. One thread.
 *
 *   delay MS    makes the namespaces, each with one interface "line"; prints "ready FD FD", its files that stand for them
 *               (/proc/PID/fd/FD); every packet then comes out at the other end after MS milliseconds. It ends on SIGTERM
 *               and with its parent, not on Ctrl-C, and prints how many packets it dropped since a ring was full.
 *               Namespaces and interfaces are gone when nobody is in them any more.
 *
 * Packets pass on as the kernel hands them over, unsegmented and without checksums (TUNSETOFFLOAD), as they do between
 * virtual interfaces: the line costs two calls for up to 64 KiB, and TCP still counts in segments.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/if_tun.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <time.h>
#include <unistd.h>

enum { PACKET = 65536 + 64, BURST = 64 };
static const size_t RING = 256 << 20; /* its memory is used only as far as packets wait */

struct record {
    int64_t due; /* nanoseconds */
    uint32_t size;
    char packet[];
};

/* Records one after the other; behind RING there is room for one that began before it. */
struct ring {
    int from, to;
    char *bytes;
    size_t first, end;
    long waiting, dropped;
};

static volatile sig_atomic_t stopping;

static void stop(int number) { (void)number; stopping = 1; }

static int64_t now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void need(int condition, const char *what) {
    if (!condition) {
        perror(what);
        exit(1);
    }
}

/* Enter a new namespace and open its end of the line; the file that stands for the namespace in *space. */
static int open_end(int *space) {
    struct ifreq request = {.ifr_name = "line"};
    int file;
    need(!unshare(CLONE_NEWNET), "a network namespace");
    need((*space = open("/proc/self/ns/net", O_RDONLY)) >= 0, "/proc/self/ns/net");
    need((file = open("/dev/net/tun", O_RDWR | O_NONBLOCK)) >= 0, "/dev/net/tun");
    request.ifr_flags = IFF_TUN | IFF_NO_PI | IFF_VNET_HDR;
    need(!ioctl(file, TUNSETIFF, &request), "TUNSETIFF");
    need(!ioctl(file, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6), "TUNSETOFFLOAD");
    return file;
}

static struct ring new_ring(int from, int to) {
    char *bytes = mmap(NULL, RING + sizeof(struct record) + PACKET, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    need(bytes != MAP_FAILED, "memory");
    return (struct ring){.from = from, .to = to, .bytes = bytes};
}

static struct record *at(const struct ring *ring, size_t place) { return (struct record *)(ring->bytes + place); }

/* The place behind a record. */
static size_t after(const struct ring *ring, size_t place) {
    size_t next = place + ((sizeof(struct record) + at(ring, place)->size + 7) & ~(size_t)7);
    return next < RING ? next : 0;
}

static int has_room(const struct ring *ring) {
    return !ring->waiting || ring->end > ring->first || ring->first - ring->end > sizeof(struct record) + PACKET;
}

/* Take what has come, at most BURST packets. */
static void take(struct ring *ring, int64_t delay) {
    static char lost[PACKET];
    for (int count = 0; count < BURST; count++) {
        int fits = has_room(ring);
        struct record *record = at(ring, ring->end);
        ssize_t size = read(ring->from, fits ? record->packet : lost, PACKET);
        if (size <= 0)
            return;
        if (!fits) {
            ring->dropped++;
            continue;
        }
        record->due = now() + delay;
        record->size = (uint32_t)size;
        ring->end = after(ring, ring->end);
        ring->waiting++;
    }
}

/* Pass on what is due. */
static void pass(struct ring *ring) {
    int64_t time = now();
    while (ring->waiting && at(ring, ring->first)->due <= time) {
        struct record *record = at(ring, ring->first);
        if (write(ring->to, record->packet, record->size) < 0)
            ring->dropped++;
        ring->first = after(ring, ring->first);
        ring->waiting--;
    }
}

/* Nanoseconds until the next packet is due, at most a second. */
static int64_t until_due(const struct ring *ring, int64_t wait) {
    int64_t left = ring->waiting ? at(ring, ring->first)->due - now() : wait;
    return left < 0 ? 0 : left < wait ? left : wait;
}

int main(int count, char **words) {
    if (count != 2)
        return 2;
    int64_t delay = (int64_t)(atof(words[1]) * 1e6);
    int spaces[2], near = open_end(&spaces[0]), far = open_end(&spaces[1]);
    struct ring rings[2] = {new_ring(near, far), new_ring(far, near)};
    struct pollfd ends[2] = {{.fd = near, .events = POLLIN}, {.fd = far, .events = POLLIN}};
    struct sigaction action = {.sa_handler = stop};
    sigaction(SIGTERM, &action, NULL);
    signal(SIGINT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    prctl(PR_SET_TIMERSLACK, 1);
    printf("ready %d %d\n", spaces[0], spaces[1]);
    fflush(stdout);
    while (!stopping) {
        int64_t wait = until_due(&rings[1], until_due(&rings[0], 1000000000));
        struct timespec timeout = {wait / 1000000000, wait % 1000000000};
        ppoll(ends, 2, &timeout, NULL);
        for (int end = 0; end < 2; end++) {
            take(&rings[end], delay);
            pass(&rings[end]);
        }
    }
    printf("%ld\n", rings[0].dropped + rings[1].dropped);
    return 0;
}
