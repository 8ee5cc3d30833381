import * as vscode from 'vscode';
import type { LogLevel } from '../../core/agent';
import { Operations } from '../../core/audit/operations';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { type Limits, parseServer, Store, type StoreServer, withPassword } from '../../core/store';
import { callCommand } from '../callCommand';
import { showWarningMessage } from '../message';
import type { Settings } from '../settings';

/** Values of the setting `history.logLevel`, and the lowest level of log lines that each keeps. */
const LEVELS: Readonly<Record<string, LogLevel | undefined>> = {
  off: undefined,
  error: 'E',
  warning: 'W',
  info: 'I',
  debug: 'D',
  everything: 'O',
};

const MEGABYTE = 1024 * 1024;
const DAY_MS = 86_400_000;

export interface HistoryServices {
  readonly extension: Pick<
    vscode.ExtensionContext,
    'globalStorageUri' | 'extensionUri' | 'secrets'
  >;
  readonly log: Log;
  readonly settings: Settings;
}

/**
 * Data kept beyond the window: telemetry, events, messages of apps and the audit of operations. It
 * is in one SQLite file for all windows of this computer, or on a PostgreSQL server that several
 * people use. Creating it does no I/O; the first row or question opens the file or server.
 */
export class History implements Disposable {
  readonly store: Store;
  /** Where the audit of this window is written. */
  readonly operations: Operations;
  #told = false;
  readonly #following: Disposable;

  constructor(private readonly services: HistoryServices) {
    const { extension } = services;
    this.store = new Store({
      file: vscode.Uri.joinPath(extension.globalStorageUri, 'history.db').fsPath,
      worker: vscode.Uri.joinPath(extension.extensionUri, 'dist', 'store.js').fsPath,
      limits: () => this.#limits(),
      server: () => this.server(),
    });
    this.operations = new Operations({
      origin: 'window',
      record: (entry) => this.store.addAudit(entry),
    });
    this.store.onNotice((text) => {
      services.log.warn(text);
      void showWarningMessage(text);
    });
    this.store.onDidFail((error) => this.#failed(error));
    this.#following = services.settings.onDidChange((names) => {
      if (!names.includes('history.server')) return;
      this.#told = false;
      this.store.reopen().catch((error: unknown) => services.log.warn(String(error)));
    });
  }

  /** The lowest level of log lines that are kept. Undefined: none. */
  get logLevel(): LogLevel | undefined {
    return LEVELS[this.services.settings.get('history.logLevel')];
  }

  /**
   * Returns the server in the setting `history.server`, with its password. Undefined: the file is
   * used.
   * @throws UsageError if the setting is not the address of a server
   */
  async server(): Promise<StoreServer | undefined> {
    const { extension, settings } = this.services;
    const text = settings.get('history.server').trim();
    if (text === '') return undefined;
    const address = parseServer(text);
    const password = await extension.secrets.get(passwordKey(address.login));
    const worker = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'storePg.js').fsPath;
    return { url: withPassword(address, password), worker };
  }

  /** Stores the password of a login (`user@host:port`) in the secret storage; '' removes it. */
  async setPassword(login: string, password: string): Promise<void> {
    const { secrets } = this.services.extension;
    if (password === '') await secrets.delete(passwordKey(login));
    else await secrets.store(passwordKey(login), password);
  }

  dispose(): void {
    this.#following.dispose();
    this.store.close().catch((error: unknown) => this.services.log.warn(String(error)));
  }

  #limits(): Limits {
    const { settings } = this.services;
    return {
      maxBytes: Math.max(1, settings.get('history.maxSize')) * MEGABYTE,
      maxAgeMs: Math.max(1, settings.get('history.maxAge')) * DAY_MS,
    };
  }

  /**
   * Logs every failure. Shows only the first one of a window, because a full disk fails every few
   * seconds.
   */
  #failed(error: Error & { hint?: string }): void {
    this.services.log.error(error.message);
    if (this.#told) return;
    this.#told = true;
    void this.#tell([error.message, error.hint].filter(Boolean).join('. '));
  }

  async #tell(text: string): Promise<void> {
    if (this.services.settings.get('history.server').trim() === '') {
      await showWarningMessage(text);
      return;
    }
    const change = vscode.l10n.t('PostgreSQL Server…');
    if ((await showWarningMessage(text, change)) === change) {
      await callCommand('mpyFleet.setHistoryServer');
    }
  }
}

/**
 * Returns the storage key of a password, which belongs to a login at one server. Another address
 * does not get it.
 */
function passwordKey(login: string): string {
  return `mpyFleet.history ${login}.password`;
}
