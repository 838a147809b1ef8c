import { expect, it } from 'vitest';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { runCrdsCommand } from './crds.ts';
import { runStatusCommand } from './status.ts';

it('commands refuse words that they do not take', async () => {
  expect(() => runCrdsCommand(['cacheclusters'])).toThrow(MeridianError);
  await expect(runStatusCommand(['one', 'two', '--local'])).rejects.toThrow('takes one cluster');
});
