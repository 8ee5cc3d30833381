#include <stdint.h>
#include <stddef.h>
#include <alloca.h>
#include <unistd.h>
#include <stdio.h>
#define MICROPY_CONFIG_ROM_LEVEL (MICROPY_CONFIG_ROM_LEVEL_EXTRA_FEATURES)
#if defined(__x86_64__)
#define MICROPY_EMIT_X64 (1)
#endif
void mp_unix_alloc_exec(size_t min_size, void **ptr, size_t *size);
void mp_unix_free_exec(void *ptr, size_t size);
#define MP_PLAT_ALLOC_EXEC(min_size, ptr, size) mp_unix_alloc_exec(min_size, ptr, size)
#define MP_PLAT_FREE_EXEC(ptr, size) mp_unix_free_exec(ptr, size)
#define MICROPY_PERSISTENT_CODE_LOAD (1)
#define MICROPY_ENABLE_GC (1)
#define MICROPY_ENABLE_FINALISER (1)
#define MICROPY_ENABLE_EMERGENCY_EXCEPTION_BUF (1)
#define MICROPY_READER_VFS (1)
#define MICROPY_LONGINT_IMPL (MICROPY_LONGINT_IMPL_MPZ)
#define MICROPY_FLOAT_IMPL (MICROPY_FLOAT_IMPL_DOUBLE)
#define MICROPY_WARNINGS (1)
#define MICROPY_USE_INTERNAL_PRINTF (0)
#define MICROPY_SCHEDULER_DEPTH (8)
#define MICROPY_STREAMS_POSIX_API (1)
#define MICROPY_HW_BOARD_NAME "Linux board"
#if defined(__x86_64__)
#define MICROPY_HW_MCU_NAME "x86-64"
#else
#define MICROPY_HW_MCU_NAME "arm64"
#endif
#define MICROPY_PY_SYS_PLATFORM "linuxboard"
#define MICROPY_VFS (1)
#define MICROPY_EPOCH_IS_1970 (1)
#define MICROPY_FATFS_ENABLE_LFN (1)
#define MICROPY_FATFS_RPATH (2)
#define MICROPY_FATFS_MAX_SS (4096)
#define MICROPY_PY_HASHLIB_SHA1 (1)
#define MICROPY_PY_HASHLIB_MD5 (1)
#define MICROPY_PY_CRYPTOLIB (1)
#define MICROPY_PY_TIME_GMTIME_LOCALTIME_MKTIME (1)
#define MICROPY_PY_TIME_TIME_TIME_NS (1)
#define MICROPY_PY_TIME_INCLUDEFILE "port_time.c"
#define MICROPY_PY_OS_UNAME (1)
#define MICROPY_PY_OS_URANDOM (1)
#define MICROPY_PY_OS_SYNC (1)
#define MICROPY_PY_OS_DUPTERM (1)
#define MICROPY_PY_OS_DUPTERM_NOTIFY (1)
#define MICROPY_PY_OS_INCLUDEFILE "port_os.c"
#define MICROPY_PY_RANDOM_SEED_INIT_FUNC (board_random())
#ifndef MICROPY_PY_SELECT_POSIX_OPTIMISATIONS
#define MICROPY_PY_SELECT_POSIX_OPTIMISATIONS (0) // 0: stdin polls at once, as on a board; 1: idle sockets cost no CPU
#endif
#define MICROPY_PY_SELECT_SELECT (0)
#define MICROPY_PY_SOCKET_LISTEN_BACKLOG_DEFAULT (2)
#define MICROPY_PY_MACHINE (1)
#define MICROPY_PY_MACHINE_INCLUDEFILE "port_machine.c"
#define MICROPY_PY_MACHINE_RESET (1)
#define MICROPY_PY_MACHINE_PIN_BASE (1)
#define MICROPY_PY_WEBSOCKET (1)
#define MICROPY_PY_WEBREPL (1)
#define MICROPY_INTERNAL_WFE(TIMEOUT_MS) board_wait(TIMEOUT_MS)
#define MICROPY_BEGIN_ATOMIC_SECTION() board_lock()
#define MICROPY_END_ATOMIC_SECTION(s) board_unlock(s)
#define MP_SSIZE_MAX (0x7fffffffffffffff)
typedef long mp_int_t;
typedef unsigned long mp_uint_t;
typedef long mp_off_t;
uint32_t board_random(void);
void board_wait(int timeout_ms);
uint32_t board_lock(void);
void board_unlock(uint32_t s);
#define MP_STATE_PORT MP_STATE_VM
