/** What a folder that the user does not trust may not do. test/e2e/restricted.spec.ts tests the window's part. */
import { beforeEach, expect, it, vi } from 'vitest';
import type { TaskProvider } from '../rig/vscodeTasks';

const workspace = { isTrusted: false, workspaceFolders: [{ uri: '/work' }] };
const providers: TaskProvider[] = [];
vi.mock('vscode', async () => {
  const { taskApi } = await import('../rig/vscodeTasks');
  return {
    ...taskApi(providers),
    workspace,
    Uri: { joinPath: (...parts: string[]) => parts.join('/'), file: (path: string) => ({ path }) },
  };
});
const { registerTasks } = await import('../../../src/views/integrations/tasks');
const { DeviceFiles } = await import('../../../src/views/sync/deviceFiles');

beforeEach(() => {
  workspace.isTrusted = false;
});

it.each([
  [false, [2, 'This folder is in restricted mode, so its files cannot affect boards'], 0],
  [true, [2, 'no board'], 1],
])('its tasks reach no board (trusted: %s)', async (trusted, end, selections) => {
  workspace.isTrusted = trusted;
  const select = vi.fn(() => {
    throw new Error('no board');
  });
  providers.length = 0;
  registerTasks({ settings: { get: () => 'leave' }, many: { select } } as never);
  const definition = { task: 'run', code: '1', boards: 'all' };
  const terminal = await providers[0]?.resolveTask({ definition }).execution();
  let shown = '';
  terminal?.onDidWrite((text) => (shown += text));
  const status = await new Promise((resolve) => {
    terminal?.onDidClose(resolve);
    terminal?.open();
  });
  expect([status, shown.split('\r\n')[0]]).toEqual(end);
  expect(select).toHaveBeenCalledTimes(selections);
});

it('its device files are not looked for', () => {
  const settings = { get: () => [] };
  const files = new DeviceFiles(settings as never);
  expect(files.folders()).toEqual([]);
});
