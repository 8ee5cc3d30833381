import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ejabberdRules } from '../../../src/core/broker/accessRules';
import { startEjabberd, startMosquitto, startUboard, tempDir } from '../../lab/index.mjs';
import { ADMIN_KEY, agentFiles, startAgentBoard, type AgentBoard } from '../rig/agent/board';
import { BuiltCli, type Ran } from '../rig/cliRig';
import { startAnnounced } from '../rig/mqttRig';
import { proves } from '../../../src/transports/mqtt/brokerProof';

const NAMES = ['shelf-01', 'shelf-02', 'shelf-03'];

let cli: BuiltCli;
let broker: Awaited<ReturnType<typeof startMosquitto>>;
let boards: AgentBoard[];
let dir: string;
const run = (...args: string[]) =>
  cli.run(args, { cwd: dir, env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' } });

beforeAll(async () => {
  dir = tempDir('cli-mqtt');
  [cli, broker] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ config: ['set_tcp_nodelay true'] }),
  ]);
  boards = await startAnnounced(
    broker,
    NAMES.map((name) => ({ name, config: { tags: ['rack'] } })),
  );
  const brokers = { office: broker.url };
  const known = { desk: `mqtt://office/${boards[0]?.uid ?? ''}` };
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers, boards: known }));
  writeFileSync(join(dir, 'keys.json'), JSON.stringify({ '*': ADMIN_KEY.toString('hex') }), {
    mode: 0o600,
  });
});
afterAll(async () => {
  await Promise.all(boards.map((b) => b.stop()));
  await broker.stop();
});

/** What the second `agent put` says of the board's settings. */
const STAY = 'Its other settings stay.';

describe('mpyfleet and boards behind a broker', () => {
  it('lists them with the facts from the broker', async () => {
    const { out } = await run('list', '--json');
    const listed = JSON.parse(out) as { name: string; address: string; state: string }[];
    const behind = listed.filter((l) => l.address.startsWith('mqtt://office/'));
    expect(behind.map((l) => l.name).sort()).toEqual(['desk', 'shelf-02', 'shelf-03']);
    expect(new Set(behind.map((l) => l.state))).toEqual(new Set(['online']));
    // What the list says is what a selection takes.
    expect((await run('-b', 'state:online', 'ls')).err).toContain('on 3 boards');
    const none = await run('-b', 'state:away', 'ls');
    expect(none).toMatchObject({ status: 64 });
  });

  it('lists and selects those that are in safe mode or have an old agent', async () => {
    const topic = 'mpy/5afe00000001/st';
    const birth = {
      ...{ on: 1, proto: 2, agent: '0.1.0', fw: '1.25.0', platform: 'esp32', name: 'attic' },
      ...{ boot: '9f03c2aa', nonce: '00'.repeat(16), mode: 'open', state: 'idle', caps: [] },
      ...{ mtu: 1024, win: 16, tags: [], free: 90_000, safe: 1, why: 'it kept crashing' },
    };
    const client = await connectAsync(broker.url);
    try {
      await client.publishAsync(topic, JSON.stringify(birth), { retain: true, qos: 1 });
      const { out } = await run('list');
      expect(out).toMatch(/^attic .* online \(safe, old-agent\)/m);
      expect(out).toMatch(/^desk .* online {2}/m);
      for (const mark of ['safe', 'old-agent']) {
        const { err } = await run('-b', `state:${mark},-,attic`, 'eval', '1');
        expect(err).toContain('matches no board');
      }
      const { err } = await run('-b', 'state:broken', 'eval', '1');
      expect(err).toContain('States of the boards now: old-agent, online, safe.');
    } finally {
      await client.publishAsync(topic, '', { retain: true, qos: 1 });
      await client.endAsync();
    }
  });

  it('runs code on one by name or address, and on many by a selector', async () => {
    const code = 'import machine\nprint(machine.unique_id().decode())';
    expect(await run('-b', 'desk', 'exec', code)).toMatchObject({ status: 0, out: 'shelf-01\n' });
    const address = `mqtt://office/${boards[1]?.uid ?? ''}`;
    expect(await run('-b', address, 'exec', code)).toMatchObject({ status: 0, out: 'shelf-02\n' });
    for (const selector of [
      'all',
      'tag:rack',
      'broker:office',
      'desk,shelf-[02-03]',
      'state:online',
    ]) {
      const { out, status } = await run('-b', selector, '--json', 'exec', code);
      expect(status, selector).toBe(0);
      const answers = (JSON.parse(out) as { output: string }[]).map((a) => a.output);
      expect(answers.sort(), selector).toEqual(NAMES.map((n) => `${n}\n`));
    }
  });

  it('publishes a file for many over the broker once, and each has it', async () => {
    const data = randomBytes(30_000);
    writeFileSync(join(dir, 'data.bin'), data);
    const { status, err } = await run('-b', 'all', 'put', 'data.bin', ':/');
    expect([status, err]).toEqual([0, expect.stringContaining('3 boards done, same answer')]);
    for (const name of ['desk', 'shelf-02', 'shelf-03']) {
      expect((await run('-b', name, 'cat', ':/data.bin')).bytes.equals(data), name).toBe(true);
    }
    // The second time each board has it, and says so before any content is published.
    await run('-b', 'desk', 'rm', ':/data.bin');
    const again = JSON.parse((await run('-b', 'all', '--json', 'put', 'data.bin', ':/')).out) as {
      board: string;
      value: object;
    }[];
    expect(again.map((a) => [a.board, a.value]).sort()).toEqual([
      ['desk', { files: 1, bytes: 30_000, same: 0, kept: 0 }],
      ['shelf-02', { files: 1, bytes: 30_000, same: 1, kept: 0 }],
      ['shelf-03', { files: 1, bytes: 30_000, same: 1, kept: 0 }],
    ]);
  });

  it('keeps the lines in each main.py that start the agent', async () => {
    writeFileSync(join(dir, 'main.py'), 'print("of all")\n');
    expect(await run('-b', 'all', 'put', 'main.py', ':/')).toMatchObject({ status: 0 });
    for (const name of ['desk', 'shelf-02', 'shelf-03']) {
      const { out } = await run('-b', name, 'cat', ':/main.py');
      expect(out, name).toMatch(/mpyfleet\.start\(\)[^]*print\("of all"\)\n$/);
    }
  });

  it('names the missing key, and a board that is away', async () => {
    const env = { MPYFLEET_CONFIG: 'fleet.json' };
    const keyless = await cli.run(['-b', 'desk', 'exec', '1'], { cwd: dir, env });
    expect(keyless).toMatchObject({ status: 2, out: '' });
    expect(keyless.err).toMatch(/key/i);
    expect(await run('-b', 'mqtt://office/00ff', 'exec', '1')).toMatchObject({ status: 2 });
    expect(await run('-b', 'shelf-09', 'exec', '1')).toMatchObject({ status: 64 });
  });

  it('lists boards, and reaches one by its name, while another broker does not answer', async () => {
    const { brokers, boards: own } = JSON.parse(readFileSync(join(dir, 'fleet.json'), 'utf8')) as {
      brokers: object;
      boards: object;
    };
    const two = { brokers: { gone: 'mqtt://127.0.0.1:1', ...brokers }, boards: own };
    writeFileSync(join(dir, 'two.json'), JSON.stringify(two));
    const env = { MPYFLEET_CONFIG: 'two.json', MPYFLEET_KEYS: 'keys.json' };
    const listed = await cli.run(['list'], { cwd: dir, env });
    expect(listed).toMatchObject({ status: 2 });
    expect(listed.err).toContain('No broker answers at gone');
    expect(listed.out).toMatch(/^shelf-02 /m);
    const eval1 = (selector: string) => cli.run(['-b', selector, 'eval', '1'], { cwd: dir, env });
    expect(await eval1('shelf-02')).toMatchObject({ status: 0, out: '1\n' });
    expect(await eval1('shelf-*')).toMatchObject({ status: 2, out: '' });
    expect(await eval1('shelf-09')).toMatchObject({ status: 2, out: '' });
  });

  it('restarts a board in safe mode and out of it, and says that its program does not run', async () => {
    expect(await run('-b', 'shelf-03', 'reset', '--safe')).toMatchObject({ status: 0 });
    expect((await run('list')).out).toMatch(/^shelf-03 .* online \(safe\)/m);
    const status = await run('-b', 'state:safe', 'script', 'status');
    expect(status.out).toBe('in safe mode: its program does not run\n');
    const start = await run('-b', 'shelf-03', 'script', 'start');
    expect(start).toMatchObject({ status: 64 });
    expect(start.err).toContain('mpyfleet -b shelf-03 reset --normal leaves safe mode.');
    expect(await run('-b', 'shelf-03', 'reset', '--safe', '--normal')).toMatchObject({
      status: 64,
    });
    expect(await run('-b', 'shelf-03', 'reset', '--normal')).toMatchObject({ status: 0 });
    expect((await run('list')).out).toMatch(/^shelf-03 .* online {2}/m);
  });

  it('does not give several boards the same name', async () => {
    const same = await run('-b', 'shelf-02,shelf-03', 'config', 'set', 'name=same');
    expect(same).toMatchObject({ status: 64 });
    expect(same.out).toContain('Several boards would be called "same"; nothing was changed');
    expect((await run('list')).out).toMatch(/^shelf-02 /m);
  });

  it('lists files from the root with a key that may not run code', async () => {
    const env = { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_PASSPHRASE: 'a passphrase for tests' };
    const as = (keys: string, ...args: string[]) =>
      cli.run(args, { cwd: dir, env: { ...env, MPYFLEET_KEYS: keys } });
    expect(
      await as('keys.json', '-b', 'shelf-02', 'keys', 'add', 'val', '--file', 'val.keys'),
    ).toMatchObject({ status: 0 });
    expect(await as('val.json', 'keys', 'import', 'val.keys')).toMatchObject({ status: 0 });
    const listed = await as('val.json', '-b', 'shelf-02', 'ls');
    expect(listed.status, listed.err).toBe(0);
    expect(listed.out).toContain('main.py');
    expect(await as('val.json', '-b', 'shelf-02', 'eval', '1')).toMatchObject({ status: 2 });
    // What the board has announced needs no code.
    const facts = await as('val.json', '-b', 'shelf-02', 'info');
    expect(facts, facts.err).toMatchObject({ status: 0, err: '' });
    expect(facts.out).toMatch(/^platform: +linuxboard$/m);
    expect(facts.out).toContain('key for the board may not run');
    const full = await as('keys.json', '-b', 'shelf-02', 'info');
    expect(full.out).toMatch(/^memory: /m);
    expect(full.out).not.toContain('announced');
  });

  it('records what changes a board, not what only looks, and no values of settings', async () => {
    const env = {
      ...{ MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' },
      ...{ XDG_STATE_HOME: join(dir, 'audit-state') },
    };
    const on = (...args: string[]) => cli.run(['-b', 'shelf-02', ...args], { cwd: dir, env });
    for (const looks of [
      'config get',
      'config diff log=info',
      'keys list',
      'config set -n log=info',
    ]) {
      await on(...looks.split(' '));
    }
    expect(await on('config', 'set', 'location=hall')).toMatchObject({ status: 0 });
    const { out } = await cli.run(['audit', '--json'], { cwd: dir, env });
    const told = (JSON.parse(out) as { what: string }[]).map((o) => o.what);
    expect(told).toEqual(['config set']);
  });

  it('prints the log of a board', async () => {
    const heard = cli.run(['-b', 'desk', 'log'], {
      cwd: dir,
      env: { MPYFLEET_CONFIG: 'fleet.json', MPYFLEET_KEYS: 'keys.json' },
      onOut: (soFar, kill) => {
        if (soFar.includes('a sign')) kill('SIGINT');
      },
    });
    const start = performance.now();
    const state = { over: false };
    void heard.then(() => (state.over = true));
    // The listener may not listen yet, so the board repeats it until it is received.
    while (!state.over && performance.now() - start < 30_000) {
      await run(
        '-b',
        'desk',
        'exec',
        'import asyncio\nasync def say():\n print("a sign of life")\nasyncio.create_task(say())',
      );
    }
    expect((await heard).out).toContain('a sign of life');
  });

  it('prints stored log records of a board by level, logger and time', async () => {
    const log = (...more: string[]) => run('-b', 'desk', 'log', ...more, '--until', '0s');
    const kept = await log('--level', 'info', '--logger', 'agent');
    expect(kept).toMatchObject({ status: 0 });
    expect(kept.out).toMatch(/shelf-01|desk/);
    expect(kept.out).toMatch(/ info agent: agent [\d.]+, start /);
    expect((await log('--level', 'critical')).out).toBe('');
    expect((await log('--since', '2020-01-01')).out).toContain('info agent:');
    expect((await log('--since', '2999-01-01')).out).toBe('');
    expect(await run('-b', 'desk', 'log', '--level', 'loud')).toMatchObject({
      status: 64,
      err: expect.stringMatching(/debug, info/) as string,
    });
  });

  it('wipes boards behind a broker, which keep their agent and come back with it', async () => {
    const { status, out } = await run('-b', 'shelf-02,shelf-03', 'wipe', '--force', '--json');
    expect(status).toBe(0);
    const answers = JSON.parse(out) as { value: { left: string[] } }[];
    for (const { value } of answers) expect(value.left).toContain('mpyfleet');
    for (const name of ['shelf-02', 'shelf-03']) {
      const names = (await run('-b', name, 'ls')).out;
      expect(names).not.toContain('data.bin');
      expect((await run('-b', name, 'cat', ':/main.py')).out).toMatch(/mpyfleet\.start\(\)/);
      expect((await run('-b', name, 'cat', ':/main.py')).out).not.toContain('of all');
      expect(await run('-b', name, 'reset', '--hard')).toMatchObject({ status: 0 });
      expect(await run('-b', name, 'eval', '6 * 7')).toMatchObject({ out: '42\n' });
    }
  });

  it("reaches a board with the original mqboard by mqboard's own variables", async () => {
    const responder = readFileSync(
      join(import.meta.dirname, '../rig/agent/mqboardResponder.py'),
      'utf8',
    );
    const old = await startUboard({
      ...{ name: 'old1', heap: 1000, sizeKib: 4096 },
      files: {
        ...(await agentFiles()),
        '/mpyfleet/__init__.py': '',
        '/main.py': responder.replace('PORT', String(broker.port)),
      },
    });
    try {
      const env = {
        MPYFLEET_CONFIG: 'fleet.json',
        MQBOARD_SERVER: '127.0.0.1',
        MQBOARD_PORT: String(broker.port),
        MQBOARD_PREFIX: 'old/board',
      };
      const exec = () => cli.run(['-b', 'mqboard', 'exec', 'print(6*7)'], { cwd: dir, env });
      // The board may still be connecting to its broker.
      await expect.poll(async () => (await exec()).out, { timeout: 60_000 }).toBe('42\n');
      const wrong = { ...env, MQBOARD_SERVER: 'a b' };
      const refused = await cli.run(['-b', 'mqboard', 'ls'], { cwd: dir, env: wrong });
      expect(refused).toMatchObject({ status: 64 });
    } finally {
      await old.stop();
    }
  }, 90_000);
});

describe('mpyfleet broker account', () => {
  it('makes accounts at a mosquitto with dynamic security: a board and a person reach each other, and no more', async () => {
    const file = join(dir, 'dynamic-security.json');
    execFileSync('mosquitto_ctrl', ['dynsec', 'init', file, 'admin', 'of-admin']);
    const plugin = readdirSync('/usr/lib')
      .map((name) => join('/usr/lib', name, 'mosquitto_dynamic_security.so'))
      .find((path) => existsSync(path));
    const guarded = await startMosquitto({
      config: [
        'allow_anonymous false',
        `plugin ${plugin ?? ''}`,
        `plugin_opt_config_file ${file}`,
        'set_tcp_nodelay true',
      ],
    });
    const at = (username: string) => ({
      brokers: { guarded: { url: guarded.url, username } },
    });
    const as = (username: string, password: string, ...args: string[]) => {
      writeFileSync(join(dir, 'guarded.json'), JSON.stringify(at(username)));
      const env = { MPYFLEET_CONFIG: 'guarded.json', MPYFLEET_KEYS: 'keys.json' };
      return cli.run(args, { cwd: dir, env: { ...env, MPYFLEET_BROKER_PASSWORD: password } });
    };
    const account = (...args: string[]) =>
      as('admin', 'of-admin', 'broker', 'account', ...args, '--broker', 'guarded');
    const given = async (...args: string[]) => {
      const made = await account(...args, '--json');
      expect(made.status, made.err).toBe(0);
      return JSON.parse(made.out) as { username: string; password: string };
    };
    const uid = Buffer.from('guarded1').toString('hex');
    let board: AgentBoard | undefined;
    try {
      const own = await given('board', uid);
      const ann = await given('person', 'ann');
      const broker = { host: '127.0.0.1', port: guarded.port, user: uid, password: own.password };
      board = await startAgentBoard({ name: 'guarded1', broker });
      const evaluated = await as('ann', ann.password, '-b', `mqtt://guarded/${uid}`, 'eval', '6*7');
      expect(evaluated).toMatchObject({ status: 0, out: '42\n' });
      // Each is refused what belongs to others.
      const publish = async (login: { username: string; password: string }, topic: string) => {
        const client = await connectAsync(guarded.url, { ...login, protocolVersion: 5 });
        try {
          await client.publishAsync(topic, 'x', { qos: 1 });
          return 'published';
        } catch (error) {
          return (error as { code?: number }).code;
        } finally {
          await client.endAsync(true);
        }
      };
      const notAuthorised = 135;
      expect(await publish(own, `mpy/${uid}/ev`)).toBe('published');
      expect(await publish(own, 'mpy/0000/ev')).toBe(notAuthorised);
      expect(await publish(ann, `mpy/${uid}/st`)).toBe(notAuthorised);
      expect((await account('list')).out.split('\n').sort()).toEqual([
        '',
        `board   ${uid}`,
        'person  ann',
      ]);
      // A new password ends the old one; removal ends the account. The administrator's is not ours.
      const next = await given('person', 'ann');
      expect((await as('ann', ann.password, 'list')).status).toBe(2);
      expect((await as('ann', next.password, 'list')).status).toBe(0);
      expect(await account('remove', 'ann')).toMatchObject({ status: 0 });
      expect((await as('ann', next.password, 'list')).status).toBe(2);
      expect(await account('person', 'admin')).toMatchObject({ status: 64 });
      expect(await account('remove', 'admin')).toMatchObject({ status: 64 });
    } finally {
      await board?.stop();
      await guarded.stop();
    }
  }, 120_000);

  it('makes accounts at an ejabberd by its own command: a board and a person reach each other, and no more', async () => {
    const guarded = await startEjabberd({ rules: ejabberdRules('fleet') });
    const account = async (...args: string[]) => {
      const env = { MPYFLEET_EJABBERDCTL: guarded.ctl };
      return cli.run(['broker', 'account', ...args, '--ejabberd', 'localhost'], { env });
    };
    const given = async (...args: string[]) => {
      const made = await account(...args, '--json');
      expect(made.status, made.err).toBe(0);
      return JSON.parse(made.out) as { username: string; password: string };
    };
    const publish = async (login: { username: string; password: string }, topic: string) => {
      const client = await connectAsync(guarded.url, {
        ...{ ...login, protocolVersion: 5, reconnectPeriod: 0 },
      });
      try {
        await client.publishAsync(topic, 'x', { qos: 1 });
        return 'published';
      } catch (error) {
        return (error as { code?: number }).code;
      } finally {
        await client.endAsync(true);
      }
    };
    try {
      const uid = Buffer.from('guarded2').toString('hex');
      const own = await given('board', uid);
      const ann = await given('person', 'ann');
      expect([own.username, ann.username]).toEqual([`${uid}@localhost`, 'fleet-ann@localhost']);
      const notAuthorised = 144; // "Topic Name invalid" is what ejabberd answers
      expect(await publish(own, `mpy/${uid}/ev`)).toBe('published');
      expect(await publish(own, 'mpy/0000/ev')).toBe(notAuthorised);
      expect(await publish(ann, `mpy/${uid}/c/x`)).toBe('published');
      expect(await publish(ann, `mpy/${uid}/st`)).toBe(notAuthorised);
      expect((await account('list')).out.split('\n').sort()).toEqual([
        '',
        `board   ${own.username}`,
        `person  ${ann.username}`,
      ]);
      const next = await given('person', 'ann');
      await expect(publish(ann, `mpy/${uid}/c/x`)).rejects.toThrow(/not authori[sz]ed|bad user/i);
      expect(await publish(next, `mpy/${uid}/c/x`)).toBe('published');
      expect(await account('remove', 'ann')).toMatchObject({ status: 0 });
      await expect(publish(next, `mpy/${uid}/c/x`)).rejects.toThrow(/not authori[sz]ed|bad user/i);
      expect(await account('remove', 'ann')).toMatchObject({ status: 64 });
      expect(await account('board', 'no uid')).toMatchObject({ status: 64 });
    } finally {
      await guarded.stop();
    }
  }, 120_000);

  it('names the missing plug-in of a broker', async () => {
    const plain = await run('broker', 'account', 'list', '--broker', 'office');
    expect(plain).toMatchObject({
      status: 2,
      err: expect.stringMatching(/mosquitto_dynamic_security/) as string,
    });
  });
});

describe('mpyfleet broker start', () => {
  let running: Promise<Ran> | undefined;

  it('is a broker with a password, until Ctrl-C', async () => {
    let told: { urls: string[]; password: string } | undefined;
    const ran = await cli.run(['broker', 'start', '--port', '0', '--json'], {
      onOut: (soFar, kill) => {
        told = JSON.parse(soFar) as typeof told;
        kill('SIGINT');
      },
    });
    expect(told?.urls).toEqual([expect.stringMatching(/^mqtt:\/\/127\.0\.0\.1:\d+$/)]);
    expect(told?.password).toMatch(/^[\w-]{16}$/);
    expect(ran.status).toBe(0);
  });

  it('can be queried and stopped by another command of the same user', async () => {
    const env = { XDG_STATE_HOME: join(dir, 'state') };
    expect(await cli.run(['broker', 'status'], { env })).toMatchObject({ status: 1 });
    const told = new Promise<{ urls: string[]; password: string }>((resolve) => {
      running = cli.run(['broker', 'start', '--port', '0', '--json'], {
        env,
        onOut: (soFar) => resolve(JSON.parse(soFar) as { urls: string[]; password: string }),
      });
    });
    const { urls, password } = await told;
    const ask = async () => (await cli.run(['broker', 'status', '--json'], { env })).out;
    // Its file comes right after its first words.
    await expect.poll(ask, { timeout: 30_000 }).toContain(urls[0]);
    expect(await ask()).not.toContain(password);
    // With an answer to this question, anyone who reaches the port could try passwords without limit.
    expect(await proves(Number(new URL(urls[0] ?? '').port), password, false)).toBe(false);
    const [file = ''] = readdirSync(join(dir, 'state/micropython-fleet/brokers'));
    const path = join(dir, 'state/micropython-fleet/brokers', file);
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(readFileSync(path, 'utf8')).not.toContain(password);
    expect(await cli.run(['broker', 'stop'], { env })).toMatchObject({ status: 0 });
    expect((await running)?.status).toBe(0);
    expect(await cli.run(['broker', 'stop'], { env })).toMatchObject({ status: 64 });
  }, 60_000);

  it('gives boards their own login when they get the agent', async () => {
    const state = { XDG_STATE_HOME: join(dir, 'own-state') };
    const told = new Promise<{ urls: string[]; username: string; password: string }>((resolve) => {
      running = cli.run(['broker', 'start', '--port', '0', '--json'], {
        env: state,
        onOut: (soFar) => resolve(JSON.parse(soFar) as Awaited<typeof told>),
      });
    });
    const board = await startUboard({ name: 'ownbrd', heap: 1000, sizeKib: 4096 });
    try {
      const { urls, username, password } = await told;
      const config = { brokers: { local: { url: urls[0], username } } };
      writeFileSync(join(dir, 'own.json'), JSON.stringify(config));
      const env = {
        ...{ ...state, MPYFLEET_CONFIG: 'own.json', MPYFLEET_KEYS: 'own-keys.json' },
        MPYFLEET_BROKER_PASSWORD_LOCAL: password,
      };
      await expect
        .poll(async () => (await cli.run(['broker', 'status'], { env })).status, {
          timeout: 30_000,
        })
        .toBe(0);
      const put = await cli.run(['-b', board.tty, 'agent', 'put', '--broker', 'local'], {
        cwd: dir,
        env,
      });
      expect({ status: put.status, err: put.err }).toMatchObject({ status: 0 });
      const uid = Buffer.from('ownbrd').toString('hex');
      const place = ['-b', `mqtt://local/${uid}`];
      const seen = await cli.run([...place, 'config', 'get', '--json'], { cwd: dir, env });
      expect(seen).toMatchObject({ status: 0, out: expect.stringContaining(uid) as string });
      const set = await cli.run([...place, 'config', 'set', 'timezone=+01:00'], { cwd: dir, env });
      expect({ status: set.status, err: set.err }).toMatchObject({ status: 0 });
      const again = await cli.run(
        ['-b', board.tty, 'agent', 'put', '--broker', 'local', '--stop'],
        {
          cwd: dir,
          env,
        },
      );
      expect(again).toMatchObject({ status: 0, out: expect.stringContaining(STAY) as string });
      const kept = await cli.run([...place, 'config', 'get', '--json'], { cwd: dir, env });
      expect(kept).toMatchObject({ status: 0, out: expect.stringContaining('+01:00') as string });
    } finally {
      await board.stop();
      await cli.run(['broker', 'stop'], { env: state });
      await running;
    }
  }, 120_000);
});
