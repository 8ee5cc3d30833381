/** The commands that write keys and passwords to boards look at the link first. */
import { expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board';

vi.mock('vscode', () => ({
  l10n: { t: (text: string) => text },
  window: {
    showWarningMessage: () => Promise.resolve(undefined),
    showQuickPick: (items: readonly unknown[]) => Promise.resolve(items[0]),
  },
  commands: {},
  env: {},
  EventEmitter: Object,
  TreeItem: Object,
  ThemeIcon: Object,
  ThemeColor: Object,
  ProgressLocation: {},
}));
const installed: string[] = [];
vi.mock('../../../src/core/webrepl/webreplSetup', async (original) => ({
  ...(await original<object>()),
  setUpWebRepl: () => Promise.resolve(void installed.push('WebREPL')),
  scanWifi: () => Promise.resolve([{ name: 'home', signal: -50, open: true }]),
}));
vi.mock('../../../src/views/webrepl/webReplAccess', () => ({
  askPassword: () =>
    Promise.reject(new Error('asked for a password before the link was looked at')),
}));
vi.mock('../../../src/core/agent/agentProbe', async (original) => ({
  ...(await original<object>()),
  examine: () => Promise.resolve({ uid: 'aa', platform: 'esp32', ip: '' }),
}));
vi.mock('../../../src/core/agent/agentInstall', async (original) => ({
  ...(await original<object>()),
  installAgent: () => Promise.resolve({ clock: void installed.push('agent') }),
}));
vi.mock('../../../src/commands/agent/askRelease', () => ({
  askAgent: () => Promise.resolve({ version: '1', sourceOf: () => Promise.resolve({}) }),
}));
vi.mock('../../../src/commands/agent/prompts', () => ({
  askPlan: () => Promise.reject(new Error('asked for passwords before the link was looked at')),
}));
const { putAgent } = await import('../../../src/commands/agent/put');
const { webReplCommands } = await import('../../../src/commands/board/webrepl');

const board = (kind: string, text: string) =>
  ({
    name: kind,
    transport: { kind, address: { kind, text } },
    withSession: (work: (session: object) => unknown) => work({}),
  }) as unknown as Board;
const call = {
  signal: new AbortController().signal,
  report: () => undefined,
  ask: <T>(question: () => T) => Promise.resolve(question()),
};

const OPEN_LINKS = [
  ['mqtt', 'mqtt://b/aa', { message: expect.stringMatching(/through a broker/) as string }],
  ['mqboard', 'mqboard://b/x', { message: expect.stringMatching(/through a broker/) as string }],
  ['webrepl', 'ws://192.0.2.1:8266', { code: 'cancelled' }],
  ['telnet', 'telnet://192.0.2.1:23', { code: 'cancelled' }],
] as const;

it.each(OPEN_LINKS)(
  'setting up WebREPL sends no password over %s unasked',
  async (kind, at, why) => {
    const command = webReplCommands.find((c) => c.id === 'setUpWebRepl') as unknown as {
      run: (...args: unknown[]) => Promise<void>;
    };
    await expect(command.run({}, board(kind, at), call)).rejects.toMatchObject(why);
    expect(installed).toEqual([]);
  },
);

it.each(OPEN_LINKS)('putting the agent sends no key over %s unasked', async (kind, at, why) => {
  const context = {} as Parameters<typeof putAgent>[0];
  const asks = call as unknown as Parameters<typeof putAgent>[2];
  await expect(putAgent(context, [board(kind, at)], asks)).rejects.toMatchObject(why);
  expect(installed).toEqual([]);
});
