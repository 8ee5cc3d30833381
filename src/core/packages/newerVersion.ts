import { sha256 } from '../hash';
import { fetchPackages, type InstalledPackage } from './fetchPackages';
import type { TargetBoard } from './model';
import { resolve, type Sources } from './resolve';
import { parseSpec, withoutVersion } from './spec';
import { compareVersions } from './versions';

/**
 * Returns the version that the source of an installed package offers now, if it is newer, or if the same version (`HEAD`) has
 * different files.
 * @throws DownloadError, ProtocolError
 */
export async function newerVersion(
  p: InstalledPackage,
  board: TargetBoard,
  sources: Sources,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const spec = withoutVersion(parseSpec(p.source));
  const [latest] = (await resolve([spec], board, sources, signal)).slice(-1);
  if (!latest) return undefined;
  if (latest.version !== p.version) {
    const isNewer = compareVersions(latest.version, p.version) >= 0;
    return isNewer ? latest.version : undefined;
  }
  if (spec.kind === 'index' || spec.kind === 'pypi') return undefined;
  const [fetched] = await fetchPackages([latest], sources.fetcher, signal);
  const placed = new Set(p.files.map((f) => f.sha256));
  // Files compiled here cannot be compared with their source.
  const isCompiled = (path: string) =>
    path.endsWith('.py') && !p.files.some((f) => f.path.endsWith(`/${path}`));
  const changed = fetched?.files.some((f) => !isCompiled(f.path) && !placed.has(sha256(f.content)));
  return changed ? latest.version : undefined;
}
