/* A name server for the benches: one MX record and one IPv4 address for every domain, worked out from its name. One thread.
 *
 *   names ADDRESS NETWORK    prints its port; answers until it is killed, or its parent has ended.
 *
 * dNNNNN.test has the mail exchanger mx.dNNNNN.test, at the address that loads.Job.mx_address() gives to it; NETWORK is the
 * first number of that.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MESSAGE = 1500, HEADER = 12, A = 1, SOA = 6, MX = 15, TTL = 3600 };

static unsigned char *put16(unsigned char *at, unsigned value) {
    *at++ = (unsigned char)(value >> 8);
    *at++ = (unsigned char)value;
    return at;
}

/* The head of a record of the name at *pointer*. */
static unsigned char *put_record(unsigned char *at, unsigned pointer, unsigned type, unsigned length) {
    at = put16(at, 0xC000 | pointer);
    at = put16(at, type);
    at = put16(at, 1);
    at = put16(put16(at, 0), TTL);
    return put16(at, length);
}

/* The length of the name at the start of the question, with its final zero; 0 when there is none. */
static size_t name_length(const unsigned char *name, size_t size) {
    size_t used = 0;
    while (used < size && name[used]) {
        if (name[used] > 63) return 0;
        used += name[used] + 1u;
    }
    return used < size ? used + 1 : 0;
}

/* NNNNN of the label dNNNNN, -1 when it is another. */
static long number_of(const unsigned char *label) {
    char digits[8] = {0};
    if (label[0] < 2 || label[0] > sizeof digits || tolower(label[1]) != 'd') return -1;
    memcpy(digits, label + 2, label[0] - 1u);
    return strtol(digits, NULL, 10);
}

static size_t answer(unsigned char *message, size_t size, int network) {
    size_t length = size > HEADER ? name_length(message + HEADER, size - HEADER) : 0;
    if (!length || size < HEADER + length + 4) return 0;
    const unsigned char *name = message + HEADER;
    unsigned type = (unsigned)(name[length] << 8 | name[length + 1]);
    int is_host = name[0] == 2 && tolower(name[1]) == 'm' && tolower(name[2]) == 'x';
    long number = number_of(is_host ? name + 3 : name);
    int found = number > 0 && ((type == MX && !is_host) || (type == A && is_host));
    unsigned char *at = message + HEADER + length + 4;
    put16(put16(put16(put16(put16(message + 2, 0x8580), 1), (unsigned)found), (unsigned)!found), 0);
    if (!found) {
        at = put_record(at, HEADER, SOA, 22);
        *at++ = 0;
        *at++ = 0;
        for (int field = 0; field < 5; field++) at = put16(put16(at, 0), TTL);
    } else if (type == A) {
        long index = number - 1;
        at = put_record(at, HEADER, A, 4);
        *at++ = (unsigned char)network;
        *at++ = (unsigned char)(1 + index / 62500);
        *at++ = (unsigned char)(1 + index / 250 % 250);
        *at++ = (unsigned char)(1 + index % 250);
    } else {
        at = put_record(at, HEADER, MX, 7);
        at = put16(at, 10);
        memcpy(at, "\2mx", 3);
        at = put16(at + 3, 0xC000 | HEADER);
    }
    return (size_t)(at - message);
}

int main(int count, char **words) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t size = sizeof own;
    int sock = socket(AF_INET, SOCK_DGRAM, 0), room = 8 << 20;
    if (count != 3 || inet_pton(AF_INET, words[1], &own.sin_addr) != 1) return 2;
    setsockopt(sock, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    if (bind(sock, (struct sockaddr *)&own, size) || getsockname(sock, (struct sockaddr *)&own, &size)) return 1;
    signal(SIGINT, SIG_IGN);
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    printf("%d\n", ntohs(own.sin_port));
    fflush(stdout);
    for (;;) {
        unsigned char message[MESSAGE];
        struct sockaddr_in other;
        socklen_t other_size = sizeof other;
        ssize_t got = recvfrom(sock, message, sizeof message - 64, 0, (struct sockaddr *)&other, &other_size);
        size_t length = got > 0 ? answer(message, (size_t)got, atoi(words[2])) : 0;
        if (length) sendto(sock, message, length, 0, (struct sockaddr *)&other, other_size);
    }
}
