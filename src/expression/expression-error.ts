/** What is wrong with an expression, and where in it. */
export class ExpressionError extends Error {
  override readonly name = 'ExpressionError';
  readonly start: number;
  readonly end: number;
  readonly suggestion: string | undefined;

  constructor(message: string, start: number, end = start, suggestion?: string) {
    super(message);
    this.start = start;
    this.end = end;
    this.suggestion = suggestion;
  }
}
