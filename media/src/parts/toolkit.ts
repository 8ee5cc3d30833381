import {
  provideVSCodeDesignSystem,
  vsCodeButton,
  vsCodeCheckbox,
  vsCodeDropdown,
  vsCodeOption,
  vsCodeTextField,
} from '@vscode/webview-ui-toolkit';
import { element } from './host';

/** Registers VS Code's own controls for the page. */
export function useToolkit(): void {
  provideVSCodeDesignSystem().register(
    vsCodeButton(),
    vsCodeCheckbox(),
    vsCodeDropdown(),
    vsCodeOption(),
    vsCodeTextField(),
  );
}

/** A control that can be disabled. */
export interface Control extends HTMLElement {
  disabled: boolean;
}

export interface CheckControl extends Control {
  checked: boolean;
}

export interface ValueControl extends Control {
  value: string;
}

/** Returns the toolkit's control with this id. */
export function control(id: string): Control {
  return element(id) as Control;
}

export function checkControl(id: string): CheckControl {
  return element(id) as CheckControl;
}

export function valueControl(id: string): ValueControl {
  return element(id) as ValueControl;
}
