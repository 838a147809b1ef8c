import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { manifestFaults, readManifests } from '../../shared/resources/manifests.ts';

const folder = join(import.meta.dirname, '../../examples');

test.each(readdirSync(folder).filter((file) => file.endsWith('.yaml')))('%s is admitted', (file) => {
  const manifests = readManifests(file, readFileSync(join(folder, file), 'utf8'));
  expect(manifests.length).toBeGreaterThan(0);
  expect(manifests.flatMap((manifest) => manifestFaults(manifest))).toEqual([]);
});
