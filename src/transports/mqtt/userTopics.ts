import type { UserTopics } from '../../core/broker/broker';
import type { Disposable } from '../../core/events';
import { checkFilter, checkPayload, checkTopic, type TopicMessage } from '../../core/topics';
import type { BrokerConnection } from './brokerConnection';

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
    return this.connection.listen(filter, onMessage, onRefused);
  }
}
