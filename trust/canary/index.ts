/**
 * The canary: a statement that no secret order has come, signed by k of n keyholders offline, which turns stale by itself when it is
 * not signed anew. Writes the table canary.
 */
export { derOf, signersOf, signStatement } from './signatures.ts'
export { MOST_BYTES, readCanaryFile, writeCanaryFile, type CanaryFile, type Signature } from './file.ts'
export { LEAST_PASSPHRASE, makeKey, openKey, readKeyFile, type KeyFile, type KeyholdersKey } from './key.ts'
export { prepareCanary } from './prepare.ts'
export { publishCanary } from './publish.ts'
export {
  canaryNow,
  findCanary,
  promisedCanary,
  publicCanary,
  publishedCanaries,
  type CanaryView,
  type Published,
  type Shown,
} from './published.ts'
export { signCanary, whyNotToSign } from './sign.ts'
export { staleAt, standingOf, type Standing } from './standing.ts'
export { SAYINGS, type Head, type Saying, type Statement } from './statement.ts'
