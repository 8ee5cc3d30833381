import * as l10n from '@vscode/l10n';
import { homedir } from 'node:os';
import { isAbsolute, resolve } from 'node:path';
import { expandPath } from '../deviceYaml';
import { UsageError } from '../errors';
import type { NotebookHost } from './host';

/** The state of one notebook's magics on this computer: the folder, and variables that cells have set. */
export class HostPlace {
  /** The working directory of `!`, `%%bash` and relative paths; `%cd` changes it. */
  folder: string;
  readonly #variables = new Map<string, string>();

  constructor(private readonly host: NotebookHost) {
    this.folder = host.folder;
  }

  /** The environment of programs that cells start. */
  get environment(): NodeJS.ProcessEnv {
    return { ...process.env, ...Object.fromEntries(this.#variables) };
  }

  /** Sets an environment variable for later cells. */
  setVariable(name: string, value: string): void {
    this.#variables.set(name, value);
  }

  /**
   * Resolves `path` to an absolute path and expands `~` and variables (`$IOT_PROJECTS`).
   * @throws UsageError when a variable has no value
   */
  pathOf(path: string, base = this.folder): string {
    const variables = { ...this.host.env, ...Object.fromEntries(this.#variables) };
    const { path: expanded, unknown } = /[$~]/.test(path)
      ? expandPath(path, { home: homedir(), variables })
      : { path, unknown: [] };
    const [missing] = unknown;
    if (missing !== undefined) {
      throw new UsageError(l10n.t('The environment variable {0} is not set', missing), {
        hint: l10n.t('Write the full path, or set the variable before you start VS Code.'),
      });
    }
    return isAbsolute(expanded) ? expanded : resolve(base, expanded);
  }
}
