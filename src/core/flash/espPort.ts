import { Deferred, awaitedLater } from '../async';
import { text } from '../bytes';
import { asError } from '../errors';
import type { Log } from '../log';
import type { FlashPort, Lines } from './port';

/** Number of bytes kept of the chip's output to explain failures: a few boot messages. */
const HEARD_BYTES = 2048;

/**
 * Our serial port in the form of Web Serial's `SerialPort`, which is what esptool-js's Transport drives, with its one extension
 * `setBaudRate`.
 */
export class EspPort {
  readable: ReadableStream<Uint8Array> | null = null;
  writable: WritableStream<Uint8Array> | null = null;
  readonly #lost = new Deferred<never>();
  #heard = Buffer.alloc(0);
  #lines: Lines = { dtr: false, rts: false };
  #hasLines = true;
  #controller: ReadableStreamDefaultController<Uint8Array> | undefined;
  #isLost = false;
  #wasOpen = false;

  constructor(
    private readonly port: FlashPort,
    private readonly log: Log,
  ) {
    awaitedLater(this.#lost.promise); // each operation races it
    port.onData((chunk) => {
      this.#heard = Buffer.concat([this.#heard, chunk]).subarray(-HEARD_BYTES);
      this.#controller?.enqueue(chunk);
    });
    port.onClose((cause) => {
      this.#isLost ||= cause !== undefined;
      this.#endStreams();
      if (cause) this.#lost.reject(cause);
    });
  }

  /** Rejects when the port is lost; never resolves. */
  get lost(): Promise<never> {
    return this.#lost.promise;
  }

  /**
   * Returns whether the open port was unplugged. Asks the system, since a failure that follows from
   * it may overtake the news.
   */
  async wasUnplugged(): Promise<boolean> {
    return this.#isLost || (this.#wasOpen && !(await this.port.isThere()));
  }

  /** The chip's latest output, as text. */
  get heard(): string {
    return text(this.#heard);
  }

  /** Discards the chip's output so far. */
  forgetHeard(): void {
    this.#heard = Buffer.alloc(0);
  }

  /** Whether DTR and RTS reach the chip, as far as the system reports. */
  get hasLines(): boolean {
    return this.#hasLines;
  }

  /** Returns the port's USB ids, as the Web Serial API does; none for other ports. */
  getInfo(): { usbVendorId?: number; usbProductId?: number } {
    if (!this.port.usb) return {};
    const { vendorId, productId } = this.port.usb;
    return {
      usbVendorId: Number.parseInt(vendorId, 16),
      usbProductId: Number.parseInt(productId, 16),
    };
  }

  /** Opens the port and its streams. */
  async open({ baudRate }: { baudRate: number }): Promise<void> {
    await this.port.open(baudRate);
    this.#wasOpen = true;
    this.readable = new ReadableStream<Uint8Array>({
      start: (controller) => void (this.#controller = controller),
    });
    this.writable = new WritableStream<Uint8Array>({ write: (chunk) => this.port.write(chunk) });
    this.#hasLines = await this.port.setLines(this.#lines);
  }

  /** Sets DTR and RTS. A line that is not named keeps its state. */
  async setSignals(signals: {
    dataTerminalReady?: boolean;
    requestToSend?: boolean;
  }): Promise<void> {
    const { dataTerminalReady: dtr = this.#lines.dtr, requestToSend: rts = this.#lines.rts } =
      signals;
    this.#lines = { dtr, rts };
    if (this.#hasLines) this.#hasLines = await this.port.setLines(this.#lines);
  }

  /** Changes the speed, in baud, of the open port. */
  setBaudRate(baudRate: number): Promise<void> {
    return this.port.setBaudRate(baudRate);
  }

  /** Ends the streams and closes the port. */
  async close(): Promise<void> {
    this.#endStreams();
    await this.port.close();
  }

  #endStreams(): void {
    try {
      this.#controller?.close();
    } catch (error) {
      this.log.debug(`Closing the flash stream: ${asError(error).message}`); // its reader has cancelled it
    }
    this.#controller = undefined;
    this.readable = null;
    this.writable = null;
  }
}
