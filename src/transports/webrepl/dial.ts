import type { TLSSocket } from 'node:tls';
import type WebSocket from 'ws';
import type { Address } from '../../core/address';
import { abortError, Deferred, throwIfAborted, type Clock } from '../../core/async';
import { concat, text } from '../../core/bytes';
import { ConnectError } from '../../core/errors';
import { maxFrameBytes, passwordPrompt } from '../../core/webrepl/webreplProtocol';
import { failedToConnect, noAnswer, notWebRepl, refusedByServer, taken } from './refusal';

/** TCP, TLS and the WebSocket handshake, on a slow Wi-Fi with a board that is busy. */
const HANDSHAKE_MS = 10_000;
/** From the handshake to the server's next words: it sends them at once. */
const SAY_MS = 8_000;

/** A certificate that no authority the machine trusts vouches for. */
export interface UnknownCertificate {
  /** SHA-256 of the certificate, hex pairs with colons: what identifies it when it is seen again. */
  readonly fingerprint: string;
  readonly subject: string;
  /** Why it is not trusted, in OpenSSL's words. */
  readonly problem: string;
}

export interface DialOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Asked for wss:// servers with such a certificate; without it they are refused. */
  readonly acceptCertificate?:
    ((address: Address, certificate: UnknownCertificate) => Promise<boolean>) | undefined;
}

/** A WebSocket whose server has asked for the password. */
export class Dialled {
  #heard: Uint8Array = new Uint8Array();
  #closed = false;
  #changed = new Deferred<undefined>();

  private constructor(
    readonly socket: WebSocket,
    private readonly address: Address,
    private readonly clock: Clock,
  ) {
    socket.on('message', this.#onMessage);
    socket.on('close', this.#onClose);
    socket.on('error', this.#onClose);
  }

  /**
   * Connects up to the password prompt.
   * @throws ConnectError that says what answers there instead
   */
  static async connect(address: Address, options: DialOptions): Promise<Dialled> {
    throwIfAborted(options.signal);
    const { WebSocket } = await import('ws');
    const socket = new WebSocket(address.rest, {
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: maxFrameBytes,
      skipUTF8Validation: true, // a board's frames end anywhere, and it prints anything
      rejectUnauthorized: false, // looked at below, before anything secret is sent
    });
    const onAbort = () => socket.terminate();
    options.signal.addEventListener('abort', onAbort, { once: true });
    const dialled = new Dialled(socket, address, options.clock);
    try {
      await opened(address, socket);
      await checkCertificate(address, socket, options);
      await dialled.#untilPrompt();
      return dialled;
    } catch (error) {
      socket.on('error', () => undefined); // terminating a socket that is still connecting says so once more
      socket.terminate();
      throw options.signal.aborted ? abortError(options.signal) : error;
    } finally {
      options.signal.removeEventListener('abort', onAbort);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** What the server has said so far and nobody has taken. */
  get heard(): string {
    return text(this.#heard);
  }

  /** Takes the first bytes of what was heard away. */
  take(bytes: number): void {
    this.#heard = this.#heard.subarray(bytes);
  }

  /** Waits until `found` likes what was heard or the server has hung up; false when it stays silent. */
  async until(found: (heard: string) => boolean): Promise<boolean> {
    while (!found(this.heard) && !this.#closed) {
      const silence = new Deferred<boolean>();
      const timer = this.clock.after(SAY_MS, () => silence.resolve(true));
      const silent = await Promise.race([this.#changed.promise.then(() => false), silence.promise]);
      timer.dispose();
      if (silent) return false;
    }
    return true;
  }

  /** Ends the watch, for the stream that takes the socket over, and gives what was heard and not taken. */
  release(): Uint8Array {
    this.socket.off('message', this.#onMessage);
    this.socket.off('close', this.#onClose);
    this.socket.off('error', this.#onClose);
    return this.#heard;
  }

  async #untilPrompt(): Promise<void> {
    const said = await this.until((heard) => heard.length >= passwordPrompt.length);
    if (this.heard.startsWith(passwordPrompt)) {
      this.take(passwordPrompt.length);
      return;
    }
    if (this.heard !== '') throw notWebRepl(this.address);
    throw said ? taken(this.address) : noAnswer(this.address);
  }

  readonly #onMessage = (data: Buffer) => {
    // A server that is no WebREPL may talk without end: what is kept is bounded.
    if (this.#heard.length < maxFrameBytes) this.#heard = concat([this.#heard, data]);
    this.#wake();
  };

  readonly #onClose = () => {
    this.#closed = true;
    this.#wake();
  };

  #wake(): void {
    this.#changed.resolve(undefined);
    this.#changed = new Deferred<undefined>();
  }
}

async function opened(address: Address, socket: WebSocket): Promise<void> {
  const done = new Deferred<undefined>();
  socket.once('open', () => done.resolve(undefined));
  socket.once('error', (error) => done.reject(hungUp(address, error)));
  socket.once('close', () => done.reject(taken(address)));
  socket.once('unexpected-response', (_request, response) => {
    refusedByServer(address, response).then((error) => done.reject(error), done.reject);
  });
  await done.promise;
}

/** `ws` reports a server that hangs up during the handshake without an error code. */
function hungUp(address: Address, error: Error): ConnectError {
  return /socket hang up/i.test(error.message)
    ? taken(address, error)
    : failedToConnect(address, error);
}

async function checkCertificate(
  address: Address,
  socket: WebSocket,
  { acceptCertificate }: DialOptions,
): Promise<void> {
  if (!address.rest.startsWith('wss:')) return;
  const tls = (socket as unknown as { _socket: TLSSocket })._socket;
  if (tls.authorized) return;
  const certificate = tls.getPeerCertificate();
  const problem = String(tls.authorizationError);
  const unknown = {
    fingerprint: certificate.fingerprint256,
    subject: String(certificate.subject.CN).slice(0, 80),
    problem,
  };
  if (acceptCertificate && (await acceptCertificate(address, unknown))) return;
  throw new ConnectError(address, 'other', `The server's certificate is not trusted (${problem})`, {
    hint: `Accept the certificate if its SHA-256 fingerprint is the board's: ${unknown.fingerprint}`,
  });
}
