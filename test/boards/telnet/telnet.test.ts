import { spawn } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { text } from '../../../src/core/bytes';
import { ConnectError, ConnectionLostError } from '../../../src/core/errors';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { telnetAddress } from '../../../src/core/parseAddress';
import { TelnetTransport } from '../../../src/transports/telnet/telnetTransport';
import { ensure, startTelnetServer, startUboard } from '../../lab/index.mjs';
import { pollUntil } from '../../lab/process.mjs';
import { describeConformance } from '../rig/conformance';

const WAIT_MS = 20_000;

async function startBoard(files: Record<string, string> = {}) {
  const board = await startUboard({ files, heap: 512, sizeKib: 4096 });
  const server = await startTelnetServer(board.tty);
  const open = async (passwords: (string | undefined)[] = ['python'], when = 'once free') => {
    if (when === 'once free') await server.free();
    const asked: boolean[] = [];
    const getPassword = (_address: unknown, { wrong }: { wrong: boolean }) => {
      asked.push(wrong);
      return Promise.resolve(passwords.shift());
    };
    const address = telnetAddress(`telnet://127.0.0.1:${server.port}`);
    const transport = new TelnetTransport(address, { getPassword }, silentLog);
    await transport.open(AbortSignal.timeout(WAIT_MS));
    return { transport, asked };
  };
  const stop = async () => {
    await server.stop();
    await board.stop();
  };
  return { board, server, open, stop };
}

describeConformance({
  name: 'telnet',
  cannot: {
    stdin: 'a telnet server carries ASCII only',
    keepsLink: 'a reset ends the network connection; coming back is tested apart',
    rawBytes: 'byte 255 begins a telnet command',
  },
  start: async (files) => {
    const lab = await startBoard(files);
    const address = telnetAddress(`telnet://127.0.0.1:${lab.server.port}`);
    const getPassword = () => Promise.resolve('python');
    return { transport: new TelnetTransport(address, { getPassword }, silentLog), stop: lab.stop };
  },
});

describe('a board behind a telnet server', () => {
  let lab: Awaited<ReturnType<typeof startBoard>>;
  beforeAll(async () => {
    lab = await startBoard();
  });
  afterAll(() => lab.stop());

  it('accepts the login of a telnet client of the system', async () => {
    const { program = '' } = await ensure('telnet');
    const client = spawn(program, ['127.0.0.1', String(lab.server.port)]);
    let said = '';
    client.stdout.on('data', (data: Buffer) => (said += data.toString('latin1')));
    const until = async (what: RegExp) => {
      const isThere = await pollUntil(() => Promise.resolve(what.test(said)), WAIT_MS);
      if (!isThere) throw new Error(`the telnet client shows ${JSON.stringify(said)}`);
    };
    await until(/Login as: $/);
    client.stdin.write('micro\n');
    await until(/Password: $/);
    client.stdin.write('python\n');
    await until(/Login succeeded![^]*>>> $/);
    client.stdin.write('print(6 * 7)\r'); // as a keyboard's Enter
    await until(/\n42\s/);
    const gone = new Promise((resolve) => client.once('close', resolve));
    client.kill();
    await gone;
  });

  it('asks for a rejected password again, on the same connection', async () => {
    const before = lab.server.logins();
    const { transport, asked } = await lab.open(['wrong', 'python']);
    expect(asked).toEqual([false, true]);
    expect(lab.server.logins() - before).toBe(2);
    await transport.close();
  });

  it('reports that no password was accepted, and that another program uses the server', async () => {
    const wrong = await lab.open(['wrong', undefined]).catch((error: unknown) => error);
    expect(wrong).toMatchObject({ reason: 'wrongPassword' });
    const { transport } = await lab.open();
    const second = await lab.open(['python'], 'at once').catch((error: unknown) => error);
    expect(second).toBeInstanceOf(ConnectError);
    expect(second).toMatchObject({ reason: 'refused' });
    await transport.close();
  });

  it('transfers code and files with any characters, although the server drops bytes above 127', async () => {
    const { transport } = await lab.open();
    const files = new SessionFiles((work, options) => transport.withSession(work, options));
    const content = Uint8Array.from({ length: 5000 }, (_, i) => (i * 7) % 256);
    await files.write('/täglich.bin', content);
    expect(await files.read('/täglich.bin')).toEqual(content);
    const said = transport.withSession((session) => session.exec("print('Grüße €')"));
    expect(text(await said)).toBe('Grüße €\r\n');
    await transport.close();
  });

  it('ends when the board resets, and can be connected again', async () => {
    const { transport } = await lab.open();
    const ended = new Promise((resolve) => transport.onClose(resolve));
    lab.server.cut();
    expect(await ended).toBeInstanceOf(ConnectionLostError);
    const again = await lab.open();
    const said = again.transport.withSession((session) => session.exec('print(1)'));
    expect(text(await said)).toBe('1\r\n');
    await again.transport.close();
  });
});
