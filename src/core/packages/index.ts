/** Public exports of this folder. Other folders import only from here. */
export { OwnFilesError } from './change';
export { compiledPath, compileForBoard, compileTree, removeSources } from './compileForBoard';
export { WrongHashError } from './downloadError';
export { fetchFile, type FileUrl, isFileUrl, parseFileUrl } from './fileUrl';
export { CachingFetcher, type Fetcher } from './fetcher';
export { DEFAULT_INDEX, type IndexEntry, searchIndex } from './indexSource';
export type { InstalledPackage } from './fetchPackages';
export { type InstalledState, keepPackages } from './installed';
export { InstalledFiles } from './installedFiles';
export { readLock } from './lockFile';
export { type InstallOptions, type PackageBoard, PackageManager } from './manager';
export { missingModule, packageOf } from './missingModule';
export { loadableBy, type TargetBoard } from './model';
export {
  canCompileFor,
  CompileError,
  compileMpy,
  COMPILER_MPY_VERSION,
  type MpyCross,
} from './mpyCross';
export { MpyCrossThread } from './mpyCrossThread';
export { nodeHttp, proxyFromEnvironment } from './nodeHttp';
export { withoutLogin } from './plainUrl';
export { DEFAULT_PYPI } from './pypiSource';
export { readRequirements } from './requirements';
export { type SavedUrl, SavedUrls } from './savedUrls';
export { countedFrom, parseSpec } from './spec';
export { cacheFolder, stateFolder } from './stateFolder';
export { fetchStubs, type Stubs } from './stubs';
export { readTar } from './tar';
export { compareVersions } from './versions';
