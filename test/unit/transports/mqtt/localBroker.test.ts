import { createServer } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import type { BrokerSecrets } from '../../../../src/core/broker/broker';
import { ConnectError } from '../../../../src/core/errors';
import { silentLog } from '../../../../src/core/log';
import { topicMatches } from '../../../../src/core/topics';
import { BrokerConnection } from '../../../../src/transports/mqtt/brokerConnection';
import { LocalBroker } from '../../../../src/transports/mqtt/localBroker';

const PASSWORD = 'a-password-for-this-test';
const secrets = (...passwords: (string | undefined)[]): BrokerSecrets => ({
  password: (_profile, wrong) => Promise.resolve(wrong ? passwords[1] : passwords[0]),
  boardKey: () => Promise.resolve(undefined),
});

describe('the embedded broker', () => {
  const broker = new LocalBroker(silentLog);
  const connections: BrokerConnection[] = [];
  afterEach(async () => {
    for (const c of connections.splice(0)) await c.disconnect();
    await broker.stop();
  });

  const start = async () => {
    const status = await broker.start({
      port: 0,
      username: 'fleet',
      password: PASSWORD,
      lan: false,
    });
    if (!status.running) throw new Error('it does not run');
    return status;
  };
  const connect = (url: string, from: BrokerSecrets, username = 'fleet') => {
    const c = new BrokerConnection({ id: 'b', name: 'bench', url, username }, from, silentLog);
    connections.push(c);
    return c;
  };

  it('carries messages between two clients, with MQTT 3.1.1 where it has no MQTT 5', async () => {
    const { url } = await start();
    const a = connect(url, secrets(PASSWORD));
    const b = connect(url, secrets(PASSWORD));
    const heard = new Promise<string>((resolve) => {
      b.listen('mpy/+/st', (m) => resolve(`${m.topic} ${Buffer.from(m.payload).toString()}`));
    });
    await b.connect();
    await a.connect();
    await a.publish('mpy/ab12/st', Buffer.from('hello'), { qos: 1, retain: true });
    expect(await heard).toBe('mpy/ab12/st hello');
    expect(broker.status).toMatchObject({ running: true, clients: 2 });
  });

  it('delivers to a listener that comes as soon as the last one of its topic has gone', async () => {
    const { url } = await start();
    const a = connect(url, secrets(PASSWORD));
    await a.connect();
    const gone = a.listen('mpy/+/ev', () => undefined);
    await a.roundTrip();
    gone.dispose();
    const heard = new Promise<string>((resolve) => {
      a.listen('mpy/+/ev', (m) => resolve(Buffer.from(m.payload).toString()));
    });
    await a.roundTrip();
    await a.roundTrip();
    await a.publish('mpy/ab12/ev', Buffer.from('confirmed'), { qos: 1 });
    expect(await heard).toBe('confirmed');
  });

  it('asks once more after a wrong password, then reports the error', async () => {
    const { url } = await start();
    await expect(connect(url, secrets('wrong', 'wrong too')).connect()).rejects.toMatchObject({
      reason: 'wrongPassword',
    });
    await connect(url, secrets('wrong', PASSWORD)).connect();
  });

  it('reports that no broker listens', async () => {
    const { url } = await start();
    await broker.stop();
    const error = await connect(url, secrets(PASSWORD))
      .connect()
      .catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ConnectError);
    expect(error).toMatchObject({ reason: 'refused' });
  });

  it('names the port if it is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', () => resolve()));
    const address = other.address();
    const port = typeof address === 'object' && address ? address.port : 0;
    await expect(
      broker.start({ port, username: 'u', password: PASSWORD, lan: false }),
    ).rejects.toMatchObject({ reason: 'busy', message: `Port ${port} is used by another program` });
    other.close();
  });

  it('is found again after it was away, with its subscriptions', async () => {
    const { url, port } = await start();
    const a = connect(url, secrets(PASSWORD));
    await a.connect();
    const heard = new Promise<string>((resolve) => {
      a.listen('news', (m) => resolve(Buffer.from(m.payload).toString()));
    });
    const back = new Promise<void>((resolve) => {
      a.onDidChangeState((state) => {
        if (state.tag === 'online') resolve();
      });
    });
    await broker.stop();
    await expect(a.publish('news', Buffer.from('lost'), { qos: 1 })).rejects.toMatchObject({
      code: 'connectionLost',
    });
    await broker.start({ port, username: 'fleet', password: PASSWORD, lan: false });
    await back;
    await a.publish('news', Buffer.from('again'), { qos: 1 });
    expect(await heard).toBe('again');
  });
});

describe('topic filters', () => {
  it.each([
    ['mpy/+/st', 'mpy/ab/st', true],
    ['mpy/+/st', 'mpy/ab/log', false],
    ['mpy/+/st', 'mpy/st', false],
    ['mpy/#', 'mpy/a/b/c', true],
    ['mpy/#', 'mpy', true],
    ['mpy/+', 'mpy/a/b', false],
    ['#', 'anything/at/all', true],
  ])('%s takes %s: %s', (filter, topic, expected) => {
    expect(topicMatches(filter, topic)).toBe(expected);
  });
});
