import assert from 'node:assert/strict'
import { test } from 'node:test'
import { agreementDigest, AGREEMENT_VERSION } from './agreement-text.ts'

/** Whoever changes a text makes a new version, so that everybody signs anew, and writes its digests here. */
const SIGNED: Record<number, Record<'de' | 'fr' | 'nl' | 'en', string>> = {
  1: {
    de: 'a32e4f81e293655be412c1b8a2875271d6c5d5806d123611d45bcf7f941e29ab',
    fr: '52b5fa80b61d981a8a84c1cfe7d7ddabb99fbf98c16ac2cc55104448b49f1b47',
    nl: '7989f7b4ed8a44ece8362cded94df6c21f1a7c549f841105f8d9ab11d00fde8d',
    en: '119fc9c019f1590f3e90ca62bbee6f062fb4a3c305ef9e25be388b343f2dba3a',
  },
}

test('a text of the agreement changes with its version only', () => {
  const digests = Object.fromEntries((['de', 'fr', 'nl', 'en'] as const).map((one) => [one, agreementDigest(one)]))
  assert.deepEqual(digests, SIGNED[AGREEMENT_VERSION])
})
