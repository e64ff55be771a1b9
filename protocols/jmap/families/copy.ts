import { z } from 'zod'
import type { OpenAccount } from '#storage'
import { id, object, orNull, state } from '../calls/arguments.ts'
import { MethodError, setError } from '../calls/errors.ts'
import { method, type CallSession, type Method } from '../calls/method.ts'
import { limits } from '../limits.ts'

type Json = Record<string, unknown>

export interface CopyDescription {
  type: string
  state(account: OpenAccount): Promise<string>
  /**
   * Copies one object.
   * @param original  its id in the account it comes from
   * @param changed   properties the copy has in place of the original's
   * @throws SetError, Refusal
   */
  copy(
    session: CallSession,
    from: OpenAccount,
    to: OpenAccount,
    original: string,
    changed: Json,
  ): Promise<Json & { id: string }>
}

/** A method `Foo/copy`, from one account to another. RFC 8620 §5.4. */
export function copyMethod({ type, state: stateOf, copy }: CopyDescription): Method {
  return method({
    name: `${type}/copy`,
    args: z.strictObject({
      fromAccountId: id,
      ifFromInState: orNull(state),
      accountId: id,
      ifInState: orNull(state),
      create: z.record(id, object.and(z.object({ id }))),
      onSuccessDestroyOriginal: z.boolean().default(false),
      destroyFromIfInState: orNull(state),
    }),
    async run(session, args) {
      const { fromAccountId, accountId, create } = args
      if (fromAccountId === accountId)
        throw new MethodError('invalidArguments', 'accountId: the same as fromAccountId; copying is between accounts')
      const from = openFrom(session, fromAccountId)
      const to = session.openAccount(accountId)
      if (Object.keys(create).length > limits.maxObjectsInSet) throw new MethodError('requestTooLarge')
      const oldState = await stateOf(to)
      if (args.ifInState !== null && args.ifInState !== oldState) throw new MethodError('stateMismatch')
      if (args.ifFromInState !== null && args.ifFromInState !== (await stateOf(from)))
        throw new MethodError('stateMismatch')

      const created = new Map<string, Json>()
      const notCreated = new Map<string, Json>()
      const originals: string[] = []
      for (const [creationId, { id: original, ...changed }] of Object.entries(create)) {
        try {
          const shown = await copy(session, from, to, original, changed)
          created.set(creationId, shown)
          session.createdIds.set(creationId, shown.id)
          originals.push(original)
        } catch (error) {
          const reason = setError(error)
          if (reason === undefined) throw error
          notCreated.set(creationId, reason.toJSON())
        }
      }
      if (args.onSuccessDestroyOriginal && originals.length > 0)
        session.callAfter(`${type}/set`, {
          accountId: fromAccountId,
          ifInState: args.destroyFromIfInState,
          destroy: originals,
        })
      return {
        fromAccountId,
        accountId,
        oldState,
        newState: await stateOf(to),
        created: created.size === 0 ? null : Object.fromEntries(created),
        notCreated: notCreated.size === 0 ? null : Object.fromEntries(notCreated),
      }
    },
  })
}

function openFrom(session: CallSession, accountId: string): OpenAccount {
  try {
    return session.openAccount(accountId)
  } catch (error) {
    if (error instanceof MethodError && error.type === 'accountNotFound') throw new MethodError('fromAccountNotFound')
    throw error
  }
}
