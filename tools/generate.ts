import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generatedFiles } from './generate/list.ts';

const root = dirname(import.meta.dirname);

function contentOf(path: string): string | undefined {
  try {
    return readFileSync(join(root, path), 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

const check = process.argv.includes('--check');
const files = generatedFiles();
const outOfStep = files.filter(({ path, content }) => contentOf(path) !== content);

if (check) {
  for (const { path } of outOfStep) process.stderr.write(`${path} is out of step: run npm run generate and commit it\n`);
  if (outOfStep.length === 0) process.stdout.write(`${files.length} generated files are in step\n`);
  process.exitCode = outOfStep.length === 0 ? 0 : 1;
} else {
  for (const { path, content } of outOfStep) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    process.stdout.write(`wrote ${path}\n`);
  }
  if (outOfStep.length === 0) process.stdout.write(`${files.length} generated files are in step\n`);
}
