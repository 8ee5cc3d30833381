import * as l10n from '@vscode/l10n';
import type { WebReplAddress } from '../../core/address';
import { systemClock, type Clock } from '../../core/async';
import type { Log } from '../../core/log';
import type { Session, SessionOptions } from '../../core/transport';
import { NetworkTransport } from '../network/networkTransport';
import { openWebRepl, type WebReplServices } from './login';
import { WebReplFiles } from './nativeFiles';
import type { WebReplStream } from './webReplStream';

export type { GetPassword } from './login';
export type { UnknownCertificate } from './dial';

/** Services for every WebREPL link. */
export type WebReplSettings = Omit<WebReplServices, 'clock'> & Partial<WebReplServices>;

/** A board whose REPL is reached through MicroPython's WebREPL. */
export class WebReplTransport extends NetworkTransport<WebReplStream> {
  readonly #clock: Clock;
  #files: WebReplFiles | undefined;

  constructor(address: WebReplAddress, settings: WebReplSettings, log: Log) {
    const clock = settings.clock ?? systemClock;
    super({
      address,
      log,
      clock,
      fillsRing: true,
      beginsEarly: true,
      open: (signal) => openWebRepl(address, { ...settings, clock }, signal),
    });
    this.#clock = clock;
    this.terminal().onData(() => this.#files?.forget());
  }

  /** Like any session, but files are transferred with WebREPL's own requests. */
  override async withSession<T>(
    work: (session: Session) => Promise<T>,
    options?: SessionOptions,
  ): Promise<T> {
    return super.withSession((session) => {
      const { stream } = this;
      if (!stream) return work(session);
      this.#files ??= new WebReplFiles(stream, this.#clock);
      return work(this.#files.over(session));
    }, options);
  }

  protected override resetHint(): string {
    return l10n.t("It reconnects once the board's WebREPL is back.");
  }
}

/** Creates the transport for a `ws://` or `wss://` address. */
export function webReplTransport(
  address: WebReplAddress,
  settings: WebReplSettings,
  log: Log,
): WebReplTransport {
  return new WebReplTransport(address, settings, log);
}
