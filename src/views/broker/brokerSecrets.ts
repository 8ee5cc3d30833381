import * as vscode from 'vscode';
import { type BoardKey, keyText, newBoardKey, parseKey } from '../../core/agent';
import { brokerOrigin } from '../../core/broker/brokerProfiles';
import { computerLogin } from '../../core/broker/boardLogin';
import type { BrokerProfile, BrokerSecrets } from '../../core/broker/broker';
import { LOCAL_BROKER_ID } from '../../core/broker/localBroker';
import { showInputBox } from '../message';

/** A broker at its address. */
type Place = Pick<BrokerProfile, 'id' | 'url'>;

const LOCAL_SECRET = 'mpyFleet.localBroker.secret';
/** Boards in open mode that the user has agreed to: `ORIGIN UID`. */
const OPEN_BOARDS = 'mpyFleet.openBoards';

/**
 * Passwords of brokers and keys of boards, kept in the editor's secret storage and nowhere else. A
 * password belongs to a broker at one address: if a profile keeps its id and changes its address,
 * it does not get the old password.
 */
export class BrokerSecretStore implements BrokerSecrets {
  /** Brokers that the user has just asked to connect. Only for these may the window ask for a password. */
  readonly #mayAsk = new Set<string>();

  constructor(
    private readonly storage: vscode.SecretStorage,
    private readonly state: vscode.Memento,
    /** Returns the name of a board with this uid. */
    readonly nameOf: (uid: string) => string | undefined = () => undefined,
  ) {}

  /** Runs work for which the user waits, so the window may ask for a missing or wrong password. */
  async asking<T>(id: string, work: () => Promise<T>): Promise<T> {
    this.#mayAsk.add(id);
    try {
      return await work();
    } finally {
      this.#mayAsk.delete(id);
    }
  }

  async password(profile: BrokerProfile, wrong: boolean): Promise<string | undefined> {
    if (profile.id === LOCAL_BROKER_ID) return computerLogin(await this.localSecret()).password;
    const known = await this.storedPassword(profile);
    if (known !== undefined && !wrong) return known;
    if (!profile.username || !this.#mayAsk.has(profile.id)) return known;
    const given = await showInputBox({
      title: vscode.l10n.t('Password of {0} at {1}', profile.username, profile.name),
      prompt: wrong
        ? vscode.l10n.t('The broker rejected this user name or the stored password.')
        : vscode.l10n.t("Stored in this computer's secret storage, for {0} only.", profile.url),
      password: true,
    });
    if (given !== undefined) await this.setPassword(profile, given);
    return given ?? known;
  }

  storedPassword(place: Place): Thenable<string | undefined> {
    return this.storage.get(passwordKey(place));
  }

  async setPassword(place: Place, password: string | undefined): Promise<void> {
    if (password === undefined) await this.storage.delete(passwordKey(place));
    else await this.storage.store(passwordKey(place), password);
  }

  async boardKey(uid: string): Promise<BoardKey | undefined> {
    const known = await this.storage.get(boardKeyKey(uid));
    return known === undefined ? undefined : parseKey(known);
  }

  async setBoardKey(uid: string, key: BoardKey | undefined): Promise<void> {
    if (key === undefined) await this.storage.delete(boardKeyKey(uid));
    else await this.storage.store(boardKeyKey(uid), keyText(key));
  }

  /** Stores the replaced key, in case the new one did not reach the board. */
  async keepPreviousKey(uid: string, key: BoardKey): Promise<void> {
    await this.storage.store(`${boardKeyKey(uid)}.previous`, keyText(key));
  }

  acceptsOpen(place: Place, uid: string): Promise<boolean> {
    const accepted = this.state.get<readonly string[]>(OPEN_BOARDS, []);
    return Promise.resolve(accepted.includes(openEntry(place, uid)));
  }

  /** Stores that the user has agreed to work with this board in open mode at this broker. */
  async acceptOpen(place: Place, uid: string): Promise<void> {
    const accepted = this.state.get<readonly string[]>(OPEN_BOARDS, []);
    await this.state.update(OPEN_BOARDS, [...new Set([...accepted, openEntry(place, uid)])]);
  }

  /**
   * Returns the secret from which all logins at the embedded broker are derived. Creates it on
   * first use.
   */
  async localSecret(): Promise<string> {
    const known = await this.storage.get(LOCAL_SECRET);
    if (known !== undefined) return known;
    const made = Buffer.from(newBoardKey()).toString('base64url');
    await this.storage.store(LOCAL_SECRET, made);
    return made;
  }

  /**
   * Returns whether that secret is stored. Some browser editors keep secrets only while the window is open.
   */
  async hasLocalSecret(): Promise<boolean> {
    return (await this.storage.get(LOCAL_SECRET)) !== undefined;
  }
}

/**
 * Returns the storage key of a password. The embedded broker belongs to this window, on any port: no
 * profile in the settings can have its id.
 */
function passwordKey({ id, url }: Place): string {
  return id === LOCAL_BROKER_ID
    ? `mpyFleet.broker.${id}.password`
    : `mpyFleet.broker.${id} ${brokerOrigin(url)}.password`;
}

function openEntry({ id, url }: Place, uid: string): string {
  return `${id === LOCAL_BROKER_ID ? id : brokerOrigin(url)} ${uid}`;
}

function boardKeyKey(uid: string): string {
  return `mpyFleet.board.${uid}.key`;
}
