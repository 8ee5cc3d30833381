/** What the compiler's thread is started with. */
export interface CompilerSettings {
  /** Path of mpy-cross-v6.wasm. */
  readonly wasm: string;
}

export interface CompileRequest {
  readonly id: number;
  readonly source: string;
  /** Command line of mpy-cross, without the file. */
  readonly options: readonly string[];
}

/** What mpy-cross says; `mpy` when `status` is 0. */
export interface CompileResult {
  readonly status: number;
  readonly mpy?: Uint8Array;
  readonly out: readonly string[];
  readonly err: readonly string[];
}

export type CompileAnswer =
  | ({ readonly id: number; readonly type: 'done' } & CompileResult)
  | { readonly id: number; readonly type: 'failed'; readonly message: string };
