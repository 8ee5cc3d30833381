import * as l10n from '@vscode/l10n';

/** Installs the drivers that Ubuntu's small kernels lack. */
const MORE_MODULES = 'sudo apt install linux-modules-extra-$(uname -r)';

/**
 * Why a connected board may have no port. Each reason has a text in the window's welcome view
 * (`welcome.hint.ID`).
 */
export const PORT_HINT_IDS = [
  'remote',
  'wsl',
  'container',
  'flatpak',
  'snap',
  'brltty',
  'bootloader',
  'driver',
  'cable',
] as const;
export type PortHintId = (typeof PORT_HINT_IDS)[number];

/** A likely reason for a missing port, and what to do about it. */
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
   * Where the window's extensions run (`ssh-remote`, `wsl`, `dev-container`…), `ssh` for a shell on another computer; undefined:
   * on the user's own computer.
   */
  readonly remoteName?: string | undefined;
  readonly inFlatpak: boolean;
  /** The snap that confines this program; undefined: none, or one with access to all devices (classic). */
  readonly snap?: string | undefined;
  readonly inContainer: boolean;
  readonly hasBrltty: boolean;
  /**
   * USB devices of the kind found on boards, as `1a86:7523`, for which the system has created no
   * port. Known on Linux only.
   */
  readonly withoutPort: readonly string[];
  /** Ports that the system has created for boards but that this program cannot see in /dev, as `ttyUSB0`. Known on Linux only. */
  readonly notMapped: readonly string[];
  /** Names of chips that wait for a firmware in their boot loader, which has no port. Known on Linux only. */
  readonly inBootloader: readonly string[];
}

/**
 * Returns the likely reasons for a missing port, likeliest first. Never empty, because any cable
 * may be charge-only.
 */
export function portHints(around: PortSurroundings): PortHint[] {
  const { withoutPort, inFlatpak, hasBrltty } = around;
  const [device = ''] = withoutPort;
  const hints: PortHint[] = placeHints(around);
  const say = (id: PortHintId, text: string) => hints.push({ id, text });
  const [waiting] = around.inBootloader;
  if (waiting !== undefined) {
    say(
      'bootloader',
      l10n.t(
        'A board is plugged in, but it is in its boot loader ({0}) and does not run MicroPython: flash it with "mpyfleet flash" or Set Up a New Board, or press its reset button.',
        waiting,
      ),
    );
  }
  if (device !== '' && hasBrltty) {
    say(
      'brltty',
      l10n.t(
        `A board's USB chip ({0}) is plugged in, but brltty, a program for Braille displays, has probably claimed its port: run "sudo apt remove brltty" if you have no such display, and plug the board in again.`,
        device,
      ),
    );
  } else if (device !== '' && !inFlatpak) {
    say(
      'driver',
      l10n.t(
        `A board's USB chip ({0}) is plugged in, but the system has no driver for it: install the package with additional kernel modules (Ubuntu: "{1}"), and plug the board in again.`,
        device,
        MORE_MODULES,
      ),
    );
  }
  if (around.platform === 'win32' || around.platform === 'darwin') {
    const where = around.platform === 'win32' ? 'the Device Manager' : 'System Information > USB';
    say(
      'driver',
      l10n.t(
        'If the board shows up in {0} but not here, its USB chip (often a CH340 or CP210x) needs the driver of its maker.',
        where,
      ),
    );
  }
  say(
    'cable',
    l10n.t('Many USB cables only charge: try one that carries data, and another USB port.'),
  );
  return hints;
}

/** Reasons that lie in where this program runs. */
function placeHints(around: PortSurroundings): PortHint[] {
  const { platform, kernel, remoteName, inFlatpak, snap, inContainer, notMapped } = around;
  const hints: PortHint[] = [];
  const say = (id: PortHintId, text: string) => hints.push({ id, text });
  const isWsl = remoteName === 'wsl' || (platform === 'linux' && /microsoft/i.test(kernel));
  const isContainer =
    remoteName !== 'codespaces' && (inContainer || remoteName?.includes('container') === true);
  if (isWsl) {
    say(
      'wsl',
      l10n.t(
        'Linux in WSL cannot see a USB device until Windows attaches it: run "usbipd list", "usbipd bind --busid ID" and "usbipd attach --wsl --busid ID" on Windows, or use a Windows window instead.',
      ),
    );
  }
  if (isContainer) {
    const [port = 'ttyACM0'] = notMapped;
    const text =
      notMapped.length > 0
        ? l10n.t(
            'The computer has a port for a board ({0}), but a container can only see ports that it was started with: add {1} (dev container: {2} in devcontainer.json), or reach the board over WebREPL or a broker.',
            notMapped.join(', '),
            `--device=/dev/${port}`,
            `"runArgs": ["--device=/dev/${port}"]`,
          )
        : l10n.t(
            'A container can only see ports that it was started with: add {0} (dev container: {1} in devcontainer.json), or reach the board over WebREPL or a broker.',
            `--device=/dev/${port}`,
            `"runArgs": ["--device=/dev/${port}"]`,
          );
    say('container', text);
  } else if (remoteName !== undefined && !isWsl) {
    say(
      'remote',
      l10n.t(
        'This window or shell runs on another computer, which cannot see the USB ports of the computer in front of you: open a local one, or reach the board over WebREPL or a broker.',
      ),
    );
  }
  if (inFlatpak) {
    say(
      'flatpak',
      l10n.t(
        'A Flatpak cannot see devices without permission: run "flatpak override --user --device=all com.visualstudio.code" and restart VS Code.',
      ),
    );
  }
  if (snap !== undefined) {
    say(
      'snap',
      l10n.t(
        'The snap {0} cannot see ports without permission: run "sudo snap connect {0}:raw-usb", or use a program that is not confined.',
        snap,
      ),
    );
  }
  return hints;
}
