// Boards that are made ready for the broker of another owner: `mpyfleet provision` with a broker that has a host and no id.
import { readFileSync, statSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { espFirmware, startEsp, startMosquitto, tempDir } from '../../lab/index.mjs';
import { freePort } from '../../lab/process.mjs';
import { BuiltCli } from '../rig/cliRig';

/** The line looks at its ports every 300 ms; a person needs longer to plug in the next board. */
const UNPLUGGED_MS = 1000;
const WAIT_MS = 60_000;

let cli: BuiltCli;
let own: Awaited<ReturnType<typeof startMosquitto>>;
let customers: Awaited<ReturnType<typeof startMosquitto>>;
let dir: string;
let env: Record<string, string>;

beforeAll(async () => {
  dir = tempDir('other-owner');
  const config = ['set_tcp_nodelay true'];
  [cli, own, customers] = await Promise.all([
    BuiltCli.build(),
    startMosquitto({ config }),
    startMosquitto({ config, users: { boards: 'customer-pw', boss: 'boss-pw' } }),
  ]);
  writeFileSync(join(dir, 'firmware.bin'), espFirmware({ chip: 'esp32s3', size: 40_000 }));
  writeFileSync(join(dir, 'fleet.json'), JSON.stringify({ brokers: { office: own.url } }));
  env = {
    MPYFLEET_CONFIG: 'fleet.json',
    MPYFLEET_SECRET_MQ: 'customer-pw',
    MPYFLEET_SECRET_CUSTOMER: 'a passphrase for the customer',
  };
});
afterAll(async () => {
  await own.stop();
  await customers.stop();
});

/** Starts a blank chip. */
async function blankChip() {
  const lines = join(dir, 'lines');
  const chip = await startEsp({ chip: 'esp32s3', circuit: 'classic', start: 'program', lines });
  onTestFinished(() => chip.stop());
  return chip;
}

/** Writes a template for boards at another owner's broker. */
function template(name: string, port: number, more = ''): string {
  const file = `${name}.board-template.yaml`;
  const text = `
firmware: {use: firmware.bin}
name: ${name}-[01-20]
broker: {host: 127.0.0.1, port: ${port}, user: boards, password: '{secret:mq}', handOver: '{secret:customer}'}
files: [{to: /name.txt, text: '{name}'}]
${more}`;
  writeFileSync(join(dir, file), text);
  return file;
}

const made = (name: string) => readFileSync(join(dir, name), 'utf8');
/** The window of an ESP stand-in's lines belongs to the program that works on it. */
const envOf = (chip: Awaited<ReturnType<typeof startEsp>>) =>
  ({ ...env, ...chip.env }) as Record<string, string>;

it('makes one board after the other at the same port, which their owner reaches with the sealed keys', async () => {
  const file = template('lamp', customers.port);
  const chips = [await blankChip(), await blankChip(), await blankChip()] as const;
  const port = join(dir, 'port');
  symlinkSync(chips[0].tty, port);
  let plugged = 1;
  const ran = await cli.run(['provision', file, '-b', port, '--count', '3'], {
    cwd: dir,
    env: envOf(chips[0]),
    onOut: (soFar) => {
      const next = chips[plugged];
      if (!next || !soFar.includes(`lamp-0${plugged} is ready`)) return;
      plugged++;
      unlinkSync(port);
      setTimeout(() => symlinkSync(next.tty, port), UNPLUGGED_MS);
    },
  });
  expect(`${ran.out}${ran.err}`).toContain('3 ready, 0 failed');
  expect(ran.status).toBe(0);
  for (const name of ['lamp-01', 'lamp-02', 'lamp-03']) {
    expect(ran.out).toContain(`${name} is ready: flash, name, agent, files, start, broker`);
  }
  expect(ran.out).toContain('The board reports that it reached 127.0.0.1');
  expect(ran.err).toContain('lamp.handover.keys, sealed');

  // No list has a key or a password, and the file for the owner is sealed.
  const keys = Object.values(JSON.parse(made('lamp.keys.json')) as Record<string, string>);
  expect(keys.length).toBe(3);
  const lists = ['lamp.made.csv', 'lamp.made.json', 'lamp.labels.txt', 'lamp.handover.keys'];
  for (const list of lists) {
    for (const secret of [...keys, 'customer-pw', 'passphrase']) {
      expect(made(list)).not.toContain(secret);
    }
  }
  expect(statSync(join(dir, 'lamp.handover.keys')).mode & 0o777).toBe(0o600);

  // The owner, on another computer.
  const home = tempDir('owner');
  writeFileSync(
    join(home, 'fleet.json'),
    JSON.stringify({ brokers: { hall: { url: customers.url, username: 'boss' } } }),
  );
  const owner = (args: string[]) =>
    cli.run(args, {
      cwd: home,
      env: {
        MPYFLEET_CONFIG: 'fleet.json',
        MPYFLEET_BROKER_PASSWORD_HALL: 'boss-pw',
        MPYFLEET_KEYS: 'my.keys.json',
        MPYFLEET_PASSPHRASE: 'a passphrase for the customer',
      },
    });
  const read = await owner(['keys', 'import', join(dir, 'lamp.handover.keys')]);
  expect(read.err).toContain('Keys of 3 boards');
  const said = await owner(['-b', 'all', '--json', 'exec', 'print(open("/name.txt").read())']);
  expect(said.status, said.err).toBe(0);
  const answers = JSON.parse(said.out) as { output: string }[];
  expect(answers.map((a) => a.output.trim()).sort()).toEqual(['lamp-01', 'lamp-02', 'lamp-03']);
  // Afterwards the keys that the maker has open nothing.
  const renewed = await owner(['-b', 'all', 'keys', 'renew']);
  expect(renewed.status).toBe(0);
});

it('says that a board was not verified, and why, where the broker cannot be reached', async () => {
  const chip = await blankChip();
  const file = template('away', await freePort());
  const ran = await cli.run(['provision', file, '-b', chip.tty, '--count', '1'], {
    cwd: dir,
    env: envOf(chip),
  });
  expect(ran.status).toBe(0);
  expect(ran.out).toMatch(/away-01 is ready: flash, name, agent, files, start$/m);
  const why =
    /Not verified: 127\.0\.0\.1 is another owner’s broker, .*nothing accepts connections at that port/;
  expect(ran.out).toMatch(why);
  expect(made('away.made.csv')).toMatch(why);
  // Its agent runs again, so that the board finds the broker when its owner switches it on.
  const again = await startMosquitto({
    port: Number(/port: (\d+)/.exec(made(file))?.[1]),
    users: { boards: 'customer-pw' },
  });
  onTestFinished(() => again.stop());
  const client = await connectAsync(again.url, { username: 'boards', password: 'customer-pw' });
  onTestFinished(() => client.endAsync(true));
  const uid = made('away.made.csv').split('\r\n')[1]?.split(',')[0];
  const topics: string[] = [];
  client.on('message', (topic) => topics.push(topic));
  await client.subscribeAsync('mpy/+/st');
  await expect.poll(() => topics, { timeout: WAIT_MS }).toContain(`mpy/${uid}/st`);
});

it('fails where the broker of the other owner refuses the login', async () => {
  const chip = await blankChip();
  const file = template('wrong', customers.port);
  const ran = await cli.run(['provision', file, '-b', chip.tty, '--count', '1'], {
    cwd: dir,
    env: { ...envOf(chip), MPYFLEET_SECRET_MQ: 'not the password' },
  });
  expect(`${ran.out}${ran.err}`).toMatch(
    /wrong-01 failed in "broker": 127\.0\.0\.1 and the board refuse/,
  );
  expect(ran.status).toBe(1);
});

it('rejects another passphrase before a board is touched', async () => {
  const chip = await blankChip();
  const file = template('lamp', customers.port);
  const bad = await cli.run(['provision', file, '-b', chip.tty, '--count', '1'], {
    cwd: dir,
    env: { ...envOf(chip), MPYFLEET_SECRET_CUSTOMER: 'some other passphrase' },
  });
  expect(bad.status).toBe(64);
  expect(bad.err).toContain('The key file cannot be opened');
  expect((await chip.state()).mode).toBe('blank');
});
