import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { Deferred } from '../../../src/core/async';
import { text, utf8 } from '../../../src/core/bytes';
import { ConnectionLostError, ProgramRunningError, PythonError } from '../../../src/core/errors';
import { silentLog } from '../../../src/core/log';
import {
  webReplTransport,
  type WebReplTransport,
} from '../../../src/transports/webrepl/webReplTransport';
import { onceFree, startWebReplBoard, type WebReplBoard } from '../rig/webreplLab';

let lab: WebReplBoard;
const transports: WebReplTransport[] = [];

beforeAll(async () => {
  lab = await startWebReplBoard();
});
afterAll(() => lab.stop());
afterEach(async () => {
  for (const transport of transports.splice(0)) await transport.close();
});

function open(): Promise<WebReplTransport> {
  const getPassword = () => Promise.resolve(lab.password);
  return onceFree(async () => {
    const transport = webReplTransport(lab.address, { getPassword }, silentLog);
    transports.push(transport);
    await transport.open(new AbortController().signal);
    return transport;
  });
}

function exec(transport: WebReplTransport, code: string): Promise<string> {
  return transport.withSession(async (session) => text(await session.exec(code)));
}

describe('a board over WebREPL', () => {
  it('runs code and returns its output and exceptions', async () => {
    const transport = await open();
    expect(await exec(transport, 'print(2**100)')).toBe('1267650600228229401496703205376\r\n');
    await expect(exec(transport, 'nonsense')).rejects.toBeInstanceOf(PythonError);
    const long = `x = 0\n${'x = x + 1 # a line\n'.repeat(1000)}print(x)`;
    expect(await exec(transport, long)).toBe('1000\r\n');
  });

  it('feeds running code with every byte value, a ring buffer at a time', async () => {
    const transport = await open();
    const code = [
      'import sys, micropython',
      'micropython.kbd_intr(-1)',
      's = 0',
      'try:',
      ' for _ in range(16):',
      '  b = sys.stdin.buffer.read(256)',
      '  s += sum(b)',
      '  sys.stdout.write("+")',
      'finally:',
      ' micropython.kbd_intr(3)',
      'print(s)',
    ].join('\n');
    const bytes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const output = await transport.withSession((session) => {
      let write: ((data: Uint8Array) => Promise<void>) | undefined;
      let blocks = 0;
      const send = () => {
        if (write && blocks++ < 16) void write(bytes);
      };
      return session.exec(code, {
        onStart: (given) => {
          write = given;
          send();
        },
        onStdout: (chunk) => {
          if (chunk[0] === 0x2b) send();
        },
      });
    });
    expect(text(output)).toBe(`${'+'.repeat(16)}${(255 * 256 * 16) / 2}\r\n`);
  });

  it('types into the REPL and sees its echo', async () => {
    const transport = await open();
    const seen = new Deferred<undefined>();
    let all = '';
    transport.terminal().onData((data) => {
      all += text(data);
      if (all.includes('>>> ') && all.includes('\r\n49\r\n')) seen.resolve(undefined);
    });
    await transport.terminal().write(utf8('7*7\r'));
    await seen.promise;
    expect(all).toBe('7*7\r\n49\r\n>>> ');
  });

  it('does not disturb a running program, and stops it only if allowed', async () => {
    const first = await open();
    await first
      .terminal()
      .write(utf8('import time\rn = 0\rwhile True: n += 1; time.sleep_ms(1)\r\r'));
    await first.close();
    const second = await open();
    await expect(exec(second, 'print(n)')).rejects.toBeInstanceOf(ProgramRunningError);
    const count = await second.withSession(
      async (session) => Number(text(await session.exec('print(n)'))),
      { mayInterrupt: true },
    );
    expect(count).toBeGreaterThan(50);
  });

  it.each(['soft', 'hard'] as const)('comes back after a %s reset', async (mode) => {
    const transport = await open();
    await exec(transport, 'kept = 1');
    const closed = new Deferred<Error | undefined>();
    transport.onClose((cause) => closed.resolve(cause));
    await transport.reset(mode);
    expect(await closed.promise).toBeInstanceOf(ConnectionLostError);
    await lab.listening();
    const again = await open();
    expect(await exec(again, 'print("kept" in globals())')).toBe('False\r\n');
  });
});
