import { relative } from 'node:path';
import * as vscode from 'vscode';
import { asError, CancelledError, UsageError } from '../../core/errors';
import {
  type BoardResult,
  type FleetAction,
  FleetJob,
  resultToText,
  summarize,
} from '../../core/many';
import { TerminalFilter } from '../../core/repl';
import type { Needs } from '../context';
import { requireTrust } from '../trust';

const TYPE = 'micropython';

/** A task in `tasks.json`: the action and its boards. */
interface Definition extends vscode.TaskDefinition {
  readonly task: 'run' | 'upload' | 'reset';
  /** A selector: names, hostlists, patterns, tags, groups. */
  readonly boards: string;
  /** For run and upload: a file, relative to the workspace folder. */
  readonly file?: string;
  /** For run: code instead of a file. */
  readonly code?: string;
  /** For upload: the destination on the board. */
  readonly to?: string;
  readonly programs?: 'leave' | 'stop' | 'stopAndRestart';
}

/** Tasks of type `micropython`, for builds and launch configurations. */
export function registerTasks(context: Needs<'settings' | 'many'>): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(TYPE, {
    provideTasks: () => [],
    resolveTask: (task) => {
      const definition = task.definition as Definition;
      const scope = task.scope ?? vscode.TaskScope.Workspace;
      const resolved = new vscode.Task(
        definition,
        scope,
        task.name || definition.task,
        'MicroPython',
        new vscode.CustomExecution(() =>
          Promise.resolve(new TaskTerminal(context, definition, scope)),
        ),
        '$micropython',
      );
      return resolved;
    },
  });
}

/**
 * Runs a task. Its output is what the boards print, and its exit code says whether all succeeded.
 */
class TaskTerminal implements vscode.Pseudoterminal {
  readonly #write = new vscode.EventEmitter<string>();
  readonly #close = new vscode.EventEmitter<number>();
  readonly onDidWrite = this.#write.event;
  readonly onDidClose = this.#close.event;
  readonly #cancel = new AbortController();
  readonly #filter = new TerminalFilter();

  constructor(
    private readonly context: Needs<'settings' | 'many'>,
    private readonly definition: Definition,
    private readonly scope: vscode.Task['scope'],
  ) {}

  open(): void {
    this.#run().then(
      (status) => this.#close.fire(status),
      (error: unknown) => {
        this.#say(`${asError(error).message}\n`);
        this.#close.fire(2);
      },
    );
  }

  close(): void {
    this.#cancel.abort(new CancelledError());
  }

  handleInput(data: string): void {
    if (data.includes('\u0003')) this.close();
  }

  async #run(): Promise<number> {
    requireTrust();
    const { many, settings } = this.context;
    const { definition } = this;
    const action = await this.#action();
    const { boards, unmatched } = many.select(definition.boards);
    if (unmatched.length > 0 || boards.length === 0) {
      throw new UsageError(
        vscode.l10n.t('No board matches {0}', unmatched.join(', ') || definition.boards),
      );
    }
    const always = settings.get('run.stopRunningProgram');
    const programs = definition.programs ?? (always === 'ask' ? 'leave' : always);
    const job = new FleetJob(
      action,
      boards.map((b) => b.board),
      many.jobs.forJobs,
      { programs, concurrency: settings.get('fleet.concurrency') },
    );
    const done = new Set<string>();
    job.onDidChange((board) => {
      const result = job.results.find((r) => r.id === board.id);
      if (!result || done.has(result.id) || !hasEnded(result)) return;
      done.add(result.id);
      this.#say(this.#linked(resultToText(job.title, result)));
    });
    await many.jobs.follow(job, () => job.run(undefined, this.#cancel.signal));
    this.#say(`${summarize(job.results)}\n`);
    return job.unfinished.length === 0 ? 0 : 1;
  }

  async #action(): Promise<FleetAction> {
    const { task, code, file, to } = this.definition;
    if (task === 'reset') return { kind: 'reset', mode: 'soft' };
    if (task === 'run' && code !== undefined) return { kind: 'exec', code, label: 'code' };
    const uri = this.#file();
    const content = await vscode.workspace.fs.readFile(uri);
    if (task === 'run') {
      return { kind: 'exec', code: new TextDecoder().decode(content), label: file ?? '' };
    }
    const name = uri.path.slice(uri.path.lastIndexOf('/') + 1);
    const path = to === undefined ? `/${name}` : to.endsWith('/') ? `${to}${name}` : to;
    if (!path.startsWith('/')) throw new UsageError(vscode.l10n.t('"to" must start with "/"'));
    return { kind: 'upload', files: [{ path, content, local: uri.toString() }], label: name };
  }

  #file(): vscode.Uri {
    const { file } = this.definition;
    if (!file) throw new UsageError(vscode.l10n.t('The task does not name a file'));
    if (file.startsWith('/') || /^[a-z]:[\\/]/i.test(file)) return vscode.Uri.file(file);
    const own = this.#folder();
    if (!own)
      throw new UsageError(vscode.l10n.t('No folder is open, so {0} cannot be found', file));
    return vscode.Uri.joinPath(own.uri, file);
  }

  #folder(): vscode.WorkspaceFolder | undefined {
    return typeof this.scope === 'object' ? this.scope : vscode.workspace.workspaceFolders?.[0];
  }

  /**
   * Replaces `<stdin>` in a traceback by the file's name, with which the problem matcher finds it.
   * The name is relative to the folder: a matcher that must find out whether a name is relative
   * looks at the disk, and if the task ends during that, its problems are lost.
   */
  #linked(text: string): string {
    if (!this.definition.file) return text;
    const { fsPath } = this.#file();
    const own = this.#folder();
    const name = own ? relative(own.uri.fsPath, fsPath).replaceAll('\\', '/') : fsPath;
    return text.replaceAll('File "<stdin>"', () => `File "${name}"`);
  }

  #say(text: string): void {
    this.#write.fire(this.#filter.take(text).replace(/\r?\n/g, '\r\n'));
  }
}

function hasEnded({ status }: BoardResult): boolean {
  return status !== 'waiting' && status !== 'running';
}
