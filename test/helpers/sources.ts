// The project's own TypeScript, read with its compiler: which file imports which, and how long files and functions are.

import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, resolve } from 'node:path';
import ts from 'typescript';

export interface Import {
  /** From the root of the repository, with its ending `.ts`. */
  readonly path: string;
  /** Loads the other file when this one is loaded: neither a type nor an `import()`. */
  readonly isLoaded: boolean;
}

export interface LongFunction {
  readonly line: number;
  readonly lines: number;
  /** Its comment says why it is one function. */
  readonly isExplained: boolean;
}

export interface Source {
  readonly path: string;
  readonly lines: number;
  /** Of files of the project, not of packages. */
  readonly imports: readonly Import[];
  /** Functions longer than the limit. */
  readonly longFunctions: readonly LongFunction[];
}

/** This file runs from build/test/helpers. */
const ROOT = resolve(import.meta.dirname, '../../..');
const ROOMS = ['shared', 'coordinator', 'worker', 'scripts', 'test'];
/** AssemblyScript has TypeScript's syntax, and imports of its own. */
const FOREIGN = 'worker/backends/simd/assembly/';
const MAX_FUNCTION_LINES = 60;

function isLoadedImport({ importClause }: ts.ImportDeclaration): boolean {
  if (importClause === undefined) return true;
  if (importClause.phaseModifier === ts.SyntaxKind.TypeKeyword) return false;
  const { name, namedBindings } = importClause;
  if (name !== undefined || namedBindings === undefined || ts.isNamespaceImport(namedBindings)) return true;
  return namedBindings.elements.some(({ isTypeOnly }) => !isTypeOnly);
}

function isLoadedExport({ isTypeOnly, exportClause }: ts.ExportDeclaration): boolean {
  if (isTypeOnly) return false;
  return exportClause === undefined || ts.isNamespaceExport(exportClause) || exportClause.elements.some((element) => !element.isTypeOnly);
}

/** What a node imports, whether it is loaded at once or not; undefined for any other node. */
function readImport(node: ts.Node): { readonly specifier: ts.Node; readonly isLoaded: boolean } | undefined {
  if (ts.isImportDeclaration(node)) return { specifier: node.moduleSpecifier, isLoaded: isLoadedImport(node) };
  if (ts.isExportDeclaration(node) && node.moduleSpecifier !== undefined) return { specifier: node.moduleSpecifier, isLoaded: isLoadedExport(node) };
  if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) return { specifier: node.argument.literal, isLoaded: false };
  const isDynamic = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword;
  return isDynamic ? { specifier: node.arguments[0]!, isLoaded: false } : undefined;
}

const REASON = /although it is long/;

/** Whether a comment before the function, or before the statement or argument that it is part of the first line of, gives a reason. */
function isExplained(node: ts.Node, text: string, file: ts.SourceFile): boolean {
  const line = file.getLineAndCharacterOfPosition(node.getStart(file)).line;
  for (let at: ts.Node | undefined = node; at !== undefined && !ts.isSourceFile(at); at = at.parent) {
    if (file.getLineAndCharacterOfPosition(at.getStart(file)).line !== line) return false;
    const comments = ts.getLeadingCommentRanges(text, at.getFullStart()) ?? [];
    if (comments.some(({ pos, end }) => REASON.test(text.slice(pos, end)))) return true;
  }
  return false;
}

function readSource(path: string): Source {
  const text = readFileSync(join(ROOT, path), 'utf8');
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
  const imports: Import[] = [];
  const longFunctions: LongFunction[] = [];

  function visit(node: ts.Node): void {
    const found = readImport(node);
    if (found !== undefined && !path.startsWith(FOREIGN) && ts.isStringLiteral(found.specifier) && found.specifier.text.startsWith('.')) {
      const target = normalize(join(dirname(path), found.specifier.text)).replace(/\.js$/, '.ts');
      imports.push({ path: target, isLoaded: found.isLoaded });
    }
    if (ts.isFunctionLike(node)) {
      const [first, last] = [node.getStart(file), node.end].map((position) => file.getLineAndCharacterOfPosition(position).line) as [number, number];
      const lines = last - first + 1;
      if (lines > MAX_FUNCTION_LINES) longFunctions.push({ line: first + 1, lines, isExplained: isExplained(node, text, file) });
    }
    ts.forEachChild(node, visit);
  }
  visit(file);
  return { path, lines: text.trimEnd().split('\n').length, imports, longFunctions };
}

/** Every TypeScript file of the rooms. */
export function readSources(): Source[] {
  const paths = ROOMS.flatMap((room) => readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((path) => join(room, path)));
  return paths.filter((path) => path.endsWith('.ts')).sort().map(readSource);
}
