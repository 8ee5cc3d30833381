import * as vscode from 'vscode';
import { callCommand } from '../callCommand';
import { CancelledError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import {
  type BoardResult,
  FleetJob,
  type ManyJob,
  resultsToCsv,
  resultsToJson,
  resultsToText,
  summarize,
} from '../../core/many';
import { Coalescer } from '../coalesce';
import type { Needs } from '../context';
import { openSource } from '../repl/tracebackLinks';
import { saveFile } from '../saveFile';
import { showError } from '../showError';
import { pageHtml, pageRoots } from '../webviewHtml';
import { readMessage, type FromResults, type ResultRow, type ToResults } from './messages';
import { resultsBody, resultsWords } from './page';

/** Coalesces the answers of a thousand boards into a few messages. */
const REDRAW_MS = 100;
/** Maximum number of characters of output that a row sends to the page. A click shows all. */
const SHOWN_OUTPUT = 20_000;

/** Shows the answers of boards to the last job on many boards. */
export class ResultsView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  #job = new DisposableStore();
  #page: vscode.Webview | undefined;

  constructor(
    private readonly context: Needs<
      'extension' | 'log' | 'fleet' | 'uris' | 'origins' | 'runs' | 'many'
    >,
  ) {
    this.#lifetime.add(
      vscode.window.registerWebviewViewProvider('mpyFleet.results', this, {
        webviewOptions: { retainContextWhenHidden: true },
      }),
    );
    this.#lifetime.add(context.many.jobs.onDidChange(() => this.#show()));
  }

  resolveWebviewView(view: vscode.WebviewView): void {
    const { extensionUri } = this.context.extension;
    view.webview.options = { enableScripts: true, localResourceRoots: pageRoots(extensionUri) };
    view.webview.onDidReceiveMessage((message: unknown) => {
      const known = readMessage(message);
      if (known) this.#take(known).catch((error: unknown) => this.#failed(error));
    });
    const { jobs } = this.context.many;
    view.onDidDispose(() => {
      this.#page = undefined;
      jobs.inSight = false;
    });
    view.onDidChangeVisibility(() => {
      jobs.inSight = view.visible;
    });
    jobs.inSight = view.visible;
    this.#page = view.webview;
    view.webview.html = pageHtml(view.webview, extensionUri, {
      name: 'results',
      title: vscode.l10n.t('Results'),
      body: resultsBody,
    });
  }

  dispose(): void {
    this.#job.dispose();
    this.#lifetime.dispose();
  }

  /** Sends the complete current job and follows its changes. */
  #show(): void {
    this.#job.dispose();
    this.#job = new DisposableStore();
    const job = this.context.many.jobs.current;
    if (!job) {
      this.#post({ kind: 'none', words: resultsWords() });
      return;
    }
    const rows = new Coalescer<string>(REDRAW_MS, (ids) => this.#changed(job, new Set(ids)));
    this.#job.add(rows);
    this.#job.add(job.onDidChange((board) => rows.add(board.id)));
    const { results } = job;
    this.#post({
      kind: 'job',
      title: job.title,
      summary: summarize(results),
      running: job.running,
      canRetry: job.canRetry,
      rows: results.map(rowOf),
      words: resultsWords(),
    });
  }

  #changed(job: ManyJob, ids: ReadonlySet<string>): void {
    const { results } = job;
    this.#post({
      kind: 'rows',
      rows: results.filter((r) => ids.has(r.id)).map(rowOf),
      summary: summarize(results),
      running: job.running,
    });
  }

  async #take(message: FromResults): Promise<void> {
    const { jobs, answers } = this.context.many;
    const job = jobs.current;
    if (message.kind === 'ready') this.#show();
    if (!job) return;
    switch (message.kind) {
      case 'ready':
        return;
      case 'cancel':
        job.cancel();
        return;
      case 'retry':
        await callCommand('mpyFleet.retryFailed');
        return;
      case 'export':
        return exportResults(job);
      case 'open': {
        const result = job.results.find((r) => r.id === message.id);
        return result && answers.open(result);
      }
      case 'source':
        return this.#openSource(job, message);
      case 'compare': {
        const [left, right] = [message.left, message.right].map((id) => find(job, id));
        return left && right ? answers.compare(left, right) : undefined;
      }
    }
  }

  /**
   * Opens the source of a traceback's line. Code that was sent has no file name on the board; it is
   * the job's code.
   */
  async #openSource(job: ManyJob, at: { id: string; file: string; line: number }): Promise<void> {
    const source = job instanceof FleetJob && job.action.kind === 'exec' && job.action.source;
    if (source && at.file === '<stdin>') {
      const line = Math.max(0, source.line + at.line - 1);
      const selection = new vscode.Range(line, 0, line, 0);
      await vscode.window.showTextDocument(vscode.Uri.parse(source.uri), { selection });
      return;
    }
    const board = this.context.fleet.byId(at.id);
    if (board) await openSource(this.context, board, at.file, at.line);
  }

  #post(message: ToResults): void {
    this.#page?.postMessage(message).then(undefined, (error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    if (!(error instanceof CancelledError)) showError(this.context, error);
  }
}

function find(job: ManyJob, id: string): BoardResult | undefined {
  return job.results.find((r) => r.id === id);
}

function rowOf(result: BoardResult): ResultRow {
  return result.output.length <= SHOWN_OUTPUT
    ? result
    : { ...result, output: `${result.output.slice(0, SHOWN_OUTPUT)}\n…` };
}

/** Asks for a file and writes the results in the format of its extension. */
export async function exportResults(job: ManyJob): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'results.json') } : {}),
    filters: { JSON: ['json'], CSV: ['csv'], [vscode.l10n.t('Text')]: ['txt'] },
    title: vscode.l10n.t('Export results'),
    saveLabel: vscode.l10n.t('Export'),
  });
  if (!uri) return;
  const { results } = job;
  const text = /\.csv$/i.test(uri.path)
    ? resultsToCsv(results)
    : /\.txt$/i.test(uri.path)
      ? resultsToText(job.title, results)
      : resultsToJson(results);
  await saveFile(uri, text);
}
