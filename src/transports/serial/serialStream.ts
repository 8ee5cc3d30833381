import type { SerialPort } from 'serialport';
import type { Address } from '../../core/address';
import { abortable } from '../../core/async';
import { ConnectionLostError, asError } from '../../core/errors';
import { Emitter } from '../../core/events';
import type { Log } from '../../core/log';
import type { ByteStream } from '../../core/transport';
import { keepLinesOnClose } from './keepLines';
import { openError } from './serialErrors';

/** Bits on the line for a byte: start, eight, stop. */
export const BITS_PER_BYTE = 10;

/**
 * Opens a serial port passively: DTR and RTS are left as the system has them on opening, both asserted (keepLines.ts sees to
 * it that closing does not drop them), which the auto-reset circuit of ESP boards takes for "do nothing" and without
 * which USB CDC boards (rp2, SAMD) would not send.
 * @throws ConnectError
 */
export async function openSerial(
  address: Address,
  baudRate: number,
  log: Log,
  signal: AbortSignal,
): Promise<ByteStream> {
  const { SerialPort } = await import('./library');
  const port = new SerialPort({
    path: address.rest,
    baudRate,
    autoOpen: false,
    hupcl: false,
    rtscts: false,
  });
  const opened = new Promise<void>((resolve, reject) => {
    port.open((error) => (error ? reject(openError(address, error)) : resolve()));
  });
  try {
    await abortable(opened, signal);
  } catch (error) {
    // Aborted while the system opens the port: it is closed as soon as it is open.
    opened.then(
      () => port.close(),
      () => undefined,
    );
    throw error;
  }
  return new SerialStream(port, log, keepLinesOnClose(address.rest, log));
}

/** How often a silent port is asked whether it is still there. */
const ALIVE_CHECK_MS = 500;
/** What the system says of a port whose far end is gone. A pty that is there says "Inappropriate ioctl". */
const GONE =
  /input\/output|EIO|no such device|ENXIO|bad file|not configured|access is denied|does not exist/i;

/** An open serial port as bytes both ways. */
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
    /** The port may be closed. Only closing waits for it: what the board says meanwhile must be heard. */
    private readonly linesKept: Promise<void>,
  ) {
    // Without a listener for data nobody notices that the far end is gone.
    port.on('data', (chunk: Buffer) => this.#data.fire(chunk));
    port.on('error', (error: Error) => this.#finish(error));
    // After a hang-up reading may give 0 bytes for ever, which serialport takes for silence; asking for the modem lines
    // then fails, and disturbs nobody while all is well.
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
    await this.linesKept;
    if (this.#end) return;
    await new Promise<void>((resolve) => {
      this.port.close((error) => {
        if (error) this.log.debug(`Closing ${this.port.path}: ${asError(error).message}`);
        resolve();
      });
    });
    this.#finish(undefined);
  }

  #checkAlive(): void {
    if (!this.port.isOpen) return;
    this.port.get((error) => {
      if (error && GONE.test(error.message)) this.#finish(error);
    });
  }

  #lost(cause: Error | undefined = this.#end?.cause): ConnectionLostError {
    return new ConnectionLostError(`The port ${this.port.path} is gone`, {
      cause,
      hint: 'Check the cable; a board that is plugged in again is connected again.',
    });
  }

  #finish(cause: Error | undefined): void {
    if (this.#end) return;
    this.#end = { cause };
    clearInterval(this.#aliveCheck);
    this.#closed.fire(cause);
    if (this.port.isOpen) this.port.close(() => undefined);
  }
}
