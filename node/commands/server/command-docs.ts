import type { ReplyWriter } from '../../server/reply-writer.ts';
import type { Command } from '../registry.ts';
import type { ArgumentDoc } from '../spec.ts';
import { furtherArguments } from './further-arguments.ts';
import { deprecations, systemCommands } from './deprecations.ts';

/** The value of one command in COMMAND DOCS. */
export function writeCommandDocs(reply: ReplyWriter, command: Command): void {
  const { spec, subcommands } = command;
  const args = spec.args?.length === 0 ? undefined : (spec.args ?? furtherArguments[command.name]);
  const deprecation = deprecations[command.name];
  const isSystem = systemCommands.has(command.name);
  reply.map(4 + (isSystem ? 1 : 0) + (deprecation === undefined ? 0 : 3) + (args === undefined ? 0 : 1) + (subcommands === undefined ? 0 : 1));
  writeText(reply, 'summary', spec.summary);
  writeText(reply, 'since', spec.since);
  writeText(reply, 'group', spec.group);
  writeText(reply, 'complexity', spec.complexity);
  if (isSystem || deprecation !== undefined) {
    reply.bulkLatin1('doc_flags');
    reply.set(1);
    reply.simple(isSystem ? 'syscmd' : 'deprecated');
  }
  if (deprecation !== undefined) {
    writeText(reply, 'deprecated_since', deprecation.since);
    writeText(reply, 'replaced_by', deprecation.replacedBy);
  }
  if (args !== undefined) {
    reply.bulkLatin1('arguments');
    writeArguments(reply, args, { next: 0, last: spec.keys.length - 1 });
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

/** Arguments that are keys belong to the key specs in their order; the last spec takes the rest. */
interface KeySpecs {
  next: number;
  readonly last: number;
}

function writeArguments(reply: ReplyWriter, args: readonly ArgumentDoc[], keySpecs: KeySpecs): void {
  reply.array(args.length);
  for (const arg of args) {
    const flags = [arg.optional === true ? 'optional' : '', arg.multiple === true ? 'multiple' : '', arg.multipleToken === true ? 'multiple_token' : ''].filter((flag) => flag !== '');
    reply.map(2 + (arg.type === 'key' ? 1 : 0) + (arg.token === undefined ? 0 : 1) + (flags.length > 0 ? 1 : 0) + (arg.args === undefined ? 0 : 1));
    writeText(reply, 'name', arg.name);
    writeText(reply, 'type', arg.type);
    if (arg.type === 'key') {
      reply.bulkLatin1('key_spec_index');
      reply.integer(Math.min(keySpecs.next++, keySpecs.last));
    }
    if (arg.token !== undefined) writeText(reply, 'token', arg.token);
    if (flags.length > 0) {
      reply.bulkLatin1('flags');
      reply.set(flags.length);
      for (const flag of flags) reply.simple(flag);
    }
    if (arg.args === undefined) continue;
    reply.bulkLatin1('arguments');
    writeArguments(reply, arg.args, keySpecs);
  }
}
