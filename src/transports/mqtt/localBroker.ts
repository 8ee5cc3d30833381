import * as l10n from '@vscode/l10n';
import { createServer, type Server, type Socket } from 'node:net';
import { createServer as createTlsServer } from 'node:tls';
import { networkInterfaces } from 'node:os';
import type { Aedes, Client } from 'aedes';
import { Deferred, systemClock, type Clock } from '../../core/async';
import { asError, ConnectError } from '../../core/errors';
import { Emitter } from '../../core/events';
import {
  localBrokerAddress,
  type LocalBrokerOptions,
  type LocalBrokerStatus,
} from '../../core/broker/localBroker';
import type { Log } from '../../core/log';
import { asksForProof, giveProof, proves } from './brokerProof';
import { LocalBrokerAccess } from './localBrokerAccess';
import { LocalBrokerGuard, MOST_CONNECTIONS } from './localBrokerGuard';

/** A connection that is silent for this many milliseconds is not an MQTT client. */
const CONNECT_TIMEOUT_MS = 15_000;
/** Where dropped messages go. `#` does not include it, and boards may not subscribe to it. */
const NOWHERE = '$dropped';

/** Maximum incomplete QoS 2 deliveries per client; ours use none. */
const MOST_INFLIGHT = 10;

/**
 * The embedded broker: one login for computers and one per board. Accepts only this computer unless
 * the network is allowed.
 */
export class LocalBroker {
  readonly #changed = new Emitter<LocalBrokerStatus>();
  readonly onDidChange = this.#changed.event;
  readonly #sockets = new Set<Socket>();
  #aedes: Aedes | undefined;
  #server: Server | undefined;
  #status: LocalBrokerStatus = { running: false };
  #port = 0;

  constructor(
    private readonly log: Log,
    private readonly clock: Clock = systemClock,
  ) {}

  get status(): LocalBrokerStatus {
    return this.#status;
  }

  /** Starts listening. @throws ConnectError when the port is taken */
  async start(options: LocalBrokerOptions): Promise<LocalBrokerStatus> {
    await this.stop();
    const { Aedes } = await import('aedes');
    const aedes = await Aedes.createBroker({
      connectTimeout: CONNECT_TIMEOUT_MS,
      maxInflightInbound: MOST_INFLIGHT,
    });
    const guard = new LocalBrokerGuard(this.log, this.clock);
    this.#rule(aedes, guard, options);
    this.#aedes = aedes;
    const handle = (socket: Socket) => {
      if (!guard.admit(socket)) return;
      this.#greet(socket, options, () => {
        guard.watch(socket);
        aedes.handle(socket);
      });
    };
    const server = options.tls
      ? createTlsServer({ cert: options.tls.cert, key: options.tls.key }, handle)
      : createServer({ noDelay: true }, handle);
    server.maxConnections = MOST_CONNECTIONS;
    // Track every TCP connection, even during its TLS handshake, because `stop` waits for all of
    // them.
    server.on('connection', (socket: Socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    server.on('tlsClientError', (error: Error) => {
      this.log.debug(`Local broker: no TLS: ${error.message}`);
    });
    let port: number;
    try {
      port = await listen(server, options);
    } catch (error) {
      this.#aedes = undefined;
      await closeBroker(aedes);
      throw error;
    }
    // Later errors, such as too many open files, must not end the program.
    server.on('error', (error: Error) => this.log.warn(`Local broker: ${error.message}`));
    this.#server = server;
    this.#port = port;
    const scheme = options.tls ? 'mqtts' : 'mqtt';
    this.#set({
      running: true,
      clients: 0,
      port,
      url: `${scheme}://127.0.0.1:${port}`,
      lanUrls: options.lan ? lanAddresses().map((a) => `${scheme}://${a}:${port}`) : [],
    });
    return this.#status;
  }

  /** Stops the broker and disconnects all clients. Does nothing if it is not running. */
  async stop(): Promise<void> {
    const aedes = this.#aedes;
    const server = this.#server;
    this.#aedes = undefined;
    this.#server = undefined;
    if (!aedes || !server) return;
    const closed = new Deferred<undefined>();
    server.close((error) => (error ? closed.reject(error) : closed.resolve(undefined)));
    await closeBroker(aedes);
    for (const socket of this.#sockets) socket.destroy();
    await closed.promise;
    this.#set({ running: false });
  }

  /** Returns whether the broker at `port` on this computer knows the same secret, so that windows can share it. */
  isOurs(port: number, boardSecret: string, tls: boolean): Promise<boolean> {
    return proves(port, boardSecret, tls);
  }

  /** Installs the rules for login, publishing and subscribing. */
  #rule(aedes: Aedes, guard: LocalBrokerGuard, options: LocalBrokerOptions): void {
    const access = new LocalBrokerAccess(options);
    aedes.preConnect = (_client, packet, done) => {
      // Persistent sessions would keep all messages published in between in memory, and no client
      // of ours needs one.
      packet.clean = true;
      done(null, true);
    };
    aedes.authenticate = (client, username, password, done) => {
      const socket = client.conn as Socket;
      const error = access.login(client, username, password);
      if (error) guard.refused(socket, username ?? '', () => done(error, false));
      else {
        guard.accepted(socket);
        done(null, true);
      }
    };
    aedes.authorizePublish = (client, packet, done) => {
      const problem = access.publishProblem(client, packet);
      if (problem === undefined) done(null);
      else if (access.isBoard(client)) {
        this.#drop(access, client, packet, problem);
        done(null);
      } else done(new Error(`may not publish to ${packet.topic.slice(0, 200)}: ${problem}`));
    };
    aedes.authorizeSubscribe = (client, subscription, done) => {
      if (access.maySubscribe(client, subscription.topic)) done(null, subscription);
      else {
        const topic = subscription.topic.slice(0, 200);
        this.log.warn(`Local broker: ${client.id} may not listen to ${topic}`);
        done(null, null);
      }
    };
    aedes.on('clientReady', () => this.#count());
    aedes.on('clientDisconnect', () => this.#count());
    const onError = (client: Client, error: Error) => {
      this.log.debug(`Local broker: ${client.id || 'a client'}: ${error.message}`);
    };
    aedes.on('clientError', onError);
    aedes.on('connectionError', onError);
  }

  /**
   * Drops a board's message that is not allowed, and says so once per connection. The broker still
   * acknowledges it, as mosquitto does: an error would end the connection, and a module that
   * publishes to a topic of its own would make the whole board unreachable.
   */
  #drop(
    access: LocalBrokerAccess,
    client: Client | null,
    packet: { topic: string; payload: string | Buffer; retain: boolean },
    problem: string,
  ): void {
    if (access.isFirstDrop(client)) {
      const topic = packet.topic.slice(0, 200);
      this.log.warn(
        `Local broker: messages of ${client?.id ?? ''} to ${topic} are dropped: ${problem}`,
      );
    }
    packet.topic = NOWHERE;
    packet.payload = Buffer.alloc(0);
    packet.retain = false;
  }

  /** Answers a window that asks for our proof; everything else is an MQTT client. */
  #greet(socket: Socket, options: LocalBrokerOptions, handle: () => void): void {
    const secret = options.provesSecret ? options.boardSecret : undefined;
    socket.on('error', (error) => this.log.debug(`Local broker: ${error.message}`));
    const timer = this.clock.after(CONNECT_TIMEOUT_MS, () => socket.destroy());
    socket.once('close', () => timer.dispose());
    let first = Buffer.alloc(0);
    const look = () => {
      const chunk = socket.read() as Buffer | null;
      if (chunk) first = Buffer.concat([first, chunk]);
      const asks = first.length > 0 ? asksForProof(first) : undefined;
      if (asks === undefined) {
        socket.once('readable', look);
        return;
      }
      timer.dispose();
      if (asks && secret) giveProof(socket, first, secret, this.#port);
      else {
        socket.unshift(first);
        handle();
      }
    };
    socket.once('readable', look);
  }

  #count(): void {
    if (this.#status.running && this.#aedes) {
      this.#set({ ...this.#status, clients: this.#aedes.connectedClients });
    }
  }

  #set(status: LocalBrokerStatus): void {
    this.#status = status;
    this.#changed.fire(status);
  }
}

async function closeBroker(aedes: Aedes): Promise<void> {
  const ended = new Deferred<undefined>();
  aedes.close(() => ended.resolve(undefined));
  await ended.promise;
}

async function listen(server: Server, options: LocalBrokerOptions): Promise<number> {
  const listening = new Deferred<undefined>();
  server.once('error', listening.reject);
  server.listen(options.port, options.lan ? '0.0.0.0' : '127.0.0.1', () =>
    listening.resolve(undefined),
  );
  try {
    await listening.promise;
  } catch (cause) {
    const inUse = (cause as NodeJS.ErrnoException).code === 'EADDRINUSE';
    throw new ConnectError(
      localBrokerAddress,
      inUse ? 'busy' : 'other',
      inUse
        ? l10n.t('Port {0} is used by another program', options.port)
        : l10n.t('The broker cannot listen on port {0}: {1}', options.port, asError(cause).message),
      {
        cause,
        hint: inUse
          ? l10n.t(
              'Another broker may already be running: add it as a connection, or choose another port (mpyFleet.localBroker.port).',
            )
          : l10n.t('Choose another port (mpyFleet.localBroker.port).'),
      },
    );
  }
  const address = server.address();
  return typeof address === 'object' && address ? address.port : options.port;
}

/** Returns the IPv4 addresses under which boards on the same network reach this computer. */
function lanAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((list) => list ?? [])
    .filter((a) => a.family === 'IPv4' && !a.internal)
    .map((a) => a.address);
}
