/** Public exports of this folder. Other folders import only from here. */
export { macroCommands } from './macros';
export { scheduleCommands } from './schedules';
export { scriptCommands } from './scripts';
