/** Public exports of this folder. Other folders import only from here. */
export { downloadCommands, saveAllFiles } from './download';
export { explorerCommands } from './explorer';
export { fileCommands } from './files';
export { transferCommands } from './transfer';
export { urlCommands } from './uploadUrl';
export { wipeCommands } from './wipe';
