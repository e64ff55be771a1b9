import { FORMATS, MOST_PART, mostBytes } from '#transfer'
import type { Capability } from '../capability.ts'
import { collectionMethods } from './collections.ts'
import { exportMethods } from './exports.ts'
import { importMethods } from './imports.ts'

/** Moving mail in and out by files, and in from other providers, once or again and again. docs/jmap-extensions.md. */
export const transfer: Capability = {
  uri: 'urn:zegel:transfer',
  needs: 'owner',
  server: () => ({}),
  account: (config) => ({
    maxSize: mostBytes(config),
    maxSizePart: MOST_PART,
    formats: FORMATS,
  }),
  methods: [...importMethods, ...collectionMethods, ...exportMethods],
}
