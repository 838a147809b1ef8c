import { type ErrorRow, errorTable } from '../../shared/errors/table.ts';
import type { GeneratedFile } from './files.ts';
import { cell } from './markdown.ts';

const introduction = `<!-- Generated from shared/errors/table.ts by \`npm run generate\`; do not edit. -->
# Errors

Every error that a user can meet. HTTP answers carry the code in \`code\`, Redis replies begin with the Redis word. \`{name}\`
stands for what is known when the error happens.

| code | HTTP | Redis word | sentence | what to do |
|---|---|---|---|---|
`;

const line = ([code, { http, redis, sentence, remedy, title }]: [string, ErrorRow]): string => `| \`${code}\` | ${http} | \`${redis}\` | ${cell(sentence)}${title === undefined ? '' : `; over HTTP: ${cell(title)}`} | ${cell(remedy)} |\n`;

export const errorsFile = (): GeneratedFile => ({ path: 'docs/errors.md', content: introduction + Object.entries<ErrorRow>(errorTable).map(line).join('') });
