import * as l10n from '@vscode/l10n';

// Steps by which firmware gets on boards, from deploy.md of MicroPython's ports and boards, or from the README of ports without one.

export function espSteps(): string[] {
  return [
    l10n.t('Hold BOOT (on an ESP8266 FLASH), press and release RESET, release BOOT.'),
    l10n.t(
      'Flash again here, or run: {0} (0x1000 for an ESP32 or ESP32-S2, 0x2000 for an ESP32-C5 or ESP32-P4, 0 for the others)',
      'esptool write_flash 0x1000 FILE.bin',
    ),
  ];
}

export function stm32Steps(): string[] {
  return [
    installDfuUtil(),
    l10n.t(
      'Start the DFU loader: machine.bootloader() at the prompt, or connect BOOT0 to 3.3 V and press RESET. Pyboard D: hold USR, press RST, release USR when the LED is white.',
    ),
    l10n.t('Flash again here, or run: {0}', 'dfu-util -a 0 -D FILE.dfu'),
    l10n.t(
      'Nucleo and Discovery boards without USB of the chip: connect the socket of the ST-Link and run {0} (Debian: stlink-tools), or open the .hex file in STM32CubeProgrammer.',
      'st-flash --format ihex write FILE.hex',
    ),
    l10n.t('Disconnect BOOT0 and press RESET.'),
  ];
}

export function installDfuUtil(): string {
  return l10n.t(
    'Install dfu-util. Debian, Ubuntu: sudo apt install dfu-util; macOS: brew install dfu-util; Windows: dfu-util.sourceforge.net.',
  );
}

export function arduinoDfu(usb: string, rest: string): string[] {
  return [
    l10n.t('Press the RESET button twice, quickly: the board starts its DFU loader.'),
    l10n.t('Run: {0}', `dfu-util -w -a 0 -d ${usb} -D FILE.${rest}`),
    l10n.t('Press RESET once if the board does not start.'),
  ];
}

export function jLinkSteps(): string[] {
  return [
    l10n.t(
      'Boards with a UF2 loader: press RESET twice and flash the .uf2 file here. Others: connect the debug probe (a J-Link, on the board or outside).',
    ),
    l10n.t(
      'Run: {0}, with the tools of {1}',
      'nrfjprog --program FILE.hex --sectorerase --reset',
      'nordicsemi.com/Products/Development-tools/nRF-Command-Line-Tools',
    ),
    l10n.t(
      'USB dongles with Open Bootloader: press RESET and write the .hex file with the Programmer of nRF Connect for Desktop.',
    ),
  ];
}

export function bossaSteps(): string[] {
  return [
    l10n.t(
      'Update the loader once, as docs.arduino.cc/tutorials/nano-33-ble/getting-started-omv shows; the old one is overwritten otherwise.',
    ),
    l10n.t("Install Arduino's BOSSA from github.com/arduino/BOSSA/releases."),
    l10n.t('Press the RESET button twice, quickly: the LED pulses.'),
    l10n.t(
      'Run, with its port: {0}',
      'bossac -e -w --offset=0x16000 --port=ttyACM0 -i -d -U -R FILE.bin',
    ),
  ];
}

export function mimxrtSteps(): string[] {
  return [
    l10n.t(
      'Evaluation kits: connect the socket of the debug probe, copy the .hex file to the drive that appears, and press RESET.',
    ),
    l10n.t(
      'Boards with a UF2 loader: press RESET twice and flash the .uf2 file here. A board without one gets TinyUF2 first (github.com/adafruit/tinyuf2/releases), by the drive of its probe or by sdphost.',
    ),
  ];
}

export function teensySteps(id: string): string[] {
  return [
    l10n.t('Install Teensy Loader from pjrc.com/teensy/loader.html.'),
    l10n.t('Press the button on the board.'),
    l10n.t(
      'Open the .hex file in it and press Program, or run: {0}',
      `teensy_loader_cli --mcu=${id.toUpperCase()} -v -w FILE.hex`,
    ),
    l10n.t('If the first attempt fails, repeat it. The files on the board are deleted.'),
  ];
}

export function renesasSteps(id: string): string[] {
  const devices: Readonly<Record<string, string>> = {
    EK_RA4M1: 'R7FA4M1AB',
    EK_RA4W1: 'R7FA4W1AD2CNG',
    EK_RA6M1: 'R7FA6M1AD',
    EK_RA6M2: 'R7FA6M2AF',
    RA4M1_CLICKER: 'R7FA4M1AB',
  };
  return [
    l10n.t('Install the J-Link software from segger.com/downloads/jlink and start J-Flash Lite.'),
    l10n.t(
      'Connect the debug socket of the board and choose the device {0}.',
      devices[id.toUpperCase()] ?? l10n.t('that is printed on the chip'),
    ),
    l10n.t('Choose the .hex file as Data File and press Program Device.'),
  ];
}

export function wipySteps(): string[] {
  return [
    l10n.t('Unpack mcuimg.bin from the .zip file.'),
    l10n.t('Join the Wi-Fi network of the WiPy (its address is 192.168.1.1 then).'),
    l10n.t(
      'Copy it by FTP, with the login micro and the password python: {0}',
      'curl -T mcuimg.bin ftp://micro:python@192.168.1.1/flash/sys/',
    ),
    l10n.t('Press RESET.'),
  ];
}

export function alifSteps(): string[] {
  return [
    l10n.t(
      'Get the toolkit: {0}',
      'git clone https://github.com/micropython/alif-security-toolkit/',
    ),
    l10n.t('Unpack the .zip file of the firmware and connect the SE UART of the board.'),
    l10n.t(
      'Run, with its port and the part and revision printed on the chip: {0}',
      'python alif-security-toolkit/toolkit/app-write-mram.py --port /dev/ttyACM0 --cfg-part AE722F80F55D5LS --cfg-rev B4 --pad --images file:application_package.ds',
    ),
    l10n.t('MicroPython answers at the second port of the board.'),
  ];
}

export function psoc6Steps(id: string): string[] {
  const name = 'mpy-psoc6.py';
  const place = `https://raw.githubusercontent.com/infineon/micropython/ports-psoc6-main/tools/psoc6/${name}`;
  return infineonSteps(name, place, [`python ${name} device-setup -b ${id}`]);
}

export function psocEdgeSteps(id: string): string[] {
  const name = 'mpy-pse.py';
  const place = `https://raw.githubusercontent.com/micropython/micropython/master/tools/psoc-edge/${name}`;
  return infineonSteps(name, place, [`python ${name} device-setup -b ${id} -f FILE.hex`]);
}

function infineonSteps(name: string, place: string, commands: readonly string[]): string[] {
  return [
    l10n.t('Get the tool: {0}', `curl -L ${place} -o ${name}`),
    l10n.t('Install its requirements: {0}', 'pip install requests'),
    ...commands.map((command) =>
      l10n.t('Connect the socket of the debugger and run: {0}', command),
    ),
  ];
}

export function zephyrSteps(): string[] {
  return [
    l10n.t(
      'Firmware for Zephyr must be built by you: set up Zephyr as docs.zephyrproject.org describes.',
    ),
    l10n.t('In ports/zephyr of MicroPython, run: {0}', 'west build -b BOARD'),
    l10n.t('Connect the board and run: {0}', 'west flash'),
  ];
}

export function xplainedSteps(): string[] {
  return [
    l10n.t(
      'Once: connect the debug socket and copy the loader to the drive XPLAINED: {0}',
      'micropython.org/resources/firmware/bootloader-xplained-pro-v3.16.0-15-gaa52b22.hex',
    ),
    l10n.t('Connect the target socket. If no drive appears, press RESET twice, quickly.'),
    copyUf2(),
  ];
}

export function holdBootsel(): string {
  return l10n.t('Hold BOOTSEL while you plug the board in: a drive appears.');
}

export function pressResetTwice(): string {
  return l10n.t('Press RESET twice, quickly: a drive appears.');
}

export function copyUf2(): string {
  return l10n.t('Flash again here, or copy the .uf2 file to the drive.');
}

export function copyHex(): string {
  return l10n.t('Flash again here, or copy the .hex file to the drive of the board.');
}
