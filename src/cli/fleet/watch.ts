import {
  AppCommands,
  catchUp,
  deliverWaiting,
  MessageCollector,
  type AppReply,
} from '../../core/apps';
import { delay, systemClock } from '../../core/async';
import { asError, ConnectError, UsageError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { recordBoards, type Store } from '../../core/store';
import type { MqttBrokers } from '../../transports/mqttBrokers';
import { printable, type Cli } from '../cli';
import { openHistory } from './history';
import { loadLinks, type Links } from '../board';

/** Milliseconds before an unreachable broker is tried again. */
const CONNECT_AGAIN_MS = 5_000;
/** Milliseconds between two searches for expired messages. */
const EXPIRE_MS = 60_000;

/** Services for a command that runs continuously. */
export interface Watched {
  readonly links: Links;
  readonly hub: MqttBrokers;
  readonly store: Store;
  readonly commands: AppCommands;
  readonly collector: MessageCollector;
}

/**
 * Stores what boards send and delivers waiting messages while `work` runs, which ends on Ctrl-C.
 * Everything received is stored before it resolves.
 * @throws UsageError without a broker; errors of `work`
 */
export async function whileWatching(
  cli: Cli,
  work: (watched: Watched) => Promise<number>,
): Promise<number> {
  const links = await loadLinks(cli);
  const store = openHistory(cli);
  const subscriptions = new DisposableStore();
  try {
    if (!links.brokers.configured) {
      throw new UsageError('No broker is configured', {
        hint: 'Name one in fleet.json: {"brokers": {"office": "mqtt://broker:1883"}}',
      });
    }
    const hub = await connected(cli, links);
    const collector = new MessageCollector(hub, store, cli.log);
    const commands = new AppCommands(store);
    const warn = (uid: string, attempt: Promise<unknown>) =>
      void attempt.catch((e: unknown) => cli.log.warn(printable(`${uid}: ${asError(e).message}`)));
    subscriptions.add(recordBoards(hub, store, { level: () => 'I' }));
    subscriptions.add(
      collector.onReply((reply: AppReply) => warn(reply.uid, commands.replied(reply))),
    );
    subscriptions.add(deliverWaiting(hub, commands, warn, cli.signal));
    subscriptions.add(catchUp(hub, collector, cli.log));
    const expire = () => warn('expired messages', commands.expire());
    expire();
    subscriptions.add(every(EXPIRE_MS, expire));
    try {
      return await work({ links, hub, store, commands, collector });
    } finally {
      subscriptions.dispose();
      await links.close();
      await collector.idle();
      collector.dispose();
    }
  } finally {
    subscriptions.dispose();
    await store.close();
    await links.close();
  }
}

/** Calls `action` every `ms` milliseconds until it is disposed. */
export function every(ms: number, action: () => void): { dispose(): void } {
  let timer = systemClock.after(ms, next);
  function next(): void {
    timer = systemClock.after(ms, next);
    action();
  }
  return { dispose: () => timer.dispose() };
}

/**
 * Retries brokers that cannot be reached yet, because a service may start before its network.
 * @throws ConnectError for a wrong login
 */
async function connected(cli: Cli, links: Links): Promise<MqttBrokers> {
  for (let last = ''; ;) {
    try {
      return await links.brokers.connectAll();
    } catch (error) {
      if (!(error instanceof ConnectError) || error.reason.includes('assword')) throw error;
      if (error.message !== last) cli.err(printable(`mpyfleet: ${error.message}; trying again\n`));
      last = error.message;
    }
    await delay(systemClock, CONNECT_AGAIN_MS, cli.signal);
  }
}
