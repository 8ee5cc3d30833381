import { beforeEach, describe, expect, it, vi } from 'vitest';
import { inertLines, inertText } from '../../../src/core/inertText';
import { PythonError, UsageError } from '../../../src/core/errors';

/** The texts that VS Code was given for the window. */
const shown: unknown[][] = [];
vi.mock('vscode', () => {
  const window = new Proxy(
    {},
    {
      get: (_target, name) =>
        name === 'withProgress'
          ? (options: unknown, task: (p: unknown) => unknown) => {
              shown.push([name, options]);
              return task({ report: (step: unknown) => shown.push(['report', step]) });
            }
          : (...args: unknown[]) => {
              shown.push([name, ...args]);
              return Promise.resolve(undefined);
            },
    },
  );
  const t = (text: string, ...args: unknown[]) =>
    text.replace(/\{(\d)\}/g, (_all, i: string) => String(args[Number(i)]));
  return {
    window,
    l10n: { t },
    ProgressLocation: { Notification: 15 },
    env: {},
    commands: {},
  };
});
const messages = await import('../../../src/views/message');
const { wordsFor } = await import('../../../src/views/words');
const { CrashNotices } = await import('../../../src/views/logs/crashNotices');

/** VS Code's own way to find links in messages and prompts (linkedText.ts): the same expression. */
const LINK = /\[([^\]]+)\]\(((?:https?:\/\/|command:|file:)[^)\s]+)(?: (["'])(.+?)(\3))?\)/gi;
const ATTACKS = [
  '[Show the fix](command:workbench.action.terminal.sendSequence?%7B%22text%22%3A%22x%22%7D)',
  '[a](file:///etc/passwd)',
  '[a](https://evil.example "title")',
  '[a]\u200b(command:b)',
  '[a]\u0000(command:b)',
  '[a]\u202e(command:b)',
  '[a]\r(command:b)',
  '[[a](command:b)](command:c)',
  '[a](COMMAND:b)',
  '[x]\ud800(command:b)',
];

beforeEach(() => void shown.splice(0));

describe('text from outside in a message', () => {
  it.each(ATTACKS)('holds no link: %j', (attack) => {
    const once = inertText(attack);
    expect(once.match(LINK)).toBeNull();
    expect(inertText(once).match(LINK)).toBeNull();
    expect(inertLines(attack, 500).match(LINK)).toBeNull();
  });

  it('is one line without control, direction and invisible characters', () => {
    expect(inertText('a\nb\r\n\x1b]0;t\x07c\u202ed\u2066e\u2028f\u009bg')).toBe('a b ]0;t cde f g');
    expect(inertLines('a\nb\tc\x1bd\u202e', 100)).toBe('a\nb\tc d');
  });

  it('is bounded, however long it is', () => {
    expect(inertText('x'.repeat(50_000_000))).toHaveLength(300);
    expect(inertText(`${'x'.repeat(298)}😀😀`)).toBe(`${'x'.repeat(298)}…`);
  });

  it('is unchanged if it is harmless', () => {
    const text = 'küche: [Errno 2] ENOENT, a[0](1) ≤ 5 😀';
    expect(inertText(text).replaceAll('\u200b', '')).toBe(text);
  });
});

describe('the window', () => {
  it('shows no link in messages, questions, prompts and progress', async () => {
    const [attack = ''] = ATTACKS;
    await messages.showInformationMessage(attack, 'OK');
    await messages.showWarningMessage(
      attack,
      { modal: true, detail: `${attack}\n${attack}` },
      'Yes',
    );
    await messages.showErrorMessage(attack);
    await messages.showInputBox({
      title: attack,
      prompt: attack,
      placeHolder: attack,
      validateInput: () => attack,
    });
    const step = { message: attack, increment: 1 };
    await messages.withProgress({ location: { viewId: 'v' }, title: attack }, (progress) => {
      progress.report(step);
      return Promise.resolve();
    });
    messages.tellBriefly(`$(trash) ${attack}`);
    const box = shown.find(([name]) => name === 'showInputBox')?.[1] as {
      validateInput: (value: string) => Promise<string>;
    };
    shown.push([await box.validateInput('')]);
    expect(shown).toHaveLength(8);
    expect(JSON.stringify(shown)).not.toMatch(LINK);
    expect(JSON.stringify(shown)).not.toContain('$(trash)');
    expect(shown[1]).toMatchObject(['showWarningMessage', {}, { modal: true }, 'Yes']);
  });

  it('keeps the hint of an error whose text a board made long', () => {
    const error = new UsageError('x'.repeat(5000), { hint: 'Do this.' });
    expect(wordsFor(error, false).text).toMatch(/^x{299}… Do this\.$/);
    const python = new PythonError('Traceback', 'E', ATTACKS[0] ?? '');
    expect(wordsFor(python, false).text).not.toMatch(LINK);
  });
});

describe('crashes that boards report', () => {
  const crash = (uid: string, n: number) => ({
    uid,
    topic: 'ev' as const,
    data: { ev: 'crash', boot0: String(n), tb: `x\nValueError: ${n} ${ATTACKS[0] ?? ''}` },
  });

  it('are shown for trusted boards only, one message each, and are counted meanwhile', async () => {
    const open: { text: string; close: () => void }[] = [];
    const notices = new CrashNotices({
      trustedName: (uid) => Promise.resolve(uid.startsWith('a') ? `board ${uid}` : undefined),
      show: ({ name, line, count }) =>
        new Promise((resolve) => {
          open.push({ text: `${name} ${count} ${line}`, close: resolve });
        }),
    });
    const all: Promise<void>[] = [];
    for (let n = 0; n < 5000; n++) all.push(notices.take(crash('bb', n)));
    await Promise.all(all.splice(0));
    expect([open.length, notices.ignored]).toEqual([0, 5000]);
    for (let n = 0; n < 5000; n++) all.push(notices.take(crash('a1', n)));
    for (const uid of ['a2', 'a3', 'a4', 'a5']) all.push(notices.take(crash(uid, 1)));
    all.push(notices.take(crash('a2', 1)));
    await vi.waitFor(() =>
      expect(open.map((o) => o.text.split(' ')[1])).toEqual(['a1', 'a2', 'a3']),
    );
    open[0]?.close();
    await vi.waitFor(() => expect(open).toHaveLength(4));
    expect(open[3]?.text).toMatch(/^board a1 4999 ValueError: 4999 /);
    expect(open.some(({ text }) => LINK.test(text))).toBe(false);
    for (let i = 0; i < open.length; i++) {
      open[i]?.close();
      await vi.waitFor(() => expect(open.length).toBeGreaterThan(Math.min(i + 1, 5)));
    }
    await Promise.all(all);
    expect(open).toHaveLength(6);
  });
});
