/** The extension's entry: what is registered, and when the verifier is asked. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ExtensionContext } from 'vscode';
import { commands, StatusBarAlignment, ThemeColor, window, workspace } from 'vscode';
import { registerDebugger } from './debugger.ts';
import { registerLanguage } from './language.ts';
import { verifies } from './settings.ts';
import { Verifier } from './verifier.ts';
import type { Words } from './words.ts';

export function activate({ subscriptions, extensionPath }: ExtensionContext): void {
  const data = (name: string): unknown => JSON.parse(readFileSync(join(extensionPath, 'data', name), 'utf8'));
  const status = window.createStatusBarItem(StatusBarAlignment.Left);
  status.command = 'bpflab.verify';
  const refresh = () => {
    const document = window.activeTextEditor?.document;
    const verdict = document?.languageId === 'bpf-asm' ? verifier.verdict(document) : undefined;
    if (!verdict) return status.hide();
    const icon = verdict.busy ? 'sync~spin' : verdict.good ? 'pass' : 'error';
    status.text = `$(${icon}) bpflab: ${verdict.text}`;
    status.tooltip = "What the kernel's verifier says of the file as it was saved";
    status.backgroundColor = verdict.good ? undefined : new ThemeColor('statusBarItem.errorBackground');
    status.show();
  };
  const verifier = new Verifier(extensionPath, refresh);
  const whenWanted = (document: (typeof workspace.textDocuments)[number]) => {
    if (verifies()) void verifier.verify(document);
  };
  const verifyAll = () => workspace.textDocuments.forEach(whenWanted);
  subscriptions.push(
    status,
    verifier,
    workspace.onDidOpenTextDocument(whenWanted),
    workspace.onDidSaveTextDocument(whenWanted),
    workspace.onDidCloseTextDocument((document) => verifier.forget(document)),
    workspace.onDidGrantWorkspaceTrust(verifyAll),
    window.onDidChangeActiveTextEditor(refresh),
    commands.registerCommand('bpflab.verify', () => {
      const document = window.activeTextEditor?.document;
      if (document) void verifier.verify(document);
    }),
    ...registerDebugger(extensionPath, data('packet.json') as string),
    ...registerLanguage(verifier, data('words.json') as Words),
  );
  verifyAll();
}
