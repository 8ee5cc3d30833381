import * as vscode from 'vscode';
import type { Address } from '../../core/address';
import { passwordProblem } from '../../core/webrepl/webreplProtocol';

const PASSWORD = 'mpyFleet.webrepl.password.';
const CERTIFICATES = 'mpyFleet.webrepl.certificates';
const REMEMBERED = 'mpyFleet.webrepl.remembered';

/** What a `wss:` server shows that no authority vouches for. */
interface Certificate {
  readonly fingerprint: string;
  readonly subject: string;
  readonly problem: string;
}

/** Passwords of WebREPL boards, kept in VS Code's secret storage only, and the certificates the user trusts. */
export class WebReplAccess {
  constructor(
    private readonly secrets: vscode.SecretStorage,
    private readonly memento: vscode.Memento,
  ) {}

  /** Whether a connection can be tried without asking the user. */
  isRemembered(address: Address): boolean {
    return this.memento.get<string[]>(REMEMBERED, []).includes(address.text);
  }

  /** The password that is kept, else the one the user types. Undefined: the user gave none. */
  readonly getPassword = async (
    address: Address,
    { wrong }: { wrong: boolean },
  ): Promise<string | undefined> => {
    const key = PASSWORD + address.text;
    // A refused one must not be tried again by itself, should the user now give up.
    if (wrong) await this.forget(address);
    const kept = wrong ? undefined : await this.secrets.get(key);
    if (kept !== undefined) return kept;
    const typed = await askPassword(address, wrong);
    if (typed !== undefined) await this.keep(address, typed);
    return typed;
  };

  async keep(address: Address, password: string): Promise<void> {
    await this.secrets.store(PASSWORD + address.text, password);
    await this.#remember(address, true);
  }

  async forget(address: Address): Promise<void> {
    await this.secrets.delete(PASSWORD + address.text);
    await this.#remember(address, false);
  }

  readonly acceptCertificate = async (
    address: Address,
    { fingerprint, subject, problem }: Certificate,
  ): Promise<boolean> => {
    const known = this.memento.get<Record<string, string>>(CERTIFICATES, {});
    if (known[address.text] === fingerprint) return true;
    const trust = vscode.l10n.t('Trust It');
    const detail = [problem, subject, `SHA-256 ${fingerprint}`].join('\n');
    const answer = await vscode.window.showWarningMessage(
      known[address.text] === undefined
        ? vscode.l10n.t('{0} shows a certificate that nobody vouches for.', address.text)
        : vscode.l10n.t('{0} shows another certificate than before.', address.text),
      { modal: true, detail },
      trust,
    );
    if (answer !== trust) return false;
    await this.memento.update(CERTIFICATES, { ...known, [address.text]: fingerprint });
    return true;
  };

  async #remember(address: Address, known: boolean): Promise<void> {
    const others = this.memento
      .get<string[]>(REMEMBERED, [])
      .filter((text) => text !== address.text);
    await this.memento.update(REMEMBERED, known ? [...others, address.text] : others);
  }
}

/** Asks for the password of a board's WebREPL, or for a new one: 4 to 9 characters. */
export function askPassword(address: Address, wrong: boolean): Thenable<string | undefined> {
  return vscode.window.showInputBox({
    title: vscode.l10n.t('WebREPL password of {0}', address.text),
    prompt: wrong
      ? vscode.l10n.t('The password was refused. It is the one in webrepl_cfg.py on the board.')
      : vscode.l10n.t('It is kept in the secret storage of this computer.'),
    password: true,
    ignoreFocusOut: true,
    validateInput: (text) => passwordProblem(text),
  });
}
