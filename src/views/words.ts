import * as vscode from 'vscode';
import {
  ConnectError,
  FileError,
  FleetError,
  PythonError,
  UsageError,
  type ConnectReason,
} from '../core/errors';
import { inertText } from '../core/inertText';

/** The user's next step, as a button. */
export interface NextStep {
  readonly title: string;
  readonly action:
    | { readonly kind: 'retry' }
    | { readonly kind: 'command'; readonly command: string; readonly args?: readonly unknown[] }
    | { readonly kind: 'copy'; readonly text: string };
}

export interface Words {
  /** What happened and what to do, in one or two sentences. */
  readonly text: string;
  readonly steps: readonly NextStep[];
}

/** Adds the user to the group that owns serial ports on Debian-like systems. */
const DIALOUT = 'sudo usermod -a -G dialout $USER';

/** The only board of a command that failed. */
export interface FailedBoard {
  readonly id: string;
  readonly name: string;
}

/**
 * Turns an error into a message and next steps. No other code does this. `canRetry`: the work can
 * be repeated unchanged. With `board`, the message names it, because an error often names only its port or a path.
 */
export function wordsFor(error: unknown, canRetry: boolean, board?: FailedBoard): Words {
  const retry = canRetry ? retryStep(error) : undefined;
  const steps = [
    ...(retry === undefined ? [] : [retry]),
    ...stepsFor(error, board),
    ...(logSaysMore(error) ? [showLog()] : []),
  ];
  return { text: named(textFor(error), error, board), steps };
}

/** Offers a retry if the outcome may differ. A mistake of the user's does not go away. */
function retryStep(error: unknown): NextStep | undefined {
  const action = { kind: 'retry' } as const;
  if (error instanceof FileError) {
    if (error.errno === 'EEXIST') return { title: vscode.l10n.t('Choose Another Name'), action };
    return PASSING.has(error.errno) ? { title: vscode.l10n.t('Retry'), action } : undefined;
  }
  if (error instanceof UsageError || error instanceof PythonError) return undefined;
  return { title: vscode.l10n.t('Retry'), action };
}

/** Errors of files that may go away a moment later. */
const PASSING: ReadonlySet<FileError['errno']> = new Set(['EBUSY', 'EIO', 'ENOMEM']);

/**
 * Returns whether the log contains more than the message: a stack, a traceback, or what a link did
 * before it failed.
 */
function logSaysMore(error: unknown): boolean {
  return !(error instanceof UsageError || error instanceof FileError);
}

/** A mistake of the user's concerns what was typed or chosen, not the board. */
function named(text: string, error: unknown, board: FailedBoard | undefined): string {
  if (!board || error instanceof UsageError || text.includes(board.name)) return text;
  return `${board.name}: ${text}`;
}

function textFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof FleetError ? error.hint : undefined;
  // Shortened here, so that a board's long text does not push the hint out of the message.
  const message =
    error instanceof PythonError ? pythonText(error) : sentence(inertText(error.message));
  return hint ? `${message} ${hint}` : message;
}

function pythonText(error: PythonError): string {
  const line = /line (\d+)/.exec(error.traceback.split('\n').reverse().join('\n'))?.[1];
  const where = line === undefined ? '' : vscode.l10n.t(' (line {0})', line);
  return sentence(
    vscode.l10n.t('The code on the board failed{0}: {1}', where, inertText(error.message)),
  );
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function stepsFor(error: unknown, board: FailedBoard | undefined): NextStep[] {
  if (error instanceof UsageError && error.next) {
    const { title, command: id, args = [] } = error.next;
    return [command(title, id, ...args)];
  }
  if (error instanceof ConnectError) {
    if (error.reason === 'openMode') {
      const connect = vscode.l10n.t('Connect Anyway');
      return [command(connect, 'mpyFleet.acceptOpenBoard', error.address.text)];
    }
    // Port hints do not help with a board on a network.
    return error.address.kind === 'serial' ? connectSteps(error.reason) : [];
  }
  if (error instanceof FileError && error.errno === 'ENOSPC') {
    // Without the board it would be that of the active one.
    const args = board ? [board.id] : [];
    return [command(vscode.l10n.t('Show Board Info'), 'mpyFleet.info', ...args)];
  }
  return [];
}

function connectSteps(reason: ConnectReason): NextStep[] {
  switch (reason) {
    case 'permission':
      return process.platform === 'linux'
        ? [
            {
              title: vscode.l10n.t('Copy Command'),
              action: { kind: 'copy', text: DIALOUT },
            },
          ]
        : [];
    case 'noAnswer':
    case 'notABoard':
      return [settings(vscode.l10n.t('Check the Baud Rate'), 'mpyFleet.serial')];
    case 'notFound':
      return [command(vscode.l10n.t('Add a Port by Path'), 'mpyFleet.addPort')];
    default:
      return [];
  }
}

function command(title: string, id: string, ...args: unknown[]): NextStep {
  return { title, action: { kind: 'command', command: id, args } };
}

function settings(title: string, query: string): NextStep {
  return command(title, 'workbench.action.openSettings', query);
}

function showLog(): NextStep {
  return command(vscode.l10n.t('Show Log'), 'mpyFleet.showLog');
}
