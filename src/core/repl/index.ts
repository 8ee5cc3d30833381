/** Public exports of this folder. Other folders import only from here. */
export { LineEnds } from './lineEnds';
export { LineInput } from './lineInput';
export { pasteCode } from './pasteMode';
export { type InputPiece, PasteSplitter } from './pasteSplitter';
export { Patience } from './rawReplStop';
export { dedent, runFileCode } from './runCode';
export { StreamTransport, type StreamTransportOptions } from './streamTransport';
export { TerminalFilter } from './terminalFilter';
export { TypeAhead } from './typeAhead';
