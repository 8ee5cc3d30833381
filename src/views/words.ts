import * as vscode from 'vscode';
import {
  ConnectError,
  FileError,
  FleetError,
  PythonError,
  type ConnectReason,
} from '../core/errors';

/** What the user can do next, as a button. */
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

/** Puts the user into the group that owns serial ports on Debian-like systems. */
const DIALOUT = 'sudo usermod -a -G dialout $USER';

/** The one place where an error becomes words and next steps. `canRetry`: the work can be done again as it was. */
export function wordsFor(error: unknown, canRetry: boolean): Words {
  const retry: NextStep[] = canRetry
    ? [{ title: vscode.l10n.t('Retry'), action: { kind: 'retry' } }]
    : [];
  const steps = [...retry, ...stepsFor(error), showLog()];
  return { text: textFor(error), steps };
}

function textFor(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const hint = error instanceof FleetError ? error.hint : undefined;
  const message = error instanceof PythonError ? pythonText(error) : sentence(error.message);
  return hint ? `${message} ${hint}` : message;
}

function pythonText(error: PythonError): string {
  const line = /line (\d+)/.exec(error.traceback.split('\n').reverse().join('\n'))?.[1];
  const where = line === undefined ? '' : vscode.l10n.t(' (line {0})', line);
  return sentence(vscode.l10n.t('The code on the board failed{0}: {1}', where, error.message));
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function stepsFor(error: unknown): NextStep[] {
  if (error instanceof ConnectError) {
    // What is said of ports helps nobody whose board is in a network.
    return error.address.kind === 'serial' ? connectSteps(error.reason) : [];
  }
  if (error instanceof FileError && error.errno === 'ENOSPC') {
    return [command(vscode.l10n.t('Show Board Info'), 'mpyFleet.info')];
  }
  return [];
}

function connectSteps(reason: ConnectReason): NextStep[] {
  switch (reason) {
    case 'permission':
      return process.platform === 'linux'
        ? [
            {
              title: vscode.l10n.t('Copy the Command'),
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
