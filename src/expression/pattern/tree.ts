/** A pattern as a tree. */
export type Pattern =
  /** One character: of `members`, or none of them. */
  | { readonly kind: 'one'; readonly members: string; readonly negated: boolean }
  /** A place between characters. */
  | { readonly kind: 'place'; readonly where: Place }
  | { readonly kind: 'sequence'; readonly parts: readonly Pattern[] }
  | { readonly kind: 'choice'; readonly branches: readonly Pattern[] }
  | { readonly kind: 'repeat'; readonly part: Pattern; readonly least: number; readonly most: number };

export type Place = 'start' | 'end' | 'boundary' | 'no boundary';

export const DIGITS = '0123456789';
export const WORD = `${DIGITS}ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz`;
