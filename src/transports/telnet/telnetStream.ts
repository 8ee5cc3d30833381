import type { Socket } from 'node:net';
import { throwIfAborted, type Clock } from '../../core/async';
import type { Disposable } from '../../core/events';
import { isInterrupt, NetworkStream } from '../network/networkStream';
import { KEEP_ALIVE, TelnetDecoder, toTelnet } from './telnetCodec';

/** Milliseconds between signs of life; a WiPy disconnects after 5 minutes of silence, unless set otherwise. */
const KEEP_ALIVE_MS = 60_000;
/** Milliseconds of silence after which TCP asks whether the other side still exists. */
const TCP_PROBE_MS = 15_000;

/** The text of a telnet connection, without commands. Used for the login, then by the raw REPL. */
export class TelnetStream extends NetworkStream {
  readonly #decoder = new TelnetDecoder();
  #timer: Disposable | undefined;

  constructor(
    private readonly socket: Socket,
    clock: Clock,
  ) {
    super('telnet', socket, clock);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, TCP_PROBE_MS);
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('error', (error) => this.onSocketError(error));
    socket.on('close', () => this.onSocketClose());
    this.#live();
  }

  /** Writes to the board's standard input. */
  async write(data: Uint8Array, signal?: AbortSignal): Promise<void> {
    throwIfAborted(signal);
    const bytes = isInterrupt(data) ? data.subarray(0, 1) : toTelnet(data);
    await this.send((done) => this.socket.write(bytes, done));
  }

  protected override release(): void {
    this.#timer?.dispose();
  }

  #receive(chunk: Uint8Array): void {
    const { text, answers } = this.#decoder.feed(chunk);
    if (answers.length > 0 && this.isOpen) this.socket.write(answers);
    if (text.length > 0) this.hear(text);
  }

  #live(): void {
    this.#timer = this.clock.after(KEEP_ALIVE_MS, () => {
      if (!this.isOpen) return;
      this.socket.write(KEEP_ALIVE);
      this.#live();
    });
  }
}
