import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Deferred } from '../../../../src/core/async';
import type { Board } from '../../../../src/core/board/board';
import type { InstalledPackage } from '../../../../src/core/packages/fetchPackages';
import type { InstalledState } from '../../../../src/core/packages/installed';
import { InstalledFiles } from '../../../../src/core/packages/installedFiles';
import { stateFolder } from '../../../../src/core/packages/stateFolder';
import type { PackageServices } from '../../../../src/views/packages/packageCenter';
import { tempDir } from '../../../lab/paths.mjs';

vi.mock('vscode', () => ({
  languages: { createDiagnosticCollection: () => ({ dispose: () => undefined }) },
  workspace: { onDidChangeTextDocument: () => ({ dispose: () => undefined }) },
  Uri: { joinPath: () => ({ fsPath: 'none' }) },
}));
const { PackageCenter } = await import('../../../../src/views/packages/packageCenter');

const UID = 'e6614103e7174e22';
const hello: InstalledPackage = {
  id: 'mip:hello',
  name: 'hello',
  version: '1.0.0',
  source: 'hello',
  needs: [],
  wanted: true,
  files: [],
};
/** A board that is connected and has been identified. The checks themselves are scripted. */
const board = {
  uid: UID,
  id: 'kit',
  name: 'kit',
  state: { tag: 'idle' },
  info: { uid: UID, mpy: { version: 6, arch: 0 } },
} as unknown as Board;

let center: InstanceType<typeof PackageCenter>;

beforeEach(async () => {
  vi.stubEnv('XDG_STATE_HOME', tempDir('packages'));
  await new InstalledFiles(stateFolder(process.env)).save(UID, [hello]);
  center = new PackageCenter({
    extension: {},
    settings: { get: () => '' },
    log: { debug: (words: string) => expect.fail(words) },
  } as unknown as PackageServices);
  vi.spyOn(center.manager, 'adopt').mockResolvedValue([]);
});

afterEach(() => {
  center.dispose();
  vi.unstubAllEnvs();
});

/** Starts the check of an expanded row. The result answers it, and returns once the answer has been taken. */
async function quietCheck(): Promise<(state: InstalledState['state']) => Promise<void>> {
  const answer = new Deferred<InstalledState[]>();
  const list = vi.spyOn(center.manager, 'list').mockReturnValueOnce(answer.promise);
  center.checkQuietly(board);
  await expect.poll(() => list).toHaveBeenCalledOnce();
  return async (state) => {
    answer.resolve([{ ...hello, state }]);
    await new Promise(setImmediate); // what waits for the answer has run
  };
}

const shown = async () =>
  (await center.packagesOf(board)).map(({ state, latest }) => ({ state, latest }));

it('keeps the result of a newer check when an earlier one ends later', async () => {
  const answerQuietly = await quietCheck();
  vi.spyOn(center.manager, 'list').mockResolvedValueOnce([{ ...hello, state: 'intact' }]);
  vi.spyOn(center.manager, 'outdated').mockResolvedValueOnce([
    { installed: hello, latest: '2.0.0' },
  ]);
  await center.check(board);
  await answerQuietly('missing');
  expect(await shown()).toEqual([{ state: 'intact', latest: '2.0.0' }]);
});

it('drops the result of a check that began before packages changed', async () => {
  const answerQuietly = await quietCheck();
  center.changed(board);
  await answerQuietly('missing');
  expect(await shown()).toEqual([{ state: undefined, latest: undefined }]);
});

it('shows the result of the check of an expanded row', async () => {
  const drawn = vi.fn();
  center.onDidChange(drawn);
  const answerQuietly = await quietCheck();
  expect(drawn).not.toHaveBeenCalled();
  await answerQuietly('changed');
  expect(drawn).toHaveBeenCalledExactlyOnceWith(board);
  expect(await shown()).toEqual([{ state: 'changed', latest: undefined }]);
});
