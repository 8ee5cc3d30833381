/** Public exports of this folder. Other folders import only from here. */
export { NOTEBOOK_TYPE, Notebooks, registerNotebooks } from './notebooks';
