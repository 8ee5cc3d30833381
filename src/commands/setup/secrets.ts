import * as vscode from 'vscode';
import { Queue } from '../../core/async';
import { CancelledError } from '../../core/errors';
import type { Needs } from '../../views/context';
import { showInputBox } from '../../views/message';
import type { Call } from '../types';

/**
 * Secrets of board templates, kept in SecretStorage. The user is asked when a step first needs one,
 * and again for templates of another folder: otherwise a repository could name another one's
 * secret, and a broker or file that receives it.
 */
export class SetupSecrets {
  readonly #known = new Map<string, string>();
  readonly #questions = new Queue();
  #asksAgain = false;

  constructor(
    private readonly context: Needs<'extension'>,
    private readonly call: Call,
    /** Folder of the template; '' without one. */
    private readonly folder: string,
  ) {}

  /**
   * Returns a secret, and asks for it if necessary.
   * @throws CancelledError if the user does not enter it
   */
  async get(name: string): Promise<string> {
    const given = this.#known.get(name);
    if (given !== undefined) return given;
    const { secrets } = this.context.extension;
    const key = `mpyFleet.template.${name}`;
    const ofFolder = `${key}@${this.folder}`;
    const own = await secrets.get(ofFolder);
    const stored = own ?? (await secrets.get(key));
    const isOfOthers = own === undefined && stored !== undefined;
    const value =
      own !== undefined && !this.#asksAgain ? own : await this.#ask(name, stored ?? '', isOfOthers);
    this.#known.set(name, value);
    if (value !== own) await secrets.store(ofFolder, value);
    if (value !== stored) await secrets.store(key, value);
    return value;
  }

  /**
   * Asks for every secret again, with the stored value as the default, because one may be wrong.
   */
  askAgain(): void {
    this.#known.clear();
    this.#asksAgain = true;
  }

  async #ask(name: string, value: string, isOfOthers: boolean): Promise<string> {
    // Several boards may need secrets at once, and VS Code shows one question at a time.
    const typed = await this.#questions.run(() =>
      this.call.ask(() =>
        showInputBox({
          title: vscode.l10n.t('Secret "{0}" of the board template', name),
          prompt: isOfOthers
            ? vscode.l10n.t(
                'It was entered for a template of another folder. Press Enter to let the templates of {0} use it too.',
                this.folder,
              )
            : vscode.l10n.t('VS Code keeps it in its secret storage.'),
          value,
          password: true,
        }),
      ),
    );
    if (typed === undefined) throw new CancelledError();
    return typed;
  }
}
