/** Settings that the extension passes to the worker of a demo board. */
export interface WorkerSettings {
  readonly ring: SharedArrayBuffer;
  /** Folder that represents the flash. */
  readonly folder: string;
  /** Capacity of the flash in bytes. */
  readonly flashBytes: number;
  /** Path of MicroPython's micropython.mjs; its micropython.wasm is next to it. */
  readonly micropython: string;
  /** Lower-case hex. */
  readonly uid: string;
  readonly start: StartMode;
}

/** power: boot.py and main.py run. raw: into the raw REPL, after boot.py. bare: to the prompt, nothing runs. */
export type StartMode = 'power' | 'soft' | 'raw' | 'bare' | 'bareRaw';

/** Messages from the worker. */
export type WorkerMessage =
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  /** The interpreter is ready for input. */
  | { readonly type: 'ready' }
  /** The extension may write more. */
  | { readonly type: 'room' }
  /** The interpreter has ended and requests a restart. */
  | { readonly type: 'reset'; readonly start: StartMode }
  | { readonly type: 'failed'; readonly message: string };
