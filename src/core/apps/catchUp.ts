import type { BrokerHub, Presence } from '../broker/broker';
import { followBrokers } from '../broker/followBrokers';
import { asError } from '../errors';
import { DisposableStore, type Disposable } from '../events';
import type { Log } from '../log';
import type { MessageCollector } from './collector';

/**
 * Boards asked at the same time. After a reconnection, a broker announces a thousand boards at
 * once.
 */
const AT_ONCE = 8;

/**
 * Asks each board for the messages it still holds, when it connects and when the connection to its
 * broker was lost in between. Without this, an app that sends once an hour would leave a gap of
 * that length. A sleeping board is skipped: it sent everything before it fell asleep, and each
 * request would keep it awake. Stops when the result is disposed.
 */
export function catchUp(
  hub: Pick<BrokerHub, 'all' | 'onDidChange' | 'agent'>,
  collector: Pick<MessageCollector, 'fetch'>,
  log: Log,
): Disposable {
  const ended = new AbortController();
  const waiting: (() => Promise<void>)[] = [];
  let running = 0;
  const work = () => {
    while (running < AT_ONCE && !ended.signal.aborted) {
      const next = waiting.shift();
      if (!next) return;
      running++;
      void next().finally(() => {
        running--;
        work();
      });
    }
  };
  const following = followBrokers(hub, (broker) => {
    const asked = new Map<string, string>();
    const ask = ({ uid, state }: Presence) => {
      if (!state.on) return void asked.delete(uid);
      if (asked.get(uid) === state.boot) return;
      asked.set(uid, state.boot);
      if (state.app?.sleeps) return;
      waiting.push(async () => {
        const control = hub.agent(broker.profile.id, uid);
        if (!control?.birth) return;
        try {
          await collector.fetch(uid, control, ended.signal);
        } catch (error) {
          // A board without an app refuses. A board that left is asked when it reconnects.
          log.debug(`${uid}: ${asError(error).message}`);
        }
      });
      work();
    };
    for (const [uid, state] of broker.presences) ask({ uid, state });
    const subscriptions = new DisposableStore();
    subscriptions.add(broker.onPresence(ask));
    subscriptions.add(broker.onDidChangeState(({ tag }) => tag === 'online' && asked.clear()));
    return subscriptions;
  });
  return {
    dispose: () => {
      ended.abort();
      following.dispose();
    },
  };
}
