/** The access point of a board without a network: its page, driven by HTTP clients, also by hostile ones. */
import { request } from 'node:http';
import { connect } from 'node:net';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ACCESS_POINT, accessPointPassword } from '../../../src/core/agent/agentMacs';
import { freePort, startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { TestHost } from '../rig/agent/host';

/** A radio that prints the calls to its access point, and joins only the network "lab". */
const NETWORK = `
STA_IF, AP_IF = 0, 1
class WLAN:
    up = False
    def __init__(self, i): self.i = i
    def active(self, v=None):
        if v is not None and self.i: print("AP active", v)
        return True
    def config(self, k=None, **kw):
        if self.i: print("AP config", *sorted(kw.items()))
    def connect(self, name, key=None): WLAN.up = (name, key) == ("lab", "lab-password")
    def disconnect(self): WLAN.up = False
    def isconnected(self): return WLAN.up
    def scan(self): return [(b"lab",), (b'<b>"x"', ), (b"\\xff",)]
    def status(self, *a): return -50
    def ifconfig(self): return ("127.0.0.1", "255.0.0.0", "127.0.0.1", "127.0.0.1")
`;

let mosquitto: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;
let port = 0;

beforeAll(async () => {
  mosquitto = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  port = await freePort();
  board = await startAgentBoard({
    name: 'apboard',
    broker: { host: '127.0.0.1', port: await freePort(), user: 'u', password: 'its own' },
    config: { ap: 60 },
    files: {
      '/network.py': NETWORK,
      '/mpyfleet_hal.py': `def port(): return ${port}\ndef reset_cause(): return "power"\n`,
    },
  });
  host = await TestHost.connect(mosquitto.url, board.uid);
});
afterAll(async () => {
  await host.client.endAsync(true);
  await board.stop();
  await mosquitto.stop();
});

interface Answer {
  readonly status: number | undefined;
  readonly to: string | undefined;
  readonly text: string;
}

function ask(method: string, path: string, body = ''): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const sent = request({ port, method, path, headers: { 'content-length': body.length } });
    sent.on('error', reject);
    sent.on('response', (answer) => {
      let text = '';
      answer.on('data', (chunk: Buffer) => (text += chunk.toString()));
      answer.on('end', () =>
        resolve({ status: answer.statusCode, to: answer.headers.location, text }),
      );
    });
    sent.end(body);
  });
}

/** Sends raw bytes and returns the reply up to the end of the connection. */
async function raw(bytes: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
  socket.on('error', () => undefined); // the board may close before it has read everything, or not listen yet
  socket.write(bytes);
  if (!socket.closed) await new Promise((resolve) => socket.once('close', resolve));
  return text;
}

const tokenIn = (text: string) => /name=t value="(\w+)"/.exec(text)?.[1] ?? '';
const form = (fields: Record<string, string>) => new URLSearchParams(fields).toString();

it('has its own password, serves one visitor, and keeps only settings that reach the broker', async () => {
  await expect.poll(() => board.printed(), { timeout: 20_000 }).toContain('AP active True');
  const word = accessPointPassword(ADMIN_KEY, board.uid);
  expect(word).toMatch(/^[a-z2-9]{12}$/);
  expect(board.printed()).toContain(
    `AP config ('key', '${word}') ('ssid', '${ACCESS_POINT}${board.uid}')\r\nAP active True`,
  );
  // The port opens right after the network.
  await expect.poll(() => raw('GET /no HTTP/1.0\r\n\r\n')).toContain('404');
  const slow = raw('GET / HT');
  const { status, to = '' } = await ask('GET', '/');
  expect([status, to]).toEqual([303, expect.stringMatching(/^\/\?t=\w{16}$/)]);
  expect(await ask('GET', '/')).toMatchObject({ status: 423 });
  expect(await ask('GET', '/?t=0000000000000000')).toMatchObject({ status: 423 });
  const page = await ask('GET', to);
  expect(page.text).toContain('<option value="&lt;b&gt;&quot;x&quot;">');
  expect(page.text).not.toContain('its own');

  const good = { ssid: 'lab', key: 'lab-password', host: '127.0.0.1' };
  expect((await ask('POST', '/', form({ ...good, t: 'wrong' }))).status).toBe(403);
  expect(await raw('POST / HTTP/1.0\r\nContent-Length: 5000\r\n\r\n')).toContain(' 413 ');
  expect(await raw(`GET /${'x'.repeat(8000)}`)).not.toContain('200 OK');
  await expect(ask('POST', '/', 't=%zz')).rejects.toThrow('socket hang up');
  expect((await ask('DELETE', '/')).status).toBe(405);
  expect((await ask('GET', '/generate_204')).status).toBe(404);
  const t = tokenIn(page.text);
  const refused = await ask('POST', '/', form({ ...good, t, port: '70000' }));
  expect(refused.text).toContain('broker port is a number from 1 to 65535');
  expect((await ask('POST', '/', form({ ...good, t }))).status).toBe(403);
  expect(await slow).toBe('');

  const last = form({ ...good, t: tokenIn(refused.text), port: String(mosquitto.port) });
  expect(await ask('POST', '/', last)).toMatchObject({
    status: 200,
    text: expect.stringContaining('The board restarts') as string,
  });
  await host.until('birth', () => host.births.length > 0, 60_000);
  expect(board.printed()).toContain('AP active False');
}, 120_000);
