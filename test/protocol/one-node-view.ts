import type { ClusterView, MemberView } from '../../node/topology/view.ts';

/** A cluster of one shard and one node that serves every slot. */
export function oneNodeView(redisPort: number): ClusterView {
  const self: MemberView = {
    id: 'a'.repeat(40),
    pod: 'c-r-s0-0',
    shard: 0,
    role: 'primary',
    health: 'online',
    host: '127.0.0.1',
    ip: '127.0.0.1',
    hostname: '',
    redisPort,
    httpPort: 0,
    busPort: 0,
    replicationOffset: 0,
  };
  return { epoch: 1, self, members: [self], shardOfSlot: new Int16Array(16384), servedHere: new Uint8Array(16384).fill(1), primaryOf: () => self, rangesOf: () => [[0, 16383]], complete: true };
}
