import * as vscode from 'vscode';
import { showWarningMessage } from '../../views/message';

const NAME = 'sensor.board-template.yaml';

/** A template to begin with. Its steps work on any board; those that need more are comments. */
const CONTENT = `# What is done with every board: docs/setup.md of MicroPython Fleet describes each entry.
# firmware: { use: ESP32_GENERIC_S3 }   # a name of the catalogue, an address, or a file next to this one
name: sensor-[01-30]   # the next free name
# wifi: [{ ssid: Workshop, password: '{secret:workshop-wifi}' }]
# broker: { id: local }   # the agent, for a broker of this computer
files:
  - { to: /name.txt, text: '{name}' }
  # - { from: program, to: / }   # a folder next to this file
label: '{name}  {uid}'
`;

/** Says that there is no template, and offers to open one to begin with. It is written when the user saves it. */
export async function offerTemplate(): Promise<void> {
  const create = vscode.l10n.t('Create One');
  const answer = await showWarningMessage(
    vscode.l10n.t(
      'No board template is in this workspace. A file NAME.board-template.yaml says what is done with every board.',
    ),
    create,
  );
  if (answer !== create) return;
  const [folder] = vscode.workspace.workspaceFolders ?? [];
  const target = folder && vscode.Uri.joinPath(folder.uri, NAME).with({ scheme: 'untitled' });
  const document = await (target
    ? vscode.workspace.openTextDocument(target)
    : vscode.workspace.openTextDocument({ language: 'yaml' }));
  const editor = await vscode.window.showTextDocument(document);
  await editor.edit((edit) => edit.insert(new vscode.Position(0, 0), CONTENT));
}
