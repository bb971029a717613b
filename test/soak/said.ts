/** Prints what a full-size run came to: docs/reliability.md quotes these lines. */
export function said(row: number, result: string): void {
  process.stdout.write(`row ${row}: ${result}\n`);
}
