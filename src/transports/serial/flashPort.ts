import * as l10n from '@vscode/l10n';
import { stat } from 'node:fs/promises';
import { isAbsolute } from 'node:path';
import type { SerialPort } from 'serialport';
import { serialAddress } from '../../core/parseAddress';
import { LinkLostError, asError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { orAbsent } from '../../core/localFiles';
import type { FlashPort, Lines } from '../../core/flash';
import type { Log } from '../../core/log';
import { closePort, untilClosed } from './closing';
import { explained } from './serialTransport';
import { openError } from './serialErrors';
import { ALIVE_CHECK_MS, GONE } from './serialStream';

/** The system's error for a terminal without control lines, such as a pty. */
const NO_LINES = /inappropriate ioctl|ENOTTY|not supported|function not implemented/i;

/** Returns the serial port of `path` for flashing. It can be reopened after it was closed. */
export function serialFlashPort(path: string, usb: FlashPort['usb'], log: Log): FlashPort {
  return new SerialFlashPort(path, usb, log);
}

class SerialFlashPort implements FlashPort {
  readonly #data = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  readonly onData = this.#data.event;
  readonly onClose = this.#closed.event;
  #port: SerialPort | undefined;
  #aliveCheck: NodeJS.Timeout | undefined;

  constructor(
    readonly path: string,
    readonly usb: FlashPort['usb'],
    private readonly log: Log,
  ) {}

  async open(baudRate: number): Promise<void> {
    const { SerialPort } = await import('./library');
    const address = serialAddress(this.path);
    await untilClosed(address.path);
    const port = new SerialPort({ path: address.path, baudRate, autoOpen: false, hupcl: false });
    await new Promise<void>((resolve, reject) => {
      port.open((error) => (error ? reject(openError(address, error)) : resolve()));
    }).catch(explained);
    this.#port = port;
    port.on('data', (chunk: Buffer) => this.#data.fire(chunk));
    port.on('error', (error: Error) => this.#lost(port, error));
    port.on('close', (error?: Error | null) => this.#lost(port, error ?? undefined));
    this.#aliveCheck = setInterval(() => this.#checkAlive(port), ALIVE_CHECK_MS).unref();
  }

  async write(data: Uint8Array): Promise<void> {
    await this.#ask((port, done) => void port.write(Buffer.from(data), done));
    // Written bytes may still be in the buffer. The time limit of a command must not start before they are sent.
    await this.#ask((port, done) => port.drain(done));
  }

  setBaudRate(baudRate: number): Promise<void> {
    return this.#ask((port, done) => port.update({ baudRate }, done));
  }

  async setLines({ dtr, rts }: Lines): Promise<boolean> {
    try {
      await this.#ask((port, done) => port.set({ dtr, rts, brk: false }, done));
      return true;
    } catch (error) {
      if (NO_LINES.test(asError(error).message)) return false;
      throw error;
    }
  }

  async isThere(): Promise<boolean> {
    const port = this.#port;
    if (port?.isOpen) {
      return new Promise((resolve) => {
        port.get((error) => resolve(!error || (port.isOpen && !GONE.test(error.message))));
      });
    }
    if (!isAbsolute(this.path) || process.platform === 'win32') return true; // COM5 is not a file: opening it shows whether it exists
    return (await orAbsent(stat(this.path), undefined)) !== undefined;
  }

  async close(): Promise<void> {
    const port = this.#port;
    this.#port = undefined;
    clearInterval(this.#aliveCheck);
    if (port?.isOpen) await closePort(port, this.log);
  }

  /** Calls a method of the open port. @throws LinkLostError when the port no longer exists */
  async #ask(
    call: (port: SerialPort, done: (error?: Error | null) => void) => void,
  ): Promise<void> {
    const port = this.#port;
    if (!port) throw this.#gone(undefined);
    await new Promise<void>((resolve, reject) => {
      call(port, (error) => {
        if (!error) resolve();
        else if (!port.isOpen || GONE.test(error.message)) reject(this.#gone(error));
        else reject(error);
      });
    });
  }

  #gone(cause: Error | undefined): LinkLostError {
    return new LinkLostError(l10n.t('The port {0} no longer exists', this.path), { cause });
  }

  /**
   * Reads the modem lines, which fails after a hang-up. Reads of data may then return 0 bytes
   * forever.
   */
  #checkAlive(port: SerialPort): void {
    if (!port.isOpen) return;
    port.get((error) => {
      if (error && GONE.test(error.message)) this.#lost(port, error);
    });
  }

  #lost(port: SerialPort, cause: Error | undefined): void {
    if (port !== this.#port) return;
    this.#port = undefined;
    clearInterval(this.#aliveCheck);
    if (port.isOpen) void closePort(port, this.log);
    this.#closed.fire(cause ?? new Error('hung up'));
  }
}
