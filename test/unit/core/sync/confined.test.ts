import { execFileSync } from 'node:child_process';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { deviceTree } from '../../../../src/core/deviceYaml/deviceTree';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { resolveDevice } from '../../../../src/core/deviceYaml/resolve';
import { holdable } from '../../../../src/core/files/localParts';
import { scanFolder } from '../../../../src/core/sync/folderScan';
import { IgnoreRules } from '../../../../src/core/sync/ignoreRules';
import { wholeFolder } from '../../../../src/core/sync/mapping';
import { parseSpec, specFiles, specTree } from '../../../../src/core/sync/mqsyncSpec';
import { confinedFs } from '../../../../src/core/sync/confinedFs';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { removeTempDir, tempDir } from '../../../lab/paths.mjs';

let dir: string;
beforeAll(async () => {
  dir = tempDir('confined');
  await mkdir(join(dir, 'work', 'lib'), { recursive: true });
  await mkdir(join(dir, 'outside'));
  await symlink(join(dir, 'outside'), join(dir, 'work', 'linked'));
  await writeFile(join(dir, 'outside', 'kept'), 'x');
});
afterAll(() => removeTempDir(dir));

describe('a file from a board', () => {
  it.each(['linked/x', 'linked/deep/x', '../outside/x', 'lib/../../outside/x', '../work2/x', ''])(
    'is not written to %j',
    async (path) => {
      const base = join(dir, 'work');
      const fs = confinedFs(nodeLocalFs, base);
      await expect(fs.write(`${base}/${path}`, new Uint8Array(1))).rejects.toMatchObject({
        errno: 'EACCES',
      });
      await expect(fs.remove(`${base}/${path}`)).rejects.toMatchObject({ errno: 'EACCES' });
      expect(await readdir(join(dir, 'outside'))).toEqual(['kept']);
    },
  );

  it('cannot be one that tools of this computer execute', () => {
    const entries = [
      '.git/config',
      'sub/.GIT/hooks/x',
      '.vscode/tasks.json',
      '.envrc',
      '.git./config',
      'a.py',
    ].map((path) => ({ path }));
    expect(holdable(entries).fit).toEqual([{ path: 'a.py' }]);
    expect(holdable([{ path: '.envrc', named: true }]).unfit).toEqual([]);
  });

  it('is written into the folder itself', async () => {
    const base = join(dir, 'work');
    const fs = confinedFs(nodeLocalFs, base);
    await fs.write(`${base}/lib/new/x.py`, new Uint8Array(1));
    await fs.remove(`${base}/lib/new/x.py`);
    expect(await readdir(join(base, 'lib', 'new'))).toEqual([]);
  });
});

describe('a file of a repository', () => {
  const folder = () => join(dir, 'repository');
  beforeAll(async () => {
    await mkdir(join(folder(), 'sub'), { recursive: true });
    await writeFile(join(dir, 'outside', 'id_rsa'), 'secret');
    await writeFile(join(folder(), 'own.py'), 'x = 1');
    await symlink(join(dir, 'outside', 'id_rsa'), join(folder(), 'notes.py'));
    await symlink('../../outside', join(folder(), 'sub', 'lib'));
    await symlink('../own.py', join(folder(), 'sub', 'same.py'));
    execFileSync('mkfifo', [join(folder(), 'pipe.py')]);
  });

  it('cannot link to a file outside it, and no pipe blocks the sync', async () => {
    const fs = confinedFs(nodeLocalFs, folder());
    const rules = { mappings: wholeFolder('/'), ignores: IgnoreRules.none };
    const { tree } = await scanFolder(fs, folder(), rules);
    expect(tree.files.map((f) => f.board)).toEqual(['/own.py', '/sub/same.py']);
    expect(tree.problems.map((p) => p.message).sort()).toEqual([
      'notes.py is a link to a place outside this folder; it is left out',
      'pipe.py is neither a file nor a folder; it is left out',
      'sub/lib is a link to a folder, which is not followed; it is left out',
    ]);
  });

  it.each(['../outside: id_rsa', 'sub/lib: id_rsa', 'notes.py', '../outside/id_*'])(
    'cannot name one outside by a specification (%j) without consent to that folder',
    async (source) => {
      const spec = parseSpec(`/:\n  ${source}`);
      const files = await specFiles(spec, nodeLocalFs, folder());
      expect(files.length).toBeGreaterThan(0);
      const refused = specTree(spec, confinedFs(nodeLocalFs, folder()), folder());
      await expect(refused).rejects.toThrow(/id_rsa.* is outside .*, so it was not read/);
      const outside = join(dir, 'outside');
      const agreed = confinedFs(nodeLocalFs, folder(), (path) => path.startsWith(outside));
      expect((await specTree(spec, agreed, folder())).files).toHaveLength(1);
    },
  );

  it.each([
    ['a folder of the home folder', 'path: "~"', '"outside": {include-patterns: "id_*"}'],
    ['an absolute folder', 'path: "/DIR"', '"outside": {include-patterns: "id_*"}'],
    ['a link in the folder', 'path: "/DIR/repository"', 'notes.py'],
  ])('cannot have one sent by a device file: %s', async (_name, path, resource) => {
    const text = `b:\n  uid: aa\n  ${path.replace('/DIR', dir)}\n  resources:\n    - ${resource}\n`;
    const [device] = parseDeviceFile('d.yaml', text, { dialect: 'head' }).devices;
    if (!device) throw new Error('no device');
    const fs = confinedFs(nodeLocalFs, folder());
    const environment = { home: dir, variables: {} };
    const found = await resolveDevice(device, { fs, environment, base: folder() });
    expect(found.files).toHaveLength(1);
    await expect(deviceTree(found, fs)).rejects.toThrow('it was not read');
  });

  it('cannot make the sync read a device endlessly', async () => {
    expect(await nodeLocalFs.stat('/dev/zero')).toBeUndefined();
    expect(await nodeLocalFs.stat(join(folder(), 'pipe.py'))).toBeUndefined();
  });
});
