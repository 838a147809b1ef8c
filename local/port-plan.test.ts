import { describe, expect, it } from 'vitest';
import { createPortPlan, planFault } from './port-plan.ts';

const shape = { name: 'c', shards: 2, regions: [{ name: 'us', replicas: 1 }, { name: 'eu', replicas: 0 }] };

describe('client ports of local mode', () => {
  it('go up region by region, shard by shard, copy by copy', () => {
    const plan = createPortPlan(7379, 8379);
    plan.reserve('default', shape);
    expect(['c-us-s0-0', 'c-us-s0-1', 'c-us-s1-0', 'c-us-s1-1', 'c-eu-s0-0', 'c-eu-s1-0'].map((pod) => plan.portsOf('default', pod).redis)).toEqual([7379, 7380, 7381, 7382, 7383, 7384]);
    expect(plan.portsOf('default', 'c-eu-s1-0').http).toBe(8384);
  });

  it('stay with a pod, and a node added later takes the next', () => {
    const plan = createPortPlan(7379, 8379);
    plan.reserve('default', shape);
    plan.reserve('default', { ...shape, shards: 3 });
    expect(plan.portsOf('default', 'c-us-s2-0').redis).toBe(7385);
    expect(plan.portsOf('default', 'c-us-s0-0').redis).toBe(7379);
    expect(plan.portsOf('other', 'c-us-s0-0').redis).toBe(7388);
  });
});

describe('ports that cannot all be had', () => {
  const at = (...ports: number[]) => ports.map((port, i) => ({ port, purpose: `use ${i}` }));

  it('names a port that is wanted twice, and both uses', () => {
    expect(planFault(at(7300, 7379, 7380, 7379))).toContain('port 7379 is wanted twice (use 1; use 3)');
  });

  it('names a port beyond the last one', () => {
    expect(planFault(at(65_535, 65_536))).toContain('there is no port 65536 (use 1)');
  });

  it('has nothing to say about others', () => {
    expect(planFault(at(7300, 7379, 8379))).toBeUndefined();
  });
});
