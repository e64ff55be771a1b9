import {
  CONTACTS,
  LONGEST_NAME,
  MOST_REDIRECTS,
  MOST_SCRIPT_BYTES,
  MOST_SCRIPTS,
  SCRIPT_EXTENSIONS,
} from '#mail/scripts'
import type { Capability } from '../capability.ts'
import { get } from './get.ts'
import { query } from './query.ts'
import { scriptBlob, state, type } from './script.ts'
import { set } from './set.ts'
import { tryMethod } from './try.ts'
import { validate } from './validate.ts'

/** Scripts that file what arrives. RFC 9661 §1.2.1. */
export const sieve: Capability = {
  uri: 'urn:ietf:params:jmap:sieve',
  needs: 'mail',
  server: () => ({ implementation: 'Zegel' }),
  account: () => ({
    maxSizeScriptName: LONGEST_NAME,
    maxSizeScript: MOST_SCRIPT_BYTES,
    maxNumberScripts: MOST_SCRIPTS,
    maxNumberRedirects: MOST_REDIRECTS,
    sieveExtensions: [...SCRIPT_EXTENSIONS],
    notificationMethods: ['mailto'],
    externalLists: [CONTACTS],
  }),
  methods: [get, set, query, validate],
  types: [{ name: type, state }],
  blobs: [scriptBlob],
}

/** What a script would do. docs/jmap-extensions.md. */
export const sieveTrial: Capability = {
  uri: 'urn:zegel:sieve',
  needs: 'mail',
  server: () => ({}),
  account: () => ({}),
  methods: [tryMethod],
}
