import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach } from 'vitest';
import { applyPlan, type ApplyOptions } from '../../../src/core/sync/apply';
import { planFolder } from '../../../src/core/sync/folderSync';
import { parseMapping } from '../../../src/core/sync/mapping';
import type { SyncMode } from '../../../src/core/sync/model';
import { nodeLocalFs } from '../../../src/core/sync/nodeLocalFs';
import { nodeUndoFolder } from '../../../src/core/sync/nodeUndoFolder';
import { UndoStore } from '../../../src/core/sync/undoStore';
import { undoLast } from '../../../src/core/sync/undo';
import type { BoardFiles } from '../../../src/core/boardFiles';
import { startRig, type Rig } from './filesRig';
import { tempDir } from '../../lab/paths.mjs';

/** A workspace folder in a temporary place, and the product's work with it. */
export class Workspace {
  readonly folder = tempDir('sync');
  readonly #undoFolder = tempDir('undo');
  readonly undo = new UndoStore(nodeUndoFolder(this.#undoFolder));
  mappings: string[] = [];
  protect: string[] = [];
  #clock = 1_000_000;

  constructor(private readonly boardFiles: () => BoardFiles) {}

  put(files: Record<string, string | Uint8Array>): void {
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(join(this.folder, path)), { recursive: true });
      writeFileSync(join(this.folder, path), content);
    }
  }

  take(path: string): void {
    rmSync(join(this.folder, path), { recursive: true });
  }

  plan(mode: SyncMode) {
    const { folder, protect } = this;
    const files = this.boardFiles();
    const mappings = this.mappings.map((text) => parseMapping(text));
    return planFolder({ files, localFs: nodeLocalFs, folder, mappings, ignore: [], protect }, mode);
  }

  async sync(mode: SyncMode, more: Partial<ApplyOptions> = {}) {
    return applyPlan(await this.plan(mode), { ...this.options(), ...more });
  }

  undoLast() {
    return undoLast(this.options());
  }

  options(): ApplyOptions {
    const { undo } = this;
    const now = () => this.#clock++;
    return { files: this.boardFiles(), localFs: nodeLocalFs, undo, board: 'uid:1/2', now };
  }

  dispose(): void {
    rmSync(this.folder, { recursive: true, force: true });
    rmSync(this.#undoFolder, { recursive: true, force: true });
  }
}

/**
 * Provides a board and an emptied workspace folder for each test of a file, as functions, because
 * `beforeEach` sets them.
 */
export function syncRig() {
  let rig: Rig;
  let work: Workspace;
  beforeAll(async () => {
    rig = await startRig({ sizeKib: 2048, drop: false });
  });
  afterAll(() => rig.stop());
  beforeEach(async () => {
    for (const { name } of await rig.files.list('/')) {
      await rig.files.remove(`/${name}`, { recursive: true });
    }
    work = new Workspace(() => rig.files);
  });
  afterEach(() => work.dispose());
  return {
    rig: () => rig,
    work: () => work,
    /** Returns the texts on the flash, read without the product. */
    onBoard: async (): Promise<Record<string, string>> => {
      const files = await rig.board.files();
      const texts = Object.entries(files).map(([path, data]) => [path, data.toString()] as const);
      return Object.fromEntries(texts);
    },
    /** Runs `job` and returns how many questions the board was asked. */
    roundTrips: async (job: () => Promise<unknown>): Promise<number> => {
      const before = rig.execs();
      await job();
      return rig.execs() - before;
    },
  };
}
