import * as vscode from 'vscode';
import { CancelledError } from '../../core/errors';
import { DisposableStore } from '../../core/events';
import type { ManyJob } from '../../core/many/manyJob';
import { summarize, type BoardResult } from '../../core/many/results';
import { resultsToCsv, resultsToJson, resultsToText } from '../../core/many/resultsExport';
import { Coalescer } from '../coalesce';
import type { ViewContext } from '../context';
import { showError } from '../showError';
import { pageHtml, pageRoots } from '../webviewHtml';
import { readMessage, type FromResults, type ResultRow, type ToResults } from './messages';
import { resultsBody, resultsWords } from './page';

/** A thousand boards that answer at once are a handful of messages. */
const REDRAW_MS = 100;
/** Output that a row carries to the page; all of it is one click away. */
const SHOWN_OUTPUT = 20_000;

/** The panel that shows what boards answered to the last job on many. */
export class ResultsView implements vscode.WebviewViewProvider, vscode.Disposable {
  readonly #lifetime = new DisposableStore();
  #job = new DisposableStore();
  #page: vscode.Webview | undefined;

  constructor(private readonly context: ViewContext) {
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
    view.onDidDispose(() => {
      this.#page = undefined;
    });
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

  /** Sends the whole of the current job and follows its changes. */
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
        return jobs.retry(job);
      case 'export':
        return exportResults(job);
      case 'open': {
        const result = job.results.find((r) => r.id === message.id);
        return result && answers.open(result);
      }
      case 'compare': {
        const [left, right] = [message.left, message.right].map((id) => find(job, id));
        return left && right ? answers.compare(left, right) : undefined;
      }
    }
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

/** Asks for a file, and writes the results as its ending says. */
export async function exportResults(job: ManyJob): Promise<void> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri;
  const uri = await vscode.window.showSaveDialog({
    ...(folder ? { defaultUri: vscode.Uri.joinPath(folder, 'results.json') } : {}),
    filters: { JSON: ['json'], CSV: ['csv'], [vscode.l10n.t('Text')]: ['txt'] },
    title: vscode.l10n.t('Export the results'),
    saveLabel: vscode.l10n.t('Export'),
  });
  if (!uri) return;
  const { results } = job;
  const text = /\.csv$/i.test(uri.path)
    ? resultsToCsv(results)
    : /\.txt$/i.test(uri.path)
      ? resultsToText(job.title, results)
      : resultsToJson(results);
  await vscode.workspace.fs.writeFile(uri, new TextEncoder().encode(text));
}
