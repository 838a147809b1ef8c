import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const manifest = join(dirname(fileURLToPath(import.meta.url)), '..', 'package.json');

/** Of the package. */
export const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };
