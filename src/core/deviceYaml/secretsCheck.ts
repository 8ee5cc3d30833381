import { text } from '../bytes';
import { parseSecrets } from '../python/secretsPy';
import type { LocalFs } from '../sync';
import type { Diagnostic } from './model';
import type { Placement } from './resolve';

/** Checks a `secrets.py` for a board. Problems are reported at the resource, without any value. */
export async function checkSecrets(
  placements: readonly Placement[],
  fs: LocalFs,
): Promise<Diagnostic[]> {
  const found: Diagnostic[] = [];
  for (const { resource, files } of placements) {
    for (const { local } of files.filter((file) => file.local.endsWith('/secrets.py'))) {
      for (const { line, message } of parseSecrets(text(await fs.read(local))).problems) {
        const where = `secrets.py, line ${line}: ${message}`;
        found.push({ ...resource.place, message: where, severity: 'warning' });
      }
    }
  }
  return found;
}
