import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isMap } from 'yaml';
import { deviceRules, deviceTree } from '../../src/core/deviceYaml/deviceTree';
import { addDevice, editDeviceFile } from '../../src/core/deviceYaml/edit';
import {
  deviceFolders,
  expandPath,
  splitPathList,
  type Environment,
} from '../../src/core/deviceYaml/environment';
import { parseDeviceFile } from '../../src/core/deviceYaml/parse';
import { readRegistry } from '../../src/core/deviceYaml/registry';
import { resolveDevice } from '../../src/core/deviceYaml/resolve';
import { nodeLocalFs } from '../../src/core/sync/nodeLocalFs';
import { plan } from '../../src/core/sync/planner';

const home = mkdtempSync(join(tmpdir(), 'devices-'));
const environment: Environment = { home, variables: {} };

/** The first board of a device text, resolved against the libraries below. */
async function resolved(text: string, variables: Record<string, string> = {}) {
  const [device] = parseDeviceFile('d.yaml', text).devices;
  if (!device) throw new Error('no device');
  const base = join(home, 'workspace');
  return resolveDevice(device, { fs: nodeLocalFs, environment: { home, variables }, base });
}

/** "/on/board < path/here", sorted by place. */
async function places(text: string, variables?: Record<string, string>) {
  const { files } = await resolved(text, variables);
  return files.map((f) => `${f.board} < ${f.local.slice(home.length + 1)}`).sort();
}

const boards = async (text: string) => (await places(text)).map((line) => line.split(' < ')[0]);
const said = (text: string) => parseDeviceFile('d.yaml', text).diagnostics;
const saidShort = (text: string) => said(text).map((d) => `${d.line}:${d.col} ${d.message}`);

const LIBRARY = [
  'bno055/bno055.py',
  'bno055/bno055_base.py',
  'bno055/bno055_test.py',
  'pystone.py',
  'secrets.py',
  'neopixel.py',
  'esp32/boot.py',
  'esp32/boot_out.txt',
  'stm32/boot.py',
  'stm32/sub/mount.py',
  'package/__init__.py',
  'package/core.mpy',
  'package/data.json',
  'package/.hidden.py',
  'package/tests/test_a.py',
];

beforeAll(() => {
  const files = [
    ...LIBRARY.flatMap((name) => [`iot49/libs/${name}`, `projects/${name}`]),
    'projects/airlift/libs/airlift_client/client.py',
    'projects/airlift/libs/mp_server/server.py',
    'projects/airlift/libs/neopixel.py',
    'IOT/projects/airlift/libs/airlift_client/client.py',
    'workspace/libs/mine.py',
    'elsewhere/libs/only/x.py',
  ];
  for (const file of files) {
    mkdirSync(dirname(join(home, file)), { recursive: true });
    writeFileSync(join(home, file), `# ${file}\n`);
  }
});
afterAll(() => rmSync(home, { recursive: true, force: true }));

describe('the documented samples', () => {
  it('huzzah32, simple: what rsync would add', async () => {
    const text = `huzzah32:
    uid: 24:0a:c4:12:87:7c
    resources:
        - pystone.py
        - secrets.py
        - bno055
`;
    expect(await boards(text)).toEqual([
      '/lib/bno055/bno055.py',
      '/lib/bno055/bno055_base.py',
      '/lib/bno055/bno055_test.py',
      '/lib/pystone.py',
      '/lib/secrets.py',
    ]);
    expect(said(text)).toEqual([]);
  });

  it('huzzah32, custom destinations', async () => {
    const text = `huzzah32:
    uid: 24:0a:c4:12:87:7c
    resources:
        - esp32:
            install-dir: /
            unpack: true
        - pystone.py
        - secrets.py: /
        - bno055
`;
    expect((await boards(text)).filter((p) => !p?.includes('bno055_'))).toEqual([
      '/boot.py',
      '/lib/bno055/bno055.py',
      '/lib/pystone.py',
      '/secrets.py',
    ]);
  });

  const stm32 = `# a comment that stays
test-stm32:
    uid: 27:00:55:00:09:50:52:42:4e:30:39:20
    libs:
        - $IOT49/libs
        - $IOT/projects/airlift/libs   # searched second
    install-dir: /spi/lib
    colour: green
    resources:
        - stm32:
            install-dir: /flash
            unpack: true
        - secrets.py: /spi
        - neopixel.py
        - airlift_client:
            unpack: true
        - mp_server:
            unpack: true
            install-dir: /spi/lib/mp
`;

  it('test-stm32: libraries searched in order', async () => {
    expect(await places(stm32)).toEqual([
      '/flash/boot.py < iot49/libs/stm32/boot.py',
      '/flash/sub/mount.py < iot49/libs/stm32/sub/mount.py',
      '/spi/lib/client.py < projects/airlift/libs/airlift_client/client.py',
      '/spi/lib/mp/server.py < projects/airlift/libs/mp_server/server.py',
      '/spi/lib/neopixel.py < iot49/libs/neopixel.py',
      '/spi/secrets.py < iot49/libs/secrets.py',
    ]);
  });

  it('test-stm32 survives an edit: comments, order and unknown keys', () => {
    const edited = editDeviceFile(stm32, (document) => {
      document.setIn(['test-stm32', 'tags'], ['lab']);
    });
    expect(parseDeviceFile('d.yaml', edited).devices[0]).toMatchObject({ name: 'test-stm32' });
    for (const kept of ['# a comment that stays', '# searched second', 'colour: green'])
      expect(edited).toContain(kept);
    const back = editDeviceFile(edited, (document) => {
      const device = document.get('test-stm32');
      if (isMap(device)) device.delete('tags');
    });
    expect(values(back)).toEqual(values(stm32));
  });
});

/** What is left of a text when places are taken away. */
function values(text: string) {
  const { devices } = parseDeviceFile('d.yaml', text);
  return JSON.parse(
    JSON.stringify(devices, (key, value: unknown) => (key === 'place' ? undefined : value)),
  ) as unknown;
}

describe('dialects', () => {
  const both = (first: string) => `${first}
board:
    uid: aa:bb
    resources:
        - esp32:
            install-dir: /
            unpack: true
        - pystone.py:
        - secrets.py: /
        - bno055
`;

  it('are not interchangeable: the same file in the one', async () => {
    const found = await boards(both('# dialect: seed'));
    expect(found.filter((p) => !p?.includes('bno055_'))).toEqual([
      '/boot.py',
      '/lib/bno055/bno055.py',
      '/lib/pystone.py',
      '/secrets.py',
    ]);
  });

  it('and in the other', async () => {
    const found = await boards(both('# dialect: head'));
    expect(found.filter((p) => !p?.includes('bno055_'))).toEqual([
      '/bno055.py',
      '/boot.py',
      '/pystone.py',
      '/secrets.py',
    ]);
  });

  const dialect = (text: string, setting?: 'seed' | 'head') =>
    parseDeviceFile('d.yaml', text, { dialect: setting }).devices[0]?.dialect;
  const base = 'b:\n  uid: aa\n';

  it('seed unless the file says otherwise', () => {
    expect(dialect(base)).toBe('seed');
    expect(dialect(`${base}  path: x\n`)).toBe('head');
    expect(dialect(`${base}  libs: x\n`)).toBe('seed');
    expect(dialect(`${base}  resources:\n    - r:\n        lib: x\n`)).toBe('seed');
    expect(dialect(`${base}  resources:\n    - r:\n        path: x\n`)).toBe('head');
    expect(dialect(base, 'head')).toBe('head');
    expect(dialect(`# dialect: seed\n${base}`, 'head')).toBe('seed');
    expect(dialect(`# Dialect:HEAD\n${base}  libs: x\n`)).toBe('head');
  });

  it('warns of keys of both, and of a dialect that there is not', () => {
    expect(saidShort(`${base}  libs: x\n  path: y\n`)).toEqual([
      '4:3 "path" and "libs" belong to different dialects; the file is read as seed',
    ]);
    expect(saidShort(`# dialect: new\n${base}`)[0]).toContain('1:1 There is no dialect "new"');
  });

  it('head unpacks folders that are no packages, and keeps packages', async () => {
    const text = '# dialect: head\nb:\n  uid: aa\n  resources: [package, bno055]\n';
    expect((await boards(text)).filter((p) => !p?.includes('bno055_'))).toEqual([
      '/bno055.py',
      '/package/__init__.py',
      '/package/core.mpy',
      '/package/tests/test_a.py',
    ]);
    const packed = '# dialect: head\nb:\n  uid: aa\n  resources: [{bno055: {unpack: no}}]\n';
    expect((await boards(packed))[0]).toBe('/bno055/bno055.py');
  });

  it('head finds a resource by its path: relative ones in IOT_PROJECTS', async () => {
    const text = `b:
  uid: aa
  path: airlift/libs
  resources:
    - neopixel.py
    - only: {path: $IOT/elsewhere/libs}
    - pystone.py: {path: "\${IOT49}/libs"}
`;
    expect(await places(text)).toEqual([
      '/neopixel.py < projects/airlift/libs/neopixel.py',
      '/pystone.py < iot49/libs/pystone.py',
      '/x.py < elsewhere/libs/only/x.py',
    ]);
  });
});

describe('resources', () => {
  const board = (resources: string, more = '') =>
    `b:\n  uid: aa:bb\n${more}  resources:\n${resources.replace(/^/gm, '    ')}\n`;

  it('takes every form of an item', async () => {
    const text = board('- pystone.py\n- secrets.py:\n- neopixel.py: /x\n- esp32: {install-dir: y}');
    expect(await boards(text)).toEqual([
      '/lib/pystone.py',
      '/lib/secrets.py',
      '/x/neopixel.py',
      '/y/esp32/boot.py',
    ]);
  });

  it('never expands a place on the board', async () => {
    expect(await boards(board('- pystone.py: ~/x\n- secrets.py: $IOT/y'))).toEqual([
      '/$IOT/y/secrets.py',
      '/~/x/pystone.py',
    ]);
  });

  it('searches the libraries of the resource, of the board, of IOT_LIBS; a text or a list', async () => {
    const airlift = 'projects/airlift/libs/neopixel.py';
    expect(await places(board('- neopixel.py: {lib: ~/projects/airlift/libs}'))).toEqual([
      `/lib/neopixel.py < ${airlift}`,
    ]);
    const list = '  libs: ~/projects/airlift/libs:~/iot49/libs\n';
    expect(await places(board('- neopixel.py\n- pystone.py', list))).toEqual([
      `/lib/neopixel.py < ${airlift}`,
      '/lib/pystone.py < iot49/libs/pystone.py',
    ]);
    const variables = { IOT_LIBS: '~/nowhere:$IOT/projects/airlift/libs' };
    expect(await places(board('- neopixel.py'), variables)).toEqual([
      `/lib/neopixel.py < ${airlift}`,
    ]);
    expect(await places(board('- mine.py', '  libs: [libs]\n'))).toEqual([
      '/lib/mine.py < workspace/libs/mine.py',
    ]);
  });

  it('takes Python files of a folder, a single file of any kind, and what patterns say', async () => {
    expect(await boards(board('- package'))).not.toContain('/lib/package/data.json');
    expect(await boards(board('- package/data.json'))).toEqual(['/lib/package/data.json']);
    const all = board('- package: {include-patterns: ["./**/*.json", "*.mpy"]}');
    expect(await boards(all)).toEqual(['/lib/package/core.mpy', '/lib/package/data.json']);
    const level = '  include-patterns: "./**/*.json"\n';
    expect(await boards(board('- package', level))).toEqual(['/lib/package/data.json']);
    expect(await boards(board('- package: {include-patterns: ["**/__init__.py"]}', level))).toEqual(
      ['/lib/package/__init__.py'],
    );
  });

  it('really leaves out what is excluded, which iot-kernel never did', async () => {
    const all = '  include-patterns: "./**/*"\n';
    const text = board('- esp32\n- package: {exclude-patterns: ["tests/*", "*.json"]}', all);
    expect(await boards(text)).toEqual([
      '/lib/esp32/boot.py',
      '/lib/package/__init__.py',
      '/lib/package/core.mpy',
    ]);
    const folder = board('- package: {exclude-patterns: /tests}');
    expect(await boards(folder)).not.toContain('/lib/package/tests/test_a.py');
  });

  it('lets the later of two win, and says so', async () => {
    const text = board('- pystone.py: /\n- pystone.py: {install-dir: /, lib: ~/projects}');
    const { files, diagnostics } = await resolved(text);
    expect(files).toEqual([{ board: '/pystone.py', local: `${home}/projects/pystone.py` }]);
    expect(diagnostics.map((d) => `${d.severity} ${d.line}`)).toEqual(['warning 5']);
  });

  it.each([
    ['- missing.py', '4:7 "missing.py" was not found in'],
    ['- ../up.py', 'leads out of its library'],
    ['- /etc/passwd', 'leads out of its library'],
    ['- pystone.py: /a/../../b', 'leads out of its folder'],
    ['- pystone.py: {lib: $NO_SUCH_VARIABLE/x}', 'There is no variable $NO_SUCH_VARIABLE'],
    ['- package: {include-patterns: "../**"}', 'leads out of the resource'],
    ['- package: {include-patterns: "*.csv"}', 'match none of'],
  ])('reports %s at its place', async (resource, words) => {
    const { diagnostics } = await resolved(board(resource));
    expect(diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`).join('\n')).toContain(words);
    expect(diagnostics[0]?.line).toBe(4);
  });

  it('keeps single files whole when they are to be unpacked', async () => {
    expect(await boards(board('- pystone.py: {unpack: true, install-dir: /}'))).toEqual([
      '/pystone.py',
    ]);
  });
});

describe('mistakes at file and line', () => {
  it.each([
    ['b:\n  resources: []\n', '1:1 Board "b" has no uid'],
    ['b: text\n', '1:1 malformed: the configuration of "b" must be a map'],
    ['- a\n- b\n', '1:1 malformed: the file must be a map'],
    ['b:\n  uid: aa\nb:\n  uid: bb\n', '3:1 Board "b" is configured twice'],
    ['b:\n  uid: aa\n  resources: x.py\n', '3:14 resources must be a list'],
    ['b:\n  uid: aa\n  resources: [[x]]\n', 'A resource is a name'],
    [
      'b:\n  uid: aa\n  resources:\n    - x: {unpack: maybe}\n',
      '4:19 unpack must be true or false',
    ],
    ['b:\n  uid: aa\n  resources:\n    - x.py: /\n      y.py: /\n', '5:7 Only the first key'],
    ['b:\n  uid: aa\n  install-dir: [a]\n', '3:16 install-dir must be a text'],
    ['b:\n  uid: aa\n  libs: {a: 1}\n', '3:9 libs must be a text or a list of texts'],
    ['b:\n  uid: kitchen\n', '"kitchen" does not look like a unique id'],
    ['b:\n  uid: !!python/object/apply:os.system ["true"]\n', 'are not allowed here'],
    ['b:\n  uid: !mine aa\n', 'Tags such as !mine are not allowed here'],
    ['b:\n  uid: "aa\n', 'Missing closing'],
    ['b:\n\tuid: aa\n', '2:1'],
  ])('%j: %s', (text, words) => {
    expect(saidShort(text).join('\n')).toContain(words);
  });

  it('reads what PyYAML reads: yes and on, digits and colons, aliases, nothing', () => {
    const text = `b: &base
  uid: 10:20:30:40
  resources:
    - x: {unpack: yes}
c:
  uid: 0011
  resources: [y]
d: {uid: ab, resources: *missing}
`;
    const { devices } = parseDeviceFile('d.yaml', text);
    expect(devices.map((d) => d.uid).slice(0, 2)).toEqual(['10:20:30:40', '0011']);
    expect(devices[0]?.resources[0]?.unpack).toBe(true);
    expect(said('')).toEqual([]);
    expect(said('# nothing\n')).toEqual([]);
  });

  it('does not go round in circles', () => {
    expect(() => said('b: &a\n  uid: aa\n  resources: *a\n')).not.toThrow();
    const bomb = ['a: &a [x,x]'];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1 || ''},*a${i - 1 || ''}]`);
    const start = performance.now();
    said(bomb.join('\n'));
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('many files together', () => {
  const file = (name: string, text: string) => ({ file: name, text });

  it('reports a name or a uid that is configured twice, at the second place', () => {
    const { devices, diagnostics } = readRegistry([
      file('one.yaml', 'a:\n  uid: AA:BB:CC\nb:\n  uid: dd\n'),
      file('two.yml', 'b:\n  uid: ee\nc:\n  uid: aabbcc\n'),
    ]);
    expect(devices.map((d) => d.name)).toEqual(['a', 'b']);
    expect(diagnostics.map((d) => `${d.file}:${d.line} ${d.message}`)).toEqual([
      'two.yml:1 Board "b" is configured already in one.yaml:3',
      'two.yml:3 "c" has the uid of "a" (one.yaml:1)',
    ]);
  });

  it('finds a board by its name, else by its uid in any writing', () => {
    const registry = readRegistry([file('f', 'a:\n  uid: 24:0A:c4:12\n')]);
    expect(registry.find('a')?.name).toBe('a');
    expect(registry.find('240ac412')?.name).toBe('a');
    expect(registry.find('24-0a-C4-12')?.name).toBe('a');
    expect(registry.find('24')).toBeUndefined();
    expect(registry.find('')).toBeUndefined();
  });

  it('adds a board and leaves the rest as it is', () => {
    const before = '# mine\na:   {uid: aa}';
    const after = addDevice(before, 'kitchen', '10:20');
    expect(after.startsWith(`${before}\n`)).toBe(true);
    const { devices, diagnostics } = parseDeviceFile('f', after);
    expect(devices.map((d) => `${d.name} ${d.uid}`)).toEqual(['a aa', 'kitchen 10:20']);
    expect(diagnostics).toEqual([]);
    expect(parseDeviceFile('f', addDevice('', 'on', '1e5')).devices[0]).toMatchObject({
      name: 'on',
      uid: '1e5',
    });
  });
});

describe('paths', () => {
  it('expands variables and home with iot-kernel’s defaults', () => {
    const expand = (text: string, variables = {}) => expandPath(text, { home: '/h', variables });
    expect(expand('$IOT49/libs').path).toBe('/h/iot49/libs');
    expect(expand('${IOT_PROJECTS}/x').path).toBe('/h/projects/x');
    expect(expand('~').path).toBe('/h');
    expect(expand('a~b/~').path).toBe('a~b/~');
    expect(expand('$IOT/x', { IOT: '/other' }).path).toBe('/other/x');
    expect(expand('$IOT49/libs', { IOT: '/other' }).path).toBe('/other/iot49/libs');
    expect(expand('$A', { A: '$B', B: '$A' }).unknown).not.toEqual([]);
    expect(expand('$NOPE/x')).toEqual({ path: '$NOPE/x', unknown: ['NOPE'] });
  });

  it('splits lists at colons and semicolons, not at drives', () => {
    expect(splitPathList('/a:/b;/c')).toEqual(['/a', '/b', '/c']);
    expect(splitPathList('C:\\x;D:/y:E:/z')).toEqual(['C:\\x', 'D:/y', 'E:/z']);
    expect(splitPathList('a:b::c')).toEqual(['a', 'b', 'c']);
    expect(splitPathList('$IOT49/libs:~/x')).toEqual(['$IOT49/libs', '~/x']);
  });

  it('looks in the folders of both dialects, or in those that are set', () => {
    expect(deviceFolders(environment)).toEqual([
      `${home}/iot49/devices`,
      `${home}/projects/devices`,
    ]);
    const set = { home, variables: { IOT_DEVICES: '~/a:/b' } };
    expect(deviceFolders(set)).toEqual([`${home}/a`, '/b']);
  });
});

describe('a sync by device file', () => {
  const text = 'b:\n  uid: aa\n  protect: ["/keep"]\n  resources: [pystone.py, {secrets.py: /}]\n';
  const remote = ['/lib', '/keep', '/.state', '/x'].map((path) => {
    return { path, type: 'dir' as const, size: 0 };
  });
  const files = ['/boot_out.txt', '/keep/a', '/.state/b', '/x/y', '/.z'].map((path) => {
    return { path, type: 'file' as const, size: 1 };
  });

  async function planned(source: string, mode: 'push' | 'mirror') {
    const { devices, diagnostics } = parseDeviceFile('d.yaml', source);
    const [device] = devices;
    if (!device) throw new Error('no device');
    const found = await resolveDevice(device, { fs: nodeLocalFs, environment, base: home });
    const complete = [...diagnostics, ...found.diagnostics].every((d) => d.severity !== 'error');
    const rules = deviceRules(device, found.files, complete, []);
    const made = plan(await deviceTree(found, nodeLocalFs), [...remote, ...files], mode, rules);
    return made.actions.map((a) => `${a.kind} ${a.path}`);
  }

  it('sees no names with a dot, deletes only in mirror, and nothing that is protected', async () => {
    expect(await planned(text, 'push')).toEqual(['add /lib/pystone.py', 'add /secrets.py']);
    expect(await planned(text, 'mirror')).toEqual([
      'add /lib/pystone.py',
      'add /secrets.py',
      'delete /x/y',
      'delete /x',
    ]);
  });

  it('deletes nothing while a resource is missing', async () => {
    const missing = text.replace('pystone.py', 'pystoned.py');
    expect(await planned(missing, 'mirror')).toEqual(['add /secrets.py']);
  });
});
