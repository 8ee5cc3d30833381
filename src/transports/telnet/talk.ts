import * as l10n from '@vscode/l10n';
import type { TelnetAddress } from '../../core/address';
import { Deferred, within, type Clock } from '../../core/async';
import { concat } from '../../core/bytes';
import { ConnectError } from '../../core/errors';
import type { TelnetStream } from './telnetStream';

/**
 * Milliseconds allowed for each answer of the server. A WiPy checks its sockets a few times a
 * second.
 */
const ANSWER_MS = 10_000;
/** Maximum bytes kept of a server's output before the login. */
const MAX_HEARD = 4096;

/** The conversation with a telnet server until its REPL begins. */
export class Talk {
  #heard: Uint8Array = new Uint8Array();
  #changed = new Deferred<undefined>();
  readonly #subscription: { dispose(): void };

  constructor(
    readonly stream: TelnetStream,
    private readonly address: TelnetAddress,
    private readonly clock: Clock,
  ) {
    const wake = () => {
      this.#changed.resolve(undefined);
      this.#changed = new Deferred();
    };
    this.#subscription = stream.onData((chunk) => {
      this.#heard = concat([this.#heard, chunk]).slice(-MAX_HEARD);
      wake();
    });
    stream.onClose(wake);
  }

  /**
   * Waits for one of `patterns` and removes everything up to its end. Returns the pattern; undefined if the server has
   * disconnected.
   * @throws ConnectError if other text arrives, or none
   */
  async until(patterns: readonly RegExp[]): Promise<RegExp | undefined> {
    for (;;) {
      // One character per byte, so that an index in the text is also one in the bytes.
      const said = Buffer.from(this.#heard).toString('latin1');
      for (const pattern of patterns) {
        const match = pattern.exec(said);
        if (!match) continue;
        this.#heard = this.#heard.slice(match.index + match[0].length);
        return pattern;
      }
      if (this.stream.closed) return undefined;
      const changed = this.#changed.promise.then(() => true);
      if (!(await within(this.clock, ANSWER_MS, changed, false))) throw this.#unknown();
    }
  }

  /** Answers a prompt. CR NUL: a WiPy drops the NUL, and would take a late LF for the start of the next answer. */
  async answer(line: string): Promise<void> {
    await this.stream.write(Buffer.from(`${line}\r\0`, 'latin1'));
  }

  /** Ends the conversation. The stream's next listener receives `shown` and everything unread. */
  release(shown = ''): TelnetStream {
    this.#subscription.dispose();
    this.stream.hold(concat([Buffer.from(shown, 'latin1'), this.#heard]));
    return this.stream;
  }

  #unknown(): ConnectError {
    const isSilent = this.#heard.length === 0;
    return new ConnectError(
      this.address,
      isSilent ? 'noAnswer' : 'notABoard',
      isSilent
        ? l10n.t('The board does not answer')
        : l10n.t('A telnet server answers there that is not a MicroPython board'),
      { hint: l10n.t("Check the address, and that the board's telnet server is running.") },
    );
  }
}
