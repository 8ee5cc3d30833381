import type { Board } from '../../core/board';
import { ConnectionLostError } from '../../core/errors';
import type { Session, SessionOptions, Transport } from '../../core/transport';

/** Text for the tree and the status bar while a command runs. */
const JOB = 'mpyfleet';

/**
 * A board of the window as one link. Work waits for its turn in the board's queue; an open link is
 * reused.
 */
export class BoardLink implements Transport {
  /** The window had not opened the link. */
  #opened = false;

  constructor(
    private readonly board: Board,
    /**
     * Whether the link must be closed at the end even if the window had opened it: another program
     * needs the port.
     */
    private readonly mustClose: () => boolean,
  ) {}

  get kind() {
    return this.#open().kind;
  }

  get address() {
    return this.#open().address;
  }

  get can() {
    return this.#open().can;
  }

  get activity() {
    return this.#open().activity;
  }

  get onClose() {
    return this.#open().onClose;
  }

  get onActivity() {
    return this.#open().onActivity;
  }

  async open(signal: AbortSignal): Promise<void> {
    if (this.board.transport) return;
    await this.board.connect({ signal });
    this.#opened = true;
  }

  /** Never asks in the window: the shell has --stop for that. */
  withSession<T>(work: (session: Session) => Promise<T>, options?: SessionOptions): Promise<T> {
    return this.board.withSession(work, { job: JOB, ask: false, ...options });
  }

  terminal() {
    return this.#open().terminal();
  }

  interrupt(): Promise<void> {
    return this.board.interrupt();
  }

  reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    return this.board.reset(mode, signal);
  }

  /** Leaves the board as it was found, unless the window uses it now. */
  async close(): Promise<void> {
    const { tag } = this.board.state;
    const inUse = tag === 'busy' || tag === 'running';
    if (this.mustClose() || (this.#opened && !inUse)) await this.board.disconnect();
    this.#opened = false;
  }

  #open(): Transport {
    const { transport } = this.board;
    if (transport) return transport;
    throw new ConnectionLostError(`${this.board.name} is not connected`);
  }
}
