/** What a folder that the user does not trust may not do, beside what the restricted window shows (test/e2e/restricted.spec.ts). */
import { beforeEach, expect, it, vi } from 'vitest';

interface Terminal {
  onDidWrite(listener: (text: string) => void): void;
  onDidClose(listener: (status: number) => void): void;
  open(): void;
}
interface Provider {
  resolveTask(task: object): { execution: () => Promise<Terminal> };
}
const workspace = { isTrusted: false, workspaceFolders: [{ uri: '/work' }] };
const providers: Provider[] = [];
vi.mock('vscode', async () => {
  const { Emitter } = await import('../../../src/core/events');
  return {
    workspace,
    l10n: { t: (text: string) => text },
    Uri: { joinPath: (...parts: string[]) => parts.join('/'), file: (path: string) => ({ path }) },
    TaskScope: { Workspace: 2 },
    tasks: { registerTaskProvider: (_type: string, own: Provider) => providers.push(own) },
    Task: function (this: object, ...[, , , , execution]: unknown[]) {
      return { execution };
    },
    CustomExecution: function (this: object, run: () => Promise<Terminal>) {
      return run;
    },
    EventEmitter: class {
      readonly #own = new Emitter<unknown>();
      readonly event = this.#own.event;
      fire(value: unknown) {
        this.#own.fire(value);
      }
    },
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
