import { stat } from 'node:fs/promises';
import { parseAddress } from '../../../src/core/parseAddress';
import type { Board } from '../../../src/core/board/board';
import { selectableBoard } from '../../../src/core/many/selectableBoard';
import { selectBoards } from '../../../src/core/many/selector';
import type { Fleet } from '../../../src/core/board/fleet';
import type { NotebookHost } from '../../../src/core/notebook/host';
import { NotebookKernel } from '../../../src/core/notebook/kernel';
import { magics } from '../../../src/core/notebook/magics';
import type { CellFailure, CellOutput, MimeBundle } from '../../../src/core/notebook/output';
import { Shared } from '../../../src/core/notebook/shared';
import { deviceRules, deviceTree } from '../../../src/core/deviceYaml/deviceTree';
import type { Device } from '../../../src/core/deviceYaml/model';
import { resolveDevice } from '../../../src/core/deviceYaml/resolve';
import { planFolder, prepareTree } from '../../../src/core/sync/folderSync';
import type { SyncMode } from '../../../src/core/sync/model';
import { plan } from '../../../src/core/sync/planner';
import { applyPlan } from '../../../src/core/sync/apply';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { nodeUndoFolder } from '../../../src/core/sync/nodeUndoFolder';
import { UndoStore } from '../../../src/core/sync/undoStore';
import { tempDir } from '../../lab/paths.mjs';

/** Output of a cell, and when its first text arrived. */
export class Kept implements CellOutput {
  printed = '';
  notes = '';
  failure: CellFailure | undefined;
  readonly shown: { data: MimeBundle; kind: string }[] = [];
  readonly asked: string[] = [];
  readonly #listeners: (() => void)[] = [];

  constructor(private readonly answers: readonly (string | undefined)[] = []) {}

  text(text: string): void {
    this.printed += text;
    for (const listener of this.#listeners) listener();
  }
  note(text: string): void {
    this.notes += text;
    for (const listener of this.#listeners) listener();
  }
  fail(failure: CellFailure): void {
    this.failure = failure;
  }
  display(data: MimeBundle, kind = 'display') {
    const one = { data, kind };
    this.shown.push(one);
    return { update: (next: MimeBundle) => void (one.data = next) };
  }
  ask(prompt: string): Promise<string | undefined> {
    this.asked.push(prompt);
    return Promise.resolve(this.answers[this.asked.length - 1]);
  }
  /** Resolves when the text (or a note) contains `part`. */
  async until(part: string): Promise<void> {
    const there = () => this.printed.includes(part) || this.notes.includes(part);
    if (there()) return;
    await new Promise<void>((resolve) =>
      this.#listeners.push(() => {
        if (there()) resolve();
      }),
    );
  }
  /** All that can be read, in one text. */
  get all(): string {
    const shown = this.shown.map((s) => `${s.data['text/plain'] ?? ''}\n`).join('');
    return `${this.printed}${shown}${this.notes}${this.failure ? this.failure.traceback.join('\n') : ''}`;
  }
}

export interface LabHost extends NotebookHost {
  readonly questions: string[];
  /** The files that a device file puts on the board. Without it, the folder is the board. */
  device?: Device;
  trusted: boolean;
  agrees: boolean;
}

/** Plays VS Code's window for a notebook, on a folder of this computer. `own` replaces parts. */
export function labHost(
  fleet: Fleet,
  python: string | undefined = 'python3',
  own: Partial<NotebookHost> = {},
): LabHost {
  const folder = tempDir('notebook');
  const undo = new UndoStore(nodeUndoFolder(tempDir('undo')));
  const select = (text: string) =>
    selectBoards(
      text,
      fleet.boards.map((b) => selectableBoard(fleet, b)),
    );
  const host: LabHost = {
    questions: [],
    trusted: true,
    agrees: true,
    folder,
    env: { HOME: folder, IOT: folder, IOT_PROJECTS: `${folder}/projects` },
    boards: {
      all: () => fleet.boards,
      fallback: () => (fleet.boards.length === 1 ? fleet.boards[0] : undefined),
      select,
      register: (text) => {
        const board = fleet.byAddress(parseAddress(text));
        return board ? Promise.resolve(board) : Promise.reject(new Error(`no board at ${text}`));
      },
      unregister: (board) => Promise.resolve(board.links.map((l) => l.found.address.text)),
      rename: (board, name) => fleet.rename(board, name),
      nameConfigured: () => Promise.resolve(),
    },
    planSync: async (board, mode, signal) => {
      const localFs = nodeLocalFs;
      const sync = { files: board.files, localFs, folder, mappings: [], ignore: [], protect: [] };
      const planned = host.device
        ? await planDevice(host, board, host.device, mode)
        : await planFolder(sync, mode, signal);
      const options = { files: board.files, localFs, undo, board: board.id, now: () => 0, signal };
      return { plan: planned, apply: () => applyPlan(planned, options) };
    },
    configured: async () => {
      if (!host.device) return undefined;
      const { files } = await resolveLab(host, host.device);
      const sized = files.map(async (f) => ({ ...f, size: (await stat(f.local)).size }));
      return { file: host.device.place.file, files: await Promise.all(sized) };
    },
    packages: {
      toBoard: (_board, specs) => Promise.resolve([...specs]),
      toFolder: (_folder, specs) => Promise.resolve([...specs]),
      list: () => Promise.resolve([]),
      remove: (_board, names) => Promise.resolve([...names]),
      compile: (_file, source) => Promise.resolve(new TextEncoder().encode(source)),
    },
    write: (board, path, content, options) => board.files.write(path, content, options),
    python: () => Promise.resolve(python),
    requireTrust: () => {
      if (!host.trusted) throw new Error('not trusted');
    },
    confirm: (question) => {
      host.questions.push(question);
      return Promise.resolve(host.agrees);
    },
    ...own,
  };
  return host;
}

function resolveLab(host: LabHost, device: Device) {
  const environment = { home: host.folder, variables: host.env };
  return resolveDevice(device, { fs: nodeLocalFs, environment, base: host.folder });
}

/** Plans like the window's sync with a device file. */
async function planDevice(host: LabHost, board: Board, device: Device, mode: SyncMode) {
  const resolved = await resolveLab(host, device);
  const rules = deviceRules(device, resolved.files, true, []);
  const tree = await deviceTree(resolved, nodeLocalFs);
  const files = { files: board.files, localFs: nodeLocalFs };
  const { local, remote, rules: all } = await prepareTree(files, tree, rules);
  return plan(local, remote, mode, all);
}

/** A notebook whose cells run one after the other, numbered as in Jupyter. */
export class Notebook {
  readonly kernel: NotebookKernel;
  #cell = 0;

  constructor(
    readonly host: LabHost,
    board?: Pick<Board, 'uid' | 'id' | 'name'>,
    name = 'lab.ipynb',
    readonly shared = new Shared(),
  ) {
    this.kernel = new NotebookKernel({
      host,
      shared: this.shared,
      magics,
      name,
      ...(board && { memory: { board: board.uid ?? board.id, name: board.name } }),
    });
  }

  start(
    source: string,
    { signal = new AbortController().signal, answers = [] as (string | undefined)[] } = {},
  ): { output: Kept; done: Promise<boolean> } {
    const output = new Kept(answers);
    return { output, done: this.kernel.run({ source, cell: ++this.#cell, output, signal }) };
  }

  async run(source: string, options: Parameters<Notebook['start']>[1] = {}): Promise<Kept> {
    const { output, done } = this.start(source, options);
    await done;
    return output;
  }

  dispose(): void {
    this.shared.dispose();
  }
}
