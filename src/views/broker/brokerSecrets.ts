import * as vscode from 'vscode';
import { keyText, newBoardKey, parseKey, type BoardKey } from '../../core/agent/agentKeys';
import type { BrokerProfile, BrokerSecrets } from '../../core/broker/brokers';

/** Passwords of brokers and keys of boards, in the editor's secret storage and nowhere else. */
export class BrokerSecretStore implements BrokerSecrets {
  /** Brokers that the user has just asked for: only then is a question in place. */
  readonly #mayAsk = new Set<string>();

  constructor(private readonly storage: vscode.SecretStorage) {}

  /** The user waits for this broker: a missing or wrong password may be asked for. */
  async asking<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#mayAsk.add(id);
    try {
      return await work();
    } finally {
      this.#mayAsk.delete(id);
    }
  }

  async password(profile: BrokerProfile, wrong: boolean): Promise<string | undefined> {
    const known = await this.storage.get(passwordKey(profile.id));
    if (known !== undefined && !wrong) return known;
    if (!profile.username || !this.#mayAsk.has(profile.id)) return known;
    const given = await vscode.window.showInputBox({
      title: vscode.l10n.t('Password of {0} at {1}', profile.username, profile.name),
      prompt: wrong
        ? vscode.l10n.t('The broker refuses this user or the last password.')
        : vscode.l10n.t('Kept in the secret storage of this computer.'),
      password: true,
      ignoreFocusOut: true,
    });
    if (given !== undefined) await this.setPassword(profile.id, given);
    return given ?? known;
  }

  storedPassword(id: string): Thenable<string | undefined> {
    return this.storage.get(passwordKey(id));
  }

  async setPassword(id: string, password: string | undefined): Promise<void> {
    if (password === undefined) await this.storage.delete(passwordKey(id));
    else await this.storage.store(passwordKey(id), password);
  }

  async boardKey(uid: string): Promise<BoardKey | undefined> {
    const known = await this.storage.get(boardKeyKey(uid));
    return known === undefined ? undefined : parseKey(known);
  }

  async setBoardKey(uid: string, key: BoardKey | undefined): Promise<void> {
    if (key === undefined) await this.storage.delete(boardKeyKey(uid));
    else await this.storage.store(boardKeyKey(uid), keyText(key));
  }

  /** A password that nobody has to type. */
  newPassword(): string {
    return Buffer.from(newBoardKey()).toString('base64url').slice(0, 24);
  }
}

function passwordKey(id: string): string {
  return `mpyFleet.broker.${id}.password`;
}

function boardKeyKey(uid: string): string {
  return `mpyFleet.board.${uid}.key`;
}
