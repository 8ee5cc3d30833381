import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, realpathSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { serialAddress } from '../../../src/core/parseAddress';
import { clockCode } from '../../../src/core/board/boardClock';
import { infoLines } from '../../../src/core/board/boardInfoText';
import { readInfo } from '../../../src/core/board/readInfo';
import { SessionFiles } from '../../../src/core/files/sessionFiles';
import { silentLog } from '../../../src/core/log';
import { serialTransport } from '../../../src/transports/serial/serialTransport';
import {
  launch,
  pollUntil,
  RawRepl,
  root,
  run,
  startSerlink,
  startUboard,
} from '../../lab/index.mjs';
import { BuiltCli } from '../rig/cliRig';
import { failure } from '../rig/conformance';

// What other users, other programs and other speeds do to a port.

const isRoot = process.getuid?.() === 0;
let cli: BuiltCli;
const ends: (() => Promise<void> | void)[] = [];
beforeAll(async () => {
  cli = await BuiltCli.build();
});
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

async function plugged(options: Parameters<typeof startUboard>[0] = {}) {
  const board = await startUboard(options);
  ends.push(board.stop);
  return { ...board, device: realpathSync(board.tty) };
}
const exec = (port: string, ...args: string[]) =>
  cli.run(['-b', `serial:${port}`, ...args, 'exec', 'print(6 * 7)']);

/** Runs a command as a user whose only rights come from file modes. As root, it drops root's capabilities. */
function execWithoutRights(port: string) {
  const args = [cli.path, '-b', `serial:${port}`, 'exec', 'print(6 * 7)'];
  const giveUp = isRoot ? ['setpriv', '--bounding-set', '-all', '--inh-caps', '-all'] : [];
  const [program = '', ...rest] = [...giveUp, process.execPath, ...args];
  const { status, stdout, stderr } = spawnSync(program, rest, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}

/** Another program that has the port, in the way that `hold` says in Python; `fd` is the open port. */
async function heldBy(port: string, hold: string): Promise<void> {
  const code = `import fcntl, os, sys, termios
fd = os.open(sys.argv[1], os.O_RDWR | os.O_NOCTTY)
${hold}
print("HELD", flush=True)
sys.stdin.read()`;
  const program = await launch(['python3', '-c', code, port], { ready: /^HELD$/ });
  ends.push(program.stop);
}

describe('a port', () => {
  it('that the user may not open: the error names a way to get the permission', async () => {
    const { device } = await plugged();
    chmodSync(device, 0);
    const { status, err, out } = execWithoutRights(device);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toContain(`You may not open ${device}`);
    // A port of the lab has the group of the user who runs the tests; test/unit/transports/serial/openHints.test.ts has others.
    const isOfRoot = statSync(device).gid === 0;
    expect(err).toContain(isOfRoot ? `sudo chmod a+rw ${device}` : 'sudo usermod -a -G');
    chmodSync(device, 0o600);
    expect(execWithoutRights(device)).toMatchObject({ status: 0, out: '42\n' });
  });

  it('that another program has locked: the error names the program and what to do', async () => {
    const { device, tty } = await plugged();
    await heldBy(device, 'fcntl.flock(fd, fcntl.LOCK_EX)');
    const { status, err, out } = await exec(tty);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).toMatch(/Another program is using \S+: python3\S* \(process \d+\)/);
    expect(err).toContain('Close the other serial monitor');
  });

  it('that another program has for itself alone (TIOCEXCL)', async () => {
    const { device } = await plugged();
    await heldBy(device, 'fcntl.ioctl(fd, termios.TIOCEXCL)');
    // Root gets past it, as the kernel has it; the lock then is the only thing that keeps two programs apart.
    const { status, err } = execWithoutRights(device);
    expect(status).toBe(2);
    expect(err).toContain(`Another program is using ${device}`);
  });

  it('is free again once that program has ended', async () => {
    const { device, tty } = await plugged();
    await heldBy(device, 'fcntl.flock(fd, fcntl.LOCK_EX)');
    expect((await exec(tty)).status).toBe(2);
    await ends.pop()?.();
    expect(await exec(tty)).toMatchObject({ status: 0, out: '42\n' });
  });

  it('keeps its modem lines when it is closed: HUPCL is off', async () => {
    const { device, tty } = await plugged();
    const hangsUp = async () =>
      (await run(['stty', '-F', device, '-a'])).includes(' -hupcl') ? 'no' : 'yes';
    await run(['stty', '-F', device, 'hupcl']);
    expect(await hangsUp()).toBe('yes');
    const transport = serialTransport(serialAddress(tty), silentLog);
    ends.push(() => transport.close());
    await transport.open(AbortSignal.timeout(5000));
    await transport.close();
    expect(await hangsUp()).toBe('no');
  });
});

describe('a board', () => {
  it('whose clock is at 2000-01-01 shows its times unchanged, and can be set', async () => {
    const board = await plugged({ clock: new Date('2000-01-01T00:00:00Z') });
    const rig = serialTransport(serialAddress(board.tty), silentLog);
    ends.push(() => rig.close());
    await rig.open(AbortSignal.timeout(5000));
    const info = () => rig.withSession((session) => readInfo(session));
    const shown = async () => new Map(infoLines(await info())).get('clock');
    expect(await shown()).toMatch(/^2000-01-01 00:00:\d\d$/);
    const files = new SessionFiles((work, options) => rig.withSession(work, options));
    await files.write('/then.txt', Buffer.from('then'));
    const { mtime } = await files.stat('/then.txt');
    expect(new Date((mtime ?? 0) * 1000).toISOString()).toMatch(/^2000-01-01T00:00/);
    await rig.withSession((session) => session.exec(clockCode(new Date(2026, 1, 3, 4, 5, 6))));
    expect(await shown()).toMatch(/^2026-02-03 04:05:\d\d$/);
    expect((await files.stat('/then.txt')).mtime).toBe(mtime);
  });

  it('that another program has left in the raw REPL is usable immediately', async () => {
    const { tty } = await plugged();
    const other = new RawRepl(tty);
    await other.enter();
    other.close();
    expect(await exec(tty)).toMatchObject({ status: 0, out: '42\n' });
  });

  it.each([
    [115_200, 9600],
    [9600, 115_200],
    [115_200, 74_880],
    [57_600, 115_200],
  ])('%i against %i: says that the speed may be wrong', async (ours, theirs) => {
    // It prints without being asked, like boards that count something.
    const main = 'import time\nwhile True:\n  print("temperature 21.5")\n  time.sleep(0.01)\n';
    const board = await plugged({ files: { 'main.py': main } });
    const filter = join(root, 'test', 'lab', 'wrongSpeed.py');
    expect(existsSync(filter)).toBe(true);
    const to = `exec:python3 ${filter} ${board.tty} ${ours} ${theirs}`;
    const cable = await startSerlink({ to });
    ends.push(cable.stop);
    const transport = serialTransport(serialAddress(cable.tty), silentLog);
    ends.push(() => transport.close());
    await transport.open(AbortSignal.timeout(5000));
    const error = await failure(
      transport.withSession((session) => session.exec('pass'), { mayInterrupt: true }),
    );
    expect(error).toMatchObject({ code: 'connect', reason: 'notABoard' });
    expect((error as { hint?: string }).hint).toContain('mpyFleet.serial.baudRates');
  });

  it('at the same speed is a board behind that line', async () => {
    const board = await plugged();
    const filter = join(root, 'test', 'lab', 'wrongSpeed.py');
    const cable = await startSerlink({ to: `exec:python3 ${filter} ${board.tty} 115200 115200` });
    ends.push(cable.stop);
    // The line works once the board has answered through it.
    const keys = new RawRepl(cable.tty);
    const answers = async () => {
      keys.write('\r');
      return (await cable.stats()).toHost > 0;
    };
    expect(await pollUntil(answers, 10_000)).toBe(true);
    keys.close();
    expect(await exec(cable.tty, '--baud', '57600')).toMatchObject({ status: 0, out: '42\n' });
    expect((await run(['stty', '-F', realpathSync(cable.tty)])).trim()).toContain('speed 57600');
  });
});
