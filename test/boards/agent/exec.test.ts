import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { encodeJsonAndBytes, makeFrame } from '../../../src/core/agent/agentProtocol';
import { startMosquitto } from '../../lab/index.mjs';
import { ADMIN_KEY, type AgentBoard, OPERATOR_KEY, startAgentBoard } from '../rig/agent/board';
import { Op, TestHost, get, put } from '../rig/agent/host';

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let broker: Awaited<ReturnType<typeof startMosquitto>>;
let board: AgentBoard;
let host: TestHost;

beforeAll(async () => {
  broker = await startMosquitto({ config: ['set_tcp_nodelay true'] });
  board = await startAgentBoard({ name: 'exec', broker: { host: '127.0.0.1', port: broker.port } });
  host = await TestHost.connect(broker.url, board.uid);
  await host.hello(ADMIN_KEY);
});
afterAll(async () => {
  console.log(board.printed().slice(-600));
  await host.client.endAsync(true);
  await board.stop();
  await broker.stop();
});

/** Starts code and resolves once it has printed `mark`. `end` is its result. */
async function running(code: string, mark: string) {
  let seen = '';
  const reqid = host.newId();
  const end = host.exec(code, {}, reqid, (text) => (seen += text));
  await host.until(mark, () => seen.includes(mark));
  return { end, reqid, seen: () => seen };
}

describe('code', () => {
  it('reports an exception with its traceback', async () => {
    const { result, stdout, stderr } = await host.exec('print("before")\n1/0');
    expect(stdout).toBe('before\r\n');
    expect(stderr).toContain('Traceback (most recent call last):');
    expect(stderr).toContain('File "<fleet>", line 2');
    expect(stderr).toContain('ZeroDivisionError');
    expect(result).toMatchObject({ ok: 0 });
    expect((await host.exec('x = = 1')).stderr).toContain('SyntaxError');
    expect((await host.exec('raise SystemExit')).result).toMatchObject({ ok: 1 });
  });

  it('runs code longer than a frame', async () => {
    const code = `${Array.from({ length: 400 }, (_, i) => `v${i % 7} = ${i}`).join('\n')}\nprint(v6)`;
    expect(code.length).toBeGreaterThan(3000);
    expect((await host.exec(code)).stdout).toBe(
      '398\r\n'.replace('398', String(398 - ((398 - 6) % 7))),
    );
    const long = `#${'x'.repeat(20_000)}`;
    await expect(host.exec(long)).rejects.toMatchObject({ code: 'ETOOBIG' });
  });

  it('delivers large output without a gap', async () => {
    const { stdout, result } = await host.exec('for i in range(3000): print("line", i)');
    expect(stdout).toBe(Array.from({ length: 3000 }, (_, i) => `line ${i}\r\n`).join(''));
    expect(result.drop).toBe(0);
  });

  it('counts the output that a host loses by not listening, and continues', async () => {
    const reqid = host.newId();
    const code = Buffer.from('for i in range(500): print("0123456789" * 4)\nprint("over")');
    const payload = encodeJsonAndBytes({ n: code.length, h: sha256(code) }, code);
    const ok = await host.exchange(reqid, () => host.send(makeFrame(Op.exec, reqid, { payload })));
    const { n, drop } = JSON.parse(Buffer.from(ok.payload).toString()) as Record<string, number>;
    expect(n).toBe(2048);
    expect(drop).toBe(500 * 42 + 6 - 2048);
  });

  it('runs tasks of asyncio, and leaves the agent running', async () => {
    const code = `
import asyncio
async def work(n):
    for i in range(3):
        await asyncio.sleep_ms(20)
        print(n, i)
async def main():
    await asyncio.gather(work("a"), work("b"))
asyncio.run(main())
asyncio.new_event_loop()
print("done")`;
    const { stdout } = await host.exec(code);
    expect(stdout.split('\r\n').filter(Boolean).sort()).toEqual([
      'a 0',
      'a 1',
      'a 2',
      'b 0',
      'b 1',
      'b 2',
      'done',
    ]);
    expect((await host.exec('print(1)')).stdout).toBe('1\r\n');
  });

  it('does not run the same request twice', async () => {
    const reqid = host.newId();
    await host.exec('n = 0');
    expect((await host.exec('n += 1\nprint(n)', {}, reqid)).stdout).toBe('1\r\n');
    const code = Buffer.from('n += 1\nprint(n)');
    const payload = encodeJsonAndBytes({ n: code.length, h: sha256(code), mode: 'exec' }, code);
    const again = await host.exchange(reqid, () =>
      host.send(makeFrame(Op.exec, reqid, { payload })),
    );
    expect(JSON.parse(Buffer.from(again.payload).toString())).toMatchObject({ ok: 1 });
    expect((await host.exec('print(n)')).stdout).toBe('1\r\n');
  });

  it('does not run code that arrives too late', async () => {
    await host.exec('n = 0');
    await expect(host.exec('n = 1', { dl: 1 })).rejects.toMatchObject({ code: 'ETIMEOUT' });
    await host.exec('m = 1', { dl: 3_600_000 });
    expect((await host.exec('print(n, m)')).stdout).toBe('0 1\r\n');
  });
});

describe('while code runs', () => {
  it('interrupts a busy loop', async () => {
    const run = await running('print("go")\nwhile True: pass', 'go');
    expect(await host.ask(Op.intr)).toEqual({ hit: 1 });
    const { result, stderr } = await run.end;
    expect(stderr).toContain('KeyboardInterrupt');
    expect(result.ok).toBe(0);
    expect(await host.ask(Op.intr)).toEqual({ hit: 0 });
  });

  it('interrupts sleep, input, printing and asyncio', async () => {
    const codes = [
      'import time\nprint("go")\ntime.sleep(60)',
      'print("go")\ninput()',
      'i = 0\nwhile True:\n print("go", i)\n i += 1',
      'import asyncio\nasync def m():\n print("go")\n await asyncio.sleep(60)\nasyncio.run(m())',
      'import asyncio\nasync def m():\n while True:\n  print("go")\n  await asyncio.sleep_ms(1)\nasyncio.run(m())',
    ];
    for (const code of codes) {
      const run = await running(code, 'go');
      const t = Date.now();
      await host.ask(Op.intr);
      const { stderr } = await run.end;
      expect(stderr, code).toContain('KeyboardInterrupt');
      expect(Date.now() - t, code).toBeLessThan(5000);
      expect((await host.exec('print(7)')).stdout, code).toBe('7\r\n');
    }
  });

  it('handles all other requests', async () => {
    const run = await running('import time\nprint("go")\nwhile True: time.sleep(1)', 'go');
    const content = Buffer.alloc(50_000, 'abc');
    await put(host, '/mean.bin', content);
    expect((await get(host, '/mean.bin')).equals(content)).toBe(true);
    const { l } = await host.ask(Op.hash, { l: ['/mean.bin'] });
    expect((l as unknown[][])[0]?.slice(0, 3)).toEqual(['/mean.bin', 'f', 50_000]);
    await host.ask(Op.rm, { p: '/mean.bin' });
    const second = host.exec('print(1)');
    await expect(second).rejects.toMatchObject({
      code: 'EBUSY',
      details: { by: host.cid, app: 0 },
    });
    await host.ask(Op.intr);
    await run.end;
  });

  it('ends a program that is stopped before it starts', async () => {
    const source = 'import time\nwhile True:\n    time.sleep(1)\n';
    await put(host, '/late.py', Buffer.from(source));
    // The board has both requests before the program's task has its first turn.
    await Promise.all([
      host.ask(Op.app, { do: 'start', p: '/late.py' }),
      host.ask(Op.app, { do: 'stop' }),
    ]);
    const runs = async () => (await host.ask(Op.app, { do: 'info' })).run;
    await expect.poll(runs, { timeout: 5_000 }).toBe(0);
  });

  it('feeds input', async () => {
    const run = await running('a = input("name? ")\nprint("hello", a)\nprint(input())', 'name? ');
    const text = Buffer.from('world\r\nsecond line\r\n');
    let taken = 0;
    while (taken < text.length) {
      let ack = -1;
      host.tap((f) => f.op === Op.ack && (ack = f.offset));
      host.send(makeFrame(Op.stdin, run.reqid, { offset: taken, payload: text.subarray(taken) }));
      taken = await host.until('input taken', () => (ack >= 0 ? ack : undefined));
    }
    const { stdout } = await run.end;
    expect(stdout).toContain('hello world');
    expect(stdout).toContain('second line');
  });

  it('takes input for code only from the session that runs it, for the program from operators', async () => {
    const run = await running('print("go")\nexec(input())', 'go');
    const other = await TestHost.connect(broker.url, board.uid);
    for (const [key, role] of [
      [ADMIN_KEY, 'admin'],
      [OPERATOR_KEY, 'operator'],
    ] as const) {
      await other.hello(key, role);
      const theirs = Buffer.from('print("the code of another")\r');
      for (const offset of [0, 1]) {
        const typed = makeFrame(Op.stdin, run.reqid, { offset, payload: theirs });
        const refused = other.exchange(run.reqid, () => other.send(typed));
        await expect(refused, role).rejects.toMatchObject({ code: 'EROLE' });
      }
    }
    const mine = Buffer.from('print("the code of the owner")\r');
    host.send(makeFrame(Op.stdin, run.reqid, { payload: mine }));
    const { stdout } = await run.end;
    expect(stdout).toContain('the code of the owner');
    expect(stdout).not.toContain('of another');

    const program = 'name = input()\nwith open("/said", "w") as f: f.write(name)\n';
    await put(host, '/asks.py', Buffer.from(program));
    await host.ask(Op.app, { do: 'start', p: '/asks.py' });
    let taken = false;
    other.tap((f) => f.op === Op.ack && f.offset === 8 && (taken = true));
    await other.until('input taken', () => {
      other.send(makeFrame(Op.stdin, 0, { payload: Buffer.from('kitchen\r') }));
      return taken;
    });
    const said = () => get(host, '/said').then(String, () => '');
    await expect.poll(said, { timeout: 5_000 }).toBe('kitchen');
    await host.ask(Op.app, { do: 'stop' });
    await other.client.endAsync(true);
  });

  it('reports unread input, and does not give it to later code', async () => {
    const run = await running(
      'import time, sys\nprint("go")\ntime.sleep(1)\nsys.stdin.read(2)',
      'go',
    );
    let taken = false;
    host.tap((f) => f.op === Op.ack && f.offset === 11 && (taken = true));
    host.send(makeFrame(Op.stdin, run.reqid, { payload: Buffer.from('typed ahead') }));
    await host.until('input taken', () => taken || undefined);
    expect((await run.end).result).toMatchObject({ ok: 1, in: 2 });
    const next = await host.exec(
      'import select, sys\np = select.poll()\np.register(sys.stdin, 1)\nprint(p.poll(0))',
    );
    expect(next.stdout.trim()).toBe('[]');
  });

  it('survives the loss of the broker, and keeps the result', async () => {
    const run = await running('import time\nprint("go")\ntime.sleep(4)\nprint("end")', 'go');
    await broker.restart();
    const { stdout, result } = await run.end;
    expect(result).toMatchObject({ ok: 1 });
    expect(stdout).toBe('go\r\nend\r\n');
  });
});

describe('completion', () => {
  it('completes names', async () => {
    await host.exec('import sys\nspeed_limit = 1');
    expect(await host.ask(Op.complete, { t: 'speed_l' })).toEqual({ l: ['speed_limit'], more: 0 });
    expect((await host.ask(Op.complete, { t: 'sys.pla' })).l).toEqual(['sys.platform']);
    expect((await host.ask(Op.complete, { t: 'pri' })).l).toEqual(['print']);
    expect((await host.ask(Op.complete, { t: 'nothing.x' })).l).toEqual([]);
  });
});
