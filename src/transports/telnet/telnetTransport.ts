import * as l10n from '@vscode/l10n';
import type { TelnetAddress } from '../../core/address';
import { systemClock, type Clock } from '../../core/async';
import { text } from '../../core/bytes';
import { ConnectionLostError } from '../../core/errors';
import type { Log } from '../../core/log';
import { pyRepr } from '../../core/python/python';
import { StreamTransport } from '../../core/repl';
import type { Session, SessionOptions } from '../../core/transport';
import { openTelnet, type TelnetServices } from './login';
import type { TelnetStream } from './telnetStream';

/** Milliseconds; Wi-Fi power saving delays packets by several hundred in each direction. */
const PROBE_MS = 1_000;
const ANSWER_MS = 10_000;

export type TelnetSettings = Omit<TelnetServices, 'clock'> & Partial<TelnetServices>;

/** A board whose REPL is reached through the telnet server of MicroPython's cc3200 port (WiPy), or one like it. */
export class TelnetTransport extends StreamTransport {
  readonly #line: { stream?: TelnetStream };

  constructor(address: TelnetAddress, settings: TelnetSettings, log: Log) {
    const clock: Clock = settings.clock ?? systemClock;
    const line: { stream?: TelnetStream } = {};
    super({
      address,
      log,
      clock,
      answerMs: ANSWER_MS,
      probeMs: PROBE_MS,
      open: async (signal) => {
        line.stream = await openTelnet(address, { ...settings, clock }, signal);
        return line.stream;
      },
    });
    this.#line = line;
  }

  /** Like any session, but only ASCII reaches the board. */
  override async withSession<T>(
    work: (session: Session) => Promise<T>,
    options?: SessionOptions,
  ): Promise<T> {
    return super.withSession(
      (session) =>
        work({
          asciiOnly: true,
          exec: (code, execOptions) => session.exec(ascii(code), execOptions),
        }),
      options,
    );
  }

  /** Every reset ends the connection, and a chip in reset does not close it. */
  override async reset(mode: 'soft' | 'hard', signal?: AbortSignal): Promise<void> {
    try {
      await super.reset(mode, signal);
    } catch (error) {
      if (!(error instanceof ConnectionLostError) || !this.#line.stream?.closed) throw error;
    }
    if (mode === 'hard') {
      this.#line.stream?.abort(
        new ConnectionLostError(l10n.t('The board was reset'), {
          hint: l10n.t('It reconnects once its telnet server is back.'),
        }),
      );
    }
  }
}

/** Code with other characters becomes a literal, in which they are escaped. */
function ascii(code: string | Uint8Array): string | Uint8Array {
  const bytes = typeof code === 'string' ? Buffer.from(code) : code;
  if (bytes.every((byte) => byte < 0x80)) return code;
  return `exec(${pyRepr(typeof code === 'string' ? code : text(code))})`;
}
