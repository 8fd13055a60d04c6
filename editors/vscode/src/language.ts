/** Hovers, quick fixes and completion. */
import type { Disposable } from 'vscode';
import {
  CodeAction,
  CodeActionKind,
  CompletionItem,
  CompletionItemKind,
  Hover,
  languages,
  MarkdownString,
  Range,
  Uri,
  WorkspaceEdit,
} from 'vscode';
import { explanationText, repairOf } from './report.ts';
import type { Verifier } from './verifier.ts';
import { rangeOf } from './verifier.ts';
import type { Words } from './words.ts';
import { candidates, lookUp } from './words.ts';

const KINDS: Readonly<Record<string, CompletionItemKind>> = {
  helper: CompletionItemKind.Function,
  kfunc: CompletionItemKind.Function,
  field: CompletionItemKind.Field,
  constant: CompletionItemKind.Constant,
  directive: CompletionItemKind.Keyword,
};
const WORD = /[A-Za-z_.$@][\w.$@]*/;
const WHOLE_FILE = 1e9;

export function registerLanguage(verifier: Verifier, words: Words): Disposable[] {
  return [
    languages.registerHoverProvider('bpf-asm', {
      provideHover(document, position) {
        const texts = verifier
          .in(document)
          .filter(({ finding }) => finding.explanation && rangeOf(finding.at).contains(position))
          .map(({ finding, positions }) =>
            explanationText(finding, positions, ({ file, line }) =>
              Uri.file(file)
                .with({ fragment: `L${line}` })
                .toString(),
            ),
          );
        const range = document.getWordRangeAtPosition(position, WORD);
        const known = range && lookUp(words, document.getText(range));
        if (known) texts.push(`\`${known.text}\``);
        return texts.length > 0 ? new Hover(texts.map((text) => new MarkdownString(text))) : undefined;
      },
    }),
    languages.registerCodeActionsProvider(
      'bpf-asm',
      {
        provideCodeActions(document, range) {
          // The repair is of the text that was verified; with other text in the editor it would undo what was typed.
          if (document.isDirty) return [];
          return verifier
            .in(document)
            .filter(({ finding }) => rangeOf(finding.at).intersection(range) !== undefined)
            .flatMap(({ finding, diagnostic }) => {
              const repair = repairOf(finding);
              if (!repair) return [];
              const action = new CodeAction(`Repair: ${finding.explanation?.name}`, CodeActionKind.QuickFix);
              action.edit = new WorkspaceEdit();
              const crlf = document.getText().includes('\r\n');
              const text = crlf ? repair.text.replace(/\r?\n/g, '\r\n') : repair.text;
              action.edit.replace(
                Uri.file(repair.file),
                new Range(0, 0, WHOLE_FILE, 0),
                text.replace(/\r?\n?$/, crlf ? '\r\n' : '\n'),
              );
              action.diagnostics = [diagnostic];
              action.isPreferred = true;
              return [action];
            });
        },
      },
      { providedCodeActionKinds: [CodeActionKind.QuickFix] },
    ),
    languages.registerCompletionItemProvider(
      'bpf-asm',
      {
        provideCompletionItems(document, position) {
          const range = document.getWordRangeAtPosition(position, WORD);
          const before = document.lineAt(position.line).text.slice(0, position.character);
          return candidates(words, before).map(({ kind, name, text }) => {
            const item = new CompletionItem(name, KINDS[kind]);
            item.detail = text;
            if (range) item.range = range;
            return item;
          });
        },
      },
      '.',
    ),
  ];
}
