/** Remote configuration of boards: documents, templates, differences, and applying them. */
export { CONFIG_SCHEMA, SECRET_NAME, SETTINGS, type BoardConfig } from './settings';
export type { Setting } from './settingKit';
export { checkConfig, configText, parseConfig } from './document';
export { fillTemplate, isTemplate, type TemplateValues } from './template';
export { configChanges, reportedConfig, type ConfigChange } from './diff';
export {
  agentValues,
  applyConfig,
  ConfigTakenBackError,
  leaveConfig,
  TRIAL_S,
  type Applied,
  type ApplyOptions,
} from './apply';
export { type JsonSchema, schemaProblems } from './jsonSchema';
