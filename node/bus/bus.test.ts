import { expect, test } from 'vitest';
import { keyOf, nodeIdentity } from '../../shared/bus/test-links.ts';
import { systemPorts } from '../../shared/ports/system.ts';
import { openBus, type Bus } from './bus.ts';

const node = (pod: string): Promise<Bus> =>
  openBus({ ports: systemPorts, identity: nodeIdentity(pod), keys: () => [keyOf(1)], host: '127.0.0.1', port: 0, handler: { request: () => Promise.resolve(null) } });
const sockets = (): number => process.getActiveResourcesInfo().filter((name) => name === 'TCPSocketWrap').length;

test('closing ends both connections of two nodes that dialled each other at once: a process must not outlive its SIGTERM', async () => {
  const before = sockets();
  const [a, b] = await Promise.all([node('a'), node('b')]);
  const address = (pod: string, { port }: Bus) => ({ pod, incarnation: nodeIdentity(pod).incarnation, ip: '127.0.0.1', busPort: port });
  await Promise.all([a.connect(address('b', b)), b.connect(address('a', a))]);
  await a.close();
  await expect.poll(() => b.peers()).toEqual([]);
  await expect.poll(sockets).toBe(before);
  await b.close();
});
