import { CancelledError, ProgramRunningError } from '../errors';
import { DisposableStore, Emitter, type Disposable } from '../events';
import type { BoardFiles } from '../boardFiles';
import type { Session, SessionOptions, Transport } from '../transport';
import type { LineState, SharedLine } from './sharedLine';

type WithSession = <T>(
  work: (session: Session) => Promise<T>,
  options?: SessionOptions,
) => Promise<T>;

/** A link that is used only for sharing, as in the command line. */
export class TransportLine implements SharedLine, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<void>());
  readonly #output = this.#lifetime.add(new Emitter<Uint8Array>());
  readonly onDidChange = this.#changed.event;
  readonly onOutput = this.#output.event;
  readonly onClose;
  readonly files: BoardFiles;
  readonly #stop = new AbortController();
  /** Whether work was refused because of a running program that prints nothing. */
  #wasRefused = false;

  constructor(
    private readonly transport: Transport,
    createFiles: (withSession: WithSession) => BoardFiles,
  ) {
    this.onClose = transport.onClose;
    this.files = createFiles((work, options) => this.#session(work, options));
    this.#lifetime.add(
      transport.onActivity((activity) => {
        if (activity === 'idle') this.#wasRefused = false;
        this.#changed.fire();
      }),
    );
    const terminal = transport.terminal();
    if (terminal) this.#lifetime.add(terminal.onData((chunk) => this.#output.fire(chunk)));
  }

  get state(): LineState {
    const { activity } = this.transport;
    if (activity === 'running' || this.#wasRefused) return 'program';
    return activity;
  }

  get takesInput(): boolean {
    return this.transport.can.stdin;
  }

  withSession<T>(
    work: (session: Session) => Promise<T>,
    options: { signal?: AbortSignal },
  ): Promise<T> {
    return this.#session(work, options);
  }

  interrupt(): Promise<void> {
    return this.transport.interrupt();
  }

  softReset(): Promise<void> {
    return this.transport.reset('soft', this.#stop.signal);
  }

  dispose(): void {
    this.#stop.abort(new CancelledError());
    this.#lifetime.dispose();
  }

  async #session<T>(
    work: (session: Session) => Promise<T>,
    { signal }: SessionOptions = {},
  ): Promise<T> {
    const both = signal ? AbortSignal.any([signal, this.#stop.signal]) : this.#stop.signal;
    try {
      return await this.transport.withSession(work, { signal: both, mayInterrupt: false });
    } catch (error) {
      if (error instanceof ProgramRunningError) {
        this.#wasRefused = this.transport.activity !== 'idle';
        this.#changed.fire();
      }
      throw error;
    }
  }
}
