/** The steps in their order. `broker`: the board has connected there. */
export const STEPS = [
  'flash',
  'name',
  'wifi',
  'agent',
  'files',
  'app',
  'start',
  'broker',
  'stubs',
] as const;
export type StepName = (typeof STEPS)[number];
