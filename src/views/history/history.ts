import * as vscode from 'vscode';
import type { LogLevel } from '../../core/agent';
import { Operations } from '../../core/audit/operations';
import type { Disposable } from '../../core/events';
import type { Log } from '../../core/log';
import { type Limits, Store } from '../../core/store';
import { showWarningMessage } from '../message';
import type { Settings } from '../settings';

/** What the setting `history.logLevel` may say, and the least level of log lines that it keeps. */
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
  readonly extension: Pick<vscode.ExtensionContext, 'globalStorageUri' | 'extensionUri'>;
  readonly log: Log;
  readonly settings: Settings;
}

/**
 * What is kept beyond the window: telemetry, events and the audit of operations, in one SQLite file for all windows of this
 * computer. Making it does no I/O; the file is opened by the first row or question.
 */
export class History implements Disposable {
  readonly store: Store;
  /** Where the audit of this window is written. */
  readonly operations: Operations;
  #told = false;

  constructor(private readonly services: HistoryServices) {
    const { extension } = services;
    this.store = new Store({
      file: vscode.Uri.joinPath(extension.globalStorageUri, 'history.db').fsPath,
      worker: vscode.Uri.joinPath(extension.extensionUri, 'dist', 'store.js').fsPath,
      limits: () => this.#limits(),
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
  }

  /** The least level of log lines that are kept; undefined: none. */
  get logLevel(): LogLevel | undefined {
    return LEVELS[this.services.settings.get('history.logLevel')];
  }

  dispose(): void {
    this.store.close().catch((error: unknown) => this.services.log.warn(String(error)));
  }

  #limits(): Limits {
    const { settings } = this.services;
    return {
      maxBytes: Math.max(1, settings.get('history.maxSize')) * MEGABYTE,
      maxAgeMs: Math.max(1, settings.get('history.maxAge')) * DAY_MS,
    };
  }

  /** Each failure is in the log; the first of a window is shown, since a full disk fails every few seconds. */
  #failed(error: Error & { hint?: string }): void {
    this.services.log.error(error.message);
    if (this.#told) return;
    this.#told = true;
    void showWarningMessage([error.message, error.hint].filter(Boolean).join('. '));
  }
}
