// Whether this is the long suite: `npm run test:long`.

export const IS_LONG = process.argv.includes('--long');
