import { expect, it } from 'vitest';
import { golden } from './golden/golden.ts';
import { full } from './golden/sample-intent.ts';
import { serviceMonitor } from './service-monitor.ts';

it('one ServiceMonitor finds every pod of a cluster by the Services of its regions, and has the labels that Prometheus looks for', async () => {
  await expect(golden(serviceMonitor(full, full.monitor?.labels ?? {}))).toMatchFileSnapshot('golden/service-monitor.yaml');
});
