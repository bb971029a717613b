/** The declarations that are shipped are the code's, both ways: for the compiler, and by their names for the test. */
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import type * as code from '../../src/index.ts';
import type * as shipped from '../../types/index.d.ts';

/** The parts of a class that a program can reach: classes with private fields are never assignable to each other. */
type Public<T> = { readonly [K in keyof T]: T[K] };

type Plain = Exclude<keyof typeof code, 'IntegrationConnectorService'>;

// The compiler is the test: a difference is an error here.
type Same<A extends B, B> = A;
export type Held = [
  Same<Pick<typeof code, Plain>, Pick<typeof shipped, Plain>>,
  Same<Pick<typeof shipped, Plain>, Pick<typeof code, Plain>>,
  Same<Public<code.IntegrationConnectorService>, Public<shipped.IntegrationConnectorService>>,
  Same<Public<shipped.IntegrationConnectorService>, Public<code.IntegrationConnectorService>>,
  Same<
    ConstructorParameters<typeof code.IntegrationConnectorService>,
    ConstructorParameters<typeof shipped.IntegrationConnectorService>
  >,
  Same<
    ConstructorParameters<typeof shipped.IntegrationConnectorService>,
    ConstructorParameters<typeof code.IntegrationConnectorService>
  >,
];

test('everything that is exported is declared, and the other way round', async () => {
  const text = readFileSync(new URL('../../types/index.d.ts', import.meta.url), 'utf8');
  const declared = [...text.matchAll(/^export declare (?:abstract )?(?:class|const|function) (\w+)/gm)].map(
    (match) => match[1],
  );
  expect(new Set(declared)).toEqual(new Set(Object.keys(await import('../../src/index.ts'))));
});
