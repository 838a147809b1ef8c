import { describe, expect, it } from 'vitest';
import { changeLine, changeText, clusterTable, readyLine, readyText } from './lines.ts';

const cluster = { namespace: 'default', name: 'q', regions: [{ name: 'us', redis: ['127.0.0.1:7379', '127.0.0.1:7380'], http: ['http://127.0.0.1:8379', 'http://127.0.0.1:8380'] }, { name: 'eu', redis: ['127.0.0.1:7381'], http: ['http://127.0.0.1:8381'] }] };

describe('what local mode says', () => {
  it('has the promised ready line', () => {
    expect(JSON.parse(readyLine([cluster], 'http://127.0.0.1:7300'))).toEqual({ event: 'ready', clusters: [cluster], status: 'http://127.0.0.1:7300' });
  });

  it('shows neighbouring ports as a range', () => {
    expect(clusterTable([cluster])).toBe(['CLUSTER     REGION   REDIS                 HTTP', 'default/q   us       127.0.0.1:7379-7380   http://127.0.0.1:8379-8380', '            eu       127.0.0.1:7381        http://127.0.0.1:8381'].join('\n'));
  });

  it('says that there is nothing to bring up', () => {
    expect(readyText([], 'http://127.0.0.1:7300', '0.1')).toContain('name no CacheCluster yet');
  });

  it('says what is left to do of a cluster that serves', () => {
    const pending = 'spec.shards is 2, the cluster serves with 3';
    expect(changeText({ change: 'ready', cluster, pending })).toMatch(/^default\/q serves; spec.shards is 2, the cluster serves with 3\n/);
    expect(JSON.parse(changeLine({ change: 'ready', cluster, pending }))).toMatchObject({ change: 'ready', name: 'q', pending });
    expect(changeText({ change: 'ready', cluster })).toMatch(/^default\/q is ready\n/);
  });

  it('says each change in one line of JSON', () => {
    expect(JSON.parse(changeLine({ change: 'refused', message: 'a.yaml:3: no' }))).toEqual({ event: 'changed', change: 'refused', message: 'a.yaml:3: no' });
    expect(changeLine({ change: 'deleted', namespace: 'default', name: 'q' })).not.toContain('\n');
  });
});
