import * as vscode from 'vscode';
import type { Board } from '../../core/board';
import {
  type Applied,
  applyConfig,
  type BoardConfig,
  checkConfig,
  configChanges,
  configText,
  leaveConfig,
  parseConfig,
  reportedConfig,
  SETTINGS,
} from '../../core/boardConfig';
import type { ReportedConfig } from '../../core/agent';
import { text } from '../../core/bytes';
import { CancelledError, UsageError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import { type ActionIo, compressHostlist, forEachBoard } from '../../core/many';
import { agentOf } from '../broker';
import type { Needs } from '../context';
import { showInputBox, showWarningMessage, tellBriefly } from '../message';
import { saveFile } from '../saveFile';
import { showError } from '../showError';
import { showPage } from '../webviewHtml';
import type { DesiredConfigs } from './desired';
import { readMessage, type BoardReport, type FromConfigure, type ToConfigure } from './messages';
import { configureBody, configureWords } from './page';

/** The form for the configuration of boards: the desired values next to the reported ones. */
export class ConfigurePanel implements vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  readonly #reported = new Map<Board, ReportedConfig>();
  /** Counts queries to the boards, so that answers to earlier ones are dropped. */
  #round = 0;

  constructor(
    private readonly context: Needs<
      'extension' | 'log' | 'settings' | 'brokers' | 'history' | 'many'
    >,
    private readonly desired: DesiredConfigs,
    private readonly panel: vscode.WebviewPanel,
    private boards: readonly Board[],
  ) {
    this.#lifetime.add(panel.onDidDispose(() => this.#lifetime.dispose()));
    const page = {
      name: 'configure',
      title: vscode.l10n.t('Configure MicroPython Boards'),
      body: configureBody,
    };
    this.#lifetime.add(
      showPage(panel.webview, context.extension.extensionUri, page, {
        read: readMessage,
        take: (message) => {
          this.#take(message).catch((error: unknown) => this.#failed(error));
        },
      }),
    );
  }

  /** Shows the form for other boards. */
  async choose(boards: readonly Board[]): Promise<void> {
    this.boards = boards;
    await this.#begin();
  }

  dispose(): void {
    this.panel.dispose();
  }

  async #take(message: FromConfigure): Promise<void> {
    switch (message.kind) {
      case 'ready':
        return this.#begin();
      case 'refresh':
        return this.#read();
      case 'load':
        return this.#load();
      case 'compare':
        return this.#compare(message.document);
      case 'save':
        return this.#save(checkConfig(message.document));
      case 'apply':
        return this.#apply(checkConfig(message.document));
    }
  }

  async #begin(): Promise<void> {
    const desired = this.desired.common(this.boards);
    this.#post({
      kind: 'form',
      words: configureWords(),
      settings: SETTINGS.map(({ name, schema, restart = false }) => ({ name, schema, restart })),
      boards: this.boards.map((b) => report(b, 'reading')),
      ...(desired ? { desired } : {}),
    });
    await this.#read();
  }

  /** Asks every board for its configuration, and sends each answer to the page as it arrives. */
  async #read(): Promise<void> {
    const round = ++this.#round;
    const { boards } = this;
    this.#reported.clear();
    this.#post({ kind: 'reports', boards: boards.map((b) => report(b, 'reading')) });
    await forEachBoard(
      boards,
      async (board, signal) => {
        const told = await this.#readOne(board, signal);
        if (round === this.#round) this.#post({ kind: 'reports', boards: [told] });
      },
      { concurrency: this.context.settings.get('fleet.concurrency') },
    );
  }

  async #readOne(board: Board, signal: AbortSignal): Promise<BoardReport> {
    try {
      const { control } = agentOf(this.context, board);
      if (!control.birth) {
        return report(board, 'away', vscode.l10n.t('away; it gets the settings when it connects'));
      }
      const reported = await control.reported(signal);
      this.#reported.set(board, reported);
      return { ...report(board, 'read'), config: reportedConfig(reported) };
    } catch (error) {
      return report(board, 'failed', error instanceof Error ? error.message : String(error));
    }
  }

  async #compare(document: unknown): Promise<void> {
    let config: BoardConfig;
    try {
      config = checkConfig(document);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      this.#post({ kind: 'compared', drift: {}, problem: error.message });
      return;
    }
    const drift = new Map<string, string[]>();
    for (const [board, reported] of this.#reported) {
      const { config: own, missing } = await this.desired.fill(config, board, this.boards);
      for (const { setting, secretOnly } of configChanges(own, reported)) {
        // A password that this computer does not have yet cannot be compared.
        if (secretOnly && missing.size > 0) continue;
        drift.set(setting.name, [...(drift.get(setting.name) ?? []), board.name]);
      }
    }
    this.#post({ kind: 'compared', drift: Object.fromEntries(drift), problem: '' });
  }

  async #apply(document: BoardConfig): Promise<void> {
    const { boards, context } = this;
    if (Object.keys(document).length === 0) return;
    await this.#askSecrets(document);
    await confirm(document, boards);
    await this.desired.keep(boards, document);
    const action = {
      kind: 'work',
      title: vscode.l10n.t('Configure'),
      work: (board: Board, io: ActionIo) => this.#applyTo(board, boards, document, io),
    } as const;
    await vscode.commands.executeCommand('mpyFleet.results.focus');
    await context.many.jobs.run(action, boards, 'leave');
    await this.#read();
    await this.#compare(document);
  }

  async #applyTo(
    board: Board,
    boards: readonly Board[],
    document: BoardConfig,
    io: ActionIo,
  ): Promise<void> {
    const { control } = agentOf(this.context, board);
    const { config } = await this.desired.fill(document, board, boards);
    const applied = control.birth
      ? await applyConfig(control, config, { signal: io.signal })
      : await leaveConfig(control, config);
    io.print(`${resultWords(applied)}\n`);
  }

  /** Asks for every secret that a board needs, before anything is changed. */
  async #askSecrets(document: BoardConfig): Promise<void> {
    for (const board of this.boards) {
      const { missing } = await this.desired.fill(document, board, this.boards);
      for (const name of missing) {
        const given = await showInputBox({
          title: vscode.l10n.t('Secret "{0}"', name),
          prompt: vscode.l10n.t("Stored in this computer's secret storage."),
          password: true,
        });
        if (given === undefined) throw new CancelledError();
        await this.desired.setSecret(name, given);
      }
    }
  }

  async #load(): Promise<void> {
    const [file] =
      (await vscode.window.showOpenDialog({
        title: vscode.l10n.t('Load which configuration?'),
        filters: { YAML: ['yaml', 'yml', 'json'] },
      })) ?? [];
    if (!file) return;
    const desired = parseConfig(text(await vscode.workspace.fs.readFile(file)));
    this.#post({ kind: 'document', desired });
  }

  async #save(document: BoardConfig): Promise<void> {
    const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
    const uri = await vscode.window.showSaveDialog({
      ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'boards.yaml') } : {}),
      filters: { YAML: ['yaml', 'yml'] },
      title: vscode.l10n.t('Save the configuration'),
    });
    if (!uri) return;
    await saveFile(uri, configText(document));
    tellBriefly(vscode.l10n.t('Configuration saved'), 'check');
  }

  #post(message: ToConfigure): void {
    this.panel.webview
      .postMessage(message)
      .then(undefined, (error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof CancelledError)) showError(this.context, error);
  }
}

function report({ id, name }: Board, state: BoardReport['state'], words = ''): BoardReport {
  return { id, name, state, words, config: {} };
}

/** Asks before the configuration is written. @throws CancelledError */
async function confirm(document: BoardConfig, boards: readonly Board[]): Promise<void> {
  const names = compressHostlist(boards.map((b) => b.name));
  const restarts = SETTINGS.filter((s) => s.restart && Object.hasOwn(document, s.name));
  const tried = restarts.filter((s) => s.sealed);
  const detail = [
    ...(restarts.length > 0
      ? [
          vscode.l10n.t(
            'Boards on which {0} changes restart.',
            restarts.map((s) => s.name).join(', '),
          ),
        ]
      : []),
    ...(tried.length > 0
      ? [vscode.l10n.t('A board that cannot reach its broker with them restores its old settings.')]
      : []),
  ];
  if (detail.length === 0 && boards.length === 1) return;
  const apply = vscode.l10n.t('Apply');
  const asked = vscode.l10n.t('Change {0} on {1}?', Object.keys(document).join(', '), names);
  const answer = await showWarningMessage(asked, { modal: true, detail: detail.join(' ') }, apply);
  if (answer !== apply) throw new CancelledError();
}

function resultWords({ changes, result }: Applied): string {
  const names = changes.map((c) => c.setting.name).join(', ');
  switch (result) {
    case 'same':
      return vscode.l10n.t('already has these settings');
    case 'set':
      return vscode.l10n.t('set: {0}', names);
    case 'waitsForRestart':
      return vscode.l10n.t('takes effect at the next start: {0}', names);
    case 'left':
      return vscode.l10n.t('away; waiting at its broker: {0}', names);
    case 'moved':
      return vscode.l10n.t('has moved to its new broker but was not seen there');
  }
}
