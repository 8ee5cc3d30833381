import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { deviceRules, deviceTree } from '../../../../src/core/deviceYaml/deviceTree';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { resolveDevice } from '../../../../src/core/deviceYaml/resolve';
import { checkSecrets } from '../../../../src/core/deviceYaml/secretsCheck';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { plan } from '../../../../src/core/sync/planner';
import { boards, environment, home, places, resolved, useLibraries } from './libraries';

useLibraries();

describe('resources', () => {
  const board = (resources: string, more = '') =>
    `b:\n  uid: aa:bb\n${more}  resources:\n${resources.replace(/^/gm, '    ')}\n`;

  it('accepts every form of an item', async () => {
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

  it('includes Python files of a folder, a single file of any kind, and files that match patterns', async () => {
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

  it('leaves out excluded files, which iot-kernel never did', async () => {
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

  it('reports a linked folder, which it does not follow, and deletes nothing for it', async () => {
    const link = join(home, 'iot49/libs/package/linked');
    symlinkSync(join(home, 'iot49/libs/bno055'), link);
    const { files, diagnostics } = await resolved(board('- package'));
    rmSync(link);
    expect(files.filter((f) => f.board.includes('linked'))).toEqual([]);
    expect(diagnostics.map((d) => `${d.severity}: ${d.message}`)).toEqual([
      'error: linked in "package" is a link to a folder, which is not followed. Name that folder as a resource of its own',
    ]);
  });

  it('uses the later of two, and reports it', async () => {
    const text = board('- pystone.py: /\n- pystone.py: {install-dir: /, lib: ~/projects}');
    const { files, diagnostics } = await resolved(text);
    expect(files).toEqual([{ board: '/pystone.py', local: `${home}/projects/pystone.py` }]);
    expect(diagnostics.map((d) => `${d.severity} ${d.line}`)).toEqual(['warning 5']);
  });

  it.each([
    ['- missing.py', '4:7 "missing.py" was not found in'],
    ['- ../up.py', 'leads outside its library'],
    ['- /etc/passwd', 'leads outside its library'],
    ['- pystone.py: /a/../../b', 'leads outside its folder'],
    ['- pystone.py: {lib: $NO_SUCH_VARIABLE/x}', 'There is no variable $NO_SUCH_VARIABLE'],
    ['- package: {include-patterns: "../**"}', 'leads outside the resource'],
    ['- package: {include-patterns: "*.csv"}', 'match none of'],
  ])('reports %s at its place', async (resource, words) => {
    const { diagnostics } = await resolved(board(resource));
    expect(diagnostics.map((d) => `${d.line}:${d.col} ${d.message}`).join('\n')).toContain(words);
    expect(diagnostics[0]?.line).toBe(4);
  });

  it('does not unpack single files', async () => {
    expect(await boards(board('- pystone.py: {unpack: true, install-dir: /}'))).toEqual([
      '/pystone.py',
    ]);
  });
});

describe('a secrets.py for a board', () => {
  it('is checked without being run, and no value is shown', async () => {
    mkdirSync(join(home, 'private'));
    const text = "wifi_pwd = get('hunter2')\nwebrepl_pwd = 'abc'\n";
    writeFileSync(join(home, 'private/secrets.py'), text);
    const { placements } = await resolved(
      'b:\n  uid: aa\n  resources:\n    - secrets.py: {install-dir: /, lib: ~/private}\n',
    );
    const found = await checkSecrets(placements, nodeLocalFs);
    expect(found.map((d) => `${d.severity} ${d.line} ${d.message}`)).toEqual([
      'warning 4 secrets.py, line 1: The value uses get, which is not a literal; this line is passed over',
      'warning 4 secrets.py, line 2: webrepl_pwd must have 4 to 9 characters',
    ]);
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
