/** What the extension gives to the worker of a demo board. */
export interface WorkerSettings {
  readonly ring: SharedArrayBuffer;
  /** Folder that stands for the flash. */
  readonly folder: string;
  /** Bytes that the flash holds. */
  readonly flashBytes: number;
  /** Path of MicroPython's micropython.mjs; its micropython.wasm is beside it. */
  readonly micropython: string;
  /** Lower-case hex. */
  readonly uid: string;
  readonly start: StartMode;
}

/** power: boot.py and main.py run. raw: into the raw REPL, after boot.py. bare: to the prompt, nothing runs. */
export type StartMode = 'power' | 'soft' | 'raw' | 'bare' | 'bareRaw';

/** What the worker says. */
export type WorkerMessage =
  | { readonly type: 'output'; readonly bytes: Uint8Array }
  /** The interpreter is there and takes input. */
  | { readonly type: 'ready' }
  /** The extension may write more. */
  | { readonly type: 'room' }
  /** The interpreter has ended and wants to begin anew. */
  | { readonly type: 'reset'; readonly start: StartMode }
  | { readonly type: 'failed'; readonly message: string };
