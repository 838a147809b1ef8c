import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { GeneratedFile } from './files.ts';

const folder = join(import.meta.dirname, '../../node/commands');
const declaration = /^export const (\w+): CommandSpec =/gm;

/** node/commands/command-list.ts: an import of every command that a file below node/commands exports. */
export function commandListFile(): GeneratedFile {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts') && !entry.name.endsWith('.test.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .toSorted();
  const imports: string[] = [];
  const names: string[] = [];
  for (const file of files) {
    const text = readFileSync(file, 'utf8');
    const found = [...text.matchAll(declaration)].map((match) => match[1]).filter((name) => !isSubcommand(text, name));
    if (found.length === 0) continue;
    imports.push(`import { ${found.join(', ')} } from './${relative(folder, file).replaceAll('\\', '/')}';`);
    names.push(...found);
  }
  const lines = [
    '// Generated from the command files of this folder by `npm run generate`: do not edit.',
    "import type { CommandSpec } from './spec.ts';",
    ...imports,
    '',
    '/** Every top-level command. */',
    `export const allCommands: readonly CommandSpec[] = [\n${names.map((name) => `  ${name},`).join('\n')}\n].toSorted((a, b) => (a.name < b.name ? -1 : 1));`,
    '',
  ];
  return { path: 'node/commands/command-list.ts', content: lines.join('\n') };
}

/** A subcommand's name, `config|get`, is the first quoted text of its declaration; its container imports it. */
function isSubcommand(text: string, name: string): boolean {
  const body = text.slice(text.indexOf(`export const ${name}: CommandSpec =`));
  return /'([^']*)'/.exec(body)?.[1].includes('|') === true;
}
