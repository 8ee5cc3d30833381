#include <stdlib.h>
#include "py/compile.h"
#include "py/runtime.h"
#include "py/stackctrl.h"
#include "py/gc.h"
#include "py/mphal.h"
#include "shared/readline/readline.h"
#include "shared/runtime/gchelper.h"
#include "shared/runtime/pyexec.h"

size_t board_start(int argc, char **argv);
void board_soft_reset(void);
extern int board_safe;

__attribute__((noinline)) static void run(char *heap, size_t size) {
    gc_init(heap, heap + size);
    for (;;) {
        mp_init();
        mp_obj_list_append(mp_sys_path, MP_OBJ_NEW_QSTR(MP_QSTR__slash_lib));
        readline_init0();
        pyexec_frozen_module("_boot.py", false);
        int ret = board_safe ? 0 : pyexec_file_if_exists("boot.py");
        if (!board_safe && !(ret & PYEXEC_FORCED_EXIT) && pyexec_mode_kind == PYEXEC_MODE_FRIENDLY_REPL) {
            ret = pyexec_file_if_exists("main.py");
        }
        while (!(ret & PYEXEC_FORCED_EXIT)) {
            ret = pyexec_mode_kind == PYEXEC_MODE_RAW_REPL ? pyexec_raw_repl() : pyexec_friendly_repl();
        }
        mp_hal_stdout_tx_str("MPY: soft reboot\r\n");
        board_soft_reset();
        gc_sweep_all();
        mp_deinit();
    }
}
int main(int argc, char **argv) {
    size_t size = board_start(argc, argv);
    mp_stack_ctrl_init();
    mp_stack_set_limit(80000);
    run(malloc(size), size);
}
void gc_collect(void) {
    gc_collect_start();
    gc_helper_collect_regs_and_stack();
    gc_collect_end();
}
void nlr_jump_fail(void *val) {
    abort();
}
