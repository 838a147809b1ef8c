import { textAt } from '../arguments.ts';
import type { Call, CommandSpec } from '../spec.ts';
import { helpSubcommand, subcommand } from '../subcommand.ts';

const shape = { flags: ['admin', 'noscript', 'loading', 'stale'] } as const;

function latest({ reply, node }: Call): void {
  const events = node.server.latency.latest();
  reply.array(events.length);
  for (const { name, last, maxMs } of events) {
    reply.array(4);
    reply.bulkString(name);
    reply.integer(last.atSeconds);
    reply.integer(last.ms);
    reply.integer(maxMs);
  }
}

function history(call: Call): void {
  const samples = call.node.server.latency.history(textAt(call, 2));
  call.reply.array(samples.length);
  for (const { atSeconds, ms } of samples) {
    call.reply.array(2);
    call.reply.integer(atSeconds);
    call.reply.integer(ms);
  }
}

function doctor({ reply, node }: Call): void {
  const events = node.server.latency.latest();
  const lines = events.map(({ name, maxMs }) => `${name}: worst ${maxMs} ms. See SLOWLOG GET for the commands behind it.`);
  reply.verbatim('txt', lines.length === 0 ? 'No latency spike was seen: either there was none, or CONFIG SET latency-monitor-threshold MS has not been used.\n' : `${lines.join('\n')}\n`);
}

/** Per command: calls, and how many took at most so many microseconds (powers of two, cumulative). */
function histogram(call: Call): void {
  const { table } = call.node.server;
  const all = table.commands.flatMap((command) => [command, ...(command.subcommands?.commands ?? [])]);
  const asked = Array.from({ length: call.argc - 2 }, (_, i) => textAt(call, i + 2).toLowerCase());
  const shown = all.filter((command) => command.counters.calls > 0 && (asked.length === 0 || asked.includes(command.name) || asked.includes(command.name.split('|')[0])));
  call.reply.map(shown.length);
  for (const { name, counters } of shown) {
    const each = Math.max(1, counters.microseconds / counters.calls);
    call.reply.bulkLatin1(name);
    call.reply.map(2);
    call.reply.bulkLatin1('calls');
    call.reply.integer(counters.calls);
    call.reply.bulkLatin1('histogram_usec');
    call.reply.map(1);
    call.reply.integer(2 ** Math.ceil(Math.log2(each)));
    call.reply.integer(counters.calls);
  }
}

export const latency: CommandSpec = {
  name: 'latency',
  summary: 'A container for latency diagnostics commands.',
  since: '2.8.13',
  group: 'server',
  complexity: 'Depends on subcommand.',
  arity: -2,
  flags: [],
  categories: [],
  keys: [],
  subcommands: [
    subcommand('latency|latest', '2.8.13', 2, 'Returns the latest latency samples for all events.', latest, shape),
    subcommand('latency|history', '2.8.13', 3, "Returns the latency samples of an event.", history, shape),
    subcommand('latency|reset', '2.8.13', -2, 'Resets the latency data of one, several or all events.', (call) => call.reply.integer(call.node.server.latency.reset(Array.from({ length: call.argc - 2 }, (_, i) => textAt(call, i + 2)))), shape),
    subcommand('latency|doctor', '2.8.13', 2, 'Returns a human-readable latency analysis.', doctor, shape),
    subcommand('latency|histogram', '7.0.0', -2, 'Returns the distribution of latencies of commands: one step at the mean.', histogram, shape),
    helpSubcommand('latency', 'server', '2.8.13', ['DOCTOR', '    Return a human readable latency analysis report.', 'HISTORY <event>', '    Return time-latency samples for the <event> class.', 'LATEST', '    Return the latest latency samples for all events.', 'RESET [<event> ...]', '    Reset latency data of one or more <event> classes.', '    (default: reset all data for all event classes)', 'HISTOGRAM [COMMAND ...]', '    Return a cumulative distribution of commands latency in histogram format.']),
  ],
};
