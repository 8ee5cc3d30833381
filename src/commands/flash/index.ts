/** Public exports of this folder. Other folders import only from here. */
export { askFirmware, catalogueOf } from './ask';
export { flashCommands } from './flash';
export { PortReturn } from './portReturn';
export { FleetPorts } from './ports';
export { askFlashTarget, type Chosen } from './target';
export { FIRST_START_MS, firstAnswer, targetOf } from './work';
