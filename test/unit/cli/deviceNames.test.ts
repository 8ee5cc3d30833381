/** Names and tags of device files in the command line, and what those of a repository cannot do. */
import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { chooseBoards } from '../../../src/cli/board/choose';
import type { Links } from '../../../src/cli/board/links';
import { loadRegistry } from '../../../src/cli/board/registry';
import type { Cli } from '../../../src/cli/cli';
import type { Found } from '../../../src/core/board';
import { parseAddress } from '../../../src/core/parseAddress';
import { tempDir } from '../../lab/paths.mjs';

const OWN = {
  boards: {
    kitchen: { address: 'serial:/dev/ttyACM0', uid: 'aa01', tags: ['lab'] },
    bench: { address: 'ws://bench.example:8266', uid: 'bb02' },
  },
  groups: { lab: 'tag:lab', named: 'p*', here: 'porch' },
};

const PROJECT = `
porch: { uid: "24:0A:C4:12:87:7C", tags: [lab, out] }
stove: { uid: AA01, tags: "hot, lab" }
`;

const at = (address: string, more: Partial<Found>): Found => ({
  ...{ address: parseAddress(address), likely: true, ...more },
});
const PORCH = at('mqtt://office/240ac412877c', { uid: '240ac412877c', name: 'x-1', online: true });
const NAMELESS = { ...PORCH, name: undefined };
const PORT = at('serial:/dev/ttyACM7', {
  usb: { vendorId: '303a', productId: '1001', serialNumber: '24:0A:C4:12:87:7C' },
});

interface World {
  readonly project?: string;
  readonly own?: string;
  readonly fleet?: object;
  readonly found?: readonly Found[];
  readonly ports?: readonly Found[];
  readonly stranger?: string;
}

async function registryOf({ project = PROJECT, own, fleet = {}, stranger }: World) {
  const home = tempDir('device-names');
  const cwd = join(home, 'project');
  const write = (folder: string, file: string, text: string) => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, file), text);
  };
  const config = join(home, '.config');
  write(join(config, 'micropython-fleet'), 'fleet.json', JSON.stringify(OWN));
  write(join(cwd, '.micropython'), 'fleet.json', JSON.stringify(fleet));
  write(join(cwd, '.micropython', 'devices'), 'all.yaml', project);
  const mine = join(home, 'mine');
  if (own !== undefined) write(mine, 'mine.yml', own);
  if (stranger !== undefined) chownSync(join(cwd, stranger), 12_345, 12_345);
  return loadRegistry(cwd, { HOME: home, XDG_CONFIG_HOME: config, IOT_DEVICES: mine });
}

/** The boards that `-b` means, as `name=address`. */
async function chosen(board: string, world: World = {}) {
  const registry = await registryOf(world);
  const { found = [PORCH], ports = [] } = world;
  const discover = () => Promise.resolve(found);
  const brokers = { configured: true, discover, named: () => undefined };
  const cli = { options: { board: [board] }, env: {} } as unknown as Cli;
  const links = { registry, brokers, discover: () => Promise.resolve(ports) };
  const boards = await chooseBoards(cli, links as unknown as Links);
  return boards.map((b) => `${b.name}=${b.address.text.replace(/\/$/, '')}`);
}

const KITCHEN = 'kitchen=serial:/dev/ttyACM0';
const BENCH = 'bench=ws://bench.example:8266';
const X1 = 'x-1=mqtt://office/240ac412877c';

describe('the name in a device file', () => {
  it('selects the board with its unique id, which keeps its own name', async () => {
    expect(await chosen('porch')).toEqual([X1]);
    expect(await chosen('po*')).toEqual([X1]);
    expect(await chosen('x-1,stove')).toEqual([X1, KITCHEN]);
  });

  it('is the name of a board that has none', async () => {
    const found = [NAMELESS];
    expect(await chosen('porch', { found })).toEqual(['porch=mqtt://office/240ac412877c']);
    expect(await chosen('tag:out', { found })).toEqual(['porch=mqtt://office/240ac412877c']);
  });

  it('finds a board on a cable whose USB serial number is its unique id', async () => {
    const world = { found: [], ports: [PORT] };
    expect(await chosen('porch', world)).toEqual(['porch=serial:/dev/ttyACM7']);
    expect(await chosen('tag:lab', world)).toEqual([KITCHEN, 'porch=serial:/dev/ttyACM7']);
    // At its broker it is one board still.
    expect(await chosen('porch', { ports: [PORT] })).toEqual([X1]);
  });

  it.each(['bench', 'bb02', 'x-1'])('never takes that of another board: %s', async (name) => {
    const project = `${name}: { uid: aa01 }`;
    expect(await chosen(name, { project })).toEqual([name === 'x-1' ? X1 : BENCH]);
  });

  it('never takes that of a group, nor a word of selectors', async () => {
    const project = 'lab: { uid: bb02 }\nall: { uid: aa01 }\n"*": { uid: aa02 }\n';
    expect(await chosen('lab', { project })).toEqual([KITCHEN]);
    expect(await chosen('all', { project })).toEqual([KITCHEN, BENCH, X1]);
    expect((await registryOf({ project })).deviceNames.size).toBe(1);
  });

  it('is refused to a board that is not there', async () => {
    await expect(chosen('porch', { found: [] })).rejects.toThrow('No board matches "porch"');
  });
});

describe('the tags in a device file', () => {
  it("are added to the board's own", async () => {
    expect(await chosen('tag:hot')).toEqual([KITCHEN]);
    expect(await chosen('tag:lab')).toEqual([KITCHEN, X1]);
  });

  it("add nothing to the user's groups if the file is a project's", async () => {
    const fleet = { groups: { mine: 'tag:lab' } };
    expect(await chosen('@lab', { fleet })).toEqual([KITCHEN]);
    await expect(chosen('@named', { fleet })).rejects.toThrow('"p* (in group named)"');
    await expect(chosen('@here', { fleet })).rejects.toThrow('porch (in group here)');
    expect(await chosen('@mine', { fleet })).toEqual([KITCHEN, X1]);
  });

  it("count in the user's groups if the file is the user's", async () => {
    const world = { own: PROJECT, project: '' };
    expect(await chosen('@lab', world)).toEqual([KITCHEN, X1]);
    expect(await chosen('@here', world)).toEqual([X1]);
  });
});

describe('device files', () => {
  it("of the user come before those of a project, and a project's has no say in them", async () => {
    const { deviceNames } = await registryOf({ own: 'mine: { uid: aa01, tags: [a] }' });
    expect(deviceNames.get('aa01')).toEqual({ name: 'mine', tags: ['a'], own: true });
    expect(deviceNames.get('240ac412877c')).toMatchObject({ name: 'porch', own: false });
  });

  it('with mistakes or without permission do not stop a command', async () => {
    expect((await registryOf({ project: '- [' })).deviceNames.size).toBe(0);
    const wrong = 'a: { uid: aa01, tags: "é/!" }\nb: 7\n';
    expect((await registryOf({ project: wrong })).deviceNames.get('aa01')?.tags).toEqual([]);
  });

  it
    .skipIf(process.getuid?.() !== 0)
    .each(['.', '.micropython/devices', '.micropython/devices/all.yaml'])(
    'of another user are not read: %s',
    async (stranger) => {
      expect((await registryOf({ stranger })).deviceNames.size).toBe(0);
    },
  );
});
