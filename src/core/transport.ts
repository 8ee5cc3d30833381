import type { Address, LinkKind } from './address';
import type { BoardFiles } from './boardFiles';
import type { Event } from './events';
import type { Capabilities } from './files/capabilities';

/** Bytes both ways: serial and WebREPL. Private to the transports and the raw REPL engine. */
export interface ByteStream {
  readonly onData: Event<Uint8Array>;
  /** Fired once, with the cause, however the stream ends (undefined: closed by `close()`). */
  readonly onClose: Event<Error | undefined>;
  /** Resolves when the bytes have been handed to the line. Rejects with ConnectionLostError once closed. */
  write(data: Uint8Array, signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

export interface ExecOptions {
  /** What the code prints, as it comes: bytes, since boards print anything. */
  onStdout?: (chunk: Uint8Array) => void;
  /**
   * Called once the code has been accepted: `write` sends bytes to its stdin. Only where `Transport.can.stdin`.
   * Byte 0x03 interrupts unless the code has called `micropython.kbd_intr(-1)`.
   */
  onStart?: (write: (data: Uint8Array) => Promise<void>) => void;
  /** Give up (TimeoutError, after interrupting the code) when nothing is heard for so many milliseconds; default: never. */
  idleTimeoutMs?: number;
  /** A board that has other things to take before may owe its first answer for so long; default: what the link allows. */
  answerMs?: number;
  /** Aborting interrupts the code with Ctrl-C and rejects with CancelledError once the board is at its prompt again. */
  signal?: AbortSignal;
}

/** Exclusive use of one board, for as long as the work given to `withSession` runs. */
export interface Session {
  /**
   * Runs Python code (as if at the prompt: names stay defined) and gives what it printed.
   * @throws PythonError with the traceback, ConnectionLostError, TimeoutError, CancelledError, ProtocolError
   */
  exec(code: string | Uint8Array, options?: ExecOptions): Promise<Uint8Array>;
  /** File verbs that this link does better than plain exec (agent frames). Same contracts, same verification. */
  readonly native?: Partial<BoardFiles>;
  /** What the board can do, where the link keeps that for as long as it is up. */
  readonly capabilities?: (signal?: AbortSignal) => Promise<Capabilities>;
}

/** The REPL as a terminal sees it. */
export interface TerminalStream {
  /** What the board prints outside of sessions; while a session runs, what its code prints with `echo`. */
  readonly onData: Event<Uint8Array>;
  write(data: Uint8Array): Promise<void>;
  /**
   * The link cannot echo at once (MQTT): the terminal edits lines itself and sends whole lines; `complete` asks the
   * board what could follow, `prompt` is what a terminal shows that begins now, `paste` shows and runs several lines as they are. Ctrl-C stops them.
   * While `isRunning`, lines are for the code that runs: who takes one shows it.
   */
  readonly lineMode?: {
    complete(line: string, signal?: AbortSignal): Promise<readonly string[]>;
    prompt(): string;
    paste(code: string): Promise<void>;
    isRunning(): boolean;
  };
}

/** What is known of the program on the board without disturbing it. */
export type Activity = 'idle' | 'running' | 'unknown';

export interface SessionOptions {
  signal?: AbortSignal;
  /**
   * A running program may be stopped for this work. Without it `withSession` rejects with ProgramRunningError when a
   * program runs (it finds out with at most one carriage return, which no program is stopped by).
   */
  mayInterrupt?: boolean;
  /** What goes over the line holds a password or a key: it is not written to the log, at whatever level. */
  secret?: boolean;
}

/** One link to one board. Above it nothing knows serial from MQTT. */
export interface Transport {
  readonly kind: LinkKind;
  readonly address: Address;
  readonly can: {
    /** There is a REPL to show in a terminal. */
    readonly terminal: boolean;
    readonly interrupt: boolean;
    readonly hardReset: boolean;
    /** Code that runs can be fed bytes (ExecOptions.onStart): the fast transfers need it. */
    readonly stdin: boolean;
    /** Work goes on beside the board's own program, which therefore need not be stopped. */
    readonly besideProgram: boolean;
  };
  /** Once, with the cause, however the link ends (undefined: by `close()`). */
  readonly onClose: Event<Error | undefined>;
  readonly onActivity: Event<Activity>;
  readonly activity: Activity;
  /** Opens passively: no Ctrl-C, no reset. @throws ConnectError */
  open(signal: AbortSignal): Promise<void>;
  /** Serialised; always ends at the friendly prompt (or, beside a program, leaves that alone). */
  withSession<T>(work: (session: Session) => Promise<T>, options?: SessionOptions): Promise<T>;
  terminal(): TerminalStream | undefined;
  /** Ctrl-C, or the agent's interrupt: stops what runs. */
  interrupt(): Promise<void>;
  /** Soft: boot.py and main.py run again. Hard: machine.reset(); the link may vanish and come back. */
  reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void>;
  close(): Promise<void>;
}

/** Makes the transport for an address; loads the code it needs only then (rule 11 of the architecture). */
export type TransportFactory = (address: Address) => Promise<Transport>;
