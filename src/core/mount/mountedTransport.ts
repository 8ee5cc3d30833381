import mountFile from '../../../board/snippets/mountFile.py';
import mountFs from '../../../board/snippets/mountFs.py';
import mountLink from '../../../board/snippets/mountLink.py';
import unmount from '../../../board/snippets/unmount.py';
import * as l10n from '@vscode/l10n';
import { text } from '../bytes';
import { asError, ProgramRunningError, PythonError, UsageError } from '../errors';
import { minify } from '../files';
import { pyRepr } from '../python/python';
import type { Session, SessionOptions, TerminalStream, Transport } from '../transport';

/** What the board prints if the folder is mounted with this mark. */
const LOOK = `try:print(_mpy_fs[0].link.mark==MARK)\nexcept NameError:print(0)`;
/** Keeps what stays of a snippet together, so that a small heap has room between for whole files. */
const COLLECT = `__import__('gc').collect()`;
/** What a board prints when it starts: after a soft reset, after any reset. */
const STARTED = /soft reboot|Type "help\(\)"/;

/**
 * A link on which a folder of this computer is mounted: before the work of each session, the folder
 * is mounted unless it still is, and closing takes it off the board.
 */
export class MountedTransport implements Transport {
  readonly kind;
  readonly address;
  readonly can;
  readonly onClose;
  readonly onActivity;
  #tried = false;
  #heard = '';

  /**
   * @param mark introduces the board's requests on this link
   * @param at path on the board
   * @param onTrouble receives a sentence for the user
   */
  constructor(
    private readonly inner: Transport,
    private readonly mark: Uint8Array,
    private readonly at: string,
    private readonly onTrouble: (words: string) => void,
  ) {
    this.kind = inner.kind;
    this.address = inner.address;
    this.can = inner.can;
    this.onClose = inner.onClose;
    this.onActivity = inner.onActivity;
  }

  get activity() {
    return this.inner.activity;
  }

  async open(signal: AbortSignal): Promise<void> {
    await this.inner.open(signal);
    this.inner.terminal()?.onData((chunk) => this.#watch(text(chunk)));
  }

  withSession<T>(work: (session: Session) => Promise<T>, options?: SessionOptions): Promise<T> {
    return this.inner.withSession(async (session) => {
      await this.#mount(session, options?.signal);
      return work(session);
    }, options);
  }

  terminal(): TerminalStream | undefined {
    return this.inner.terminal();
  }

  /** Mounts the folder again when the board has started again and is at its prompt. */
  #watch(words: string): void {
    this.#heard = (this.#heard + words).slice(-200);
    if (!STARTED.test(this.#heard) || this.inner.activity !== 'idle') return;
    this.#heard = '';
    this.withSession(() => Promise.resolve()).catch((error: unknown) => {
      if (!(error instanceof ProgramRunningError)) this.onTrouble(asError(error).message);
    });
  }

  async #mount(session: Session, signal: AbortSignal | undefined): Promise<void> {
    const options = signal ? { signal } : {};
    const mark = pyRepr(this.mark);
    // Only this link has mounted anything with its mark.
    if (this.#tried) {
      const found = text(await session.exec(LOOK.replace('MARK', mark), options));
      if (found.trim() === 'True') return;
    }
    this.#tried = true;
    const call = `_mpy_mount(${mark},${pyRepr(this.at)})`;
    try {
      // One after the other, because a small heap does not hold the whole while it is compiled.
      for (const part of [mountLink, mountFile, `${mountFs}\n${call}`]) {
        await session.exec(`${forBoard(part)}\n${COLLECT}`, options);
      }
    } catch (error) {
      throw error instanceof PythonError ? this.#explained(error) : error;
    }
  }

  #explained(error: PythonError): Error {
    const { type, detail } = error;
    if (type === 'OSError') {
      return new UsageError(
        l10n.t('{0} cannot be mounted on the board: {1}', this.at, detail || type),
        {
          hint: l10n.t('Choose another path with --at. A reset ends what is mounted there.'),
          cause: error,
        },
      );
    }
    if (type === 'AttributeError' || type === 'ImportError') {
      return new UsageError(
        l10n.t('The firmware of this board cannot mount a folder of this computer'),
        { hint: l10n.t('mpyfleet run FILE runs a local file; mpyfleet sync sends what changed.') },
      );
    }
    return error;
  }

  async interrupt(): Promise<void> {
    await this.inner.interrupt();
  }

  async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    this.#tried = false; // the reset ends the mount
    await this.inner.reset(mode, signal);
  }

  /** Takes the folder off the board, unless a program runs there. */
  async close(): Promise<void> {
    try {
      if (this.#tried) {
        await this.inner.withSession((session) => session.exec(forBoard(unmount)));
      }
    } catch (error) {
      this.onTrouble(
        error instanceof ProgramRunningError
          ? l10n.t(
              'A program runs on the board, so {0} stays there until a reset; its files no longer answer',
              this.at,
            )
          : l10n.t('{0} could not be taken off the board: {1}', this.at, asError(error).message),
      );
    } finally {
      await this.inner.close();
    }
  }
}

/**
 * Shortens a snippet, and makes it import the firmware's modules, whatever files of their names are
 * on the board.
 */
function forBoard(code: string): string {
  return minify(code)
    .replace(/\bself\b/g, 's')
    .replace(/ (==|=|\+|&|<|\||<<|>>|\+=|-=|>) /g, '$1')
    .replace(/, /g, ',')
    .replace(
      /^import (os|io|struct|select|time) as (\w+)$/gm,
      'try:import u$1 as $2\nexcept ImportError:import $1 as $2',
    );
}
