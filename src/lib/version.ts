declare const __VERSION__: string | undefined;

/** The package's version, put in by scripts/build.mjs; `development` where the source runs unbuilt, as in tests. */
export const VERSION: string = typeof __VERSION__ === 'string' ? __VERSION__ : 'development';
