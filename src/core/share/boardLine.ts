import type { Board } from '../board';
import { ProgramRunningError } from '../errors';
import { DisposableStore, Emitter, type Disposable } from '../events';
import type { Session, Transport } from '../transport';
import type { LineState, SharedLine } from './sharedLine';

/** A board of the window that is shared while it is used here. Colleagues' work waits in the same queue as all other work. */
export class BoardLine implements SharedLine, Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #changed = this.#lifetime.add(new Emitter<void>());
  readonly #output = this.#lifetime.add(new Emitter<Uint8Array>());
  readonly #closed = this.#lifetime.add(new Emitter<Error | undefined>());
  readonly onDidChange = this.#changed.event;
  readonly onOutput = this.#output.event;
  readonly onClose = this.#closed.event;

  /** `transport`: the board's open link. The sharing ends with it. */
  constructor(
    private readonly board: Board,
    private readonly transport: Transport,
  ) {
    this.#lifetime.add(board.onDidChange(() => this.#changed.fire()));
    this.#lifetime.add(transport.onClose((cause) => this.#closed.fire(cause)));
    const terminal = transport.terminal();
    if (terminal) this.#lifetime.add(terminal.onData((chunk) => this.#output.fire(chunk)));
  }

  /** These verbs update the window's views with colleagues' changes, and never ask a question here. */
  get files(): Board['quietFiles'] {
    return this.board.quietFiles;
  }

  get state(): LineState {
    switch (this.board.state.tag) {
      case 'idle':
        return 'idle';
      case 'running':
        return 'program';
      case 'busy':
        return 'busy';
      default:
        return 'unknown';
    }
  }

  get takesInput(): boolean {
    return this.transport.can.stdin;
  }

  async withSession<T>(
    work: (session: Session) => Promise<T>,
    { signal, job, isCode }: { signal?: AbortSignal; job: string; isCode?: boolean },
  ): Promise<T> {
    // Otherwise the code would replace a program that was started here, without a question.
    if (isCode && this.board.state.tag === 'running') {
      throw new ProgramRunningError(this.board.name);
    }
    // Code counts as a program, so that the user here can stop it like any other.
    const program = isCode ? { program: {} } : {};
    return this.board.withSession(work, { signal, job, ask: false, ...program });
  }

  interrupt(): Promise<void> {
    return this.board.interrupt();
  }

  softReset(): Promise<void> {
    return this.board.reset('soft');
  }

  dispose(): void {
    this.#lifetime.dispose();
  }
}
