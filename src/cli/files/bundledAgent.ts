import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { AgentSource } from '../../core/agent';
import { UsageError } from '../../core/errors';
import { bundledFiles } from './bundledFiles';

/**
 * Reads the compiled agent that ships with mpyfleet.
 * @throws UsageError for boards that cannot load .mpy files
 */
export async function bundledAgent(compiled: boolean): Promise<AgentSource> {
  if (!compiled) {
    throw new UsageError('This MicroPython is too old for the agent that mpyfleet carries', {
      hint: 'Use MicroPython 1.19 or later; "mpyfleet flash" writes it.',
    });
  }
  const folder = join(__dirname, 'agent');
  return { shim: await readFile(join(folder, 'shim.py')), copy: await bundledFiles('agent/copy') };
}
