import * as l10n from '@vscode/l10n';
import { connect as connectTcp, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions, type TLSSocket } from 'node:tls';
import type WebSocket from 'ws';
import type { WebReplAddress } from '../../core/address';
import { webreplUrl } from '../../core/parseAddress';
import { abortError, Deferred, throwIfAborted, within, type Clock } from '../../core/async';
import { concat, text } from '../../core/bytes';
import { ConnectError } from '../../core/errors';
import { maxFrameBytes, passwordPrompt } from '../../core/webrepl/webreplProtocol';
import { localLookup } from '../mdns/localNames';
import { failedToConnect, noAnswer, notWebRepl, refusedByServer, taken } from './refusal';

/** Milliseconds for TCP, TLS and the WebSocket handshake on a slow Wi-Fi with a busy board. */
const HANDSHAKE_MS = 10_000;
/** Milliseconds from the handshake to the server's first message, which it sends immediately. */
const SAY_MS = 8_000;

/** A certificate that is not signed by a trusted authority. */
export interface UnknownCertificate {
  /** SHA-256 of the certificate as hex pairs with colons, which identifies it in the future. */
  readonly fingerprint: string;
  readonly subject: string;
  /** Why it is not trusted, in OpenSSL's words. */
  readonly problem: string;
}

/** How a WebSocket is opened. */
export interface DialOptions {
  readonly clock: Clock;
  /** Resolves host names. Only tests replace {@link localLookup}. */
  readonly lookup?: LookupFunction;
  readonly signal: AbortSignal;
  /**
   * Asked about wss:// servers with such a certificate; without this function they are rejected.
   */
  readonly acceptCertificate?:
    ((address: WebReplAddress, certificate: UnknownCertificate) => Promise<boolean>) | undefined;
}

/** A WebSocket whose server has asked for the password. */
export class Dialled {
  #heard: Uint8Array = new Uint8Array();
  #closed = false;
  #changed = new Deferred<undefined>();

  private constructor(
    readonly socket: WebSocket,
    private readonly address: WebReplAddress,
    private readonly clock: Clock,
  ) {
    socket.on('message', this.#onMessage);
    socket.on('close', this.#onClose);
    socket.on('error', this.#onClose);
  }

  /**
   * Connects up to the password prompt.
   * @throws ConnectError that describes what answered instead
   */
  static async connect(address: WebReplAddress, options: DialOptions): Promise<Dialled> {
    throwIfAborted(options.signal);
    const { WebSocket } = await import('ws');
    const { url, zoned } = webreplUrl(address);
    const socket = new WebSocket(url, {
      lookup: options.lookup ?? localLookup(),
      ...(zoned === undefined ? {} : { createConnection: toZone(zoned, url.protocol) }),
      perMessageDeflate: false,
      handshakeTimeout: HANDSHAKE_MS,
      maxPayload: maxFrameBytes,
      skipUTF8Validation: true, // frames of a board may end within a character, and it prints anything
      rejectUnauthorized: false, // checked below, before anything secret is sent
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
      socket.on('error', () => undefined); // terminating a connecting socket reports the error once more
      socket.terminate();
      throw options.signal.aborted ? abortError(options.signal) : error;
    } finally {
      options.signal.removeEventListener('abort', onAbort);
    }
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Text received from the server and not yet consumed. */
  get heard(): string {
    return text(this.#heard);
  }

  /** Removes the first bytes of the received text. */
  take(bytes: number): void {
    this.#heard = this.#heard.subarray(bytes);
  }

  /**
   * Waits until `found` accepts the received text or the server has disconnected; false if it stays
   * silent.
   */
  async until(found: (heard: string) => boolean): Promise<boolean> {
    while (!found(this.heard) && !this.#closed) {
      const changed = this.#changed.promise.then(() => true);
      if (!(await within(this.clock, SAY_MS, changed, false))) return false;
    }
    return true;
  }

  /**
   * Stops listening, for the stream that takes over the socket, and returns the unconsumed bytes.
   */
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
    // A server that is not WebREPL may send endlessly, so the buffer is bounded.
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

/**
 * Connects to an address with its zone. No certificate contains such an address, so no server name
 * is sent.
 */
function toZone(host: string, protocol: string) {
  return (options: object) =>
    protocol === 'wss:'
      ? connectTls({ ...options, host, servername: '', path: undefined } as ConnectionOptions)
      : connectTcp({ ...options, host, path: undefined } as unknown as TcpNetConnectOpts);
}

async function opened(address: WebReplAddress, socket: WebSocket): Promise<void> {
  const done = new Deferred<undefined>();
  socket.once('open', () => done.resolve(undefined));
  socket.once('error', (error) => done.reject(hungUp(address, error)));
  socket.once('close', () => done.reject(taken(address)));
  socket.once('unexpected-response', (_request, response) => {
    refusedByServer(address, response).then((error) => done.reject(error), done.reject);
  });
  await done.promise;
}

/**
 * Converts a failed connection: `ws` reports a disconnect during the handshake without an error
 * code.
 */
function hungUp(address: WebReplAddress, error: Error): ConnectError {
  return /socket hang up/i.test(error.message)
    ? taken(address, error)
    : failedToConnect(address, error);
}

async function checkCertificate(
  address: WebReplAddress,
  socket: WebSocket,
  { acceptCertificate }: DialOptions,
): Promise<void> {
  if (!address.text.startsWith('wss:')) return;
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
  throw new ConnectError(
    address,
    'other',
    l10n.t("The server's certificate is not trusted ({0})", problem),
    {
      hint: l10n.t(
        "Accept the certificate only if this is the board's SHA-256 fingerprint: {0}",
        unknown.fingerprint,
      ),
    },
  );
}
