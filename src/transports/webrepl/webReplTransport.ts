import * as l10n from '@vscode/l10n';
import type { WebReplAddress } from '../../core/address';
import { systemClock, type Clock } from '../../core/async';
import { ConnectionLostError } from '../../core/errors';
import type { Log } from '../../core/log';
import { StreamTransport } from '../../core/repl';
import type { Session, SessionOptions } from '../../core/transport';
import { openWebRepl, type WebReplServices } from './login';
import { WebReplFiles } from './nativeFiles';
import type { WebReplStream } from './webReplStream';

export type { GetPassword } from './login';
export type { UnknownCertificate } from './dial';

/** Milliseconds; Wi-Fi power saving delays packets by several hundred in each direction. */
const PROBE_MS = 1_000;
const ANSWER_MS = 10_000;

/** Services for every WebREPL link. */
export type WebReplSettings = Omit<WebReplServices, 'clock'> & Partial<WebReplServices>;

/** A board whose REPL is reached through MicroPython's WebREPL. */
export class WebReplTransport extends StreamTransport {
  readonly #line: { stream?: WebReplStream };
  readonly #clock: Clock;
  #files: WebReplFiles | undefined;

  constructor(address: WebReplAddress, settings: WebReplSettings, log: Log) {
    const clock = settings.clock ?? systemClock;
    const line: { stream?: WebReplStream } = {};
    super({
      address,
      log,
      clock,
      answerMs: ANSWER_MS,
      probeMs: PROBE_MS,
      fillsRing: true,
      beginsEarly: true,
      open: async (signal) => {
        line.stream = await openWebRepl(address, { ...settings, clock }, signal);
        return line.stream;
      },
    });
    this.#line = line;
    this.#clock = clock;
    this.terminal().onData(() => this.#files?.forget());
  }

  /** Like any session, but files are transferred with WebREPL's own requests. */
  override async withSession<T>(
    work: (session: Session) => Promise<T>,
    options?: SessionOptions,
  ): Promise<T> {
    return super.withSession((session) => {
      const { stream } = this.#line;
      if (!stream) return work(session);
      this.#files ??= new WebReplFiles(stream, this.#clock);
      return work(this.#files.over(session));
    }, options);
  }

  /**
   * Every reset ends the board's network connections, including this link. A chip in reset does not
   * close it, so it is closed here; after a soft reset, the board closes it.
   */
  override async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    try {
      await super.reset(mode, signal);
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || !this.#line.stream?.closed) throw error;
    }
    if (mode === 'hard') {
      this.#line.stream?.abort(
        new ConnectionLostError(l10n.t('The board was reset'), {
          hint: l10n.t("It reconnects once the board's WebREPL is back."),
        }),
      );
    }
  }
}

/** The transport for a `ws://` or `wss://` address. */
export function webReplTransport(
  address: WebReplAddress,
  settings: WebReplSettings,
  log: Log,
): WebReplTransport {
  return new WebReplTransport(address, settings, log);
}
