import type { Broker } from './brokers';
import type { Disposable } from './events';
import { sampleFromAgent, type Telemetry } from './telemetry';

/** Keeps what the boards of a broker measure of themselves, for as long as the answer is not disposed. */
export function recordTelemetry(
  broker: Pick<Broker, 'onMessage'>,
  telemetry: Telemetry,
  now: () => number = Date.now,
): Disposable {
  return broker.onMessage(({ uid, topic, data }) => {
    if (topic === 'tm') telemetry.add(uid, sampleFromAgent(data, now()));
  });
}
