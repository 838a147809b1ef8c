/** `meridian operator`: the controller. */
export async function runOperatorCommand(args: readonly string[]): Promise<number> {
  const { runOperator } = await import('../operator/main.ts');
  return runOperator(args, process.env);
}
