import * as vscode from 'vscode';
import type { Board } from '../../core/board/board';
import { asError, FleetError, UsageError } from '../../core/errors';
import { CancelledError } from '../../core/errors';
import type { ViewContext } from '../context';

/** Characters of output or of a file that a model is given; more is cut, and said so. */
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

/** Tools by which a language model can work with boards. The user is asked before each, with all that it will do. */
export function registerLmTools(context: ViewContext): vscode.Disposable {
  return vscode.Disposable.from(
    register('mpyFleet_listBoards', {
      title: () => vscode.l10n.t('List MicroPython boards'),
      ask: () => vscode.l10n.t('Tell the model which boards there are?'),
      work: () => Promise.resolve(JSON.stringify(context.many.selectable().map(plain))),
    }),
    register<RunInput>('mpyFleet_runCode', {
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
          label: vscode.l10n.t('code of a language model'),
        } as const;
        const job = await context.many.jobs.run(action, found, 'leave', { signal });
        return JSON.stringify(
          job.results.map(({ board, status, output, error }) => ({ board, status, output, error })),
        );
      },
    }),
    register<FileInput>('mpyFleet_readFile', {
      title: ({ board, path }) => vscode.l10n.t('Read {0} on {1}', path, board),
      ask: ({ board, path }) =>
        vscode.l10n.t('Give the content of this file on {0} to the model?', named(context, board)) +
        fenced(path, ''),
      work: async ({ board, path }, signal) =>
        new TextDecoder().decode(await one(context, board).files.read(path, { signal })),
    }),
    register<WriteInput>('mpyFleet_writeFile', {
      title: ({ board, path }) => vscode.l10n.t('Write {0} on {1}', path, board),
      ask: ({ board, path, content }) =>
        vscode.l10n.t('Write this file on {0}, in place of what is there?', named(context, board)) +
        fenced(path, '') +
        fenced(content, ''),
      work: async ({ board, path, content }, signal) => {
        const target = one(context, board);
        await target.files.write(path, new TextEncoder().encode(content), { signal });
        context.fileChanges.changed(target, path);
        return vscode.l10n.t('Written and verified.');
      },
    }),
  );
}

interface Tool<T> {
  title(input: T): string;
  /** What the user is asked, in Markdown. */
  ask(input: T): string;
  /** The text for the model. */
  work(input: T, signal: AbortSignal): Promise<string>;
}

function register<T extends object>(name: string, tool: Tool<T>): vscode.Disposable {
  return vscode.lm.registerTool<T>(name, {
    prepareInvocation: ({ input }) => ({
      invocationMessage: tool.title(input),
      confirmationMessages: {
        title: tool.title(input),
        message: new vscode.MarkdownString(tool.ask(input)),
      },
    }),
    invoke: async ({ input }, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => abort.abort(new CancelledError()));
      try {
        return answer(await tool.work(input, abort.signal));
      } catch (error) {
        // The model is to read what went wrong and what to do, as a user would.
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

/** A block that nothing in `text` can end. */
function fenced(text: string, language: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map((m) => m[0].length));
  const fence = '`'.repeat(longest + 1);
  return `\n\n${fence}${language}\n${text}\n${fence}\n`;
}

/** The boards of a selector, for the question; a model's text is shown as code, so that it cannot look like ours. */
function named(context: ViewContext, selector: string): string {
  const { boards } = context.many.select(selector);
  const names = boards.map((b) => b.name).join(', ');
  return `\`${(names || selector).replaceAll('`', "'")}\``;
}

function find(context: ViewContext, selector: string): Board[] {
  const { boards, unmatched } = context.many.select(selector);
  if (unmatched.length > 0 || boards.length === 0) {
    throw new UsageError(
      vscode.l10n.t('No board answers to {0}', unmatched.join(', ') || selector),
    );
  }
  return boards.map((b) => b.board);
}

function one(context: ViewContext, selector: string): Board {
  const [board, ...more] = find(context, selector);
  if (!board || more.length > 0) {
    throw new UsageError(vscode.l10n.t('{0} are {1} boards; name one', selector, more.length + 1));
  }
  return board;
}

function plain(entry: ReturnType<ViewContext['many']['selectable']>[number]): object {
  const { name, uid, platform, state, tags } = entry;
  return { name, uid, platform, state, tags };
}
