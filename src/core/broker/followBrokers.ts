import type { Disposable } from '../events';
import type { Broker, BrokerHub } from './broker';

/**
 * Listens to all brokers of `hub`, including those added later, until the result is disposed. `listen` is called once for each
 * broker; its result is disposed when the broker is removed or replaced.
 */
export function followBrokers(
  hub: Pick<BrokerHub, 'all' | 'onDidChange'>,
  listen: (broker: Broker) => Disposable,
): Disposable {
  const followed = new Map<Broker, Disposable>();
  const follow = () => {
    const there = new Set(hub.all);
    for (const [broker, subscription] of followed) {
      if (there.has(broker)) continue;
      followed.delete(broker);
      subscription.dispose();
    }
    for (const broker of there) {
      if (!followed.has(broker)) followed.set(broker, listen(broker));
    }
  };
  const changes = hub.onDidChange(follow);
  follow();
  return {
    dispose: () => {
      changes.dispose();
      for (const subscription of followed.values()) subscription.dispose();
    },
  };
}
