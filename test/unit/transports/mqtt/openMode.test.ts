import { afterEach, describe, expect, it, vi } from 'vitest';
import { awaitedLater } from '../../../../src/core/async';
import { parseAddress, mqttAddress } from '../../../../src/core/parseAddress';
import { Board } from '../../../../src/core/board/board';
import type { BrokerSecrets } from '../../../../src/core/broker/broker';
import { readProfiles } from '../../../../src/core/broker/brokerProfiles';
import { silentLog } from '../../../../src/core/log';
import { LocalBroker } from '../../../../src/transports/mqtt/localBroker';
import { MqttBroker } from '../../../../src/transports/mqtt/mqttBroker';
import { MqttTransport } from '../../../../src/transports/mqtt/mqttTransport';
import { fakeWorld } from '../../rig/fakeBoard';

vi.mock('vscode', async () => (await import('../../rig/vscodeShape')).vscodeShape);
const { BrokerSecretStore } = await import('../../../../src/views/broker/brokerSecrets');

const UID = 'aabbccddeeff';
const BIRTH = { on: 1, proto: 1, boot: '0a0b0c0d', nonce: '0'.repeat(32), mode: 'open' };

describe('an unverified board in open mode', () => {
  const local = new LocalBroker(silentLog);
  const ends: (() => void | Promise<void>)[] = [];
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
    await local.stop();
  });

  it.each([
    ['open', 'openMode'],
    ['signed', 'passwordNeeded'],
  ])('is sent nothing until the user agrees (%s birth)', async (mode, reason) => {
    const status = await local.start({ port: 0, username: 'u', password: 'p', lan: false });
    if (!status.running) throw new Error('it does not run');
    let accepted = false;
    const secrets: BrokerSecrets = {
      password: () => Promise.resolve('p'),
      boardKey: () => Promise.resolve(undefined),
      acceptsOpen: () => Promise.resolve(accepted),
      nameOf: () => 'kit-03',
    };
    const profile = { id: 'desk', name: 'desk', url: status.url, username: 'u' };
    const broker = new MqttBroker(profile, secrets, silentLog);
    ends.push(async () => {
      await broker.disconnect();
      broker.dispose();
    });
    await broker.connect();
    const heard: string[] = [];
    broker.connection.listen(`mpy/${UID}/c/+`, ({ topic }) => heard.push(topic));
    const birth = Buffer.from(JSON.stringify({ ...BIRTH, mode }));
    const open = () => {
      const transport = new MqttTransport(mqttAddress('desk', UID), broker, UID);
      ends.push(() => transport.close());
      return transport.open(new AbortController().signal);
    };
    await broker.connection.publish(`mpy/${UID}/st`, birth, { qos: 1, retain: true });
    const message = expect.stringContaining('kit-03') as string;
    await expect(open()).rejects.toMatchObject({ code: 'connect', reason, message });
    expect(heard).toEqual([]);
    if (mode === 'signed') return;
    accepted = true;
    awaitedLater(open()); // no one answers; the test checks only that the attempt starts
    await expect.poll(() => heard).not.toEqual([]);
  });
});

describe('a board whose agent was removed', () => {
  const local = new LocalBroker(silentLog);
  afterEach(() => local.stop());

  it('is not listed again by the will of its last connection, and is by its next birth', async () => {
    const status = await local.start({ port: 0, username: 'u', password: 'p', lan: false });
    if (!status.running) throw new Error('it does not run');
    const secrets = {
      password: () => Promise.resolve('p'),
      boardKey: () => Promise.resolve(undefined),
    };
    const profile = { id: 'desk', name: 'desk', url: status.url, username: 'u' };
    const open = async () => {
      const broker = new MqttBroker(profile, secrets, silentLog);
      await broker.connect();
      return broker;
    };
    const broker = await open();
    const topic = `mpy/${UID}/st`;
    const say = (words: object) =>
      broker.connection.publish(topic, Buffer.from(JSON.stringify(words)), {
        qos: 1,
        retain: true,
      });
    await say(BIRTH);
    await expect.poll(() => [...broker.presences.keys()]).toEqual([UID]);
    await broker.forget(UID);
    await expect.poll(() => [...broker.presences.keys()]).toEqual([]);
    const heard: number[] = [];
    broker.connection.listen(topic, ({ payload }) => heard.push(payload.length));
    await say({ on: 0, boot: BIRTH.boot, why: 'will' });
    await expect.poll(() => heard.at(-1)).toBe(0); // it is cleared at the broker too
    expect([...broker.presences.keys()]).toEqual([]);
    const later = await open();
    expect([...later.presences.keys()]).toEqual([]);
    await say(BIRTH);
    await expect.poll(() => [...broker.presences.keys()]).toEqual([UID]);
    for (const each of [broker, later]) {
      await each.disconnect();
      each.dispose();
    }
  });
});

it('is still asleep when the will of its ended connection follows its farewell', async () => {
  const local = new LocalBroker(silentLog);
  const status = await local.start({ port: 0, username: 'u', password: 'p', lan: false });
  if (!status.running) throw new Error('it does not run');
  const none = () => Promise.resolve(undefined);
  const secrets = { password: () => Promise.resolve('p'), boardKey: none };
  const profile = { id: 'desk', name: 'desk', url: status.url, username: 'u' };
  const broker = new MqttBroker(profile, secrets, silentLog);
  await broker.connect();
  const heard: string[] = [];
  broker.onPresence(({ state }) => heard.push(state.on ? 'on' : state.why));
  const say = (words: object) =>
    broker.connection.publish(`mpy/${UID}/st`, Buffer.from(JSON.stringify(words)), { qos: 1 });
  const { boot } = BIRTH;
  await say(BIRTH);
  await say({ on: 0, boot, why: 'sleep', for: 600 });
  await say({ on: 0, boot });
  await say({ ...BIRTH, boot: '0b0b0b0b' });
  await say({ on: 0, boot: '0b0b0b0b' });
  await expect.poll(() => heard).toEqual(['on', 'sleep', 'on', '']);
  await broker.disconnect();
  broker.dispose();
  await local.stop();
});

describe('a link that proves nothing', () => {
  const serial = parseAddress('serial:/dev/ttyX');
  const mqtt = parseAddress(`mqtt://desk/${UID}`);

  it('does not take the place of a cable that was pulled', async () => {
    const { services, opened } = fakeWorld({
      [serial.text]: { uid: UID },
      [mqtt.text]: { uid: UID },
    });
    const board = new Board('b', services, { name: () => 'kitchen' });
    const away = {
      found: { address: mqtt, likely: true, online: true, unproven: true },
      present: true,
    };
    board.setLinks([{ found: { address: serial, likely: true }, present: true }, away]);
    await board.connect();
    const cable = opened.at(-1);
    board.setLinks([{ found: { address: serial, likely: true }, present: false }, away]);
    cable?.lose(new Error('unplugged'));
    await expect.poll(() => board.state.tag).toBe('reconnecting');
    await new Promise((resolve) => setImmediate(resolve));
    expect(opened.map((t) => t.address.text)).toEqual([serial.text]);
    await board.disconnect();
  });
});

describe('secrets of brokers', () => {
  const kept = new Map<string, string>();
  const storage = {
    get: (key: string) => Promise.resolve(kept.get(key)),
    store: (key: string, value: string) => Promise.resolve(void kept.set(key, value)),
    delete: (key: string) => Promise.resolve(void kept.delete(key)),
  };
  const state = new Map<string, unknown>();
  const memento = {
    get: (key: string, otherwise: unknown) => state.get(key) ?? otherwise,
    update: (key: string, value: unknown) => Promise.resolve(void state.set(key, value)),
  };
  const store = new BrokerSecretStore(storage as never, memento as never);

  it('are bound to an address: a profile with the same id and another address gets none', async () => {
    const home = { id: 'home', name: 'home', url: 'mqtts://good.example:8883', username: 'u' };
    await store.setPassword(home, 'secret');
    expect(await store.password(home, false)).toBe('secret');
    expect(await store.password({ ...home, name: 'x' }, false)).toBe('secret');
    for (const url of [
      'mqtt://good.example:8883',
      'mqtts://evil.example:8883',
      'mqtts://good.example',
    ]) {
      expect(await store.password({ ...home, url }, false)).toBeUndefined();
    }
    await store.acceptOpen(home, UID);
    expect(await store.acceptsOpen(home, UID)).toBe(true);
    expect(await store.acceptsOpen({ ...home, url: 'mqtts://evil.example:8883' }, UID)).toBe(false);
  });

  it("of the editor's own broker are not available to a profile with its id", () => {
    const stolen = [{ id: 'local', url: 'mqtt://evil.example', username: 'fleet' }];
    expect(readProfiles(stolen)).toEqual({
      profiles: [],
      problems: ['The id "local" is reserved for the editor\'s own broker'],
    });
  });
});
