import { basename, dirname } from 'node:path';
import * as vscode from 'vscode';
import { fullPlace } from '../../core/address';
import { CancelledError } from '../../core/errors';
import {
  MadeList,
  prepareLine,
  ProductionLine,
  unfinishedRecord,
  type LineBoard,
} from '../../core/setup';
import type { Needs } from '../../views/context';
import { showError } from '../../views/showError';
import { LinePanel } from '../../views/productionLine/linePanel';
import { connectedBroker } from '../broker';
import { FleetPorts } from '../flash';
import { LineRows } from './lineRows';
import { findTemplates, namesFrom, readTemplate, type SetupPlan } from './ask';
import { offerTemplate } from './newTemplate';
import { WindowBoard } from './board';
import { noAnswers, type SetupServices, windowHost } from './host';
import { SetupSecrets } from './secrets';
import type { Call } from '../types';

/**
 * `Production Line…`: asks for a template, and sets up every board that is plugged in from then on.
 */
export async function openProductionLine(
  context: SetupServices & Needs<'line'>,
  call: Call,
): Promise<void> {
  const { line: open } = context;
  if (open.current) {
    open.current.reveal();
    return;
  }
  const file = await call.ask(askTemplate);
  if (!file) return;
  const line = await WindowLine.prepared(context, file, call);
  open.current = line;
  line.panel.onDidClose(() => {
    open.current = undefined;
  });
  line.start();
}

async function askTemplate(): Promise<vscode.Uri | undefined> {
  const files = await findTemplates();
  if (files.length === 0) {
    await offerTemplate();
    return undefined;
  }
  const items = files.map((file) => ({
    label: `$(file) ${vscode.workspace.asRelativePath(file)}`,
    file,
  }));
  const picked = await vscode.window.showQuickPick(items, {
    title: vscode.l10n.t('What should be done with every board that is plugged in?'),
    ignoreFocusOut: true,
  });
  return picked?.file;
}

/** A production line with its page. */
class WindowLine {
  readonly panel: LinePanel;
  readonly #stop = new AbortController();
  readonly #rows: LineRows;
  /** Answers that the user gave for the first board. */
  readonly #answers = noAnswers();
  readonly #call: Call;
  readonly #secrets: SetupSecrets;
  #stubs: Promise<string | undefined> | undefined;
  #line: ProductionLine | undefined;
  #atOnce = 1;

  private constructor(
    private readonly context: SetupServices,
    private readonly plan: SetupPlan,
    private readonly made: MadeList,
    title: string,
  ) {
    const { signal } = this.#stop;
    // The page shows the progress, so the command itself has none.
    const quiet = { report: () => undefined, begin: () => undefined };
    this.#call = { args: [], signal, ...quiet, ask: async (question) => question() };
    this.#secrets = new SetupSecrets(context, this.#call, plan.base);
    this.panel = new LinePanel(context, title);
    this.#rows = new LineRows(this.panel);
    this.panel.onDidAsk((what) => {
      if (what === 'start') this.start();
      else if (what === 'stop') this.#end();
      else this.#show(what === 'list' ? made.csvFile : made.labelsFile);
    });
    // Closing the page must not end the work on a board that is being flashed: the board would not
    // start.
    this.panel.onDidClose(() => this.#end());
  }

  /**
   * Asks for everything that the template needs and loads it.
   * @throws before any board is touched
   */
  static async prepared(context: SetupServices, file: vscode.Uri, call: Call): Promise<WindowLine> {
    const template = await readTemplate(file);
    const base = dirname(file.fsPath);
    const made = await MadeList.open(MadeList.nameFor(file.fsPath), template.label);
    const known = made.records.flatMap((record) => record.name ?? []);
    const names = namesFrom(context, template.name, known);
    const plan = { template, base, file: file.fsPath, names, asksWifi: false };
    if (template.broker?.id !== undefined) {
      await connectedBroker(context, template.broker.id, call.signal);
    }
    const line = new WindowLine(context, plan, made, basename(file.fsPath));
    try {
      line.panel.say('ending', vscode.l10n.t("Loading the template's requirements…"));
      const nowhere = new WindowBoard(context, {});
      line.#atOnce = await prepareLine(template, line.#hostOf(nowhere), call.signal);
      return line;
    } catch (error) {
      line.panel.dispose();
      throw error;
    }
  }

  get isRunning(): boolean {
    return this.#line !== undefined;
  }

  reveal(): void {
    this.panel.reveal();
  }

  /** Sets up boards until it is stopped. */
  start(): void {
    if (this.#line) return;
    const ports = new FleetPorts(this.context.fleet);
    const { template } = this.plan;
    const add = this.made.add.bind(this.made);
    const line = new ProductionLine(template, ports, (place) => this.#boardAt(ports, place), add, {
      signal: this.#stop.signal,
      atOnce: this.#atOnce,
      events: this.#rows.events,
    });
    this.#line = line;
    this.panel.say('running', ready(ports.leftAlone));
    const run = line.run().finally(() => ports.dispose());
    run.then(
      ({ stopped }) => this.#ended(stopped ?? vscode.l10n.t('Stopped.')),
      (error: unknown) => {
        this.#ended(vscode.l10n.t('Stopped.'));
        if (!(error instanceof CancelledError)) showError(this.context, error);
      },
    );
  }

  #end(): void {
    if (!this.#line) return;
    this.#line.end();
    this.panel.say('ending', vscode.l10n.t('Finishing the current boards…'));
  }

  #ended(says: string): void {
    this.#line = undefined;
    this.panel.say('stopped', says);
  }

  #boardAt(ports: FleetPorts, place: string): LineBoard {
    const { context, made } = this;
    const found = ports.at(place);
    const board = new WindowBoard(context, found ? { found } : {});
    this.#rows.place(place, found ? fullPlace(found.address) : place);
    const { signal } = this.#stop;
    return {
      board,
      host: this.#hostOf(board),
      unfinished: () => unfinishedRecord(board, made, { signal, log: context.log }),
      close: () => {
        board.dispose();
        return Promise.resolve(board.place);
      },
    };
  }

  #hostOf(board: WindowBoard) {
    const host = windowHost(
      this.context,
      board,
      this.plan,
      this.#secrets,
      this.#answers,
      this.#call,
    );
    return {
      ...host,
      earlier: this.made.of.bind(this.made),
      // The files belong to the workspace, so one board is enough.
      stubs: (...args: Parameters<typeof host.stubs>) => (this.#stubs ??= host.stubs(...args)),
    };
  }

  #show(path: string): void {
    vscode.window
      .showTextDocument(vscode.Uri.file(path), { viewColumn: vscode.ViewColumn.Beside })
      .then(undefined, (error: unknown) => showError(this.context, error));
  }
}

function ready(leftAlone: readonly string[]): string {
  if (leftAlone.length === 0) return vscode.l10n.t('Ready: plug in a board.');
  return vscode.l10n.t(
    'Ready: plug in a board. Ignored, because they were plugged in before: {0}',
    leftAlone.join(', '),
  );
}
