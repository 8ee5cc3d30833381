import type { BrokerHub } from '../broker/broker';
import { followBrokers } from '../broker/followBrokers';
import type { Disposable } from '../events';
import { sampleFromAgent, type Telemetry } from './telemetry';

/** Records the measurements that boards send through all brokers, until the result is disposed. */
export function recordTelemetry(
  hub: Pick<BrokerHub, 'all' | 'onDidChange'>,
  telemetry: Telemetry,
  now: () => number = Date.now,
): Disposable {
  return followBrokers(hub, (broker) =>
    broker.onMessage(({ uid, topic, data }) => {
      if (topic === 'tm') telemetry.add(uid, sampleFromAgent(data, now()));
    }),
  );
}
