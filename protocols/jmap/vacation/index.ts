import { z } from 'zod'
import { recordState } from '#items'
import { readVacation, VACATION, writeVacation } from '#mail/vacation'
import type { OpenAccount } from '#storage'
import { line, utcDate } from '../calls/arguments.ts'
import { SetError } from '../calls/errors.ts'
import { checkProperties } from '../calls/properties.ts'
import type { Capability } from '../capability.ts'
import { getMethod } from '../families/get.ts'
import { oneByOne, setMethod } from '../families/set.ts'
import { applyPatch } from '../json/patch.ts'
import { utcDateOf } from '../mail/ids.ts'

/** RFC 8621 §8: there is one object. */
const ID = 'singleton'

/** Characters of a body. */
const MOST_BODY = 65_536

const UtcDate = utcDate.transform(utcDateOf).nullable()
const Body = z.string().max(MOST_BODY).nullable()

const Value = z.strictObject({
  id: z.literal(ID),
  isEnabled: z.boolean(),
  fromDate: UtcDate,
  toDate: UtcDate,
  subject: line(1000).nullable(),
  textBody: Body,
  htmlBody: Body,
})

const state = async (account: OpenAccount): Promise<string> => String(await recordState(account, VACATION))

const get = getMethod({
  type: 'VacationResponse',
  properties: Object.keys(Value.shape).filter((name) => name !== 'id'),
  state,
  load: async (_session, account, { ids }) =>
    ids === null || ids.includes(ID) ? [{ id: ID, ...(await readVacation(account)) }] : [],
})

const set = setMethod({
  type: 'VacationResponse',
  isSingleton: true,
  state,
  apply: oneByOne({
    async update(_session, account, id, patch) {
      if (id !== ID) throw new SetError('notFound')
      const after = applyPatch({ id: ID, ...(await readVacation(account)) }, patch, DEFAULTS)
      const { id: _, ...value } = checkProperties(Value, after)
      await writeVacation(account, value)
      return null
    },
  }),
})

/** What a patch sets to null. RFC 8620 §5.3. */
const DEFAULTS = { isEnabled: false, fromDate: null, toDate: null, subject: null, textBody: null, htmlBody: null }

/** Answers while somebody is away. RFC 8621 §1.3.3 and §8. */
export const vacation: Capability = {
  uri: 'urn:ietf:params:jmap:vacationresponse',
  needs: 'mail',
  server: () => ({}),
  account: () => ({}),
  methods: [get, set],
  types: [{ name: 'VacationResponse', state }],
}
