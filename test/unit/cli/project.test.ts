/** What the fleet.json of a repository can do to a user who works in its folder. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { loadRegistry } from '../../../src/cli/board/registry';
import { isForeign } from '../../../src/cli/board/project';
import { chooseBoards } from '../../../src/cli/board/choose';
import type { Links } from '../../../src/cli/board/links';
import { brokerPassword } from '../../../src/cli/broker/password';
import type { Cli } from '../../../src/cli/cli';
import type { Found } from '../../../src/core/board';
import { parseAddress } from '../../../src/core/parseAddress';
import { tempDir } from '../../lab/paths.mjs';

const OWN = {
  boards: {
    kitchen: { address: 'serial:/dev/ttyACM0', uid: 'aa01', tags: ['lab'] },
    bench: 'ws://bench.example:8266',
  },
  brokers: { office: { url: 'mqtts://office.example:8883', username: 'ann' } },
  groups: { lab: 'tag:lab', kit: 'kitchen,bench', all_: 'all', named: 'k*' },
};

function load(project: object) {
  const home = tempDir('home');
  const folder = join(home, 'project');
  const write = (path: string, content: object) => {
    mkdirSync(path, { recursive: true });
    writeFileSync(join(path, 'fleet.json'), JSON.stringify(content));
  };
  write(join(home, '.config', 'micropython-fleet'), OWN);
  write(join(folder, '.micropython'), project);
  return loadRegistry(folder, { HOME: home, XDG_CONFIG_HOME: join(home, '.config') });
}

/** The boards that `-b` means there, by their addresses. */
async function chosen(board: string, project: object, found: readonly Found[] = []) {
  const registry = await load(project);
  const named = () => undefined;
  const brokers = { configured: found.length > 0, discover: () => Promise.resolve(found), named };
  const cli = { options: { board: [board] }, env: {} } as unknown as Cli;
  const boards = await chooseBoards(cli, { registry, brokers } as unknown as Links);
  return boards.map((b) => b.address.text.replace(/\/$/, ''));
}

it('accepts an address of every kind in place of a name', async () => {
  for (const address of ['serial:/dev/ttyX', 'ws://192.0.2.1:8266', 'telnet://192.0.2.1:23']) {
    expect(await chosen(address, {})).toEqual([parseAddress(address).text.replace(/\/$/, '')]);
  }
});

describe.skipIf(process.platform === 'win32')('a fleet.json of somebody else', () => {
  const STRANGER = 12_345;
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Makes the path another user's: really as root, else by the id of who asks. */
  function give(path: string): void {
    if (process.getuid?.() === 0) chownSync(path, STRANGER, STRANGER);
    else vi.spyOn(process, 'getuid').mockReturnValue(STRANGER);
  }

  it.each(['.', '.micropython', '.micropython/fleet.json', 'none'])(
    'is not read, nor one above it (of another user: %s)',
    async (path) => {
      const home = tempDir('home');
      const boards = (folder: string) => {
        mkdirSync(join(folder, '.micropython'), { recursive: true });
        const content = { boards: { stranger: 'ws://evil:8266' } };
        writeFileSync(join(folder, '.micropython', 'fleet.json'), JSON.stringify(content));
      };
      const folder = join(home, 'shared');
      const work = join(folder, 'work');
      mkdirSync(work, { recursive: true });
      boards(folder);
      if (path === '.') boards(home);
      if (path !== 'none') give(join(folder, path));
      const env = { HOME: home, XDG_CONFIG_HOME: join(home, '.config') };
      const { boards: found } = await loadRegistry(work, env);
      expect(found.map((b) => b.name)).toEqual(path === 'none' ? ['stranger'] : []);
    },
  );
});

describe('the fleet.json of a project', () => {
  it.each([
    ['the name of a group', { boards: { kit: 'ws://evil:8266' } }, 'group "kit"'],
    ['the id of a board', { boards: { x: { address: 'ws://evil', uid: 'AA01' } } }, 'board "kit'],
    ['its id as a name', { boards: { aa01: 'ws://evil:8266' } }, 'board "kitchen"'],
    ['its name as an id', { boards: { x: { address: 'ws://evil', uid: 'kitchen' } } }, 'board "k'],
    ['a group as an id', { boards: { x: { address: 'ws://evil', uid: 'kit' } } }, 'group "kit"'],
  ])('cannot give a board %s of the user', async (_, project, what) => {
    await expect(load(project)).rejects.toThrow(`redefines your ${what}`);
  });

  it('adds boards only to its own groups, not to those of the user', async () => {
    const project = {
      boards: { kevil: { address: 'ws://evil:8266', tags: ['lab'] } },
      groups: { mine: 'tag:lab' },
    };
    expect(await chosen('lab', project)).toEqual(['serial:/dev/ttyACM0']);
    expect(await chosen('@named', project)).toEqual(['serial:/dev/ttyACM0']);
    expect(await chosen('all_', project)).toEqual([
      'serial:/dev/ttyACM0',
      'ws://bench.example:8266',
    ]);
    expect(await chosen('mine', project)).toEqual(['serial:/dev/ttyACM0', 'ws://evil:8266']);
    expect(await chosen('kevil', project)).toEqual(['ws://evil:8266']);
  });

  it("does not change a board that both define, and keeps the user's tags", async () => {
    const both = { address: 'serial:/dev/ttyACM0', uid: 'aa01', tags: ['prod'] };
    const { boards, foreign } = await load({ boards: { kitchen: both, same: both } });
    expect(boards.find((b) => b.name === 'kitchen')?.tags).toEqual(['lab']);
    expect(isForeign(parseAddress('serial:/dev/ttyACM0'), foreign)).toBe(false);
  });

  it('cannot redirect a board of the user to its own broker', async () => {
    const at = (address: string, name: string, uid: string): Found => ({
      ...{ address: parseAddress(address), likely: true, online: true, name, uid },
    });
    const own = at('mqtt://office/bb02', 'oven', 'bb02');
    const evil = [
      at('mqtt://evil/cc03', 'oven', 'cc03'),
      at('mqtt://evil/bb02', 'x', 'bb02'),
      at('mqtt://evil/dd04', 'lab', 'dd04'),
      at('mqtt://evil/ee05', 'new', 'ee05'),
    ];
    const project = { brokers: { evil: 'mqtt://evil.example' } };
    const found = [own, ...evil];
    expect(await chosen('oven', project, found)).toEqual(['mqtt://office/bb02']);
    expect(await chosen('bb02', project, found)).toEqual(['mqtt://office/bb02']);
    expect(await chosen('@lab', project, found)).toEqual(['serial:/dev/ttyACM0']);
    expect(await chosen('new', project, found)).toEqual(['mqtt://evil/ee05']);
  });

  it('names brokers with all that they demand of a client', async () => {
    const iot = { url: 'mqtts://iot.example:8883', clientId: 'thing-1', certFile: 'c.pem' };
    const { brokers } = await load({ brokers: { iot } });
    expect(brokers.find((b) => b.id === 'iot')).toMatchObject(iot);
  });

  it('gets no password for brokers of the user', async () => {
    const { brokers, foreign } = await load({
      brokers: { evil: { url: 'mqtt://evil.example', username: 'u' }, office: OWN.brokers.office },
    });
    expect([...foreign.brokers]).toEqual(['evil']);
    const env = { MPYFLEET_BROKER_PASSWORD: 'hunter2' };
    const passwordOf = (id: string, more = {}) => {
      const broker = brokers.find((b) => b.id === id);
      if (!broker) throw new Error(`there is no ${id}`);
      return brokerPassword({ env: { ...env, ...more } }, broker, !foreign.brokers.has(id));
    };
    expect(passwordOf('office')).toBe('hunter2');
    expect(() => passwordOf('evil')).toThrow('is not sent to it');
    expect(passwordOf('evil', { MPYFLEET_BROKER_PASSWORD_EVIL: 'its own' })).toBe('its own');
  });

  it("counts as the user's own if MPYFLEET_CONFIG names it", async () => {
    const folder = tempDir('named');
    writeFileSync(join(folder, 'team.json'), JSON.stringify(OWN));
    const { foreign } = await loadRegistry(folder, { HOME: folder, MPYFLEET_CONFIG: 'team.json' });
    expect([...foreign.brokers, ...foreign.addresses, ...foreign.groups]).toEqual([]);
  });
});
