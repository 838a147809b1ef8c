import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { Command } from '../registry.ts';
import type { ArgumentDoc } from '../spec.ts';

/** The value of one command in COMMAND DOCS. */
export function writeCommandDocs(reply: ReplyWriter, command: Command): void {
  const { spec, subcommands } = command;
  reply.map(4 + (spec.args === undefined ? 0 : 1) + (subcommands === undefined ? 0 : 1));
  writeText(reply, 'summary', spec.summary);
  writeText(reply, 'since', spec.since);
  writeText(reply, 'group', spec.group);
  writeText(reply, 'complexity', spec.complexity);
  if (spec.args !== undefined) {
    reply.bulkLatin1('arguments');
    writeArguments(reply, spec.args);
  }
  if (subcommands === undefined) return;
  reply.bulkLatin1('subcommands');
  reply.map(subcommands.commands.length);
  for (const one of subcommands.commands) {
    reply.bulkLatin1(one.name);
    writeCommandDocs(reply, one);
  }
}

function writeText(reply: ReplyWriter, name: string, text: string): void {
  reply.bulkLatin1(name);
  reply.bulkString(text);
}

function writeArguments(reply: ReplyWriter, args: readonly ArgumentDoc[]): void {
  reply.array(args.length);
  for (const arg of args) {
    const flags = [arg.optional === true ? 'optional' : '', arg.multiple === true ? 'multiple' : ''].filter((flag) => flag !== '');
    reply.map(2 + (arg.type === 'key' ? 1 : 0) + (arg.token === undefined ? 0 : 1) + (flags.length > 0 ? 1 : 0) + (arg.args === undefined ? 0 : 1));
    writeText(reply, 'name', arg.name);
    writeText(reply, 'type', arg.type);
    if (arg.type === 'key') {
      reply.bulkLatin1('key_spec_index');
      reply.integer(0);
    }
    if (arg.token !== undefined) writeText(reply, 'token', arg.token);
    if (flags.length > 0) {
      reply.bulkLatin1('flags');
      reply.array(flags.length);
      for (const flag of flags) reply.simple(flag);
    }
    if (arg.args === undefined) continue;
    reply.bulkLatin1('arguments');
    writeArguments(reply, arg.args);
  }
}
