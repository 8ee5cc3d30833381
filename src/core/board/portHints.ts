/**
 * Why a connected board may have no port. Each reason has a text in the window's welcome view
 * (`welcome.hint.ID`).
 */
export type PortHintId = 'remote' | 'wsl' | 'flatpak' | 'brltty' | 'driver' | 'cable';

export interface PortHint {
  readonly id: PortHintId;
  readonly text: string;
}

/** Facts about the computer that a hint depends on; see `surroundings` in the serial transport. */
export interface PortSurroundings {
  readonly platform: NodeJS.Platform;
  /** From `os.release()`. */
  readonly kernel: string;
  /**
   * Where the window's extensions run (`ssh-remote`, `wsl`, `dev-container`…); undefined: on the
   * user's own computer.
   */
  readonly remoteName?: string | undefined;
  readonly inFlatpak: boolean;
  readonly hasBrltty: boolean;
  /**
   * USB devices of the kind found on boards, as `1a86:7523`, for which the system has created no
   * port. Known on Linux only.
   */
  readonly withoutPort: readonly string[];
}

/** Likeliest reasons first. Never empty, because any cable may be charge-only. */
export function portHints(around: PortSurroundings): PortHint[] {
  const { platform, kernel, remoteName, inFlatpak, hasBrltty, withoutPort } = around;
  const [device = ''] = withoutPort;
  const hints: PortHint[] = [];
  const say = (id: PortHintId, text: string) => hints.push({ id, text });
  const isWsl = remoteName === 'wsl' || (platform === 'linux' && /microsoft/i.test(kernel));
  if (isWsl) {
    say(
      'wsl',
      'Linux in WSL sees no USB device until Windows hands it over: run "usbipd list", "usbipd bind --busid ID" and "usbipd attach --wsl --busid ID" on Windows, or work in a window of Windows itself.',
    );
  } else if (remoteName !== undefined) {
    say(
      'remote',
      'This window works on another computer or in a container, which does not see the USB ports of the one before you: open a local window, or reach the board over WebREPL or a broker.',
    );
  }
  if (inFlatpak) {
    say(
      'flatpak',
      'A Flatpak sees no devices unless it is allowed to: run "flatpak override --user --device=all com.visualstudio.code" and start VS Code again.',
    );
  }
  if (device !== '' && hasBrltty) {
    say(
      'brltty',
      `A board's USB chip (${device}) is plugged in, and brltty, a program for Braille displays, seems to have taken its port away: run "sudo apt remove brltty" if you have no such display, and plug the board in again.`,
    );
  } else if (device !== '' && !inFlatpak) {
    say(
      'driver',
      `A board's USB chip (${device}) is plugged in, and the system has no driver for it: install the package with the kernel's further modules (Ubuntu: "sudo apt install linux-modules-extra-$(uname -r)"), and plug the board in again.`,
    );
  }
  if (platform === 'win32' || platform === 'darwin') {
    const where = platform === 'win32' ? 'the Device Manager' : 'System Information > USB';
    say(
      'driver',
      `If the board shows up in ${where} but not here, its USB chip (often a CH340 or CP210x) needs the driver of its maker.`,
    );
  }
  say('cable', 'Many USB cables only charge: try one that carries data, and another USB port.');
  return hints;
}
