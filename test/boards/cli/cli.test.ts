import { describe, expect, it } from 'vitest';
import { CliBoards } from '../rig/cliBoards';

const rig = CliBoards.use();
const overNetwork = (board: string) => ['-b', board, 'agent', 'put', '--broker', 'office'];

describe('mpyfleet', () => {
  it('loads only a small part of its code at start', async () => {
    const { size, ms } = await rig.cli.codeRead(['--version']);
    console.info(`mpyfleet --version: ${size} bytes of code, ${ms.toFixed(0)} ms`);
    expect(size).toBeGreaterThan(1000);
    expect(size).toBeLessThan(100_000);
  });

  it('has help for itself and for each command', async () => {
    const { out, status } = await rig.cli.run(['--help']);
    expect(status).toBe(0);
    const commands = [...out.matchAll(/^ {2}([a-z]+) /gm)].map((m) => m[1] ?? '');
    expect(commands).toEqual(expect.arrayContaining(['exec', 'put', 'get', 'ls', 'list', 'reset']));
    for (const command of commands) {
      const help = await rig.cli.run([command, '--help']);
      expect([help.status, help.out]).toEqual([0, expect.stringContaining(`[OPTIONS] ${command}`)]);
    }
  });

  it.each([
    [[], /No command was given/],
    [['fly'], /Unknown command "fly"/],
    [['exec', '--hard', '1'], /exec has no option --hard/],
    [['exec', '1', '--timeout', 'soon'], /--timeout needs seconds/],
    [['exec', '1', '--restart'], /give both/],
    [['-b', 'kitchen', 'exec', '1'], /No board matches "kitchen"/],
    [['-b', 'a[2-1]', 'exec', '1'], /runs backwards/],
    [['put', 'x'], /put needs local files/],
    [['-b', '/nowhere', 'exec', 'missing.py'], /File missing\.py was not found/],
    [[...overNetwork('ws://192.0.2.1:8266')], /Anyone on the network could read the new key/],
    [[...overNetwork('telnet://192.0.2.1')], /Anyone on the network could read the new key/],
    [[...overNetwork('mqtt://office/aabb')], /through a broker, which could read its new key/],
  ])('refuses %j with status 64', async (args, words) => {
    const ran = await rig.cli.run(args);
    expect(ran).toMatchObject({ status: 64, out: '', err: expect.stringMatching(words) as string });
  });
});

describe('mpyfleet reset and info', () => {
  it('resets: variables are lost', async () => {
    await rig.exec('marker = 1');
    expect((await rig.exec('print(marker)')).out).toBe('1\n');
    expect((await rig.on(rig.one, 'reset')).status).toBe(0);
    expect(await rig.exec('print(marker)')).toMatchObject({
      status: 1,
      err: expect.stringContaining('NameError') as string,
    });
  });

  it('describes the board', async () => {
    const { out } = await rig.on(rig.one, 'info', '--json');
    const [{ value }] = JSON.parse(out) as [{ value: { uid: string; platform: string } }];
    expect(Buffer.from(value.uid, 'hex').toString()).toBe(rig.boards[0]?.name);
    expect((await rig.on(rig.one, 'info')).out).toMatch(/^platform: +linuxboard$/m);
  });
});
