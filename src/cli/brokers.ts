import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Address } from '../core/address';
import type { Role } from '../core/agent/agentProtocolSession';
import { Deferred, systemClock } from '../core/async';
import type { BrokerProfile, BrokerSecrets } from '../core/broker/brokers';
import type { Found } from '../core/board/discovery';
import { asError, UsageError } from '../core/errors';
import type { Event } from '../core/events';
import type { Transport } from '../core/transport';
import type { MqttBrokers } from '../transports/mqtt/mqttBrokers';
import type { MqttBroker } from '../transports/mqtt/mqttBroker';
import type { Cli } from './cli';

/** A broker tells of its boards at once; when nothing new has come for so long, that was all. */
const QUIET_MS = 300;
/** Longest wait for the boards of a broker that goes on telling. */
const LONGEST_MS = 5_000;

/** The result of publishing to one board: undefined when the file is there and verified. */
export type Pushed = ReadonlyMap<string, Error | undefined>;

/** The brokers of the configuration; each is connected to when one of its boards is first needed. */
export class CliBrokers {
  #brokers: Promise<MqttBrokers> | undefined;

  constructor(
    private readonly cli: Cli,
    private readonly profiles: readonly BrokerProfile[],
  ) {}

  get configured(): boolean {
    return this.profiles.length > 0;
  }

  /** The transport of `mqtt://BROKER/UID`, once the broker has had time to tell of this board. @throws ConnectError */
  async transport(address: Address): Promise<Transport> {
    const brokers = await this.#load();
    const { broker, uid } = partsOf(brokers, address);
    if (broker) await present(broker, [uid], this.cli.signal);
    return brokers.transport(address);
  }

  /** The boards that the brokers tell of. @throws ConnectError */
  async discover(): Promise<readonly Found[]> {
    const brokers = await this.#load();
    const found = await Promise.all(
      this.profiles.map(async ({ id }) => {
        const source = brokers.source(id);
        if (!source) return [];
        source.start();
        await brokers.get(id)?.connect(this.cli.signal);
        await quiet(source.onDidChange);
        return source.found;
      }),
    );
    return found.flat();
  }

  /** Sends a file to boards (addresses) over each broker once; boards that no broker can reach so are left out. */
  async publish(
    addresses: readonly Address[],
    path: string,
    content: Uint8Array,
    signal: AbortSignal,
  ): Promise<Pushed> {
    const brokers = await this.#load();
    const { GroupPush } = await import('../transports/mqtt/groupPush');
    const pushed = new Map<string, Error | undefined>();
    for (const { id } of this.profiles) {
      const broker = brokers.get(id);
      const own = addresses.filter((a) => a.kind === 'mqtt' && a.rest.startsWith(`${id}/`));
      if (!broker || own.length < 2) continue;
      const uids = own.map((a) => a.rest.slice(id.length + 1));
      await present(broker, uids, signal);
      const clients = uids.map((uid) => broker.client(uid));
      const toAll = (message: Uint8Array) => broker.publishToAll(message);
      const outcomes = await new GroupPush(clients, path, content, toAll, { signal }).run();
      for (const [i, outcome] of outcomes.entries()) {
        const address = own[i];
        if (address) {
          pushed.set(address.text, outcome.status === 'failed' ? outcome.error : undefined);
        }
      }
    }
    return pushed;
  }

  async close(): Promise<void> {
    if (!this.#brokers) return;
    const brokers = await this.#brokers;
    await Promise.all(brokers.all.map((b) => b.disconnect()));
    brokers.dispose();
  }

  #load(): Promise<MqttBrokers> {
    this.#brokers ??= this.#make();
    return this.#brokers;
  }

  async #make(): Promise<MqttBrokers> {
    const { MqttBrokers } = await import('../transports/mqtt/mqttBrokers');
    const brokers = new MqttBrokers(secretsOf(this.cli), this.cli.log);
    for (const profile of this.profiles) brokers.set(profile);
    return brokers;
  }
}

function partsOf(brokers: MqttBrokers, address: Address) {
  const at = address.rest.lastIndexOf('/');
  return { broker: brokers.get(address.rest.slice(0, at)), uid: address.rest.slice(at + 1) };
}

/** Connects, and resolves once the broker has told of these boards, or has nothing more to tell. @throws ConnectError */
async function present(
  broker: MqttBroker,
  uids: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  await broker.connect(signal);
  const missing = new Set(uids.filter((uid) => !broker.presences.has(uid)));
  if (missing.size === 0) return;
  await quiet(broker.onPresence, ({ uid }) => {
    missing.delete(uid);
    return missing.size === 0;
  });
}

/** Resolves when nothing has happened for a while, or `enough` says so. */
async function quiet<T>(event: Event<T>, enough?: (value: T) => boolean): Promise<void> {
  const done = new Deferred<undefined>();
  const finish = () => done.resolve(undefined);
  let timer = systemClock.after(QUIET_MS, finish);
  const longest = systemClock.after(LONGEST_MS, finish);
  const subscription = event((value) => {
    timer.dispose();
    if (enough?.(value)) finish();
    timer = systemClock.after(QUIET_MS, finish);
  });
  await done.promise;
  subscription.dispose();
  longest.dispose();
}

/**
 * Passwords and keys from the environment, never from arguments, which every user of the computer can read: the login's
 * password in MPYFLEET_BROKER_PASSWORD, the boards' keys in a file that MPYFLEET_KEYS names: {"UID": "64 hex digits"}.
 */
function secretsOf(cli: Cli): BrokerSecrets {
  let keys: Promise<Readonly<Record<string, unknown>>> | undefined;
  return {
    password: (profile, wrong) => {
      const own =
        cli.env[`MPYFLEET_BROKER_PASSWORD_${profile.id.toUpperCase().replaceAll('-', '_')}`];
      return Promise.resolve(wrong ? undefined : (own ?? cli.env.MPYFLEET_BROKER_PASSWORD));
    },
    boardKey: async (uid) => {
      keys ??= readKeys(cli);
      return parseKey((await keys)[uid] ?? (await keys)['*'], uid);
    },
  };
}

async function readKeys(cli: Cli): Promise<Readonly<Record<string, unknown>>> {
  const path = cli.env.MPYFLEET_KEYS;
  if (!path) return {};
  try {
    const content: unknown = JSON.parse(await readFile(resolve(cli.cwd, path), 'utf8'));
    if (typeof content === 'object' && content !== null) return content as Record<string, unknown>;
    throw new Error('it holds no object');
  } catch (cause) {
    throw new UsageError(`The keys cannot be read: ${asError(cause).message}`, {
      hint: 'MPYFLEET_KEYS names a file such as {"e661…": "64 hex digits"}; "*" is for all other boards.',
      cause,
    });
  }
}

function parseKey(entry: unknown, uid: string): { role: Role; key: Uint8Array } | undefined {
  if (entry === undefined) return undefined;
  const { role = 'admin', key } = (typeof entry === 'string' ? { key: entry } : entry) as {
    role?: unknown;
    key?: unknown;
  };
  const roles: readonly unknown[] = ['admin', 'operator', 'viewer'];
  if (typeof key !== 'string' || !/^[0-9a-f]{64}$/i.test(key) || !roles.includes(role)) {
    throw new UsageError(`The key for ${uid} is not 64 hex digits (and perhaps a role)`);
  }
  return { role: role as Role, key: new Uint8Array(Buffer.from(key, 'hex')) };
}
