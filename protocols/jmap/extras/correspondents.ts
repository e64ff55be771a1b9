import { z } from 'zod'
import { recordState, removeRecord } from '#items'
import { CORRESPONDENT, type Correspondent } from '#mail/correspondents'
import { oneByOne, setMethod } from '../families/set.ts'
import { recordMethods } from '../families/records.ts'

const {
  ids,
  methods: [get, changes],
  type,
} = recordMethods<Correspondent>({
  type: 'Correspondent',
  kind: CORRESPONDENT,
  letter: 'C',
  schema: z.object({}),
  serverSet: ['name', 'email', 'count', 'lastAt'],
})

/** Sending a letter makes them; a person can only be forgotten. */
const set = setMethod({
  type: 'Correspondent',
  state: async (account) => String(await recordState(account, CORRESPONDENT)),
  apply: oneByOne({
    destroy: (_session, account, id) => account.write((tx) => removeRecord(tx, CORRESPONDENT, ids.numberOf(id) ?? 0)),
  }),
})

/** Whom somebody writes to. */
export const correspondents = { methods: [get, changes, set].filter((method) => method !== undefined), type }
