import { expect, it } from 'vitest';
import { MeridianError } from '../shared/errors/meridian-error.ts';
import { runCrdsCommand } from './crds.ts';
import { runStatusCommand } from './status.ts';

it('commands refuse words that they do not take', async () => {
  expect(() => runCrdsCommand(['cacheclusters'])).toThrow(MeridianError);
  await expect(runStatusCommand(['one', 'two', '--local'])).rejects.toThrow('takes one cluster');
});

it('says that local mode is not there, and what is not an address of it', async () => {
  await expect(runStatusCommand(['--local=http://127.0.0.1:1'])).rejects.toMatchObject({ code: 'LOCAL_MODE_AWAY', message: expect.stringContaining('http://127.0.0.1:1') });
  await expect(runStatusCommand(['shop', '--local', 'http://127.0.0.1:1'])).rejects.toMatchObject({ code: 'LOCAL_MODE_AWAY' });
  await expect(runStatusCommand(['--local=7300'])).rejects.toMatchObject({ code: 'USAGE', message: expect.stringContaining('--local=7300') });
});

it('says where to look when no kubeconfig says where the API is', async () => {
  const { KUBECONFIG, HOME } = process.env;
  try {
    delete process.env.KUBECONFIG;
    process.env.HOME = '/nonexistent';
    await expect(runStatusCommand(['quickstart'])).rejects.toMatchObject({ code: 'KUBE_NOWHERE', row: { remedy: expect.stringContaining('--local') } });
  } finally {
    Object.assign(process.env, { ...(KUBECONFIG === undefined ? {} : { KUBECONFIG }), HOME });
  }
});
