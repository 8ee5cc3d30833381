import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import type { Environment } from '../../../../src/core/deviceYaml/environment';
import { parseDeviceFile } from '../../../../src/core/deviceYaml/parse';
import { resolveDevice } from '../../../../src/core/deviceYaml/resolve';
import { nodeLocalFs } from '../../../../src/core/sync/nodeLocalFs';
import { tempDir } from '../../../lab/paths.mjs';

/** A user's home folder with libraries in it, for one test file. */
export const home = tempDir('devices');
export const environment: Environment = { home, variables: {} };

/** The first board of a device text, resolved against the libraries below. */
export async function resolved(text: string, variables: Record<string, string> = {}) {
  const [device] = parseDeviceFile('d.yaml', text).devices;
  if (!device) throw new Error('no device');
  const base = join(home, 'workspace');
  return resolveDevice(device, { fs: nodeLocalFs, environment: { home, variables }, base });
}

/** "/on/board < path/here", sorted by place. */
export async function places(text: string, variables?: Record<string, string>) {
  const { files } = await resolved(text, variables);
  return files.map((f) => `${f.board} < ${f.local.slice(home.length + 1)}`).sort();
}

/** The places alone. */
export const boards = async (text: string) =>
  (await places(text)).map((line) => line.split(' < ')[0]);

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

/** Makes the libraries before the file's tests, and takes them away afterwards. */
export function useLibraries(): void {
  beforeAll(makeLibraries);
  afterAll(() => rmSync(home, { recursive: true, force: true }));
}

function makeLibraries(): void {
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
}
