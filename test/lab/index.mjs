// @ts-check
// The lab: real boards, cables and brokers for tests, benchmarks and the demo. README.md describes its use.
export { ensure } from './ensure.mjs';
export { root, cacheDir, tempDir } from './paths.mjs';
export { launch, run, pollUntil, freePort } from './process.mjs';
export { RawRepl } from './rawRepl.mjs';
export { startUboard } from './uboard.mjs';
export { startSerlink } from './serlink.mjs';
export { startEsp } from './esp.mjs';
export { espFirmware, espImage } from './espImage.mjs';
export { startDrive, uf2File } from './drive.mjs';
export { startFirmwareSite } from './firmwareSite.mjs';
export { startMosquitto } from './mosquitto.mjs';
export { startPostgres } from './postgres.mjs';
export { startMpboard, startMicrobit, startPico } from './emulated.mjs';
export { startCodeServer } from './codeServer.mjs';
export { openPage, openWindow } from './window.mjs';
export { packagedExtension } from './vsix.mjs';
export { startEjabberd, startEjabberdCluster } from './ejabberd.mjs';
export { startSshd } from './sshd.mjs';
export { startTelnetServer } from './telnetServer.mjs';
