import * as vscode from 'vscode';
import type { Address, TelnetAddress } from '../../core/address';
import { passwordProblem } from '../../core/webrepl/webreplProtocol';
import { showInputBox, showWarningMessage } from '../message';

const PASSWORD = 'mpyFleet.webrepl.password.';
const CERTIFICATES = 'mpyFleet.webrepl.certificates';
const REMEMBERED = 'mpyFleet.webrepl.remembered';

/** An untrusted certificate of a `wss:` server. */
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

  /** Returns whether a connection can be tried without asking the user. */
  isRemembered(address: Address): boolean {
    return this.memento.get<string[]>(REMEMBERED, []).includes(address.text);
  }

  /** Returns the stored password, or asks for it. Undefined: the user entered none. */
  readonly getPassword = async (
    address: Address,
    { wrong }: { wrong: boolean },
  ): Promise<string | undefined> => {
    const key = PASSWORD + address.text;
    // A rejected password must not be retried automatically if the user now cancels.
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
    const answer = await showWarningMessage(
      known[address.text] === undefined
        ? vscode.l10n.t(
            'The certificate of {0} is not signed by a trusted authority.',
            address.text,
          )
        : vscode.l10n.t('{0} presented a different certificate than before.', address.text),
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

/**
 * Asks for a password: of a board's WebREPL, a new one for it (4 to 9 characters), or of a telnet
 * server.
 */
export function askPassword(address: Address, wrong: boolean): Thenable<string | undefined> {
  if (address.kind === 'telnet') return askTelnetPassword(address, wrong);
  return showInputBox({
    title: vscode.l10n.t('WebREPL password of {0}', address.text),
    prompt: wrong
      ? vscode.l10n.t('The password was rejected. The right one is in webrepl_cfg.py on the board.')
      : vscode.l10n.t("It is stored in this computer's secret storage."),
    password: true,
    validateInput: (text) => passwordProblem(text),
  });
}

function askTelnetPassword(
  { user, text }: TelnetAddress,
  wrong: boolean,
): Thenable<string | undefined> {
  return showInputBox({
    title: vscode.l10n.t('Password of {0} at {1}', user, text),
    prompt: wrong
      ? vscode.l10n.t(
          'The login name or password was rejected. Another name goes into the address: telnet://NAME@HOST.',
        )
      : vscode.l10n.t("It is stored in this computer's secret storage."),
    password: true,
    validateInput: (typed) =>
      /^[ -~]{1,64}$/.test(typed)
        ? undefined
        : vscode.l10n.t('The password has 1 to 64 ASCII characters.'),
  });
}
