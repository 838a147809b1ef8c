/** Names that CLIENT LIST can print on its one line: printable ASCII without spaces. */
export function validClientName(name: string): boolean {
  return /^[!-~]*$/.test(name);
}
