// Gives a pty modem lines: a pty knows no DTR and RTS. Preloaded into the tool that drives a stand-in of an ESP chip, it passes
// what the tool sets to the socket $MPYFLEET_LINES/NUMBER of /dev/pts/NUMBER. Terminals without such a socket stay as they are.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define FDS 1024
static int lines[FDS]; // as set, with the lowest bit as "known"

static int tell(int fd, int bits) {
    char link[32], path[64];
    const char *folder = getenv("MPYFLEET_LINES");
    if (!folder) return -1;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    if (size < 0) return -1;
    path[size] = 0;
    if (strncmp(path, "/dev/pts/", 9) != 0) return -1;
    struct sockaddr_un to = {.sun_family = AF_UNIX};
    snprintf(to.sun_path, sizeof to.sun_path, "%s/%s", folder, path + 9);
    int socket_ = socket(AF_UNIX, SOCK_DGRAM, 0);
    if (socket_ < 0) return -1;
    char text[3] = {bits & TIOCM_DTR ? '1' : '0', bits & TIOCM_RTS ? '1' : '0', 0};
    ssize_t sent = sendto(socket_, text, 2, 0, (struct sockaddr *)&to, sizeof to);
    close(socket_);
    return sent == 2 ? 0 : -1;
}

int ioctl(int fd, unsigned long request, ...) {
    static int (*real)(int, unsigned long, ...);
    if (!real) real = dlsym(RTLD_NEXT, "ioctl");
    va_list args;
    va_start(args, request);
    void *argument = va_arg(args, void *);
    va_end(args);
    int result = real(fd, request, argument);
    if (result == 0 || errno != ENOTTY || fd < 0 || fd >= FDS) return result;
    int *bits = argument, was = lines[fd] ? lines[fd] & ~1 : TIOCM_DTR | TIOCM_RTS, now;
    switch (request) {
        case TIOCMGET: now = was; break;
        case TIOCMSET: now = *bits; break;
        case TIOCMBIS: now = was | *bits; break;
        case TIOCMBIC: now = was & ~*bits; break;
        default: errno = ENOTTY; return -1;
    }
    now &= TIOCM_DTR | TIOCM_RTS;
    if ((!lines[fd] || now != was) && tell(fd, now) != 0) {
        errno = ENOTTY;
        return -1;
    }
    lines[fd] = now | 1;
    if (request == TIOCMGET) *bits = now;
    return 0;
}

int close(int fd) {
    static int (*real)(int);
    if (!real) real = dlsym(RTLD_NEXT, "close");
    if (fd >= 0 && fd < FDS) lines[fd] = 0;
    return real(fd);
}
