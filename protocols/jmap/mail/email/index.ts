import { copy } from './copy.ts'
import { changes, get } from './get.ts'
import { importEmails } from './import.ts'
import { parse } from './parse.ts'
import { query, queryChanges } from './query.ts'
import { set } from './set.ts'

/** RFC 8621 §4. */
export const emailMethods = [get, changes, query, queryChanges, set, copy, importEmails, parse]
