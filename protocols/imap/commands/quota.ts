import { usageOf } from '#items'
import { MAIL } from '#mail'
import { command, SIGNED_IN } from '../command.ts'
import { onlyPath } from '../mailboxes/read-path.ts'
import { Declined, ok } from '../reply.ts'
import type { Session } from '../session.ts'

/** The account is the one quota root, and covers all its mailboxes. */
const ROOT = ''

/** There is no limit yet, and the grammar has no word for none: the greatest number64 (RFC 9051 §9). */
const NO_LIMIT = '9223372036854775807'

/** QUOTA response. RFC 9208 §4.2.1; STORAGE is in units of 1024 octets (§5.1). What is deleted does not count. */
async function tellUsage(session: Session): Promise<void> {
  const { count, size } = await usageOf(session.account, MAIL)
  const storage = `STORAGE ${Math.ceil(size / 1024)} ${NO_LIMIT}`
  session.untagged(`QUOTA "${ROOT}" (${storage} MESSAGE ${count} ${NO_LIMIT})`)
}

/** GETQUOTA. RFC 9208 §4.1.1. */
export const getQuota = command({
  name: 'GETQUOTA',
  states: SIGNED_IN,
  parse(input) {
    input.space()
    const root = input.astring()
    input.end()
    return { root }
  },
  async run(session, { root }) {
    if (root !== ROOT) throw new Declined('There is no such quota root', 'NONEXISTENT')
    await tellUsage(session)
    return ok('GETQUOTA completed')
  },
})

/** GETQUOTAROOT, also of a mailbox that is only to be made. RFC 9208 §4.1.2. */
export const getQuotaRoot = command({
  name: 'GETQUOTAROOT',
  states: SIGNED_IN,
  parse: onlyPath,
  async run(session, { path }) {
    session.untagged(`QUOTAROOT ${session.nameOf(path)} "${ROOT}"`)
    await tellUsage(session)
    return ok('GETQUOTAROOT completed')
  },
})

/** SETQUOTA: limits are not for their owners to set. RFC 9208 §4.1.3; QUOTASET is not announced. */
export const setQuota = command({
  name: 'SETQUOTA',
  states: SIGNED_IN,
  writes: true,
  parse(input) {
    input.space()
    input.astring()
    input.space()
    input.list(() => {
      input.atom()
      input.space()
      input.number64()
    })
    input.end()
    return {}
  },
  async run() {
    throw new Declined('Limits are set by whoever runs the service', 'NOPERM')
  },
})
