import { expect, it } from 'vitest';
import type { TopicMessage } from '../../../../src/core/topics';
import type { BrokerConnection } from '../../../../src/transports/mqtt/brokerConnection';
import { MqttTopics } from '../../../../src/transports/mqtt/userTopics';

it('shows a retained message once, and again only when it has changed', () => {
  let deliver: (message: TopicMessage) => void = () => undefined;
  const connection = {
    listen: (_: string, listener: (message: TopicMessage) => void) => {
      deliver = listener;
      return { dispose: () => undefined };
    },
  } as unknown as BrokerConnection;
  const shown: string[] = [];
  const note = ({ topic, payload }: TopicMessage) =>
    void shown.push(`${topic} ${Buffer.from(payload).toString()}`);
  new MqttTopics(connection).watch('house/#', note, () => undefined);
  const send = (topic: string, text: string, retained: boolean) =>
    deliver({ topic, payload: Buffer.from(text), retained });
  // One copy for each subscription that matches.
  send('house/door', 'open', true);
  send('house/door', 'open', true);
  send('house/lamp', 'open', true);
  // News are shown even if they repeat the last ones.
  send('house/door', 'shut', false);
  send('house/door', 'shut', false);
  // After a reconnection the broker repeats what it retains.
  send('house/door', 'shut', true);
  send('house/lamp', 'off', true);
  expect(shown).toEqual([
    'house/door open',
    'house/lamp open',
    'house/door shut',
    'house/door shut',
    'house/lamp off',
  ]);
});
