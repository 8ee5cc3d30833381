import * as l10n from '@vscode/l10n';
import type { TelnetAddress } from '../../core/address';
import { systemClock, type Clock } from '../../core/async';
import { text } from '../../core/bytes';
import type { Log } from '../../core/log';
import { pyRepr } from '../../core/python/python';
import type { Session, SessionOptions } from '../../core/transport';
import { NetworkTransport } from '../network/networkTransport';
import { openTelnet, type TelnetServices } from './login';
import type { TelnetStream } from './telnetStream';

export type TelnetSettings = Omit<TelnetServices, 'clock'> & Partial<TelnetServices>;

/** A board whose REPL is reached through the telnet server of MicroPython's cc3200 port (WiPy), or one like it. */
export class TelnetTransport extends NetworkTransport<TelnetStream> {
  constructor(address: TelnetAddress, settings: TelnetSettings, log: Log) {
    const clock: Clock = settings.clock ?? systemClock;
    super({
      address,
      log,
      clock,
      open: (signal) => openTelnet(address, { ...settings, clock }, signal),
    });
  }

  /** Opens a session that escapes characters of code that are not ASCII, because this link carries ASCII only. */
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

  protected override resetHint(): string {
    return l10n.t('It reconnects once its telnet server is back.');
  }
}

/** Makes code ASCII: other characters are escaped in a literal, which the board executes. */
function ascii(code: string | Uint8Array): string | Uint8Array {
  const bytes = typeof code === 'string' ? Buffer.from(code) : code;
  if (bytes.every((byte) => byte < 0x80)) return code;
  return `exec(${pyRepr(typeof code === 'string' ? code : text(code))})`;
}
