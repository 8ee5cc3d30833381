import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import { asError, FleetError, UsageError } from '../../core/errors';
import { CancelledError } from '../../core/errors';
import { mayHoldSecrets } from '../../core/files';
import { inertText } from '../../core/inertText';
import { allTags } from '../../core/many';
import type { Needs, ViewContext } from '../context';

/** Characters of output or of a file given to a model; longer text is cut, with a note. */
const LIMIT = 20_000;

interface RunInput {
  boards: string;
  code: string;
}
interface FileInput {
  board: string;
  path: string;
}
interface WriteInput extends FileInput {
  content: string;
}

/**
 * Tools that let a language model work with boards. Before each call, the user is shown everything
 * that it will do and asked to allow it.
 */
export function registerLmTools(context: Needs<'history' | 'many' | 'sync'>): vscode.Disposable {
  return vscode.Disposable.from(
    register(context, 'mpyFleet_listBoards', {
      title: () => vscode.l10n.t('List MicroPython boards'),
      ask: () => vscode.l10n.t('Tell the model which boards are available?'),
      work: () => Promise.resolve(JSON.stringify(context.many.selectable().map(plain))),
    }),
    register<RunInput>(context, 'mpyFleet_runCode', {
      boards: ({ boards }) => idsOf(context, boards),
      title: ({ boards }) => vscode.l10n.t('Run code on {0}', boards),
      ask: ({ boards, code }) =>
        vscode.l10n.t(
          'Run this on {0}? It can change anything on these boards.',
          named(context, boards),
        ) + fenced(code, 'python'),
      work: async ({ boards, code }, signal) => {
        const found = find(context, boards);
        const action = {
          kind: 'exec',
          code,
          label: vscode.l10n.t('code from a language model'),
        } as const;
        const job = await context.many.jobs.run(action, found, 'leave', { signal });
        return JSON.stringify(
          job.results.map(({ board, status, output, error }) => ({ board, status, output, error })),
        );
      },
    }),
    register<FileInput>(context, 'mpyFleet_readFile', {
      boards: ({ board }) => idsOf(context, board),
      title: ({ board, path }) => vscode.l10n.t('Read {0} on {1}', path, board),
      ask: ({ board, path }) =>
        vscode.l10n.t('Give the content of this file on {0} to the model?', named(context, board)) +
        fenced(path, ''),
      work: async ({ board, path }, signal) => {
        requireHarmless(path);
        return new TextDecoder().decode(await one(context, board).files.read(path, { signal }));
      },
    }),
    register<WriteInput>(context, 'mpyFleet_writeFile', {
      boards: ({ board }) => idsOf(context, board),
      title: ({ board, path }) => vscode.l10n.t('Write {0} on {1}', path, board),
      ask: ({ board, path, content }) =>
        vscode.l10n.t(
          'Write this file on {0}, replacing the existing one?',
          named(context, board),
        ) +
        fenced(path, '') +
        fenced(content, ''),
      work: async ({ board, path, content }, signal) => {
        const items = [{ path, content: new TextEncoder().encode(content) }];
        // With a copy of what the model replaces, for undo.
        await context.sync.replace(one(context, board), items, { signal }, (files, changed) =>
          files.writeMany(changed, { signal }),
        );
        return vscode.l10n.t('Written and verified.');
      },
    }),
  );
}

interface Tool<T> {
  title(input: T): string;
  /** Returns the question to the user, in Markdown. */
  ask(input: T): string;
  /**
   * Returns the boards as one text. If it differs from the text in the question, other boards were
   * added.
   */
  boards?(input: T): string;
  /** Returns the text for the model. */
  work(input: T, signal: AbortSignal): Promise<string>;
}

/** Questions that wait for an answer. */
const MOST_ASKED = 50;

function register<T extends object>(
  { history }: Needs<'history'>,
  name: string,
  tool: Tool<T>,
): vscode.Disposable {
  // The question names boards. If other boards have these names when it is answered, the user was
  // not asked about them.
  const asked = new Map<string, string>();
  return vscode.lm.registerTool<T>(name, {
    prepareInvocation: ({ input }) => {
      asked.delete(JSON.stringify(input));
      asked.set(JSON.stringify(input), tool.boards?.(input) ?? '');
      for (const oldest of asked.keys()) if (asked.size > MOST_ASKED) asked.delete(oldest);
      return {
        invocationMessage: tool.title(input),
        confirmationMessages: {
          title: tool.title(input),
          message: new vscode.MarkdownString(tool.ask(input)),
        },
      };
    },
    invoke: async ({ input }, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort(new CancelledError()));
      try {
        const before = asked.get(JSON.stringify(input));
        if (before !== undefined && before !== (tool.boards?.(input) ?? '')) throw otherBoards();
        const title = vscode.l10n.t('Language model: {0}', tool.title(input));
        return answer(await history.operations.run(title, () => tool.work(input, abort.signal)));
      } catch (error) {
        // The model gets the error and the hint, as a user would.
        const { message } = asError(error);
        const hint = error instanceof FleetError && error.hint ? ` ${error.hint}` : '';
        throw new Error(`${message}.${hint}`, { cause: error });
      } finally {
        subscription.dispose();
      }
    },
  });
}

function answer(text: string): vscode.LanguageModelToolResult {
  const cut =
    text.length > LIMIT
      ? `${text.slice(0, LIMIT)}\n[${text.length - LIMIT} more characters]`
      : text;
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(cut)]);
}

/** Formats a code block that `text` cannot end. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = '`'.repeat(longest + 1);
  return `\n\n${fence}${language}\n${text}\n${fence}\n`;
}

/**
 * Checks that a model may get the file.
 * @throws UsageError for a file that contains secrets, however its path is spelled
 */
function requireHarmless(path: string): void {
  if (!mayHoldSecrets(path)) return;
  throw new UsageError(
    vscode.l10n.t('{0} may contain secrets, so it is not given to a model', path),
    {
      hint: vscode.l10n.t('Copy what the model needs to another file.'),
    },
  );
}

/**
 * Describes the boards of a selector for the question. A model's text is shown as code, so that it
 * cannot look like text of the extension.
 */
function named(context: Needs<'many'>, selector: string): string {
  const { boards } = context.many.select(selector);
  const names = boards.map((b) => b.name).join(', ');
  // A single line: a line break would end the code span, and the question could contain Markdown from a board or a model.
  return `\`${inertText(names || selector).replaceAll('`', "'")}\``;
}

function idsOf(context: Needs<'many'>, selector: string): string {
  const { boards } = context.many.select(selector);
  return JSON.stringify(boards.map((b) => b.board.id).sort());
}

function otherBoards(): UsageError {
  return new UsageError(vscode.l10n.t('Other boards now have these names'), {
    hint: vscode.l10n.t('Ask again: the user agreed to the boards that had these names before.'),
  });
}

function find(context: Needs<'many'>, selector: string): Board[] {
  const { boards, unmatched } = context.many.select(selector);
  if (unmatched.length > 0 || boards.length === 0) {
    throw new UsageError(vscode.l10n.t('No board matches {0}', unmatched.join(', ') || selector));
  }
  return boards.map((b) => b.board);
}

function one(context: Needs<'many'>, selector: string): Board {
  const [board, ...more] = find(context, selector);
  if (!board || more.length > 0) {
    throw new UsageError(
      vscode.l10n.t('"{0}" matches {1} boards; name one', selector, more.length + 1),
    );
  }
  return board;
}

function plain(entry: ReturnType<ViewContext['many']['selectable']>[number]): object {
  const { name, uid, platform, state } = entry;
  return { name, uid, platform, state, tags: allTags(entry) };
}
