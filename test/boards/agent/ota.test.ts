import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { decodeJson, makeFrame } from '../../../src/core/agent/agentProtocol';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost } from '../rig/agent/host';

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({
    ...{ name: 'ota', heap: 1000, broker: { host: '127.0.0.1', port: broker.port } },
    config: { wd: { limit: 60, allok: 4 } },
    files: {
      '/mpyfleet_hal.py': readFileSync(join(import.meta.dirname, '../rig/agent/flashHal.py')),
    },
  });
  host = await TestHost.connect(broker.url, board.uid);
  await host.hello(ADMIN_KEY);
});
afterAll(async () => {
  console.log(board.printed().slice(-600));
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

/** An image of that size for the chip of flashHal.py. */
function image(size: number): Buffer {
  const bytes = randomBytes(size);
  bytes[0] = 0xe9;
  bytes.writeUInt16LE(9, 12);
  return bytes;
}

/**
 * Sends an image, and stops at `until` without any message. Returns the offset at which it began.
 */
async function update(
  content: Buffer,
  until = content.length,
): Promise<{ from: number; ok?: Record<string, unknown> }> {
  const h = createHash('sha256').update(content).digest('hex');
  const reqid = host.newId();
  const payload = Buffer.from(JSON.stringify({ do: 'begin', n: content.length, h }));
  const mtu = host.births.at(-1)?.mtu ?? 512;
  let from = -1;
  let sent = 0;
  let stopped = false;
  const done = host.exchange(
    reqid,
    () => from < 0 && host.send(makeFrame(Op.ota, reqid, { payload })),
    (f) => {
      if (f.op !== Op.ack && f.op !== Op.nak) return;
      if (from < 0) from = sent = f.offset;
      while (sent < until && sent - f.offset < f.aux * mtu) {
        const chunk = content.subarray(sent, Math.min(sent + mtu, content.length));
        host.send(makeFrame(Op.data, reqid, { offset: sent, payload: chunk }));
        sent += chunk.length;
      }
      if (f.offset >= content.length)
        host.send(makeFrame(Op.end, reqid, { offset: content.length }));
      stopped = f.offset >= until && until < content.length;
    },
    () => stopped,
  );
  if (until < content.length) {
    void done.catch(() => undefined);
    await host.until('the cut', () => stopped || sent >= until);
    return { from };
  }
  const ok = decodeJson((await done).payload);
  return { from, ok };
}

const events = () =>
  host.other.filter((m) => m.topic.endsWith('/ev')).map((m) => decodeJson(m.payload));

describe('images of all sizes', () => {
  it('are written to the last byte', async () => {
    const code = `
import os, sys
m = sys.modules["mpyfleet.a.main"].current
o = m.ag.handler("ota", "Ota")
class S: cid = "x"
bad = []
n = 16
while n < 30000:
    data = os.urandom(n)
    data = b"\\xe9" + data[1:12] + b"\\x09\\x00" + data[14:]
    w = o(m.ag, S, 1, m.ag.flash, n, "%064d" % n)
    at = 0
    while at < n:
        k = min(n - at, 1 + os.urandom(1)[0] * 8)
        w.feed(at, memoryview(data)[at:at + k])
        at += k
    w.flush(n)
    back = bytearray(n)
    m.ag.flash.read(0, back)
    if back != data: bad.append(n)
    w.stop()
    n = n + 1 if n % 4096 in (4094, 4095, 0) else (n // 4096 + 1) * 4096 - 2
print(bad)`;
    expect(await host.exec(code)).toMatchObject({ stdout: '[]\r\n', stderr: '' });
  });
});

describe('an update', () => {
  it('refuses an image for another chip, a too large one, and a damaged one', async () => {
    const alien = image(9000);
    alien.writeUInt16LE(5, 12);
    await expect(update(alien)).rejects.toMatchObject({ code: 'EVERIFY' });
    await expect(update(image(500_000))).rejects.toMatchObject({ code: 'ETOOBIG' });
    expect(await host.ask(Op.ota, { do: 'info' })).toMatchObject({
      run: 'ota_0',
      next: 'ota_1',
      state: 'none',
    });
  });

  it('continues after a power cut, is read back, tried, and confirmed', async () => {
    const content = image(200_001);
    expect((await update(content, 150_000)).from).toBe(0);
    const { boot } = await host.birth();
    await board.restart();
    await host.hello(ADMIN_KEY, 'admin', boot);
    const { from, ok } = await update(content);
    expect(from).toBe(131_072);
    expect(ok).toMatchObject({ n: 200_001, next: 'ota_1' });
    const files = await board.files();
    expect(files['/ota_1.bin']?.subarray(0, 200_001).equals(content)).toBe(true);
    await host.ask(Op.reset, { m: 'hard' });
    const second = await host.hello(ADMIN_KEY, 'admin', host.births.at(-1)?.boot);
    expect(second.trial).toBe(true);
    expect(await host.ask(Op.ota, { do: 'info' })).toMatchObject({
      run: 'ota_1',
      state: 'pending',
    });
    await host.until(
      'confirmation',
      () => events().some((e) => e.ev === 'ota' && e.state === 'confirmed'),
      20_000,
    );
    expect(await host.ask(Op.ota, { do: 'info' })).toMatchObject({ run: 'ota_1', state: 'none' });
  });

  it('is rolled back when the new firmware does not prove itself', async () => {
    await update(image(30_000));
    const { boot } = await host.birth();
    await host.ask(Op.reset, { m: 'hard' });
    const trial = await host.birth(boot);
    expect(trial.trial).toBe(true);
    await board.restart(); // it crashed before it was confirmed
    await host.hello(ADMIN_KEY, 'admin', trial.boot);
    await host.until('rollback', () =>
      events().some((e) => e.ev === 'ota' && e.state === 'rolledback'),
    );
    expect(await host.ask(Op.ota, { do: 'info' })).toMatchObject({ run: 'ota_1', state: 'none' });
  });
});
