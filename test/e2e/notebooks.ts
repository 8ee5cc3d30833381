import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator } from 'playwright-core';
import { expect } from 'vitest';
import { pollUntil } from '../lab/process.mjs';
import type { openSession } from './session.mjs';

// Drives notebooks in a window like a user, and reads their files.

/** A busy computer with two cores takes 30 s for the start of the extension host. */
export const WAIT_MS = 60_000;

/** Entries of the kernel picker that lead to the list of our kernels. */
const STEPS = [/^Select Another Kernel/, /^MicroPython Fleet/];

export interface Saved {
  readonly metadata: { readonly kernelspec?: { readonly name: string } };
  readonly cells: readonly {
    readonly cell_type: string;
    readonly source: readonly string[];
    readonly execution_count?: number | null;
    readonly outputs?: readonly {
      readonly output_type: string;
      readonly name?: string;
      readonly text?: readonly string[];
      readonly ename?: string;
      readonly evalue?: string;
      readonly traceback?: readonly string[];
      readonly data?: Readonly<Record<string, unknown>>;
    }[];
  }[];
}

/** Returns a notebook file in Jupyter's format with these code cells. */
export function notebookOf(...sources: string[]): string {
  return JSON.stringify({
    cells: sources.map((source) => ({
      cell_type: 'code',
      execution_count: null,
      metadata: {},
      outputs: [],
      source: source.split(/(?<=\n)/),
    })),
    metadata: { language_info: { name: 'python' } },
    nbformat: 4,
    nbformat_minor: 2,
  });
}

/** Returns the text that a cell printed to a stream. */
export function printed({ cells }: Saved, cell: number, name = 'stdout'): string {
  const outputs = cells[cell]?.outputs?.filter((o) => o.name === name) ?? [];
  return outputs.map((o) => o.text?.join('') ?? '').join('');
}

/** The visible notebook editor. */
export class Notebooks {
  constructor(private readonly session: Awaited<ReturnType<typeof openSession>>) {}

  get kernelLabel() {
    return this.#toolbar.locator('.kernel-label').filter({ visible: true }).first();
  }

  /** Returns a button of the toolbar. */
  button(name: string) {
    return this.#toolbar.getByText(name, { exact: true }).filter({ visible: true }).first();
  }

  /** Clicks the icon of a button of the toolbar, which VS Code redraws when the kernel changes and when cells run. */
  async press(name: string): Promise<void> {
    await this.#clickIcon(this.button(name));
  }

  async #clickIcon(label: Locator): Promise<void> {
    await this.session.driver.clickOn(label.locator('..').locator('.action-label'));
  }

  get #toolbar() {
    return this.session.driver.page.locator('.notebook-toolbar-container');
  }

  /** Waits until the toolbar names the kernel. */
  async hasKernel(name: string): Promise<void> {
    const shown = async () => (await this.kernelLabel.textContent()) === name;
    const seen = () => this.kernelLabel.textContent();
    expect(await pollUntil(shown, WAIT_MS), `${await seen()} instead of ${name}`).toBe(true);
  }

  /**
   * Opens the list of our kernels once it has `wanted`. The picker has sources first, and the kernels used last. The extension
   * adds its kernels one by one after a notebook was opened, and the picker may be open by then.
   */
  async kernels(wanted: RegExp): Promise<string[]> {
    const { driver } = this.session;
    await this.#clickIcon(this.kernelLabel);
    let labels: string[] = [];
    const listed = async () => {
      labels = await driver.picks();
      const step = STEPS.find((s) => labels.some((label) => s.test(label)));
      if (step) await driver.pick(step);
      return !step && labels.some((label) => wanted.test(label));
    };
    const isListed = await pollUntil(listed, WAIT_MS);
    expect(isListed, `${labels.join(', ')} instead of ${String(wanted)}`).toBe(true);
    return labels;
  }

  /** Opens a notebook and chooses its kernel. */
  async open(name: string, kernel: string): Promise<void> {
    await this.session.driver.openFile(name);
    await this.kernels(new RegExp(`^${kernel}$`));
    await this.session.driver.pick(kernel);
    await this.hasKernel(kernel);
  }

  /** Saves the notebook until `there` accepts the file's content, and returns the content. */
  async saved(name: string, there: (saved: Saved) => boolean): Promise<Saved> {
    const { driver, workspace } = this.session;
    let last: Saved | undefined;
    let text = '';
    // A notebook of many cells takes long on a busy computer, so the limit is the time without a change.
    const changes = () =>
      pollUntil(async () => {
        await driver.command('File: Save');
        const now = readFileSync(join(workspace, name), 'utf8');
        if (now === text) return false;
        try {
          last = JSON.parse(now) as Saved;
        } catch (error) {
          if (error instanceof SyntaxError) return false; // the file is being written
          throw error;
        }
        text = now;
        return true;
      }, WAIT_MS);
    while (await changes()) if (last && there(last)) return last;
    throw new Error(`saved: ${JSON.stringify(last, undefined, 1).slice(0, 5_000)}`);
  }

  /** Waits until an output shows the text. */
  async shows(text: string): Promise<void> {
    const { page } = this.session.driver;
    const there = async () => {
      for (const frame of page.frames()) {
        if ((await frame.getByText(text).count()) > 0) return true;
      }
      return false;
    };
    expect(await pollUntil(there, WAIT_MS), text).toBe(true);
  }
}
