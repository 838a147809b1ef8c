import { totalmem, release, type as systemType, machine } from 'node:os';
import type { Random } from '../../shared/ports/ports.ts';
import type { ProcessFacts } from '../commands/services.ts';

export function processFacts(random: Random, version: string, ioBackend: string): ProcessFacts {
  return {
    version,
    runId: Buffer.from(random.bytes(20)).toString('hex'),
    pid: process.pid,
    os: `${systemType()} ${release()} ${machine()}`,
    executable: process.execPath,
    ioBackend,
    startRssBytes: process.memoryUsage.rss(),
    systemMemoryBytes: totalmem(),
    rssBytes: () => process.memoryUsage.rss(),
    cpuMicroseconds: () => process.cpuUsage(),
  };
}
