import { z } from 'zod'
import { findAddressee } from '#accounts'
import { normalizeAddress } from '#formats/message'
import { defaultLookup, IDENTITY, makeDefaultIdentities, type Identity } from '#mail/identities'
import { line } from '../../calls/arguments.ts'
import { SetError } from '../../calls/errors.ts'
import type { Method } from '../../calls/method.ts'
import { recordMethods } from '../../families/records.ts'

/** Characters of one signature. */
const MOST_SIGNATURE = 65_536

const Name = line(255)
const Signature = z.string().max(MOST_SIGNATURE)
const Address = z.string().refine((text) => normalizeAddress(text) !== undefined)

/** EmailAddress of RFC 8621 §4.1.2.3. */
const Addresses = z
  .array(z.strictObject({ name: Name.nullable().default(null), email: Address }))
  .max(20)
  .nullable()

const records = recordMethods<Identity>({
  type: 'Identity',
  kind: IDENTITY,
  letter: 'I',
  // One that an address has by itself says nothing until somebody has written in it.
  isRestorable: ({ name, replyTo, bcc, textSignature, htmlSignature }) =>
    Boolean(name || replyTo || bcc || textSignature || htmlSignature),
  schema: z.object({
    name: Name.default(''),
    email: Address,
    replyTo: Addresses.default(null),
    bcc: Addresses.default(null),
    textSignature: Signature.default(''),
    htmlSignature: Signature.default(''),
  }),
  immutable: ['email'],
  serverSet: ['mayDelete'],
  async check({ context }, account, value, before) {
    // What is written under an identity is checked again when it leaves.
    if (before === undefined && (await findAddressee(context.storage, value.email)) !== account.id)
      throw new SetError('forbiddenFrom')
    return { ...value, mayDelete: before?.mayDelete ?? true }
  },
  place: (value) => ({ lookup: defaultLookup(value) }),
  async mayDestroy(_session, _account, { value }) {
    if (!value.mayDelete) throw new SetError('forbidden')
  },
})

export const identityIds = records.ids
export const identityType = records.type

/** An account that has never looked has none of its identities yet. */
const withDefaults = ({ name, run }: Method): Method => ({
  name,
  async run(session, args) {
    const { context, visitor } = session
    await makeDefaultIdentities(context.storage, visitor.account)
    return run(session, args)
  },
})

/** Identity/get, /changes, /set. RFC 8621 §6. */
export const identityMethods: readonly Method[] = records.methods.map(withDefaults)
