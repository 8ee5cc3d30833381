import type { UserTopics } from '../../core/broker/broker';
import type { Disposable } from '../../core/events';
import { checkFilter, checkPayload, checkTopic, type TopicMessage } from '../../core/topics';
import type { BrokerConnection } from './brokerConnection';

/** Topics whose last message is remembered. More than this start over, so that a busy broker does not fill the memory. */
const MOST_TOPICS = 10_000;

/** The topics of a broker that users name themselves. */
export class MqttTopics implements UserTopics {
  constructor(private readonly connection: BrokerConnection) {}

  async publish(
    topic: string,
    payload: Uint8Array,
    { retain }: { retain: boolean },
  ): Promise<void> {
    checkTopic(topic);
    checkPayload(payload);
    await this.connection.publish(topic, payload, { qos: 1, retain });
  }

  watch(
    filter: string,
    onMessage: (message: TopicMessage) => void,
    onRefused: () => void,
  ): Disposable {
    checkFilter(filter);
    const last = new Map<string, Uint8Array>();
    const onNews = (message: TopicMessage) => {
      const { topic, payload, retained } = message;
      const before = last.get(topic);
      // A broker sends a retained message for each subscription that matches its topic, also for those of this product, and
      // again after a reconnection.
      if (retained && before && Buffer.compare(before, payload) === 0) return;
      if (last.size >= MOST_TOPICS) last.clear();
      last.set(topic, payload);
      onMessage(message);
    };
    return this.connection.listen(filter, onNews, onRefused);
  }
}
