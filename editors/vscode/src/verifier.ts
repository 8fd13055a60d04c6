/** Asks the verifier about documents and keeps what it said. */

import { join } from 'node:path';
import type { DiagnosticCollection, Disposable, TextDocument } from 'vscode';
import { Diagnostic, DiagnosticSeverity, languages, Range, Uri, workspace } from 'vscode';
import { mainOf, runNode } from './child.ts';
import type { Finding, Place, Positions, Report } from './report.ts';
import { readReport } from './report.ts';
import { chosenBpflab, verifyTimeout } from './settings.ts';

/** A finding as it is shown. */
export interface Shown {
  readonly finding: Finding;
  readonly positions: Positions;
  readonly diagnostic: Diagnostic;
}

export interface Verdict {
  readonly text: string;
  readonly good: boolean;
  readonly busy?: true;
}

const isProgram = (document: TextDocument): boolean =>
  document.languageId === 'bpf-asm' && document.uri.scheme === 'file';

export class Verifier implements Disposable {
  /** By the file that was asked about. */
  private readonly verdicts = new Map<string, Verdict>();
  private readonly shown = new Map<string, readonly Shown[]>();
  private readonly running = new Map<string, AbortController>();
  private readonly collection: DiagnosticCollection = languages.createDiagnosticCollection('bpflab');
  private readonly extension: string;
  private readonly changed: () => void;

  constructor(extension: string, changed: () => void) {
    this.extension = extension;
    this.changed = changed;
  }

  verdict(document: TextDocument): Verdict | undefined {
    return this.verdicts.get(document.uri.fsPath);
  }

  /** What is shown in a document, whichever file was asked about. */
  in(document: TextDocument): Shown[] {
    return [...this.shown.values()].flat().filter(({ finding }) => finding.at.file === document.uri.fsPath);
  }

  /** What is on disk is verified; an earlier run on the same file is stopped. */
  async verify(document: TextDocument): Promise<void> {
    if (!workspace.isTrusted || !isProgram(document)) return;
    const file = document.uri.fsPath;
    this.running.get(file)?.abort();
    const control = new AbortController();
    this.running.set(file, control);
    this.tell(file, { text: 'verifying', good: true, busy: true });
    const bpflab = chosenBpflab(this.extension);
    const limits = { seconds: verifyTimeout(), signal: control.signal };
    const ended = await runNode(bpflab, [mainOf(bpflab), 'verify', '--json', '--explain', '--', file], limits);
    if (control.signal.aborted) return;
    const report = ended.failure ? undefined : readReport(ended.stdout, file);
    let positions: Positions = {};
    if (report?.findings.some((f) => f.explanation)) {
      const asked = await runNode(bpflab, [join(this.extension, 'out', 'positions.js'), bpflab.folder, file], limits);
      if (control.signal.aborted) return;
      positions = readPositions(asked.stdout);
    }
    this.running.delete(file);
    if (report) this.show(file, report, positions, bpflab.folder);
    else {
      this.show(file, { findings: [], status: { text: '', good: false } }, {}, bpflab.folder);
      this.tell(file, {
        text: ended.failure === 'timeout' ? 'no verdict in time' : 'bpflab does not answer',
        good: false,
      });
    }
  }

  /** A closed document's findings go. */
  forget(document: TextDocument): void {
    const file = document.uri.fsPath;
    this.running.get(file)?.abort();
    this.running.delete(file);
    this.verdicts.delete(file);
    this.replace(file, []);
  }

  dispose(): void {
    for (const control of this.running.values()) control.abort();
    this.collection.dispose();
  }

  private show(file: string, { findings, status }: Report, positions: Positions, folder: string): void {
    this.replace(
      file,
      findings.map((finding) => ({ finding, positions, diagnostic: diagnosticOf(finding, folder) })),
    );
    this.tell(file, status);
  }

  private tell(file: string, verdict: Verdict): void {
    this.verdicts.set(file, verdict);
    this.changed();
  }

  /** Findings may lie in included files, so all files that had or have one are told anew. */
  private replace(file: string, shown: readonly Shown[]): void {
    const touched = new Set([...(this.shown.get(file) ?? []), ...shown].map(({ finding }) => finding.at.file));
    this.shown.set(file, shown);
    const all = [...this.shown.values()].flat();
    for (const one of touched) {
      const here = all.filter(({ finding }) => finding.at.file === one).map(({ diagnostic }) => diagnostic);
      this.collection.set(Uri.file(one), here);
    }
    this.changed();
  }
}

function readPositions(text: string): Positions {
  try {
    return JSON.parse(text) as Positions;
  } catch {
    return {};
  }
}

export function rangeOf({ line, col, length = 1 }: Place): Range {
  return new Range(line - 1, col - 1, line - 1, col - 1 + Math.max(1, length));
}

function diagnosticOf(finding: Finding, folder: string): Diagnostic {
  const severity = finding.severity === 'error' ? DiagnosticSeverity.Error : DiagnosticSeverity.Warning;
  const diagnostic = new Diagnostic(rangeOf(finding.at), finding.message, severity);
  diagnostic.source = 'bpflab';
  diagnostic.code =
    finding.page === undefined ? finding.code : { value: finding.code, target: Uri.file(join(folder, finding.page)) };
  return diagnostic;
}
