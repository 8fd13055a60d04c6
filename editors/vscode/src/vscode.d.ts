/** The part of VS Code's API that this extension uses. */
declare module 'vscode' {
  export interface Disposable {
    dispose(): unknown;
  }
  export type Event<T> = (listener: (event: T) => unknown) => Disposable;
  export class Uri {
    static file(path: string): Uri;
    static parse(text: string): Uri;
    readonly scheme: string;
    readonly fsPath: string;
    toString(): string;
    with(change: { fragment?: string }): Uri;
  }
  export class Position {
    constructor(line: number, character: number);
    readonly line: number;
    readonly character: number;
  }
  export class Range {
    constructor(startLine: number, startCharacter: number, endLine: number, endCharacter: number);
    readonly start: Position;
    readonly end: Position;
    contains(position: Position): boolean;
    intersection(range: Range): Range | undefined;
  }
  export class Location {
    constructor(uri: Uri, range: Range);
  }
  export enum DiagnosticSeverity {
    Error = 0,
    Warning = 1,
    Information = 2,
  }
  export class DiagnosticRelatedInformation {
    constructor(location: Location, message: string);
  }
  export class Diagnostic {
    constructor(range: Range, message: string, severity?: DiagnosticSeverity);
    range: Range;
    message: string;
    source?: string;
    code?: string | { value: string; target: Uri };
    relatedInformation?: DiagnosticRelatedInformation[];
  }
  export interface DiagnosticCollection extends Disposable {
    set(uri: Uri, diagnostics: readonly Diagnostic[]): void;
    delete(uri: Uri): void;
  }
  export class MarkdownString {
    constructor(text?: string);
  }
  export class Hover {
    constructor(contents: MarkdownString | MarkdownString[], range?: Range);
  }
  export interface TextDocument {
    readonly uri: Uri;
    readonly languageId: string;
    readonly isDirty: boolean;
    readonly lineCount: number;
    getText(range?: Range): string;
    lineAt(line: number): { readonly text: string };
    getWordRangeAtPosition(position: Position, pattern?: RegExp): Range | undefined;
  }
  export interface TextEditor {
    readonly document: TextDocument;
  }
  export class WorkspaceEdit {
    replace(uri: Uri, range: Range, text: string): void;
  }
  export class CodeActionKind {
    static readonly QuickFix: CodeActionKind;
    readonly value: string;
  }
  export class CodeAction {
    constructor(title: string, kind?: CodeActionKind);
    edit?: WorkspaceEdit;
    diagnostics?: Diagnostic[];
    isPreferred?: boolean;
  }
  export enum CompletionItemKind {
    Function = 2,
    Field = 4,
    Keyword = 13,
    Constant = 20,
  }
  export class CompletionItem {
    constructor(label: string, kind?: CompletionItemKind);
    detail?: string;
    range?: Range;
  }
  export class ThemeColor {
    constructor(id: string);
  }
  export enum StatusBarAlignment {
    Left = 1,
    Right = 2,
  }
  export interface StatusBarItem extends Disposable {
    text: string;
    tooltip: string | undefined;
    command: string | undefined;
    backgroundColor: ThemeColor | undefined;
    show(): void;
    hide(): void;
  }
  export interface WorkspaceFolder {
    readonly uri: Uri;
  }
  export interface DebugConfiguration {
    type: string;
    name: string;
    request: string;
    [key: string]: unknown;
  }
  export interface DebugConfigurationProvider {
    resolveDebugConfiguration?(
      folder: WorkspaceFolder | undefined,
      config: DebugConfiguration,
    ): DebugConfiguration | undefined;
  }
  export class DebugAdapterExecutable {
    constructor(command: string, args?: string[], options?: { env?: Record<string, string>; cwd?: string });
  }
  export interface DebugAdapterDescriptorFactory {
    createDebugAdapterDescriptor(session: { readonly workspaceFolder?: WorkspaceFolder }): DebugAdapterExecutable;
  }
  export interface ExtensionContext {
    readonly subscriptions: Disposable[];
    readonly extensionPath: string;
  }
  export const workspace: {
    readonly isTrusted: boolean;
    readonly onDidGrantWorkspaceTrust: Event<void>;
    readonly textDocuments: readonly TextDocument[];
    readonly onDidOpenTextDocument: Event<TextDocument>;
    readonly onDidSaveTextDocument: Event<TextDocument>;
    readonly onDidCloseTextDocument: Event<TextDocument>;
    getConfiguration(section: string): { get<T>(key: string, fallback: T): T };
  };
  export const window: {
    readonly activeTextEditor: TextEditor | undefined;
    readonly onDidChangeActiveTextEditor: Event<TextEditor | undefined>;
    createStatusBarItem(alignment: StatusBarAlignment, priority?: number): StatusBarItem;
    showErrorMessage(text: string): unknown;
  };
  export const languages: {
    createDiagnosticCollection(name: string): DiagnosticCollection;
    registerHoverProvider(
      language: string,
      provider: { provideHover(document: TextDocument, position: Position): Hover | undefined },
    ): Disposable;
    registerCodeActionsProvider(
      language: string,
      provider: { provideCodeActions(document: TextDocument, range: Range): CodeAction[] },
      metadata: { providedCodeActionKinds: CodeActionKind[] },
    ): Disposable;
    registerCompletionItemProvider(
      language: string,
      provider: { provideCompletionItems(document: TextDocument, position: Position): CompletionItem[] },
      ...triggers: string[]
    ): Disposable;
  };
  export const debug: {
    registerDebugConfigurationProvider(type: string, provider: DebugConfigurationProvider): Disposable;
    registerDebugAdapterDescriptorFactory(type: string, factory: DebugAdapterDescriptorFactory): Disposable;
  };
  export const commands: {
    registerCommand(id: string, run: () => unknown): Disposable;
  };
}
