import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const productFolders = ['shared', 'operator', 'node', 'sdk', 'local'] as const;
const allFolders = [...productFolders, 'cli', 'tools', 'test', 'e2e', 'bench'];

export interface ImportOf {
  /** Repository path of an imported file of ours, or the bare package name. */
  readonly target: string;
  readonly ours: boolean;
  readonly typeOnly: boolean;
  /** Loaded when the program comes to it, not with the file. */
  readonly late: boolean;
  /** Imported names; ['*'] for a namespace import or a dynamic import. */
  readonly names: readonly string[];
}

export interface SourceFile {
  /** Path from the repository's root, with forward slashes. */
  readonly path: string;
  readonly text: string;
  /** The text without comments; strings are kept. */
  readonly code: string;
  readonly imports: readonly ImportOf[];
  readonly exports: readonly { readonly name: string; readonly isType: boolean }[];
}

function listFiles(folder: string): string[] {
  try {
    return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts'))
      .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
      .filter((path) => !path.includes('node_modules/'));
  } catch {
    return [];
  }
}

/** Blanks comments while leaving strings, templates and regular expressions alone as far as house style needs it. */
function withoutComments(text: string): string {
  return text.replace(/("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|(^|[^:\\])\/\/[^\n]*/g, (_all, text_: string | undefined, before: string | undefined) => text_ ?? before ?? ' ');
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((part) => part.trim().replace(/^type\s+/, ''))
    .filter((part) => part !== '')
    .map((part) => part.split(/\s+as\s+/)[0].trim());
}

function resolveTarget(from: string, specifier: string): { target: string; ours: boolean } {
  if (!specifier.startsWith('.')) return { target: specifier, ours: false };
  return { target: relative(root, resolve(root, dirname(from), specifier)).replaceAll('\\', '/'), ours: true };
}

function importsOf(path: string, code: string): ImportOf[] {
  const found: ImportOf[] = [];
  const statement = /(?:^|[;\n}])\s*(import|export)\s+(type\s+)?(?:([\w$]+)\s*,?\s*)?(?:\*\s*(?:as\s+([\w$]+))?|\{([^}]*)\})?\s*from\s*['"]([^'"]+)['"]/g;
  for (const match of code.matchAll(statement)) {
    const [, , type, byDefault, , list, specifier] = match;
    const names = list === undefined ? ['*'] : namesIn(list);
    if (byDefault !== undefined && byDefault !== 'type') names.push('default');
    const everyNameIsType = list !== undefined && list.split(',').every((part) => part.trim() === '' || part.trim().startsWith('type '));
    found.push({ ...resolveTarget(path, specifier), typeOnly: type !== undefined || everyNameIsType, late: false, names });
  }
  for (const match of code.matchAll(/(?:^|[;\n}])\s*import\s*['"]([^'"]+)['"]/g)) found.push({ ...resolveTarget(path, match[1]), typeOnly: false, late: false, names: ['*'] });
  for (const match of code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)) found.push({ ...resolveTarget(path, match[1]), typeOnly: false, late: true, names: ['*'] });
  return found;
}

function exportsOf(code: string): SourceFile['exports'] {
  const declared = [...code.matchAll(/(?:^|\n)\s*export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(const|let|function\*?|class|interface|type)\s+([\w$]+)/g)].map((match) => ({ name: match[2], isType: match[1] === 'interface' || match[1] === 'type' }));
  const listed = [...code.matchAll(/(?:^|\n)\s*export\s+(?:type\s+)?\{([^}]*)\}(?!\s*from)/g)].flatMap((match) => namesIn(match[1]).map((name) => ({ name, isType: false })));
  return [...declared, ...listed];
}

export function readSources(): readonly SourceFile[] {
  const paths = [...allFolders.flatMap(listFiles), 'vitest.config.ts'];
  return paths.toSorted().map((path) => {
    const text = readFileSync(join(root, path), 'utf8');
    const code = withoutComments(text);
    return { path, text, code, imports: importsOf(path, code), exports: exportsOf(code) };
  });
}

export const isTest = (path: string): boolean => path.endsWith('.test.ts');
export const isProduct = (path: string): boolean => productFolders.some((folder) => path.startsWith(`${folder}/`)) && !isTest(path);
