// The board's hardware: a serial line (pty), a flash image, a clock, and an I/O thread that stands for the
// interrupts: it fills the receive ring, turns Ctrl-C into KeyboardInterrupt, and schedules socket callbacks.
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <termios.h>
#include <time.h>
#include "py/runtime.h"
#include "py/mphal.h"
#include "py/stream.h"
#include "py/objarray.h"
#include "py/smallint.h"
#include "extmod/misc.h"

static uint8_t ring[UART_RING];
ringbuf_t stdin_ringbuf = { ring, UART_RING, 0, 0 };
const char *board_name = "uboard";
static int64_t board_time_off_ns; // the board's clock against this computer's

int board_safe;
static int tty = -1, slave = -1, flash_fd = -1, wake[2], drop;
static uint8_t *flash;
static size_t flash_size = 2 << 20;
static char **args;
static pthread_t main_thread;
static pthread_mutex_t mutex;
static pthread_cond_t cond;
static int event;
static volatile int waiting; // the board waits for an event; with event set: it has been woken and not yet been run
static unsigned polls; // how many times the I/O thread has come out of its wait

#define NSOCK (8)
static struct { int fd; bool armed; } sock[NSOCK];
MP_REGISTER_ROOT_POINTER(mp_obj_t board_cb[8]);
MP_REGISTER_ROOT_POINTER(mp_obj_t board_sock[8]);

uint32_t board_lock(void) { pthread_mutex_lock(&mutex); return 0; }
void board_unlock(uint32_t s) { pthread_mutex_unlock(&mutex); }
static void poke(void) { ssize_t r = write(wake[1], "", 1); (void)r; }
static void wake_main(bool break_call) {
    board_lock();
    event = 1;
    pthread_cond_signal(&cond);
    board_unlock(0);
    if (break_call) {
        pthread_kill(main_thread, SIGUSR1);
    }
}

// Until the I/O thread waits anew: a socket that it still waits for lives on after close(), and keeps its port.
static void await_poll(void) {
    board_lock();
    unsigned before = polls;
    poke();
    while (polls == before) {
        pthread_cond_wait(&cond, &mutex);
    }
    board_unlock(0);
}

static mp_obj_t sock_event(mp_obj_t idx) {
    int i = MP_OBJ_SMALL_INT_VALUE(idx);
    mp_obj_t cb = MP_STATE_VM(board_cb)[i];
    if (cb != MP_OBJ_NULL) {
        nlr_buf_t nlr;
        if (nlr_push(&nlr) == 0) {
            mp_call_function_1(cb, MP_STATE_VM(board_sock)[i]);
            nlr_pop();
        } else {
            mp_obj_print_exception(&mp_plat_print, MP_OBJ_FROM_PTR(nlr.ret_val));
        }
        sock[i].armed = MP_STATE_VM(board_cb)[i] == cb;
        event = 1; // it may have put something in the ring: the wait that follows must not sleep
        poke();
    }
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_1(sock_event_obj, sock_event);

static void *io_thread(void *unused) {
    for (;;) {
        struct pollfd p[NSOCK + 2] = { { wake[0], POLLIN }, { tty, 0 } };
        board_lock();
        size_t room = drop ? UART_RING : ringbuf_free(&stdin_ringbuf);
        board_unlock(0);
        p[1].events = room ? POLLIN : 0;
        for (int i = 0; i < NSOCK; i++) {
            p[i + 2].fd = sock[i].armed ? sock[i].fd : -1;
            p[i + 2].events = POLLIN;
        }
        poll(p, NSOCK + 2, -1);
        uint8_t b[UART_RING];
        if (p[0].revents) {
            ssize_t r = read(wake[0], b, sizeof(b));
            (void)r;
        }
        // After that read: the other way round it could swallow the poke of an await_poll() that has just begun.
        board_lock();
        polls++;
        pthread_cond_signal(&cond); // only the main thread waits
        board_unlock(0);
        bool intr = false, any = false;
        if (p[1].revents & POLLIN) {
            // A chip that waits for bytes takes them at once. Linux may run a woken thread late, and that must lose nothing.
            for (int i = 0; drop && event && waiting && i < 400; i++) {
                usleep(500);
            }
            ssize_t n = read(tty, b, drop ? 64 : room < sizeof(b) ? room : sizeof(b));
            board_lock();
            for (ssize_t i = 0; i < n; i++) {
                if (b[i] == mp_interrupt_char) {
                    mp_sched_keyboard_interrupt();
                    intr = true;
                } else {
                    ringbuf_put(&stdin_ringbuf, b[i]); // full: the byte is lost, as on a UART
                }
                any = true;
            }
            board_unlock(0);
        }
        for (int i = 0; i < NSOCK; i++) {
            if (p[i + 2].revents & POLLNVAL) { // closed by its owner: nothing more comes of it
                sock[i].armed = false;
            } else if (p[i + 2].fd >= 0 && p[i + 2].revents) {
                board_lock(); // sock_event() arms it again, and must not do so before this has disarmed it
                if (mp_sched_schedule(MP_OBJ_FROM_PTR(&sock_event_obj), MP_OBJ_NEW_SMALL_INT(i))) {
                    sock[i].armed = false;
                    intr = any = true;
                }
                board_unlock(0);
            }
        }
        if (any) {
            wake_main(intr);
        }
    }
    return NULL;
}

void board_wait(int timeout_ms) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    t.tv_sec += timeout_ms / 1000;
    t.tv_nsec += (timeout_ms % 1000) * 1000000;
    if (t.tv_nsec >= 1000000000) {
        t.tv_sec++;
        t.tv_nsec -= 1000000000;
    }
    board_lock();
    waiting = 1;
    while (!event && (timeout_ms < 0 ? pthread_cond_wait(&cond, &mutex) : pthread_cond_timedwait(&cond, &mutex, &t)) == 0) {
    }
    event = waiting = 0;
    board_unlock(0);
}

int mp_hal_stdin_rx_chr(void) {
    for (;;) {
        board_lock();
        bool full = ringbuf_free(&stdin_ringbuf) == 0;
        int c = ringbuf_get(&stdin_ringbuf);
        board_unlock(0);
        if (c >= 0) {
            if (full) {
                poke();
            }
            return c;
        }
        poke();
        mp_event_wait_indefinite();
    }
}
uintptr_t mp_hal_stdio_poll(uintptr_t flags) {
    uintptr_t r = flags & MP_STREAM_POLL_WR;
    if ((flags & MP_STREAM_POLL_RD) && ringbuf_peek(&stdin_ringbuf) != -1) {
        r |= MP_STREAM_POLL_RD;
    }
    return r;
}
mp_uint_t mp_hal_stdout_tx_strn(const char *s, size_t len) {
    size_t n = 0;
    while (n < len) {
        ssize_t w = write(tty, s + n, len - n);
        if (w > 0) {
            n += w;
            continue;
        }
        struct pollfd p = { tty, POLLOUT };
        if (errno == EAGAIN && poll(&p, 1, 500) == 0) {
            break; // nobody reads: lost, as with USB CDC
        }
    }
    int d = mp_os_dupterm_tx_strn(s, len);
    (void)d;
    return len;
}

mp_uint_t mp_hal_ticks_us(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec * 1000000 + t.tv_nsec / 1000;
}
mp_uint_t mp_hal_ticks_ms(void) { return mp_hal_ticks_us() / 1000; }
uint64_t mp_hal_time_ns(void) {
    struct timespec t;
    clock_gettime(CLOCK_REALTIME, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec + board_time_off_ns;
}
void board_set_clock(int64_t seconds) { board_time_off_ns += (seconds - (int64_t)(mp_hal_time_ns() / 1000000000)) * 1000000000; }
// TLS asks the C library for the time: dates of certificates are compared with the board's clock, as on boards with one.
time_t time(time_t *at) {
    time_t now = mp_hal_time_ns() / 1000000000;
    if (at) *at = now;
    return now;
}
void mp_hal_delay_us(mp_uint_t us) { usleep(us); }
void mp_hal_delay_ms(mp_uint_t ms) {
    mp_uint_t end = mp_hal_ticks_us() + ms * 1000;
    for (;;) {
        mp_int_t left = end - mp_hal_ticks_us();
        if (left <= 0) {
            mp_handle_pending(true);
            return;
        }
        mp_event_wait_ms((left + 999) / 1000);
    }
}
void board_get_random(size_t n, void *buf) { ssize_t r = getrandom(buf, n, 0); (void)r; }
uint32_t board_random(void) { uint32_t r; board_get_random(sizeof(r), &r); return r; }
unsigned long get_fattime(void);
unsigned long get_fattime(void) { return (45u << 25) | (1 << 21) | (1 << 16); }

// machine.reset(): the process begins anew, on the same pty
void board_reset(void) {
    // One that the I/O thread sends from now on would outlive the handler, and end the process that begins.
    signal(SIGUSR1, SIG_IGN);
    char b[32];
    snprintf(b, sizeof(b), "%d,%d", tty, slave);
    setenv("UBOARD_TTY", b, 1);
    for (int fd = 3; fd < 256; fd++) {
        if (fd != tty && fd != slave) {
            close(fd);
        }
    }
    execv("/proc/self/exe", args);
    abort();
}
void board_soft_reset(void) {
    for (int i = 0; i < NSOCK; i++) {
        sock[i].armed = false;
        MP_STATE_VM(board_cb)[i] = MP_STATE_VM(board_sock)[i] = MP_OBJ_NULL;
    }
    await_poll();
    for (int fd = 3; fd < 256; fd++) { // the sockets and so on that the old session left open
        if (fd != tty && fd != slave && fd != flash_fd && fd != wake[0] && fd != wake[1]) {
            close(fd);
        }
    }
}
static void on_usr1(int s) {
}

// --tty LINK  --flash FILE  --size KIB  --heap KIB  --name ID  --drop (a full ring loses bytes)
// --safe (boot.py and main.py are not run, as with a board's safe-boot button)
size_t board_start(int argc, char **argv) {
    size_t heap = 256 << 10;
    const char *link_ = NULL, *file = NULL;
    args = argv;
    for (int i = 1; i < argc; i++) {
        char *v = i + 1 < argc ? argv[i + 1] : "";
        if (!strcmp(argv[i], "--drop")) { drop = 1; }
        else if (!strcmp(argv[i], "--safe")) { board_safe = 1; }
        else if (!strcmp(argv[i], "--tty")) { link_ = v; i++; }
        else if (!strcmp(argv[i], "--flash")) { file = v; i++; }
        else if (!strcmp(argv[i], "--size")) { flash_size = atol(v) << 10; i++; }
        else if (!strcmp(argv[i], "--heap")) { heap = atol(v) << 10; i++; }
        else if (!strcmp(argv[i], "--clock")) { board_set_clock(atol(v)); i++; }
        else if (!strcmp(argv[i], "--name")) { board_name = v; i++; }
        else { fprintf(stderr, "unknown option %s\n", argv[i]); exit(2); }
    }
    char *e = getenv("UBOARD_TTY");
    if (e && sscanf(e, "%d,%d", &tty, &slave) == 2) {
        unsetenv("UBOARD_TTY");
    } else {
        tty = posix_openpt(O_RDWR | O_NOCTTY);
        grantpt(tty);
        unlockpt(tty);
        slave = open(ptsname(tty), O_RDWR | O_NOCTTY); // kept open, so that tty never hangs up
        struct termios t;
        tcgetattr(slave, &t);
        cfmakeraw(&t);
        tcsetattr(slave, TCSANOW, &t);
        if (link_) {
            unlink(link_);
            if (symlink(ptsname(tty), link_)) { perror(link_); exit(1); }
        }
        printf("TTY %s\n", ptsname(tty));
        fflush(stdout);
    }
    fcntl(tty, F_SETFL, O_NONBLOCK);
    if (file) {
        flash_fd = open(file, O_RDWR | O_CREAT, 0644);
        if (flash_fd < 0 || ftruncate(flash_fd, flash_size)) { perror(file); exit(1); }
    }
    flash = mmap(NULL, flash_size, PROT_READ | PROT_WRITE, file ? MAP_SHARED : MAP_PRIVATE | MAP_ANONYMOUS, flash_fd, 0);
    if (flash == MAP_FAILED) { perror("flash"); exit(1); }
    signal(SIGPIPE, SIG_IGN);
    struct sigaction sa = { .sa_handler = on_usr1 }; // no SA_RESTART: it cuts blocking calls short
    sigaction(SIGUSR1, &sa, NULL);
    pthread_mutexattr_t ma;
    pthread_mutexattr_init(&ma);
    pthread_mutexattr_settype(&ma, PTHREAD_MUTEX_RECURSIVE);
    pthread_mutex_init(&mutex, &ma);
    pthread_condattr_t ca;
    pthread_condattr_init(&ca);
    pthread_condattr_setclock(&ca, CLOCK_MONOTONIC);
    pthread_cond_init(&cond, &ca);
    main_thread = pthread_self();
    if (pipe2(wake, O_NONBLOCK)) { perror("pipe"); exit(1); }
    pthread_t th;
    pthread_create(&th, NULL, io_thread, NULL);
    return heap;
}

static mp_obj_t board_flash(void) { return mp_obj_new_bytearray_by_ref(flash_size, flash); }
static MP_DEFINE_CONST_FUN_OBJ_0(board_flash_obj, board_flash);

// on_read(sock, callback): callback(sock) is scheduled when sock has something to read; None ends it
static mp_obj_t board_on_read(mp_obj_t s, mp_obj_t cb) {
    int err, fd = mp_get_stream_raise(s, MP_STREAM_OP_IOCTL)->ioctl(s, MP_STREAM_GET_FILENO, 0, &err), i;
    for (i = 0; i < NSOCK && MP_STATE_VM(board_sock)[i] != s; i++) {
    }
    if (i == NSOCK) {
        for (i = 0; i < NSOCK && MP_STATE_VM(board_sock)[i] != MP_OBJ_NULL; i++) {
        }
    }
    if (i == NSOCK) {
        mp_raise_OSError(MP_ENOMEM);
    }
    bool on = cb != mp_const_none;
    board_lock();
    for (int j = 0; j < NSOCK; j++) { // the number of a closed socket is given again: its old owner hears no more
        if (j != i && sock[j].fd == fd && MP_STATE_VM(board_sock)[j] != MP_OBJ_NULL) {
            sock[j].armed = false;
            MP_STATE_VM(board_cb)[j] = MP_STATE_VM(board_sock)[j] = MP_OBJ_NULL;
        }
    }
    sock[i].fd = fd;
    sock[i].armed = on;
    MP_STATE_VM(board_cb)[i] = on ? cb : MP_OBJ_NULL;
    MP_STATE_VM(board_sock)[i] = on ? s : MP_OBJ_NULL;
    board_unlock(0);
    await_poll();
    return mp_const_none;
}
static MP_DEFINE_CONST_FUN_OBJ_2(board_on_read_obj, board_on_read);

static const mp_rom_map_elem_t board_globals_table[] = {
    { MP_ROM_QSTR(MP_QSTR___name__), MP_ROM_QSTR(MP_QSTR__board) },
    { MP_ROM_QSTR(MP_QSTR_flash), MP_ROM_PTR(&board_flash_obj) },
    { MP_ROM_QSTR(MP_QSTR_on_read), MP_ROM_PTR(&board_on_read_obj) },
};
static MP_DEFINE_CONST_DICT(board_globals, board_globals_table);
const mp_obj_module_t board_module = {
    .base = { &mp_type_module },
    .globals = (mp_obj_dict_t *)&board_globals,
};
MP_REGISTER_MODULE(MP_QSTR__board, board_module);
