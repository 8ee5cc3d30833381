/** Public exports of this folder. Other folders import only from here. */
export { START_LINES, startLines, withoutStartLines, withStartLines } from './agentStartLines';
export { fileError, linesOrError, noSpace, storeError } from './fileErrors';
export { filesInSession } from './filesInSession';
export { fileProblem, hostNames, type HostNames, nameCollisions, nameProblem } from './hostNames';
export { inSession } from './inSession';
export { isMissing, orIfMissing, removeIfThere } from './ifThere';
export { holdable, localParts } from './localParts';
export { boardPath, checkWritable, isTemporaryName, shownPath, typedPath, under } from './paths';
export { inHome } from './places';
export { probeCapabilities } from './probeCapabilities';
export { readEach } from './readEach';
export { mayHoldSecrets } from './secretFiles';
export { linkFacts } from './linkFacts';
export { SessionFiles } from './sessionFiles';
export { literal, minify, quoted, rawLiteral, runVerb } from './snippets';
export {
  AGENT_FOLDER,
  agentFolderOf,
  belongsToAgent,
  isMainFile,
  isStartFile,
  keepStartLines,
  MAIN_FILE,
  mergeStartLines,
  type Split,
  splitStartLines,
  startFilesLast,
} from './startLines';
export { verbs } from './verbs';
export { wipe, type WipeResult, wipeSummary } from './wipe';
export { writeFiles } from './writeFiles';
