import type { Address, LinkKind } from './address';
import type { BoardFiles } from './boardFiles';
import type { Event } from './events';
import type { Capabilities } from './capabilities';

/**
 * A two-way byte stream: serial and WebREPL. Used only by the transports and the raw REPL engine.
 */
export interface ByteStream {
  readonly onData: Event<Uint8Array>;
  /** Fired once, whatever ends the stream, with the cause (undefined: closed by `close()`). */
  readonly onClose: Event<Error | undefined>;
  /**
   * Resolves when the bytes have been handed to the line. Rejects with ConnectionLostError once
   * closed.
   */
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** How code runs: output, input, limits. */
export interface ExecOptions {
  /** Receives the code's output as it arrives: bytes, because boards may print anything. */
  onStdout?: (chunk: Uint8Array) => void;
  /**
   * Called once the code has been accepted: `write` sends bytes to its stdin. Only if
   * `Transport.can.stdin`. Byte 0x03 interrupts unless the code has called
   * `micropython.kbd_intr(-1)`.
   */
  onStart?: (write: (data: Uint8Array) => Promise<void>) => void;
  /**
   * After this many milliseconds of silence, interrupts the code and rejects with TimeoutError;
   * default: never.
   */
  idleTimeoutMs?: number;
  /**
   * Milliseconds within which the board must give its first answer, for a board with other data to
   * process first; default: the link's own limit.
   */
  answerMs?: number;
  /**
   * Rejects with NoRawPasteError, without sending anything, if the board lacks raw-paste mode: such
   * old firmware may have 9 kB of heap and a REPL that hangs permanently when the code does not
   * fit.
   */
  pasteOnly?: boolean;
  /** The code is a whole program. A board with the agent restarts after its end if configured to. */
  isProgram?: boolean;
  /**
   * Aborting sends Ctrl-C to the code, and rejects with CancelledError once the board is back at
   * its prompt.
   */
  signal?: AbortSignal;
}

/** Exclusive use of one board while the work given to `withSession` runs. */
export interface Session {
  /**
   * Runs Python code as if at the prompt (names stay defined) and returns its output.
   * @throws PythonError with the traceback, ConnectionLostError, TimeoutError, CancelledError,
   * ProtocolError
   */
  exec(code: string | Uint8Array, options?: ExecOptions): Promise<Uint8Array>;
  /**
   * File verbs that this link implements better than plain exec (agent frames), with the same
   * contracts and verification.
   */
  readonly native?: Partial<BoardFiles>;
  /** The link carries ASCII only; code must not contain other bytes. */
  readonly asciiOnly?: boolean;
  /** The board's capabilities, if the link caches them while it is open. */
  readonly capabilities?: (signal?: AbortSignal) => Promise<Capabilities>;
}

/** The REPL as a terminal sees it. */
export interface TerminalStream {
  /**
   * Output of the board outside of sessions. Output of code in a session goes to that session
   * alone.
   */
  readonly onData: Event<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  /**
   * Set on links that cannot echo immediately (MQTT): the terminal edits lines itself and sends
   * whole lines. `complete` asks the board for completions, `prompt` is what a newly opened
   * terminal shows, `paste` shows and runs several lines unchanged. Ctrl-C stops them. While
   * `isRunning`, lines go to the running code, and the reader of a line shows it.
   */
  readonly lineMode?: {
    complete(line: string, signal?: AbortSignal): Promise<readonly string[]>;
    prompt(): string;
    paste(code: string): Promise<void>;
    isRunning(): boolean;
  };
}

/** State of the board's program, as far as it is known without disturbing it. */
export type Activity = 'idle' | 'running' | 'unknown';

/** What a session may do to a running program. */
export interface SessionOptions {
  signal?: AbortSignal;
  /**
   * A running program may be stopped for this work. Otherwise `withSession` rejects with
   * ProgramRunningError when a program is running; to find out, it sends at most one carriage
   * return, which stops no program.
   */
  mayInterrupt?: boolean;
  /** The data sent contains a password or key, so it is not logged at any level. */
  secret?: boolean;
}

/** One link to one board. Code above it does not distinguish serial from MQTT. */
export interface Transport {
  readonly kind: LinkKind;
  readonly address: Address;
  readonly can: {
    /** There is a REPL to show in a terminal. */
    readonly terminal: boolean;
    readonly interrupt: boolean;
    readonly hardReset: boolean;
    /** Running code can receive input (ExecOptions.onStart), which fast transfers need. */
    readonly stdin: boolean;
    /** Work runs alongside the board's own program, which need not be stopped. */
    readonly besideProgram: boolean;
  };
  /** Fired once, whatever ends the link, with the cause (undefined: closed by `close()`). */
  readonly onClose: Event<Error | undefined>;
  readonly onActivity: Event<Activity>;
  readonly activity: Activity;
  /** Opens passively: no Ctrl-C, no reset. @throws ConnectError */
  open(signal: AbortSignal): Promise<void>;
  /**
   * Runs work in a session. Sessions are serialised. Always ends at the friendly prompt, except on
   * links that work alongside a program.
   */
  withSession<T>(work: (session: Session) => Promise<T>, options?: SessionOptions): Promise<T>;
  terminal(): TerminalStream | undefined;
  /** Stops the running code, with Ctrl-C or the agent's interrupt. */
  interrupt(): Promise<void>;
  /**
   * Resets the board. Soft: boot.py and main.py run again. Hard: machine.reset(); the link may
   * vanish and come back.
   */
  reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Makes the transport for an address; loads the code it needs only then. */
export type TransportFactory = (address: Address) => Promise<Transport>;
