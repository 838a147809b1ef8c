import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createApiClient } from '../../tools/conformance/cache/api-client.ts';
import type { Subject } from '../../tools/conformance/cache/case.ts';
import { functionalCases } from '../../tools/conformance/cache/functional.ts';
import { startApiRegion, type ApiRegion } from './api-region.ts';

let region: ApiRegion;
let subject: Subject;
beforeAll(async () => {
  region = await startApiRegion(2);
  subject = { api: createApiClient(region.url(), 'default', undefined), redis: undefined, own: undefined };
}, 60_000);
afterAll(async () => {
  subject.api.close();
  await region.close();
});

describe('the functional list of a cache service', () => {
  it.each(functionalCases.map((one) => [one.id, one.title, one] as const))('%s %s', async (_id, _title, one) => {
    expect(await one.run(subject)).not.toBe('');
  });
});
