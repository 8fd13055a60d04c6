/** Starts `bpflab dap` for debug sessions. */
import type { Disposable } from 'vscode';
import { DebugAdapterExecutable, debug, window, workspace } from 'vscode';
import { mainOf } from './child.ts';
import { completeLaunch } from './launch.ts';
import { chosenBpflab } from './settings.ts';

export function registerDebugger(extension: string, packet: string): Disposable[] {
  return [
    debug.registerDebugConfigurationProvider('bpflab', {
      resolveDebugConfiguration(_folder, config) {
        const document = window.activeTextEditor?.document;
        const file = document?.languageId === 'bpf-asm' ? document.uri.fsPath : undefined;
        const launch = completeLaunch(config, file, packet);
        if (!launch) window.showErrorMessage('bpflab: open a .bpf file, or name a program in launch.json');
        return launch;
      },
    }),
    debug.registerDebugAdapterDescriptorFactory('bpflab', {
      createDebugAdapterDescriptor({ workspaceFolder }) {
        if (!workspace.isTrusted) throw new Error('bpflab: nothing is debugged in Restricted Mode');
        const bpflab = chosenBpflab(extension);
        const cwd = workspaceFolder?.uri.fsPath;
        return new DebugAdapterExecutable(bpflab.node, [mainOf(bpflab), 'dap'], {
          env: { ...bpflab.env },
          ...(cwd !== undefined && { cwd }),
        });
      },
    }),
  ];
}
