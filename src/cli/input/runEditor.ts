import { spawn } from 'node:child_process';

/**
 * Opens a local file in the user's editor, in this terminal. The editor's text may contain options ("code --wait"), so a shell
 * splits it; the file name is not part of the shell's text.
 * @returns the exit status; null if a signal ended the editor
 */
export function runEditor(editor: string, file: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    const child =
      process.platform === 'win32'
        ? spawn(`${editor} "${file}"`, { shell: true, stdio: 'inherit' })
        : spawn('/bin/sh', ['-c', `${editor} "$1"`, 'sh', file], { stdio: 'inherit' });
    child.on('error', reject);
    child.on('close', resolve);
  });
}
