import { runRedisConformance } from './conformance/redis.ts';

const usage = `npm run conformance -- redis   Redis' own test suite (7.0.15, fetched with apt) against a local cluster of one shard
  --suite NAME            only this suite (may be repeated), e.g. unit/type/string
  --addr HOST:PORT        against this server instead
  --reference             against redis-server in cluster mode: the figures to compare with
  --verbose               show what the suite prints
npm run conformance -- cache   the service's own list: not there yet
`;

const [what, ...args] = process.argv.slice(2);
if (what === 'redis') {
  process.exitCode = await runRedisConformance(args);
} else if (what === 'cache') {
  process.stderr.write('conformance: the list of the cache service (`-- cache`) is not there yet; `npm run conformance -- redis` is.\n');
  process.exitCode = 2;
} else {
  process.stderr.write(usage);
  process.exitCode = what === '--help' || what === '-h' ? 0 : 2;
}
