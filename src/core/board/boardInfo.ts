/** What a board says of itself. Every text comes from the board and is bounded and checked when it is read. */
export interface BoardInfo {
  /** machine.unique_id() in lower-case hex; undefined where the port has none (CircuitPython's is read as well). */
  readonly uid?: string;
  /** `micropython` or `circuitpython`, as sys.implementation has it. */
  readonly implementation: string;
  /** Firmware version such as `1.25.0`. */
  readonly version: string;
  /** sys.platform (`esp32`, `rp2`). */
  readonly platform: string;
  /** os.uname().machine or sys.implementation._machine. */
  readonly machine: string;
  /** .mpy version and native architecture (sys.implementation._mpy), undefined where .mpy files cannot be loaded. */
  readonly mpy?: { readonly version: number; readonly subVersion: number; readonly arch: string };
  /** Bytes of heap; of the file system at `/`. */
  readonly memory?: { readonly free: number; readonly total: number };
  readonly flash?: { readonly free: number; readonly total: number };
  /** The file system cannot be written from code (CircuitPython while mounted as a drive). */
  readonly readOnly?: boolean;
  /** The board's clock, seconds since 1970 as it thinks. */
  readonly time?: number;
}
