/**
 * A board's description of itself. Every string comes from the board and is validated and bounded
 * when read.
 */
export interface BoardInfo {
  /**
   * machine.unique_id() or CircuitPython's equivalent in lower-case hex; undefined if the port has
   * none.
   */
  readonly uid?: string;
  /** `micropython` or `circuitpython`, from sys.implementation. */
  readonly implementation: string;
  /** Firmware version such as `1.25.0`. */
  readonly version: string;
  /** sys.platform (`esp32`, `rp2`). */
  readonly platform: string;
  /** os.uname().machine or sys.implementation._machine. */
  readonly machine: string;
  /**
   * .mpy version and native architecture (sys.implementation._mpy); undefined if the board cannot
   * load .mpy files.
   */
  readonly mpy?: {
    readonly version: number;
    readonly subVersion: number;
    readonly arch: string;
    /** Bits of the extensions that the processor has beyond its architecture; absent: none. */
    readonly flags?: number;
  };
  /** Bytes: the heap here, the file system at `/` below. */
  readonly memory?: { readonly free: number; readonly total: number };
  readonly flash?: { readonly free: number; readonly total: number };
  /** Code cannot write to the file system (CircuitPython while it is mounted as a drive). */
  readonly readOnly?: boolean;
  /** The board's clock: seconds since 1970 in the board's local time. */
  readonly time?: number;
}
