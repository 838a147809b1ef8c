import { describe, expect, it } from 'vitest';
import { createNetwork, type Connection } from './network.ts';
import { createScheduler } from './scheduler.ts';

function pair(seed = 3) {
  const world = createScheduler(seed);
  const network = createNetwork(world, world.rng);
  const got: number[] = [];
  const events: string[] = [];
  network.listen('b', { accept: () => ({ message: (bytes) => got.push(bytes[0]), closed: () => events.push('b closed') }) });
  const connect = (): Promise<Connection> => new Promise((resolve) => network.connect('a', 'b', (connection) => (resolve(connection), { message: () => undefined, closed: () => events.push('a closed') }), (reason) => events.push(reason)));
  return { world, network, got, events, connect };
}

describe('simulated network', () => {
  it('keeps the order of one connection under random delays', async () => {
    const { world, network, got, connect } = pair();
    network.link('a', 'b').extraDelayMs = 50;
    const connecting = connect();
    world.runUntil(2_000);
    const connection = await connecting;
    for (let i = 0; i < 50; i++) connection.send(Uint8Array.of(i));
    world.runUntil(4_000);
    expect(got).toEqual(Array.from({ length: 50 }, (_, i) => i));
  });

  it('swallows silently while blocked and refuses at once where nobody listens', async () => {
    const { world, network, got, events, connect } = pair();
    const connecting = connect();
    world.runUntil(2_000);
    const connection = await connecting;
    network.block('a', 'b', true);
    connection.send(Uint8Array.of(1));
    world.runUntil(3_000);
    expect(got).toEqual([]);
    expect(events).toEqual([]);
    network.healAll();
    network.drop('b');
    void connect();
    world.runUntil(4_000);
    expect(events).toEqual(['a closed', 'b closed', 'refused']);
  });
});
