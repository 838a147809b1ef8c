import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generatedFiles } from './list.ts';

const root = join(import.meta.dirname, '../..');

test.each(generatedFiles())('$path is in step with its source', ({ path, content }) => {
  expect(readFileSync(join(root, path), 'utf8'), 'run npm run generate').toBe(content);
});
