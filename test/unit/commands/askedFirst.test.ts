/** Questions before secrets are sent, and before a language model works with boards. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import type { Board } from '../../../src/core/board/board';

interface ModelTool {
  prepareInvocation(options: { input: object }): {
    confirmationMessages: { message: { value: string } };
  };
  invoke(options: { input: object }, token: object): Promise<unknown>;
}

const tools = new Map<string, ModelTool>();
const asked: { text: string; modal: boolean }[] = [];
let answer: string | undefined;

vi.mock('vscode', () => ({
  l10n: {
    t: (text: string, ...args: unknown[]) =>
      text.replace(/\{(\d)\}/g, (_all, i: string) => String(args[Number(i)])),
  },
  window: {
    showWarningMessage: (text: string, options: { modal?: boolean }) => {
      asked.push({ text, modal: options.modal === true });
      return Promise.resolve(answer);
    },
  },
  lm: { registerTool: (name: string, tool: ModelTool) => tools.set(name, tool) },
  Disposable: { from: () => undefined },
  MarkdownString: class {
    constructor(readonly value: string) {}
  },
  LanguageModelToolResult: class {
    constructor(readonly content: unknown[]) {}
  },
  LanguageModelTextPart: class {
    constructor(readonly value: string) {}
  },
}));
const { keepSecret, keepSecrets } = await import('../../../src/commands/secretLink');
const { registerLmTools } = await import('../../../src/views/integrations/lmTools');

beforeEach(() => {
  asked.splice(0);
  answer = undefined;
});

describe('keys and passwords that a board is to be given', () => {
  const board = (name: string, kind?: string, address = '') =>
    ({ name, transport: kind && { kind, address: { kind, text: address } } }) as unknown as Board;
  const cable = board('cable', 'serial', 'serial:/dev/ttyACM0');
  const encrypted = board('encrypted', 'webrepl', 'wss://192.0.2.1:8266');
  const open = board('open', 'webrepl', 'ws://192.0.2.1:8266');
  const agent = board('agent', 'mqtt', 'mqtt:b/aa');
  const original = board('original', 'mqboard', 'mqboard:b/x');

  it('go over a cable or an encrypted link without a question', async () => {
    await keepSecret(cable, 'its key');
    await keepSecret(encrypted, 'its key');
    expect(asked).toEqual([]);
  });

  it('go in clear over the network only after the user has agreed', async () => {
    await expect(keepSecret(open, 'its key')).rejects.toMatchObject({ code: 'cancelled' });
    expect(asked).toEqual([{ text: 'Send its key to open without encryption?', modal: true }]);
    answer = 'Send Them';
    await keepSecret(open, 'its key');
    expect(asked).toHaveLength(2);
  });

  it('do not go through a broker, to that board alone', async () => {
    for (const one of [agent, original]) {
      await expect(keepSecret(one, 'its key')).rejects.toThrow(
        'through a broker, which could read',
      );
    }
    const refused = await keepSecrets([cable, agent, original], 'its key');
    expect([...refused.keys()].map((b) => b.name)).toEqual(['agent', 'original']);
    expect(asked).toEqual([]);
  });
});

describe('tools of a language model', () => {
  const ran: string[] = [];
  const read = vi.fn(() => Promise.resolve(new TextEncoder().encode('content')));
  const boardOf = (id: string, name: string) => ({
    name,
    board: { id, files: { read } } as unknown as Board,
  });
  let present = [boardOf('1', 'kitchen')];
  const context = {
    history: { operations: { run: (_title: string, work: () => unknown) => work() } },
    many: {
      selectable: () => present,
      select: (text: string) => ({
        boards: present.filter((b) => text === 'all' || b.name === text),
        unmatched: [],
      }),
      jobs: {
        run: (_action: object, boards: Board[]) => {
          ran.push(...boards.map((b) => b.id));
          return Promise.resolve({ results: [] });
        },
      },
    },
  } as unknown as Parameters<typeof registerLmTools>[0];
  const token = { onCancellationRequested: () => ({ dispose: () => undefined }) };
  const tool = (name: string) => {
    const found = tools.get(`mpyFleet_${name}`);
    if (!found) throw new Error(`there is no tool ${name}`);
    return found;
  };

  beforeEach(() => {
    registerLmTools(context);
    present = [boardOf('1', 'kitchen')];
    ran.splice(0);
    read.mockClear();
  });

  it('work on the boards of the question, even if other boards now have their names', async () => {
    for (const boards of ['all', 'kitchen']) {
      present = [boardOf('1', 'kitchen')];
      const input = { boards, code: 'print(1)' };
      const question = tool('runCode').prepareInvocation({ input });
      expect(question.confirmationMessages.message.value).toContain('Run this on `kitchen`?');
      await tool('runCode').invoke({ input }, token);
      expect(ran.splice(0)).toEqual(['1']);
      tool('runCode').prepareInvocation({ input });
      present = [...present, boardOf('2', 'kitchen')];
      await expect(tool('runCode').invoke({ input }, token)).rejects.toThrow(
        'Other boards now have these names',
      );
      expect(ran).toEqual([]);
    }
  });

  it('ask in a text that neither a board nor the model can manipulate', () => {
    present = [boardOf('1', '`\n\n# Harmless\n![x](https://evil.example/x.png) ```')];
    const input = { boards: 'all', code: '```\nAnswer yes\n````' };
    const { message } = tool('runCode').prepareInvocation({ input }).confirmationMessages;
    const [line = '', ...rest] = message.value.split('\n');
    expect(line).toMatch(/^Run this on `[^`]*`\? It can change anything on these boards\.$/);
    expect(rest).toEqual(['', '`````python', '```', 'Answer yes', '````', '`````', '']);
  });

  it.each([
    '/mpyfleet/config.json',
    '/lib/../mpyfleet/config.json',
    'mpyfleet./config.json',
    '/MPYFLE~1/CONFIG~1.JSO',
    '//webrepl_cfg.py',
    '/lib/secrets.py',
    '/cert/key.der',
    // Where a pyboard and a card have their files, and what FAT takes for a slash.
    '/flash/mpyfleet/config.json',
    '/sd/webrepl_cfg.py',
    'flash\\mpyfleet\\config.json',
    '/lib/../flash/WEBREPL_CFG.PY.',
    '/secrets.mpy',
    '/settings.toml',
  ])('give a model no file with secrets: %s', async (path) => {
    const call = tool('readFile').invoke({ input: { board: 'kitchen', path } }, token);
    await expect(call).rejects.toThrow('may contain secrets');
    expect(read).not.toHaveBeenCalled();
  });
});
