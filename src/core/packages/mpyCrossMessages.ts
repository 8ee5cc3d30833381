/** Settings with which the compiler's thread is started. */
export interface CompilerSettings {
  /** Path of mpy-cross-v6.wasm. */
  readonly wasm: string;
  /** Path of micropython.mjs, with its .wasm file in the same folder. Default: the folder of `wasm`. */
  readonly micropython?: string;
}

/** One source to compile, as the thread receives it. */
export interface CompileRequest {
  readonly id: number;
  readonly source: string;
  /** Options of mpy-cross, without the file. */
  readonly options: readonly string[];
}

/** Result of mpy-cross; `mpy` is set if `status` is 0. */
export interface CompileResult {
  readonly status: number;
  readonly mpy?: Uint8Array;
  readonly out: readonly string[];
  readonly err: readonly string[];
  /** The compiler refused the source, but a newer MicroPython accepts it, so boards may run it. */
  readonly newer?: boolean;
}

export type CompileAnswer =
  | ({ readonly id: number; readonly type: 'done' } & CompileResult)
  | { readonly id: number; readonly type: 'failed'; readonly message: string };
