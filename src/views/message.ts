/**
 * The only module that shows messages and prompts of the window; ESLint forbids direct calls
 * elsewhere. Names of boards and files, tracebacks and titles of web pages are untrusted, and VS
 * Code turns `[text](command:…)` in these texts into links that run commands.
 */
import * as vscode from 'vscode';
import { inertLines, inertText } from '../core/inertText';

/** Longest message, in characters. VS Code itself cuts at 1000. */
const MESSAGE_LIMIT = 800;
/** Longest detail of a modal question, in characters. */
const DETAIL_LIMIT = 6_000;
/** Time in milliseconds for which the status bar shows a success message. */
const BRIEF_MS = 5_000;

type Show = <T extends string>(
  message: string,
  options: vscode.MessageOptions,
  ...items: T[]
) => Thenable<T | undefined>;

/**
 * Takes `message`, optional options and the titles of the buttons; resolves to the title that was
 * clicked.
 */
interface ShowMessage {
  <T extends string>(message: string, ...items: T[]): Thenable<T | undefined>;
  <T extends string>(
    message: string,
    options: vscode.MessageOptions,
    ...items: T[]
  ): Thenable<T | undefined>;
}

/** Shows an information message; resolves to the button that was clicked. */
export const showInformationMessage = message((text, options, ...items) =>
  vscode.window.showInformationMessage(text, options, ...items),
);

/** Shows a warning or, with `modal`, a question; resolves to the button that was clicked. */
export const showWarningMessage = message((text, options, ...items) =>
  vscode.window.showWarningMessage(text, options, ...items),
);

/** Shows an error; resolves to the button that was clicked. */
export const showErrorMessage = message((text, options, ...items) =>
  vscode.window.showErrorMessage(text, options, ...items),
);

/**
 * Asks for one line of text; title, prompt and validation message are shown without links. The box
 * stays when something else takes the keyboard focus, so that nothing typed is lost: VS Code itself
 * gives the focus back to a tree that it redraws while the box opens.
 */
export function showInputBox(
  options: vscode.InputBoxOptions,
  token?: vscode.CancellationToken,
): Thenable<string | undefined> {
  const { title, prompt, placeHolder } = options;
  return vscode.window.showInputBox(
    {
      ...options,
      ignoreFocusOut: true,
      ...(title !== undefined && { title: inertText(title, MESSAGE_LIMIT) }),
      ...(prompt !== undefined && { prompt: inertText(prompt, MESSAGE_LIMIT) }),
      ...(placeHolder !== undefined && { placeHolder: inertText(placeHolder, MESSAGE_LIMIT) }),
      ...(options.validateInput && {
        validateInput: async (value: string) => inertProblem(await options.validateInput?.(value)),
      }),
    },
    token,
  );
}

/** Shows progress; its title and its steps are shown without links. */
export function withProgress<R>(
  options: vscode.ProgressOptions,
  task: (
    progress: vscode.Progress<{ message?: string; increment?: number }>,
    token: vscode.CancellationToken,
  ) => Thenable<R>,
): Thenable<R> {
  const { title } = options;
  return vscode.window.withProgress(
    { ...options, ...(title !== undefined && { title: inertText(title) }) },
    (progress, token) =>
      task(
        {
          report: ({ message, increment }) =>
            progress.report({
              ...(message !== undefined && { message: inertText(message) }),
              ...(increment !== undefined && { increment }),
            }),
        },
        token,
      ),
  );
}

/** Shows a message in the status bar for a moment. It needs no answer and covers nothing. */
export function tellBriefly(text: string, icon?: 'check' | 'error'): void {
  // `$(name)` in the text would be drawn as an icon.
  const inert = inertText(text).replaceAll('$(', '$\u200b(');
  vscode.window.setStatusBarMessage(icon ? `$(${icon}) ${inert}` : inert, BRIEF_MS);
}

function message(show: Show): ShowMessage {
  return <T extends string>(
    text: string,
    first?: vscode.MessageOptions | T,
    ...rest: T[]
  ): Thenable<T | undefined> => {
    const isItem = typeof first === 'string';
    const items = isItem ? [first, ...rest] : rest;
    const { detail, ...others } = isItem || first === undefined ? {} : first;
    return show(
      inertText(text, MESSAGE_LIMIT),
      { ...others, ...(detail !== undefined && { detail: inertLines(detail, DETAIL_LIMIT) }) },
      ...items,
    );
  };
}

type Problem = Awaited<ReturnType<NonNullable<vscode.InputBoxOptions['validateInput']>>>;

function inertProblem(problem: Problem): Problem {
  if (typeof problem === 'string') return inertText(problem, MESSAGE_LIMIT);
  return problem && { ...problem, message: inertText(problem.message, MESSAGE_LIMIT) };
}
