import { describe, expect, it } from 'vitest';
import { addDevice } from '../../../../src/core/deviceYaml/edit';
import {
  deviceFolders,
  expandPath,
  splitPathList,
} from '../../../../src/core/deviceYaml/environment';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { blink } from '../../../../src/core/board/blink';
import { utf8 } from '../../../../src/core/bytes';
import { readRegistry } from '../../../../src/core/deviceYaml/registry';

const said = (text: string) => parseDeviceFile('d.yaml', text).diagnostics;
const saidShort = (text: string) => said(text).map((d) => `${d.line}:${d.col} ${d.message}`);

describe('mistakes at file and line', () => {
  it.each([
    ['b:\n  resources: []\n', '1:1 Board "b" has no uid'],
    ['b: text\n', '1:1 malformed: the configuration of "b" must be a map'],
    ['- a\n- b\n', '1:1 malformed: the file must be a map'],
    ['b:\n  uid: aa\nb:\n  uid: bb\n', '3:1 Board "b" is configured twice'],
    ['b:\n  uid: aa\n  resources: x.py\n', '3:14 resources must be a list'],
    ['b:\n  uid: aa\n  resources: [[x]]\n', 'A resource must be a name'],
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

  it('reads the same values as PyYAML: yes and on, digits and colons, aliases, empty values', () => {
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

  it('merges as PyYAML does: the map itself counts, then the first of a list', () => {
    const text = `a: &a {uid: aa, resources: [code], install-dir: /x}
z: &z {uid: bb, install-dir: /z, protect: [/keep]}
b: {<<: *a, uid: cc}
c: {<<: [*z, *a], uid: dd}
`;
    const { devices, diagnostics } = parseDeviceFile('d.yaml', `\uFEFF${text}`);
    expect(diagnostics).toEqual([]);
    expect(
      devices.slice(2).map((d) => [d.uid, d.resources.length, d.installDir?.value, d.protect]),
    ).toEqual([
      ['cc', 1, '/x', []],
      ['dd', 1, '/z', ['/keep']],
    ]);
    expect(saidShort('b: &b\n  <<: *b\n  uid: aa\n').join()).toContain('"<<" must name a map');
    expect(saidShort('b:\n  <<: text\n  uid: aa\n').join()).toContain('"<<" must name a map');
  });

  it('reads a board with "path" as head, regardless of its resources', () => {
    const text = 'b:\n  uid: aa\n  path: p\n  resources:\n    - code: {lib: x}\n';
    const { devices } = parseDeviceFile('d.yaml', text);
    expect(devices.map((d) => d.dialect)).toEqual(['head']);
    expect(saidShort(text).join()).toContain('the file is read as head');
  });

  it('detects circular references', () => {
    expect(() => said('b: &a\n  uid: aa\n  resources: *a\n')).not.toThrow();
    const bomb = ['a: &a [x,x]'];
    for (let i = 1; i < 30; i++) bomb.push(`a${i}: &a${i} [*a${i - 1 || ''},*a${i - 1 || ''}]`);
    expect(() => said(bomb.join('\n'))).not.toThrow(); // taken at its word, it would never end
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
      'two.yml:1 Board "b" is already configured in one.yaml:3',
      'two.yml:3 "c" has the uid of "a" (one.yaml:1)',
    ]);
  });

  it('finds a board by its name, else by its uid in any notation', () => {
    const registry = readRegistry([file('f', 'a:\n  uid: 24:0A:c4:12\n')]);
    expect(registry.find('a')?.name).toBe('a');
    expect(registry.find('240ac412')?.name).toBe('a');
    expect(registry.find('24-0a-C4-12')?.name).toBe('a');
    expect(registry.find('24')).toBeUndefined();
    expect(registry.find('')).toBeUndefined();
  });

  it('adds a board and does not change the rest', () => {
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
    expect(deviceFolders({ home: '/h', variables: {} })).toEqual([
      `/h/iot49/devices`,
      `/h/projects/devices`,
    ]);
    const set = { home: '/h', variables: { IOT_DEVICES: '~/a:/b' } };
    expect(deviceFolders(set)).toEqual([`/h/a`, '/b']);
  });
});

describe('the LED that shows which board it is', () => {
  const ledOf = (led: string) => parseDeviceFile('d.yaml', `b:\n  uid: aa\n  led: ${led}\n`);

  it.each([
    ['25', '25'],
    ['GP25', 'GP25'],
    ['LED_BLUE', 'LED_BLUE'],
  ])('%s is a pin', (written, pin) => {
    expect(ledOf(written).devices[0]?.led).toBe(pin);
    expect(ledOf(written).diagnostics).toEqual([]);
  });

  it.each(["'1); import os'", "'25 # x'", '-1'])(
    '%s is none, and comes into no code',
    (written) => {
      const { devices, diagnostics } = ledOf(written);
      expect(devices[0]?.led).toBeUndefined();
      expect(diagnostics[0]?.message).toContain('is not a pin');
    },
  );

  it('goes into the code that blinks', async () => {
    let ran = '';
    const board = {
      exec: (code: string) => {
        ran = code;
        return Promise.resolve(utf8('True\n'));
      },
    };
    expect(await blink(board, 'Blinking', { led: 'GP25' })).toBe(true);
    expect(ran.split('\n')[0]).toBe('given = "GP25"');
  });
});
