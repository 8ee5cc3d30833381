import multicastDns from 'multicast-dns';
import { afterEach, describe, expect, it } from 'vitest';
import { webreplAddress } from '../../../../src/core/parseAddress';
import { Deferred, systemClock } from '../../../../src/core/async';
import { silentLog } from '../../../../src/core/log';
import { boardsInRecords, MOST_BOARDS } from '../../../../src/core/webrepl/webreplFound';
import { MdnsSource } from '../../../../src/transports/webrepl/mdns';

const SERVICE = 'kitchen._webrepl._tcp.local';
const srv = (target: unknown, port: unknown, name = SERVICE) => ({
  type: 'SRV',
  name,
  data: { target, port },
});

describe('boards in DNS records', () => {
  it('are listed by their service, with the IP address if the answer contains it', () => {
    const records = [
      srv('mpy-kitchen.local', 8266),
      { type: 'A', name: 'MPY-kitchen.local', data: '192.168.1.20' },
    ];
    expect(boardsInRecords(records)).toMatchObject([
      { address: { text: 'ws://192.168.1.20:8266/' }, label: 'mpy-kitchen', likely: true },
    ]);
    expect(boardsInRecords([srv('mpy-kitchen.local', 8266)])).toMatchObject([
      { address: { text: 'ws://mpy-kitchen.local:8266/' } },
    ]);
  });

  it('are listed by their host name if it is known', () => {
    const records = [
      { type: 'A', name: 'mpy-esp32.local', data: '10.0.0.7' },
      { type: 'A', name: 'printer.local', data: '10.0.0.8' },
    ];
    const known = webreplAddress('ws://mpy-esp32.local');
    expect(boardsInRecords(records)).toEqual([]);
    expect(boardsInRecords(records, [known])).toEqual([{ address: known, likely: true }]);
  });

  it.each([
    ['no host', srv(undefined, 8266)],
    ['a host with a path', srv('a/b', 8266)],
    ['a host with an escape', srv('a\u001b[31m', 8266)],
    ['a host with a user', srv('me@evil', 8266)],
    ['no port', srv('board.local', 0)],
    ['a port that is text', srv('board.local', '8266/x')],
    ['another service', srv('board.local', 80, 'x._http._tcp.local')],
    ['no data', { type: 'SRV', name: SERVICE }],
  ])('are not taken from %s', (_, record) => {
    expect(boardsInRecords([record])).toEqual([]);
  });
});

describe('looking by mDNS', () => {
  const ends: (() => void)[] = [];
  afterEach(() => {
    for (const end of ends.splice(0)) end();
  });

  it('finds a board that answers, and one that announces itself later', async () => {
    const options = {
      port: 20_000 + Math.floor(Math.random() * 10_000),
      interface: '127.0.0.1',
      bind: '0.0.0.0',
    };
    const responder = multicastDns(options);
    ends.push(() => responder.destroy());
    const answer = (name: string, target: string) => ({
      answers: [{ name, type: 'SRV' as const, data: { target, port: 8266 } }],
    });
    responder.on('query', (query) => {
      if (query.questions.some((q) => q.name === '_webrepl._tcp.local')) {
        responder.respond(answer(SERVICE, 'kitchen.local'));
      }
    });
    await new Promise<void>((resolve) => responder.once('ready', resolve));
    const source = new MdnsSource(systemClock, silentLog, () => [], options);
    ends.push(() => source.dispose());
    let changed = new Deferred<undefined>();
    source.onDidChange(() => changed.resolve(undefined));
    source.start();
    await changed.promise;
    expect(source.found.map((f) => f.address.text)).toEqual(['ws://kitchen.local:8266/']);
    changed = new Deferred();
    responder.respond(answer('attic._webrepl._tcp.local', 'attic.local'));
    await changed.promise;
    expect(source.found.map((f) => f.label)).toEqual(['kitchen', 'attic']);
    // Someone announces boards without end. The last message changes one that is known.
    const many = (from: number) =>
      Array.from({ length: 400 }, (_, i) => answer(SERVICE, `x${from + i}.local`).answers).flat();
    const known = (name: string) => [
      ...answer(SERVICE, name).answers,
      { name, type: 'A' as const, data: '192.0.2.9' },
    ];
    responder.respond({ answers: known('first.local') });
    for (let at = 0; at < 2_000; at += 400) responder.respond({ answers: many(at) });
    responder.respond({ answers: known('last.local') });
    const labels = () => source.found.map((f) => f.label);
    while (!labels().includes('last')) {
      changed = new Deferred();
      await changed.promise;
    }
    expect(labels()).toHaveLength(MOST_BOARDS);
  });
});
