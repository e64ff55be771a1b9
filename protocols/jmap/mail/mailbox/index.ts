import { changes, get } from './get.ts'
import { query, queryChanges } from './query.ts'
import { set } from './set.ts'

/** RFC 8621 §2. */
export const mailboxMethods = [get, changes, query, queryChanges, set]
