#!/usr/bin/env node
// The program `meridian` (and `kubectl meridian`): hands over to the locked Node with the TypeScript sources.
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.argv.splice(2, 0, 'cli/main.ts');
await import(join(dirname(dirname(fileURLToPath(import.meta.url))), 'tools', 'launch.mjs'));
