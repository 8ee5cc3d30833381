/** Enters the raw REPL. */
export const CTRL_A = Uint8Array.of(0x01);
/** Leaves the raw REPL. */
export const CTRL_B = Uint8Array.of(0x02);
/** Interrupts code; at a prompt, discards the line. */
export const CTRL_C = Uint8Array.of(0x03);
/** At the raw REPL, ends the code; at an empty prompt, does a soft reset. */
export const CTRL_D = Uint8Array.of(0x04);
