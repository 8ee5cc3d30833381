import * as vscode from 'vscode';
import { showInputBox } from '../../views/message';

/** Longest name in bytes on LittleFS and FAT, minus the suffix of a temporary file. */
const NAME_LIMIT = 242;

/** Asks for the name of a file or folder on a board. */
export function askName(title: string, value: string): Thenable<string | undefined> {
  const dot = value.lastIndexOf('.');
  return showInputBox({
    title,
    value,
    valueSelection: [0, dot > 0 ? dot : value.length],
    validateInput: nameProblem,
  });
}

/** Describes what is wrong with a name; undefined if it is valid. */
function nameProblem(name: string): string | undefined {
  if (name === '') return vscode.l10n.t('A name needs at least one character.');
  if (name === '.' || name === '..') {
    return vscode.l10n.t('"." and ".." mean folders and cannot be names.');
  }
  if (name.includes('/')) {
    return vscode.l10n.t('"/" separates folders and cannot be part of a name.');
  }
  // eslint-disable-next-line no-control-regex -- control characters are what this is about
  if (/[\u0000-\u001f\u007f]/.test(name)) {
    return vscode.l10n.t('Control characters cannot be part of a name.');
  }
  if (Buffer.byteLength(name) > NAME_LIMIT) {
    return vscode.l10n.t('A name can have at most {0} bytes.', NAME_LIMIT);
  }
  return undefined;
}
