import { commandsFile } from './commands.ts';
import { commandListFile } from './command-list.ts';
import { crdFiles } from './crds.ts';
import { errorsFile } from './errors.ts';
import type { GeneratedFile } from './files.ts';
import { referenceFiles } from './reference.ts';

/** Every generated file of the repository: add a generator here. */
export const generatedFiles = (): readonly GeneratedFile[] => [...crdFiles(), ...referenceFiles(), errorsFile(), commandListFile(), commandsFile()];
