import { runCacheConformance } from './conformance/cache/run.ts';
import { runRedisConformance } from './conformance/redis.ts';

const usage = `npm run conformance -- redis   Redis' own test suite (7.0.15, fetched with apt) against a local cluster of one shard
  --suite NAME            only this suite (may be repeated), e.g. unit/type/string
  --addr HOST:PORT        against this server instead
  --reference             against redis-server in cluster mode: the figures to compare with
  --verbose               show what the suite prints
npm run conformance -- cache   the list of a cache service (F-, P-, C-cases by their ids) against a local cluster of one shard
  --url URL               against this base URL of an HTTP API instead; --addr HOST:PORT: its Redis port
  --namespace NAME        which one (default: default); --token TOKEN, --password PASSWORD with auth
  --only ID               only these cases (may be repeated): F-01, or F, P, C
`;

const [what, ...args] = process.argv.slice(2);
const helps = (text: string | undefined): boolean => text === '--help' || text === '-h';

if (helps(what) || args.some(helps)) {
  process.stdout.write(usage);
} else if (what === 'redis') {
  process.exitCode = await runRedisConformance(args);
} else if (what === 'cache') {
  process.exitCode = await runCacheConformance(args);
} else {
  process.stderr.write(usage);
  process.exitCode = 2;
}
