import type { Broker, BrokerHub } from '../broker/brokers';
import type { Disposable } from '../events';
import { sampleFromAgent, type Telemetry } from './telemetry';

/** Keeps what the boards of all brokers measure of themselves, for as long as the answer is not disposed. */
export function recordTelemetry(
  hub: Pick<BrokerHub, 'all' | 'onDidChange'>,
  telemetry: Telemetry,
  now: () => number = Date.now,
): Disposable {
  const followed = new Map<Broker, Disposable>();
  const follow = () => {
    const there = new Set(hub.all);
    for (const [broker, subscription] of followed) {
      if (there.has(broker)) continue;
      subscription.dispose();
      followed.delete(broker);
    }
    for (const broker of there) {
      if (followed.has(broker)) continue;
      const subscription = broker.onMessage(({ uid, topic, data }) => {
        if (topic === 'tm') telemetry.add(uid, sampleFromAgent(data, now()));
      });
      followed.set(broker, subscription);
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
