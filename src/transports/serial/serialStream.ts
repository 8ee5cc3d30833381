import * as l10n from '@vscode/l10n';
import type { SerialPort } from 'serialport';
import type { SerialAddress } from '../../core/address';
import { abortable, throwIfAborted } from '../../core/async';
import { LinkLostError } from '../../core/errors';
import { Emitter } from '../../core/events';
import type { Log } from '../../core/log';
import type { ByteStream } from '../../core/transport';
import { closePort, untilClosed, whileClosing } from './closing';
import { keepLinesOnClose } from './keepLines';
import { pollBoth } from './pollBoth';
import { openError } from './serialErrors';
import { raiseDtr } from './windowsLines';

/** Bits on the line for each byte: start, eight data bits, stop. */
export const BITS_PER_BYTE = 10;

/**
 * Opens a serial port without resetting the board. On Linux and macOS the system asserts DTR and RTS on opening (keepLines.ts makes
 * sure that closing does not drop them). The auto-reset circuit of ESP boards ignores this state, and USB CDC boards (rp2, SAMD)
 * need it to send. Windows opens with both down: see windowsLines.ts.
 * @throws ConnectError
 */
export async function openSerial(
  address: SerialAddress,
  baudRate: number,
  log: Log,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { SerialPort } = await import('./library');
  await untilClosed(address.path, signal);
  throwIfAborted(signal);
  const port = new SerialPort({
    path: address.path,
    baudRate,
    autoOpen: false,
    hupcl: false,
    rtscts: false,
  });
  const opened = new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(openError(address, error)) : resolve()));
  });
  const giveUp = () => {
    const closed = opened.then(
      () => closePort(port, log),
      () => undefined,
    );
    void whileClosing(address.path, closed);
  };
  // The abort itself marks the port as closing, because whoever aborts may open the port at once, for example to flash the board.
  signal.addEventListener('abort', giveUp, { once: true });
  try {
    await abortable(opened, signal);
    pollBoth(port);
    await abortable(
      raiseDtr(port, () => SerialPort.list(), log),
      signal,
    );
    throwIfAborted(signal);
  } catch (error) {
    if (!signal.aborted) giveUp();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
  return new SerialStream(port, log, keepLinesOnClose(address.path, log));
}

/** Interval at which a silent port is checked, in milliseconds. */
export const ALIVE_CHECK_MS = 500;
/**
 * Errors of a port whose far end is gone. A pty that still exists reports "Inappropriate ioctl". serialport's Windows binding has
 * words for four system errors and numbers for others: 22 (the device does not know the command), 31 (not functioning), 55, 433 and
 * 1167 (no longer there).
 */
export const GONE =
  /input\/output|EIO|no such device|ENXIO|bad file|not configured|access (is )?denied|does not exist|invalid handle|file not found|operation aborted|error code (22|31|55|433|1167)$/i;

/** An open serial port as a byte stream. */
class SerialStream implements ByteStream {
  readonly #data = new Emitter<Uint8Array>();
  readonly #closed = new Emitter<Error | undefined>();
  readonly onData = this.#data.event;
  readonly onClose = this.#closed.event;
  readonly #aliveCheck: NodeJS.Timeout;
  #end: { cause: Error | undefined } | undefined;

  constructor(
    private readonly port: SerialPort,
    private readonly log: Log,
    /**
     * Closing the port waits for this. Nothing else does, so that the board's output is heard from
     * the start.
     */
    private readonly linesKept: Promise<void>,
  ) {
    // Without a data listener, the library does not notice that the far end is gone.
    port.on('data', (chunk: Buffer) => this.#data.fire(chunk));
    port.on('error', (error: Error) => this.#finish(error));
    // After a hang-up, reads may return 0 bytes forever, which serialport treats as silence. Reading the modem lines fails then, and is harmless
    // otherwise.
    this.#aliveCheck = setInterval(() => this.#checkAlive(), ALIVE_CHECK_MS).unref();
    port.on('close', (error?: Error | null) => this.#finish(error ?? undefined));
  }

  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    if (this.#end) throw this.#lost();
    const written = new Promise<void>((resolve, reject) => {
      const onEnd = this.#closed.event(() => reject(this.#lost()));
      this.port.write(Buffer.from(data), (error) => {
        onEnd.dispose();
        if (error) reject(this.#lost(error));
        else resolve();
      });
    });
    await abortable(written, signal);
  }

  async close(): Promise<void> {
    const closed = this.linesKept.then(() =>
      this.#end ? undefined : closePort(this.port, this.log),
    );
    await whileClosing(this.port.path, closed);
    this.#finish(undefined);
  }

  #checkAlive(): void {
    if (!this.port.isOpen) return;
    this.port.get((error) => {
      if (error && GONE.test(error.message)) this.#finish(error);
    });
  }

  #lost(cause: Error | undefined = this.#end?.cause): LinkLostError {
    return new LinkLostError(l10n.t('The port {0} no longer exists', this.port.path), {
      cause,
      hint: l10n.t('Check the cable. The board reconnects when it is plugged in again.'),
    });
  }

  #finish(cause: Error | undefined): void {
    if (this.#end) return;
    this.#end = { cause };
    clearInterval(this.#aliveCheck);
    this.#closed.fire(cause);
    if (this.port.isOpen) void closePort(this.port, this.log);
  }
}
